"""What is known of a release: frozen dataclasses, the document that the store keeps."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from services.release.terms import GateTerms, Vote

SCHEMA_VERSION = 2
"""Version of the stored document; a worker refuses a document that is newer than this."""


class Phase(Enum):
    """Where a release stands: a present participle while something is going on, an outcome when not."""

    CHECKING_PACKAGE = "checking_package"
    DEPLOYING_STAGING = "deploying_staging"
    SMOKE_TESTING = "smoke_testing"
    OPENING_GATE = "opening_gate"
    AWAITING_APPROVAL = "awaiting_approval"
    EVIDENCE_STALE = "evidence_stale"
    PROMOTING = "promoting"
    VERIFYING_PROD = "verifying_prod"
    ROLLING_BACK = "rolling_back"
    VERIFYING_ROLLBACK = "verifying_rollback"
    RELEASED = "released"
    PACKAGE_REFUSED = "package_refused"
    STAGING_FAILED = "staging_failed"
    SMOKE_FAILED = "smoke_failed"
    SMOKE_UNDECIDED = "smoke_undecided"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"
    PROMOTION_REFUSED = "promotion_refused"
    PROMOTION_FAILED = "promotion_failed"
    SILENTLY_ROLLED_BACK = "silently_rolled_back"
    PROD_UNHEALTHY = "prod_unhealthy"
    ROLLED_BACK = "rolled_back"
    ROLLBACK_FAILED = "rollback_failed"
    ERRORED = "errored"


class Kind(Enum):
    """What a release sets out to do to prod."""

    DEPLOY = "deploy"
    ROLLBACK = "rollback"


class Stage(Enum):
    """Which of a model's two endpoints is meant."""

    STAGING = "staging"
    PROD = "prod"


class Cleanup(Enum):
    """When the staging endpoint is deleted after a release has ended."""

    KEEP = "keep"
    AFTER_DECISION = "after_decision"
    AFTER_TTL = "after_ttl"


class Verdict(Enum):
    """What a smoke suite, or one check of it, concluded.

    Failed: the model said something wrong. Errored: we could not ask. Inconclusive: we asked, and the
    answers do not decide it. Skipped: there was nothing to compare with, such as no prod yet; only a check can be.
    """

    PASSED = "passed"
    FAILED = "failed"
    ERRORED = "errored"
    INCONCLUSIVE = "inconclusive"
    SKIPPED = "skipped"


class DecisionKind(Enum):
    """The ways in which a gate ends; exactly one wins. Break-glass alone ends one that never opened."""

    APPROVED = "approved"
    BREAK_GLASS = "break_glass"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Roles:
    """ARNs of the IAM roles that the worker assumes, for what changes prod and for all else; empty: it is itself."""

    staging: str = ""
    prod: str = ""


@dataclass(frozen=True, slots=True)
class Deployment:
    """The catalog's answer to "where and how does this model run", copied into the release when it is asked for.

    A later edit of the catalog therefore never changes a release that is under way. `evidence_uri` is where records of
    evidence are put (`s3://bucket/prefix`), empty for nowhere. `terms` is what the gate asks of its approvers.
    """

    package_group: str
    region: str
    account: str | None
    staging_endpoint: str
    prod_endpoint: str
    instance_type: str
    instance_count: int
    execution_role_arn: str
    channel: str
    content_type: str = "text/csv"
    gate_lifetime_seconds: int = 24 * 3600
    gate_recheck_seconds: int = 600
    staging_cleanup: Cleanup = Cleanup.KEEP
    staging_ttl_seconds: int = 0
    deploy_timeout_seconds: int = 3600
    evidence_uri: str = ""
    terms: GateTerms = field(default_factory=GateTerms)
    roles: Roles = field(default_factory=Roles)


@dataclass(frozen=True, slots=True)
class ModelPackage:
    """A version of a model package group, as the registry described it when the release checked it."""

    arn: str
    group: str
    version: int
    image: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class EndpointSighting:
    """What was last told of an endpoint in the thread; `modified` is AWS's own LastModifiedTime."""

    status: str
    config: str | None
    pending_config: str | None
    message: str
    at: datetime
    since: datetime


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check of a smoke suite: what was seen and the rule it was held against, both in words.

    `value` and `bound` are the two numbers behind the words, None where there is none.
    """

    name: str
    verdict: Verdict
    seen: str
    rule: str
    blocking: bool = True
    value: float | None = None
    bound: float | None = None


@dataclass(frozen=True, slots=True)
class Serving:
    """What an endpoint serves, as people compare it.

    `image` is as the package names it, `image_digest` (`sha256:...`) what SageMaker resolved it to, empty where that
    is not known. `environment` holds the container's variables with a fingerprint of each value, as a value may be a
    secret; None where they cannot be read, which is not the same as none. `data_capture` is the percentage of requests
    that are captured, None when capture is off. `metrics` is what training registered of the version; `role` is the
    name of the role that SageMaker runs it with, empty if unknown; `schema` what its package says it takes and answers.
    """

    config: str
    version: int | None = None
    image: str = ""
    image_digest: str = ""
    instance_type: str = ""
    instance_count: int | None = None
    environment: tuple[tuple[str, str], ...] | None = ()
    data_capture: int | None = None
    metrics: tuple[tuple[str, float], ...] = ()
    role: str = ""
    schema: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a smoke suite saw: enough to decide on, bounded in size.

    `latency_ms` holds p50, p95 and max in milliseconds; `sample` pairs of (request, reply), shortened.
    `candidate` and `prod` are what the two endpoints served when the suite began, None where it is not known or there
    is no prod. The whole is kept as the record `record`, whose SHA-256 is `record_digest`; `archived` is its S3
    address, empty where the catalog names none, `archived_version` its version there, empty where the bucket keeps
    none, and `archive_problem` why it could not be put there.
    `allowed_requests` and `allowed_seconds` are what the suite might have cost at most, 0 where that is not known.
    """

    suite: str
    suite_digest: str
    endpoint: str
    config: str
    verdict: Verdict
    checks: tuple[CheckResult, ...]
    requests_sent: int
    latency_ms: dict[str, float]
    sample: tuple[tuple[str, str], ...]
    started_at: datetime
    seconds: float
    candidate: Serving | None = None
    prod: Serving | None = None
    record: str = ""
    record_digest: str = ""
    archived: str = ""
    archived_version: str = ""
    archive_problem: str = ""
    allowed_requests: int = 0
    allowed_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Gate:
    """The open prod gate: what an approval would be bound to.

    `staging_seen_at` is when a fresh DescribeEndpoint showed that staging serves the tested config, `staging_modified`
    the LastModifiedTime that AWS gave with it.
    """

    nonce: str
    opened_at: datetime
    expires_at: datetime
    staging_config: str
    prod_config: str | None
    digest: str
    staging_seen_at: datetime | None = None
    staging_modified: datetime | None = None


