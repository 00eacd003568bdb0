"""Releases, endpoints and evidence to start a test from; vary them with `dataclasses.replace`."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from services.ports import ConfigDescription, EndpointDescription, ModelDescription, PackageDescription
from services.release import events as e
from services.release.catalog import ModelEntry, People
from services.release.digest import gate_digest
from services.release.model import (
    CheckResult,
    Decision,
    DecisionKind,
    Deployment,
    EndpointSighting,
    Evidence,
    Freeze,
    Gate,
    Kind,
    Lock,
    ModelPackage,
    Outcome,
    Phase,
    Release,
    RollbackPointer,
    Serving,
    Stage,
    Staleness,
    UpdateIntent,
    Verdict,
)
from services.release.naming import VARIANT, config_name, model_name
from services.release.terms import BreakGlass

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
RELEASE_ID = "r0000000a"
OLD_CONFIG = "titanic-survival-v6-r00000009-prod"
OLD_STAGING = "titanic-survival-v6-r00000009-staging"
ARN = "arn:aws:sagemaker:eu-west-1:111122223333:model-package/titanic-survival/7"
REQUESTER, APPROVER, OPERATOR, STRANGER = "UREQUEST", "UAPPROVE", "UOPERATE", "USTRANGE"
DEPLOYMENT = Deployment(
    package_group="titanic-survival",
    region="eu-west-1",
    account="111122223333",
    staging_endpoint="titanic-staging",
    prod_endpoint="titanic-prod",
    instance_type="ml.m5.large",
    instance_count=1,
    execution_role_arn="arn:aws:iam::111122223333:role/sluice",
    channel="CRELEASES",
)
ENTRY = ModelEntry(
    name="titanic",
    deployment=DEPLOYMENT,
    approvers=People(users=frozenset({APPROVER})),
    operators=People(users=frozenset({OPERATOR, APPROVER})),
)
PACKAGE = ModelPackage(ARN, "titanic-survival", 7)


def after(minutes: float) -> datetime:
    """Return the time so many minutes after noon, the moment at which everything here was asked for."""
    return NOON + timedelta(minutes=minutes)


def asked(kind: Kind = Kind.DEPLOY) -> Release:
    """Return a release that was just asked for, with its first log entry."""
    deploy = kind is Kind.DEPLOY
    return Release(
        id=RELEASE_ID,
        kind=kind,
        model="titanic",
        wanted="7" if deploy else "6",
        deployment=DEPLOYMENT,
        requested_by=REQUESTER if deploy else OPERATOR,
        requested_at=NOON,
        phase=Phase.CHECKING_PACKAGE if deploy else Phase.ROLLING_BACK,
        phase_since=NOON,
        target_config=None if deploy else OLD_CONFIG,
        target_version=None if deploy else 6,
        log_length=1,
        revision=1,
    )


def checked() -> Release:
    """Return a deploy whose package was found and not approved yet."""
    return replace(asked(), package=PACKAGE)


def deploying() -> Release:
    """Return a deploy that has not touched staging yet."""
    return replace(checked(), phase=Phase.DEPLOYING_STAGING)


def smoking() -> Release:
    """Return a deploy whose staging endpoint is live."""
    intent = UpdateIntent(OLD_STAGING, after(-60))
    return replace(deploying(), phase=Phase.SMOKE_TESTING, staging_intent=intent)


def smoked() -> Release:
    """Return a deploy whose suite passed and whose gate is not open yet."""
    return replace(smoking(), phase=Phase.OPENING_GATE, evidence=evidence())


def awaiting(prod_config: str | None = OLD_CONFIG) -> Release:
    """Return a deploy with an open gate, over a prod that serves `prod_config`."""
    release = smoked()
    return replace(release, phase=Phase.AWAITING_APPROVAL, gate=gate(release, prod_config))


def stale() -> Release:
    """Return a deploy whose evidence became stale at noon, with the gate that it had."""
    why = Staleness("staging_moved", "Staging serves theirs.", since=NOON)
    return replace(awaiting(), phase=Phase.EVIDENCE_STALE, stale=why)


def breakable(release: Release) -> Release:
    """Return the release with terms that let its glass be broken."""
    terms = replace(release.deployment.terms, break_glass=BreakGlass(("SONCALL",)))
    return replace(release, deployment=replace(release.deployment, terms=terms))


def failed(*, prod: str | None = OLD_CONFIG) -> Release:
    """Return a deploy that its suite stopped at noon, over a prod that served `prod`; its glass can be broken."""
    seen = replace(evidence(Verdict.FAILED), prod=Serving(prod) if prod is not None else None)
    release = replace(breakable(smoking()), phase=Phase.SMOKE_FAILED, evidence=seen, phase_since=NOON)
    return replace(release, outcome=Outcome("smoke_failed", "accuracy"), cleanup_due=after(24 * 60))


def approved(prod_config: str | None = OLD_CONFIG) -> Release:
    """Return a deploy that was approved a minute ago, over a prod that serves `prod_config`."""
    decision = Decision(DecisionKind.APPROVED, APPROVER, after(-1))
    return replace(awaiting(prod_config), phase=Phase.PROMOTING, decision=decision)


def promoting(previous: str | None = OLD_CONFIG, modified: datetime | None = NOON - timedelta(hours=1)) -> Release:
    """Return an approved deploy with its pointer saved; `modified` is prod's LastModifiedTime at that moment."""
    release = approved(previous)
    return replace(release, pointer=pointer(release, previous, modified))


