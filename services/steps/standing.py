"""How an endpoint stands to a config that we want it to serve, and what must exist before it can."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from services.ports import ConfigDescription, EndpointDescription, Hosting, ModelDescription
from services.release.events import EndpointSeen, StagingFailed
from services.release.model import EndpointSighting, Release, Stage
from services.release.naming import VARIANT, config_name, model_name
from services.steps.plan import CreateConfig, CreateModel, Do, Record, Wait

STILL_WAITING_FIRST = timedelta(minutes=2)
"""After so long in one status the thread hears that we still wait; then after twice that, and so on."""


class Standing(Enum):
    """How an endpoint stands to a wanted config."""

    ABSENT = "absent"
    LIVE = "live"
    OTHER = "other"
    MOVING = "moving"
    FAILED = "failed"
    STUCK = "stuck"


def standing(endpoint: EndpointDescription | None, wanted: str) -> Standing:
    """Judge a fresh DescribeEndpoint.

    InService alone is not success: an update that SageMaker rolls back ends InService on the old config
    (source: hashicorp/terraform-provider-aws #48997). A Failed endpoint can only be deleted; the other settled
    statuses (OutOfService, UpdateRollbackFailed) need a person, or a rollback.
    """
    if endpoint is None:
        return Standing.ABSENT
    if endpoint.status == "InService" and endpoint.pending_config is None:
        return Standing.LIVE if endpoint.config == wanted else Standing.OTHER
    if endpoint.status == "Failed":
        return Standing.FAILED
    if endpoint.status in {"OutOfService", "UpdateRollbackFailed"}:
        return Standing.STUCK
    return Standing.MOVING


@dataclass(frozen=True, slots=True)
class HostingSight:
    """The three things that make a model answer, as they are now."""

    model: ModelDescription | None
    config: ConfigDescription | None
    endpoint: EndpointDescription | None


def look_at(hosting: Hosting, release: Release, stage: Stage) -> HostingSight:
    """Describe the release's Model, its EndpointConfig for `stage` and that stage's endpoint."""
    return HostingSight(
        model=hosting.model(model_name(release)),
        config=hosting.config(config_name(release, stage)),
        endpoint=hosting.endpoint(endpoint_name(release, stage)),
    )


def endpoint_name(release: Release, stage: Stage) -> str:
    """Return the name of the endpoint of `stage`."""
    return release.deployment.staging_endpoint if stage is Stage.STAGING else release.deployment.prod_endpoint


@dataclass(frozen=True, slots=True)
class Clash:
    """A resource of the release's name exists and is not what the release would have made."""

    detail: str


def missing_resource(release: Release, sight: HostingSight, stage: Stage) -> Do | Clash | None:
    """Return the order that makes what is missing before an endpoint can serve, or None if all is there."""
    package, deployment = release.package, release.deployment
    if package is None:
        return Clash("the release has no checked package")
    if sight.model is None:
        return Do(CreateModel(model_name(release), package.arn, deployment.execution_role_arn))
    if sight.model.package_arn != package.arn:
        return Clash(f"Model {sight.model.name} exists and was made from {sight.model.package_arn}")
    if sight.config is None:
        name = config_name(release, stage)
        return Do(CreateConfig(name, sight.model.name, deployment.instance_type, deployment.instance_count))
    if (sight.config.model, sight.config.variant) != (sight.model.name, VARIANT):
        return Clash(f"EndpointConfig {sight.config.name} exists and is for model {sight.config.model}")
    return None


def watch(release: Release, stage: Stage, endpoint: EndpointDescription, now: datetime) -> Record | Wait:
    """Wait for a moving endpoint, after recording a change of its status or that it has been long."""
    before = release.staging if stage is Stage.STAGING else release.prod
    seen = EndpointSighting(
        status=endpoint.status,
        config=endpoint.config,
        pending_config=endpoint.pending_config,
        message=endpoint.message,
        at=now,
        since=now,
    )
    if before is None or before.at < release.phase_since or _changed(before, seen):
        return Record(EndpointSeen(stage, seen))
    waited, told_after = now - before.since, before.at - before.since
    if waited >= max(STILL_WAITING_FIRST, 2 * told_after):
        long = EndpointSighting(seen.status, seen.config, seen.pending_config, seen.message, now, before.since)
        return Record(EndpointSeen(stage, long))
    return Wait()


def maintained(endpoint: EndpointDescription | None, config: str | None) -> bool:
    """Say whether AWS does maintenance of its own on an endpoint that serves, and will serve, `config`."""
    return endpoint is not None and (endpoint.status, endpoint.config) == ("SystemUpdating", config)


def only_maintained(before: EndpointSighting | None, since: datetime) -> bool:
    """Say whether AWS's own maintenance is the last that was seen of an endpoint since then.

    It changes LastModifiedTime as an update does, but takes none up (DescribeEndpoint's guide on SystemUpdating), so
    that no update can have been rolled back: what was to be sent has yet to be.
    """
    return before is not None and before.at >= since and before.status == "SystemUpdating"


def _changed(before: EndpointSighting, seen: EndpointSighting) -> bool:
    old = (before.status, before.config, before.pending_config, before.message)
    return old != (seen.status, seen.config, seen.pending_config, seen.message)


def timed_out(release: Release, since: datetime, now: datetime) -> bool:
    """Say whether the release has waited since `since` for longer than its deployment may take."""
    return now - since > timedelta(seconds=release.deployment.deploy_timeout_seconds)


def staging_changed(endpoint: EndpointDescription | None) -> StagingFailed:
    """Return the event for a staging endpoint that was changed behind the release's back."""
    now = "gone" if endpoint is None else f"{endpoint.status} on {endpoint.config}"
    return StagingFailed("staging_changed", f"Someone or something changed the staging endpoint; it is {now}.")


def reason_of(endpoint: EndpointDescription) -> str:
    """Return why an endpoint is as it is, in SageMaker's words or, where it gives none, in ours."""
    if endpoint.status == "UpdateRollbackFailed":
        return f"The endpoint is {endpoint.status}. {endpoint.failure_reason}".rstrip()
    return endpoint.failure_reason or f"SageMaker gave no reason; the endpoint is {endpoint.status}."