@dataclass(frozen=True, slots=True)
class Staleness:
    """Why the evidence no longer holds: a stable reason code, a sentence for people, and since when it is known."""

    code: str
    detail: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Rerun:
    """Who last had staging tested again after the evidence had become stale, and when."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Reminder:
    """When people were last reminded of the waiting gate, and whether others have been called by then."""

    at: datetime
    escalated: bool = False


@dataclass(frozen=True, slots=True)
class Lock:
    """Prod of a model is closed to promotions (never to rollbacks) until someone lifts it."""

    model: str
    by: str
    reason: str
    since: datetime
    release_id: str | None = None


@dataclass(frozen=True, slots=True)
class Freeze:
    """Promotions of one model, or of all (`scope == "all"`), are held back; rollbacks never are."""

    scope: str
    by: str
    reason: str
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Holds:
    """Locks and freezes that are in force together."""

    locks: tuple[Lock, ...] = ()
    freezes: tuple[Freeze, ...] = ()

    def __bool__(self) -> bool:
        """Say whether there is any."""
        return bool(self.locks or self.freezes)


@dataclass(frozen=True, slots=True)
class Decision:
    """Who ended the gate, how, when and why. `by` is `sluice` for an expiry; the last three are as in events."""

    kind: DecisionKind
    by: str
    at: datetime
    reason: str = ""
    past: tuple[str, ...] = ()
    known_as: str = ""
    holds: Holds = Holds()


@dataclass(frozen=True, slots=True)
class RollbackPointer:
    """What prod served before a release changed it. `previous_config` is None when there was no prod endpoint.

    `previous_modified` is the endpoint's LastModifiedTime at that moment: as both sides of the comparison are
    AWS's own clock, a changed value proves that an update was taken up, whatever our clock says.
    """

    endpoint: str
    release_id: str
    previous_config: str | None
    previous_version: int | None
    previous_since: datetime | None
    previous_modified: datetime | None
    new_config: str
    new_version: int | None
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class UpdateIntent:
    """Saved before a staging endpoint is updated, so that a silent rollback can be told from an unsent update."""

    previous_config: str | None
    previous_modified: datetime | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Why a release ended as it did: a stable reason code for machines, a sentence for people."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Release:
    """One attempt to change what prod of a model serves; the unit that the store keeps under compare-and-set.

    `wanted` is what the person asked for: a version number, `latest`, or a ModelPackage ARN. `reply_to` is where the
    requester can be answered privately; its form belongs to the edge that took the command. `target_config`
    is set for a rollback only: the EndpointConfig to return to; `undone_config` is the one to return from.
    `votes` are those for the gate that is, or was last, open; what made them void took them away.
    `replaced` names what staging served before the updates of earlier runs; `staging_intent` is that of this run.
    """

    id: str
    kind: Kind
    model: str
    wanted: str
    deployment: Deployment
    requested_by: str
    requested_at: datetime
    phase: Phase
    phase_since: datetime
    reply_to: str = ""
    reason: str = ""
    target_config: str | None = None
    target_version: int | None = None
    undone_config: str | None = None
    package: ModelPackage | None = None
    staging: EndpointSighting | None = None
    prod: EndpointSighting | None = None
    staging_intent: UpdateIntent | None = None
    replaced: tuple[str, ...] = ()
    evidence: Evidence | None = None
    prod_evidence: Evidence | None = None
    gate: Gate | None = None
    stale: Staleness | None = None
    rerun: Rerun | None = None
    votes: tuple[Vote, ...] = ()
    reminded: Reminder | None = None
    decision: Decision | None = None
    pointer: RollbackPointer | None = None
    outcome: Outcome | None = None
    errors_in_a_row: int = 0
    last_error: str = ""
    cleanup_due: datetime | None = None
    cleaned_up: bool = False
    log_length: int = 0
    revision: int = 0
    schema_version: int = SCHEMA_VERSION

    @property
    def broke_glass(self) -> bool:
        """Say whether it was brought to prod past its gate, by break-glass."""
        return self.decision is not None and self.decision.kind is DecisionKind.BREAK_GLASS