def rolling_back() -> Release:
    """Return a rollback to version 6 that has not touched prod yet."""
    return asked(Kind.ROLLBACK)


def evidence(verdict: Verdict = Verdict.PASSED, config: str = "") -> Evidence:
    """Return what a suite of one check saw on staging."""
    return Evidence(
        suite="titanic",
        suite_digest="5" * 64,
        endpoint=DEPLOYMENT.staging_endpoint,
        config=config or config_name(checked(), Stage.STAGING),
        verdict=verdict,
        checks=(CheckResult("accuracy", verdict, "0.81", "at least 0.78"),),
        requests_sent=3,
        latency_ms={"p50": 11.0, "p95": 19.0, "max": 23.0},
        sample=(("3,male,22", "0"),),
        started_at=after(-5),
        seconds=1.5,
    )


def gate(release: Release, prod_config: str | None = OLD_CONFIG) -> Gate:
    """Return the gate that was opened for `release` at noon."""
    return Gate(
        nonce="nonce-of-the-gate",
        opened_at=NOON,
        expires_at=NOON + timedelta(seconds=release.deployment.gate_lifetime_seconds),
        staging_config=config_name(release, Stage.STAGING),
        prod_config=prod_config,
        digest=gate_digest(release),
    )


def pointer(release: Release, previous: str | None = OLD_CONFIG, modified: datetime | None = None) -> RollbackPointer:
    """Return what `release` saves before it changes a prod that serves `previous`."""
    return RollbackPointer(
        endpoint=DEPLOYMENT.prod_endpoint,
        release_id=release.id,
        previous_config=previous,
        previous_version=6 if previous else None,
        previous_since=modified if previous else None,
        previous_modified=modified,
        new_config=config_name(release, Stage.PROD),
        new_version=7,
        saved_at=NOON,
    )


def prod(
    config: str = OLD_CONFIG,
    status: str = "InService",
    *,
    pending: str | None = None,
    modified: datetime = NOON - timedelta(hours=1),
    reason: str = "",
) -> EndpointDescription:
    """Return the prod endpoint as a Describe shows it; untouched since before noon unless told otherwise."""
    return _endpoint(DEPLOYMENT.prod_endpoint, config, status, pending=pending, modified=modified, reason=reason)


def staging(
    config: str = "",
    status: str = "InService",
    *,
    pending: str | None = None,
    modified: datetime = NOON - timedelta(hours=1),
    reason: str = "",
) -> EndpointDescription:
    """Return the staging endpoint as a Describe shows it, on the release's own config unless told otherwise."""
    serving = config or config_name(checked(), Stage.STAGING)
    return _endpoint(DEPLOYMENT.staging_endpoint, serving, status, pending=pending, modified=modified, reason=reason)


def _endpoint(
    name: str, config: str, status: str, *, pending: str | None, modified: datetime, reason: str
) -> EndpointDescription:
    return EndpointDescription(
        name=name,
        arn=f"arn:aws:sagemaker:eu-west-1:111122223333:endpoint/{name}",
        status=status,
        config=config,
        pending_config=pending,
        failure_reason=reason,
        message="",
        created_at=after(-3000),
        modified_at=modified,
        instance_count=1,
    )


