"""Releases to look at: one in every phase, made by the core's own `decide`, and one of the worst data there can be."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from services.release import events as e
from services.release.lifecycle import FIRST_PHASE, Advanced, Refused, decide
from services.release.model import (
    CheckResult,
    Deployment,
    EndpointSighting,
    Evidence,
    Freeze,
    Gate,
    Holds,
    Kind,
    ModelPackage,
    Release,
    RollbackPointer,
    Serving,
    Stage,
    UpdateIntent,
    Verdict,
)
from services.release.record import EvidenceRecord, Exchange, RowAnswers, Task
from services.release.terms import BreakGlass, GateTerms

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
_OLD = "titanic-survival-v6-r0ldrelea-prod"
_NEW = "titanic-survival-v7-r7k2m9x4q-prod"
_STAGED = "titanic-survival-v7-r7k2m9x4q-staging"
NASTY = "<!channel> & <https://evil.example|click> \u202e*bold* `code` 🚀 مرحبا " + "ß" * 1000

DEPLOYMENT = Deployment(
    package_group="titanic-survival",
    region="eu-west-1",
    account="123456789012",
    staging_endpoint="titanic-survival-staging",
    prod_endpoint="titanic-survival-prod",
    instance_type="ml.m5.large",
    instance_count=1,
    execution_role_arn="arn:aws:iam::123456789012:role/sagemaker",
    channel="C0RELEASES",
)
PACKAGE = ModelPackage(
    arn="arn:aws:sagemaker:eu-west-1:123456789012:model-package/titanic-survival/7",
    group="titanic-survival",
    version=7,
    description="XGBoost, 400 trees, trained on the November table",
)
REQUEST = Release(
    id="r7k2m9x4q",
    kind=Kind.DEPLOY,
    model="titanic-survival",
    wanted="latest",
    deployment=DEPLOYMENT,
    requested_by="U0ALICE",
    requested_at=START,
    phase=FIRST_PHASE[Kind.DEPLOY],
    phase_since=START,
    log_length=1,
)
ROLLBACK = replace(
    REQUEST,
    id="r3b8undo1",
    kind=Kind.ROLLBACK,
    wanted="6",
    phase=FIRST_PHASE[Kind.ROLLBACK],
    reason="Survival rate doubled overnight",
    target_config=_OLD,
    target_version=6,
)


def _check(name: str, verdict: Verdict, seen: str, rule: str, *, blocking: bool = True) -> CheckResult:
    return CheckResult(name, verdict, seen, rule, blocking=blocking)


_GOOD = (
    _check("reply rows", Verdict.PASSED, "24 rows", "as many as were sent (24)"),
    _check("finite, in range", Verdict.PASSED, "0.04 to 0.97", "every score in 0 to 1"),
    _check("golden records", Verdict.PASSED, "20 of 20 within 0.02", "all within 0.02"),
    _check("error rate", Verdict.PASSED, "0 of 24", "at most 0 %"),
    _check("p95 latency", Verdict.PASSED, "19 ms", "at most 200 ms"),
    _check("bad payload", Verdict.PASSED, "HTTP 415", "answered 4xx"),
)
_BAD = (
    _check("auc", Verdict.FAILED, "0.357", ">= 0.802 (registry 0.812 - 0.01)"),
    _check("a first-class woman survives", Verdict.FAILED, "0.11", "a score of at least 0.7"),
    _check("golden records", Verdict.FAILED, "3 of 20 within 0.02", "all within 0.02"),
    *_GOOD[:2],
    _check("score drift", Verdict.FAILED, "mean 0.21", "mean 0.30 to 0.45", blocking=False),
)
_WARNED = (
    *_GOOD,
    _check("flipped", Verdict.FAILED, "12.2% (51 of 418)", "<= 10%", blocking=False),
    _check("auc", Verdict.PASSED, "0.812", ">= 0.802 (registry 0.812 - 0.01)"),
)
_NO_PROD = (
    *_GOOD,
    _check("flipped", Verdict.SKIPPED, "no prod to compare with", "at most 30 %"),
    _check("mean_shift", Verdict.SKIPPED, "no prod to compare with", "at most 0.04", blocking=False),
)


LIVE = Serving(
    config=_OLD,
    version=6,
    image="141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:3.0-5",
    image_digest="sha256:1f0c7d4e9a2b11aa",
    instance_type="ml.m5.large",
    instance_count=2,
    environment=(("MODEL_CACHE", "0a1b2c3d"), ("WORKERS", "11112222")),
    data_capture=20,
    metrics=(("accuracy", 0.766), ("auc", 0.747)),
    role="sagemaker-until-october",
)
CANDIDATE = Serving(
    config=_STAGED,
    version=7,
    image="141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:3.2-0",
    image_digest="sha256:77ab30c2d5e611bb",
    instance_type="ml.m5.large",
    instance_count=1,
    environment=(("LOG_LEVEL", "99990000"), ("WORKERS", "33334444")),
    metrics=(("accuracy", 0.768), ("auc", 0.812)),
    role="sagemaker",
)


def evidence(verdict: Verdict, config: str = _STAGED, checks: tuple[CheckResult, ...] = _GOOD) -> Evidence:
    """Return what a suite saw."""
    on_prod = config.endswith("prod")
    return Evidence(
        suite="titanic.yaml",
        suite_digest="sha256:5f1c8a9be0d2",
        endpoint="titanic-survival-prod" if on_prod else "titanic-survival-staging",
        config=config,
        verdict=verdict,
        checks=checks,
        requests_sent=24,
        latency_ms={"p50": 12.4, "p95": 18.9, "max": 31.2},
        sample=(("3,male,22,1,0,7.25", "0.0871"), ("1,female,38,1,0,71.28", "0.9634")),
        started_at=START,
        seconds=3.2,
        candidate=replace(CANDIDATE, config=config),
        prod=None if on_prod else LIVE,
        record="r7k2m9x4q.prod.20261123T091800Z" if on_prod else "r7k2m9x4q.staging.20261123T090900Z",
        record_digest="sha256:3c9df1a47b60c2fa8d9e",
        archived="s3://ml-evidence/titanic/r7k2m9x4q.json",
        allowed_requests=600,
        allowed_seconds=60,
    )


def record(of: Evidence) -> EvidenceRecord:
    """Return the record of what a suite saw: three rows, of which two are decided otherwise than by prod."""
    return EvidenceRecord(
        name=of.record,
        release_id=REQUEST.id,
        model=REQUEST.model,
        stage="staging",
        package_arn=PACKAGE.arn,
        evidence=of,
        rules=("auc >= registry - 0.01",),
        task=Task.BINARY,
        threshold=0.5,
        bounds=(0.0, 1.0),
        latencies_ms=(12.4, 18.9, 31.2),
        prod_latencies_ms=(12.1, 17.0, 30.0),
        latency_budget_of="p95",
        latency_budget_ms=200.0,
        rows=(
            RowAnswers("3,0,22,1,0,7.25,2", 0.62, "1", 0.11, "0", "0"),
            RowAnswers("1,1,38,1,0,71.2833,0", 0.08, "0", 0.96, "1", "1"),
            RowAnswers("1,1,35,1,0,53.1,2", 0.91, "1", 0.93, "1", "1"),
        ),
        exchanges=(
            Exchange(of.endpoint, "3,0,22,1,0,7.25,2\n1,1,38,1,0,71.2833,0", 200, "0.62\n0.08", 12.4),
            Exchange("titanic-survival-prod", "3,0,22,1,0,7.25,2", 200, "0.11", 11.9),
            Exchange(of.endpoint, "a,b,c", 415, "Content type must be text/csv", 1.2),
            Exchange(of.endpoint, "3,0,22,1,0,7.25,2", 0, "the endpoint did not answer within 5 s", 0.0),
        ),
        sluice_version="0.1.0",
        columns=("Pclass", "Sex", "Age", "SibSp", "Parch", "Fare", "Embarked"),
    )


def sighting(status: str, config: str | None, *, pending: str | None = None, message: str = "") -> EndpointSighting:
    """Return an endpoint as it was seen four minutes after it began to change."""
    later = START + timedelta(minutes=6)
    return EndpointSighting(status, config, pending, message, at=later, since=START + timedelta(minutes=2))


_ANSWERED = e.PackageApproved(PACKAGE, already=False)
_STAGING_STARTS = e.EndpointSeen(Stage.STAGING, sighting("Updating", "titanic-survival-v6-r0ldrelea-staging"))
_GATE = Gate(
    nonce="Zk3vQm0TgB8",
    opened_at=START + timedelta(minutes=9),
    expires_at=START + timedelta(hours=24),
    staging_config=_STAGED,
    prod_config=_OLD,
    digest="sha256:9c1d",
    staging_seen_at=START + timedelta(minutes=9),
    staging_modified=START + timedelta(minutes=6),
)
POINTER = RollbackPointer(
    endpoint="titanic-survival-prod",
    release_id="r7k2m9x4q",
    previous_config=_OLD,
    previous_version=6,
    previous_since=START - timedelta(days=9),
    previous_modified=START - timedelta(days=9),
    new_config=_NEW,
    new_version=7,
    saved_at=START + timedelta(minutes=12),
)
_FIRST_POINTER = replace(POINTER, previous_config=None, previous_version=None, previous_since=None)
_UNDO_POINTER = replace(
    POINTER, release_id="r3b8undo1", previous_config=_NEW, previous_version=7, new_config=_OLD, new_version=6
)

_TO_STAGING: tuple[e.Event, ...] = (_ANSWERED, e.StagingUpdateIntended(UpdateIntent(None, None)), _STAGING_STARTS)
_TO_SMOKE = (*_TO_STAGING, e.StagingLive(_STAGED))
_TO_GATE = (*_TO_SMOKE, e.SmokePassed(evidence(Verdict.PASSED)), e.GateOpened(_GATE))
_TO_FIRST_GATE = (
    *_TO_SMOKE,
    e.SmokePassed(replace(evidence(Verdict.PASSED, checks=_NO_PROD), prod=None)),
    e.GateOpened(replace(_GATE, prod_config=None)),
)
_TWO = replace(REQUEST, deployment=replace(DEPLOYMENT, terms=GateTerms(quorum=2, groups_required=("S0LEADS",))))
_RISKY = replace(REQUEST, deployment=replace(DEPLOYMENT, terms=GateTerms(risk=(("environment", 3), ("image", 2)))))
_OFFICE = "mon-fri 09:00-17:00 Europe/Madrid"
_CHECKLIST = ("The on-call has been told", "The rollback was rehearsed")
_WORDS = replace(
    REQUEST, deployment=replace(DEPLOYMENT, terms=GateTerms(reason=True, checklist=_CHECKLIST, windows=(_OFFICE,)))
)
_VOTED = (*_TO_GATE, e.VoteCast("U0BOB", "Numbers look right"))
_STALE = e.EvidenceStale("staging_moved", f"Staging serves titanic-survival-v5-by-hand, not {_STAGED} as tested.")
_TO_RERUN = (*_TO_GATE, _STALE, e.RerunRequested("U0BOB"), e.StagingLive(_STAGED))
_TO_PROD = (*_TO_GATE, e.Approved("U0BOB"))
_GLASS = replace(REQUEST, deployment=replace(DEPLOYMENT, terms=GateTerms(break_glass=BreakGlass(("S0ONCALL",)))))
BROKEN = e.GlassBroken(
    "U0BOB",
    "INC-412: v6 answers 500 to every third request. v7 is wrong on third class only.",
    ("smoke_failed", "frozen"),
    ("S0ONCALL",),
    holds=Holds(freezes=(Freeze("all", "U0CARLA", "Black Friday", START),)),
)
_TO_GLASS = (*_TO_SMOKE, e.SmokeFailed(evidence(Verdict.FAILED, checks=_BAD)))
_TO_BROKEN = (*_TO_GLASS, BROKEN)
_UNWAITED = replace(BROKEN, past=("quorum_incomplete", "outside_window"))
_CHANGING = (*_TO_PROD, e.PromotionIntended(POINTER), e.EndpointSeen(Stage.PROD, sighting("Updating", _OLD)))
_LIVE = (*_CHANGING, e.ProdLive(_NEW))
_UNDOING = (e.PromotionIntended(_UNDO_POINTER), e.EndpointSeen(Stage.PROD, sighting("Updating", _NEW)))
_UNDONE = (*_UNDOING, e.ProdLive(_OLD))
_FIRST = (*_TO_PROD, e.PromotionIntended(_FIRST_POINTER), e.ProdLive(_NEW))
_ON_PROD = evidence(Verdict.PASSED, _NEW)
_PROD_BAD = evidence(Verdict.FAILED, _NEW, _BAD)
_TOOK_BACK = e.UpdateRolledBack(Stage.PROD, _OLD, "Alarm titanic-5xx went off during the bake")
_FAILED = "The primary container for production variant AllTraffic did not pass the ping health check."

STORIES: dict[str, tuple[Release, tuple[e.Event, ...]]] = {
    "checking_package": (REQUEST, ()),
    "deploying_staging": (REQUEST, _TO_STAGING),
    "retrying": (REQUEST, (*_TO_STAGING, e.StepErrored("Rate exceeded", 3, START + timedelta(minutes=3)))),
    "smoke_testing": (REQUEST, _TO_SMOKE),
    "opening_gate": (REQUEST, _TO_GATE[:-1]),
    "awaiting_approval": (REQUEST, _TO_GATE),
    "awaiting_with_warnings": (
        REQUEST,
        (*_TO_SMOKE, e.SmokePassed(evidence(Verdict.PASSED, checks=_WARNED)), e.GateOpened(_GATE)),
    ),
    "awaiting_first_approval": (REQUEST, _TO_FIRST_GATE),
    "awaiting_two": (_TWO, _TO_GATE),
    "awaiting_second_vote": (_TWO, _VOTED),
    "reminded": (_TWO, (*_VOTED, e.Reminded(), e.Reminded(("S0LEADS",)))),
    "approved_by_two": (_TWO, (*_VOTED, e.Approved("U0CAROL", groups=("S0LEADS",)))),
    "awaiting_two_for_risk": (_RISKY, _TO_GATE),
    "awaiting_words": (_WORDS, _TO_GATE),
    "approved_in_words": (_WORDS, (*_TO_GATE, e.Approved("U0BOB", "Recall is better everywhere", ticked=_CHECKLIST))),
    "evidence_stale": (REQUEST, (*_TO_GATE, _STALE)),
    "running_again": (REQUEST, _TO_RERUN),
    "promoting": (REQUEST, _CHANGING),
    "verifying_prod": (REQUEST, _LIVE),
    "released": (REQUEST, (*_LIVE, e.ProdVerified(_ON_PROD))),
    "released_first": (REQUEST, (*_FIRST, e.ProdVerified(_ON_PROD))),
    "prod_unhealthy": (REQUEST, (*_LIVE, e.ProdUnverified(_PROD_BAD))),
    "package_refused": (REQUEST, (e.PackageRefused("package_failed", "version 7 is Failed in the registry"),)),
    "staging_failed": (REQUEST, (*_TO_STAGING, e.StagingFailed("endpoint_failed", _FAILED))),
    "smoke_failed": (REQUEST, (*_TO_SMOKE, e.SmokeFailed(evidence(Verdict.FAILED, checks=_BAD)))),
    "smoke_undecided": (REQUEST, (*_TO_SMOKE, e.SmokeUndecided(evidence(Verdict.ERRORED, checks=())))),
    "rejected": (REQUEST, (*_TO_GATE, e.Rejected("U0BOB", "Recall on third class is worse than v6"))),
    "expired": (REQUEST, (*_TO_GATE, e.Expired())),
    "cancelled": (REQUEST, (*_TO_STAGING, e.Cancelled("U0ALICE", "Wrong version"))),
    "superseded": (REQUEST, (*_TO_GATE, e.Superseded("U0ALICE", "r9newer01", 8))),
    "promotion_refused": (REQUEST, (*_TO_PROD, e.PromotionRefused("prod_changed", "prod no longer serves v6"))),
    "promotion_failed": (REQUEST, (*_CHANGING, e.ProdFailed("endpoint_failed", _FAILED))),
    "silently_rolled_back": (REQUEST, (*_CHANGING, _TOOK_BACK)),
    "staging_taken_back": (REQUEST, (*_TO_STAGING, replace(_TOOK_BACK, stage=Stage.STAGING))),
    "errored": (REQUEST, (*_TO_STAGING, e.GaveUp("AccessDenied on DescribeEndpoint, 20 times in a row"))),
    "rolling_back": (ROLLBACK, _UNDOING),
    "verifying_rollback": (ROLLBACK, _UNDONE),
    "rolled_back": (ROLLBACK, (*_UNDONE, e.ProdVerified(evidence(Verdict.PASSED, _OLD)))),
    "rollback_unhealthy": (ROLLBACK, (*_UNDONE, e.ProdUnverified(evidence(Verdict.FAILED, _OLD, _BAD)))),
    "rollback_failed": (ROLLBACK, (*_UNDOING, e.ProdFailed("endpoint_failed", _FAILED))),
    "promotion_stale": (REQUEST, (*_TO_PROD, e.PromotionRefused("evidence_stale", "Staging serves something else"))),
    "errored_on_prod": (REQUEST, (*_CHANGING, e.GaveUp("AccessDenied on DescribeEndpoint, 20 times in a row"))),
    "glass_failed": (_GLASS, _TO_GLASS),
    "glass_broken": (_GLASS, (*_TO_BROKEN, e.PromotionIntended(POINTER))),
    "glass_refused": (_GLASS, (*_TO_BROKEN, e.PromotionRefused("evidence_stale", "Staging serves something else"))),
    "glass_prod_unhealthy": (
        _GLASS,
        (*_TO_BROKEN, e.PromotionIntended(POINTER), e.ProdLive(_NEW), e.ProdUnverified(_PROD_BAD)),
    ),
    "glass_released": (
        _GLASS,
        (*_TO_GATE, _UNWAITED, e.PromotionIntended(POINTER), e.ProdLive(_NEW), e.ProdVerified(_ON_PROD)),
    ),
}
"""Name -> how it begins and what happens to it."""


def played(release: Release, happened: tuple[e.Event, ...]) -> tuple[Release, list[e.LogEntry]]:
    """Let events happen three minutes apart; return the release and its log.

    Raises:
        ValueError: the core refuses one of the events.
    """
    log = [e.LogEntry(1, release.requested_at, e.Requested(release.requested_by))]
    for number, event in enumerate(happened, start=1):
        match decide(release, event, START + timedelta(minutes=3 * number)):
            case Advanced(after, entry):
                release = after
                log.append(entry)
            case Refused(phase):
                raise ValueError(f"{type(event).__name__} cannot happen while {phase.value}")
    return release, log


def releases_by_phase() -> dict[str, Release]:
    """Return a release for every name in STORIES."""
    return {name: played(*story)[0] for name, story in STORIES.items()}


def many_releases() -> list[tuple[Release, str]]:
    """Return a release for every name in STORIES, each with an id of its own and the address of its card."""
    return [
        (replace(release, id=f"r{number:08}"), f"https://example.slack.com/archives/C0RELEASES/p{number}")
        for number, release in enumerate(releases_by_phase().values())
    ]


def worst_release() -> Release:
    """Return a rejected release whose every text is as long and as hostile as it can be."""
    long_name = ("m" * 61 + "-x")[:63]
    nasty_check = CheckResult(NASTY, Verdict.FAILED, NASTY, NASTY)
    advisory = replace(nasty_check, blocking=False)
    skipped = replace(nasty_check, verdict=Verdict.SKIPPED)
    serving = Serving(
        config=long_name,
        image=NASTY,
        image_digest=NASTY,
        instance_type=NASTY,
        environment=tuple((f"{NASTY}{number}", str(number)) for number in range(30)),
        metrics=tuple((f"{NASTY}{number}", 1e300) for number in range(30)),
    )
    seen = replace(
        evidence(Verdict.FAILED),
        checks=((nasty_check,) * 60 + (advisory,) * 20 + (skipped,) * 20),
        suite=NASTY,
        endpoint=long_name,
        config=long_name,
        sample=((NASTY * 2, NASTY * 2),) * 20,
        candidate=serving,
        prod=replace(serving, environment=(), image_digest=NASTY[1:]),
        record=NASTY,
        record_digest=NASTY,
        archived=NASTY,
        archive_problem=NASTY,
        allowed_requests=10**9,
        allowed_seconds=10**6,
    )
    where = replace(DEPLOYMENT, package_group=long_name, staging_endpoint=long_name, prod_endpoint=long_name)
    begin = replace(REQUEST, model=long_name, wanted=NASTY, deployment=where, requested_by=NASTY, reason=NASTY)
    package = replace(PACKAGE, group=long_name, version=999_999_999, description=NASTY)
    gate = replace(_GATE, prod_config=long_name, staging_config=long_name)
    story: tuple[e.Event, ...] = (
        e.PackageApproved(package, already=True),
        e.StagingLive(long_name),
        e.SmokePassed(seen),
        e.GateOpened(gate),
        e.Rejected(NASTY, NASTY),
    )
    return played(begin, story)[0]
