"""Bring the staging endpoint to the release's config: create it, update it, or make a Failed one anew."""

from datetime import datetime

from services.ports import EndpointDescription, Ports
from services.release import events as e
from services.release.model import Release, Stage, UpdateIntent
from services.release.naming import config_name
from services.steps.plan import CreateEndpoint, DeleteEndpoint, Do, Plan, Record, Step, UpdateEndpoint
from services.steps.standing import (
    Clash,
    HostingSight,
    Standing,
    look_at,
    missing_resource,
    only_maintained,
    reason_of,
    staging_changed,
    standing,
    timed_out,
    watch,
)


def look(release: Release, ports: Ports) -> HostingSight:
    """Describe model, config and staging endpoint."""
    return look_at(ports.regions.of(release.deployment).hosting, release, Stage.STAGING)


def plan(release: Release, sight: HostingSight, now: datetime) -> Plan:
    """Decide the next move from a fresh look."""
    wanted = config_name(release, Stage.STAGING)
    endpoint = sight.endpoint
    stands = standing(endpoint, wanted)
    if stands is Standing.LIVE:
        return Record(e.StagingLive(wanted))
    if timed_out(release, release.phase_since, now):
        status = endpoint.status if endpoint is not None else "absent"
        return Record(e.StagingFailed("timed_out", f"The staging endpoint is still {status}."))
    if endpoint is not None and stands is not Standing.OTHER:
        return _plan_unsettled(release, endpoint, stands, now)
    missing = missing_resource(release, sight, Stage.STAGING)
    if isinstance(missing, Clash):
        return Record(e.StagingFailed("name_taken", missing.detail))
    return missing or _plan_change(release, endpoint, wanted)


def _plan_unsettled(release: Release, endpoint: EndpointDescription, stands: Standing, now: datetime) -> Plan:
    if stands is Standing.MOVING:
        return watch(release, Stage.STAGING, endpoint, now)
    # Before this run changed anything, what failed is not its failure: it failed earlier, or under somebody else.
    ours = release.staging_intent is not None and endpoint.config == config_name(release, Stage.STAGING)
    if stands is Standing.FAILED and not ours:
        # SageMaker accepts nothing but DeleteEndpoint for a Failed endpoint.
        return Do(DeleteEndpoint(endpoint.name))
    return Record(e.StagingFailed("endpoint_failed", reason_of(endpoint)))


def _plan_change(release: Release, endpoint: EndpointDescription | None, wanted: str) -> Plan:
    """Create or update, after saving what tells a silent rollback from an update that was never sent."""
    intent = release.staging_intent
    if intent is None:
        previous = None if endpoint is None else endpoint.config
        modified = None if endpoint is None else endpoint.modified_at
        return Record(e.StagingUpdateIntended(UpdateIntent(previous, modified)))
    if endpoint is None:
        return Do(CreateEndpoint(release.deployment.staging_endpoint, wanted))
    if endpoint.modified_at == intent.previous_modified:
        return Do(UpdateEndpoint(endpoint.name, wanted))
    if endpoint.config != intent.previous_config:
        return Record(staging_changed(endpoint))
    if only_maintained(release.staging, release.phase_since):
        return Do(UpdateEndpoint(endpoint.name, wanted))
    return Record(e.UpdateRolledBack(Stage.STAGING, endpoint.config, reason_of(endpoint)))


def refused(_release: Release, reason: str) -> e.Event:
    """Name what a refusal of AWS amounts to."""
    return e.StagingFailed("aws_refused", reason)


STEP = Step("deploy_staging", look, plan, refused)