def described(
    *, status: str = "Completed", approval: str = "PendingManualApproval", words: str = ""
) -> PackageDescription:
    """Return version 7 as the registry describes it; `words` is its ApprovalDescription."""
    return PackageDescription(ARN, "titanic-survival", 7, status, approval, approval_description=words)


def made_model(package_arn: str | None = ARN) -> ModelDescription:
    """Return the release's Model."""
    return ModelDescription(model_name(checked()), package_arn)


def made_config(stage: Stage, model: str = "", variant: str = VARIANT) -> ConfigDescription:
    """Return the release's EndpointConfig for `stage`."""
    return ConfigDescription(
        config_name(checked(), stage), model or model_name(checked()), variant, "ml.m5.large", 1, NOON
    )


def old_config() -> ConfigDescription:
    """Return the EndpointConfig that prod served before."""
    return ConfigDescription(OLD_CONFIG, OLD_CONFIG.removesuffix("-prod"), VARIANT, "ml.m5.large", 1, after(-3000))


def lock() -> Lock:
    """Return the lock that a rollback leaves."""
    return Lock("titanic", OPERATOR, "rolled back", NOON, "r00000008")


def freeze(scope: str = "titanic", until: datetime | None = None) -> Freeze:
    """Return a freeze that began at noon."""
    return Freeze(scope, OPERATOR, "quarter end", NOON, until)


def sighting(status: str = "Updating", at: datetime = NOON, since: datetime = NOON) -> EndpointSighting:
    """Return what was told of an endpoint that changes."""
    return EndpointSighting(status, OLD_CONFIG, None, "", at, since)


def every_event() -> tuple[e.Event, ...]:
    """Return one event of each class, in the order of the classes' definition."""
    release = promoting()
    saved = pointer(release)
    return (
        e.Requested(REQUESTER),
        e.PackageChecked(PACKAGE),
        e.PackageApproved(PACKAGE, already=False),
        e.PackageRefused("no_such_version", "there is none"),
        e.EndpointSeen(Stage.STAGING, sighting()),
        e.StagingUpdateIntended(UpdateIntent(OLD_STAGING, after(-60))),
        e.StagingLive(config_name(release, Stage.STAGING)),
        e.StagingFailed("endpoint_failed", "no capacity"),
        e.SmokePassed(evidence()),
        e.SmokeFailed(evidence(Verdict.FAILED)),
        e.SmokeUndecided(evidence(Verdict.ERRORED)),
        e.GateOpened(gate(release)),
        e.EvidenceStale("staging_moved", "Staging serves theirs."),
        e.RerunRequested(REQUESTER),
        e.Reminded(("SLEADS",)),
        e.VoteCast(APPROVER),
        e.Approved(APPROVER),
        e.GlassBroken(APPROVER, "prod is down", ("smoke_failed",), ("SONCALL",)),
        e.Rejected(APPROVER, "too slow"),
        e.Expired(),
        e.Cancelled(REQUESTER, "changed my mind"),
        e.Superseded(REQUESTER, "r0000000b", 8),
        e.PromotionIntended(saved),
        e.PromotionRefused("locked", "rolled back"),
        e.ProdLive(saved.new_config),
        e.ProdFailed("endpoint_failed", "no capacity"),
        e.UpdateRolledBack(Stage.PROD, OLD_CONFIG, "alarm"),
        e.ProdVerified(evidence()),
        e.ProdUnverified(evidence(Verdict.FAILED)),
        e.StepErrored("throttled", 1, after(1)),
        e.Recovered(1),
        e.RegistryNotMarked("AccessDenied"),
        e.GaveUp("throttled"),
        e.Rebuilt("Redis was emptied.", saved),
        e.CleanedUp(()),
    )


LEAST: dict[str, Any] = {
    "package_group": "churn",
    "staging_endpoint": "churn-staging",
    "prod_endpoint": "churn-prod",
    "execution_role_arn": "arn:aws:iam::123456789012:role/sagemaker",
    "channel": "C0RELEASES",
}
"""The least that the catalog must say of a model."""
