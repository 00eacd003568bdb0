"""What promoting and rolling back share: changing prod once its rollback pointer is saved."""

from collections.abc import Mapping
from datetime import datetime

from services.ports import EndpointDescription
from services.release import events as e
from services.release.model import Kind, Release, RollbackPointer, Stage
from services.release.naming import release_in, version_in
from services.steps.plan import CreateEndpoint, DeleteEndpoint, Do, Plan, Record, TagEndpoint, UpdateEndpoint
from services.steps.standing import Standing, maintained, only_maintained, reason_of, standing, timed_out, watch

TAG_PREVIOUS = "sluice:previous-config"
TAG_RELEASE = "sluice:release"
NO_CONFIG = "none"
"""What the tag says when prod had no endpoint before; a tag's value may not tell "nothing" from "not known"."""


def pointer_for(
    release: Release, endpoint: EndpointDescription | None, new_config: str, new_version: int | None, now: datetime
) -> RollbackPointer:
    """Return the pointer to what prod serves now; a Failed endpoint serves nothing that is worth going back to."""
    serving = endpoint if endpoint is not None and endpoint.status != "Failed" else None
    return RollbackPointer(
        endpoint=release.deployment.prod_endpoint,
        release_id=release.id,
        previous_config=serving.config if serving is not None else None,
        previous_version=version_in(serving.config) if serving is not None else None,
        previous_since=serving.modified_at if serving is not None else None,
        previous_modified=endpoint.modified_at if endpoint is not None else None,
        new_config=new_config,
        new_version=new_version,
        saved_at=now,
    )


def mirrored(endpoint: EndpointDescription, tags: Mapping[str, str], now: datetime) -> RollbackPointer | None:
    """Return the pointer of the release that brought prod its present, or coming, config, from the endpoint alone.

    The tags tell what was there before. An endpoint that bears them of another release than the one that named its
    config was brought back, and they say nothing of that config. One without tags was made for its config: nothing was
    there before. None where the config is none of ours, or what the tags would lead back to is what is there.
    """
    brought = endpoint.pending_config or endpoint.config
    maker, before = release_in(brought), tags.get(TAG_PREVIOUS, NO_CONFIG)
    if maker is None or tags.get(TAG_RELEASE, maker) != maker or before == brought:
        return None
    previous = None if before == NO_CONFIG else before
    return RollbackPointer(
        endpoint=endpoint.name,
        release_id=maker,
        previous_config=previous,
        previous_version=version_in(previous) if previous is not None else None,
        previous_since=None,
        previous_modified=None,
        new_config=brought,
        new_version=version_in(brought),
        saved_at=min(now, endpoint.modified_at),
    )


def plan_settling(
    release: Release, pointer: RollbackPointer, endpoint: EndpointDescription | None, now: datetime
) -> Plan | None:
    """Plan for an update that is under way or has ended; None if it has not been sent yet."""
    stands = standing(endpoint, pointer.new_config)
    if stands is Standing.LIVE:
        return Record(e.ProdLive(pointer.new_config))
    if endpoint is None:
        return None
    if maintained(endpoint, pointer.previous_config) and _was_under_way(release, pointer):
        return Record(e.UpdateRolledBack(Stage.PROD, endpoint.config, reason_of(endpoint)))
    if stands is Standing.MOVING:
        # Only waiting can take too long: a change that nobody was there to send is still sent.
        if timed_out(release, pointer.saved_at, now):
            return Record(e.ProdFailed("timed_out", f"The prod endpoint is still {endpoint.status}."))
        return watch(release, Stage.PROD, endpoint, now)
    if not was_taken(pointer, endpoint) or _slipped_in(release, pointer, endpoint, now):
        return None
    if endpoint.config == pointer.previous_config and only_maintained(release.prod, pointer.saved_at):
        return None
    return _plan_taken(pointer, endpoint, stands)


def was_taken(pointer: RollbackPointer, endpoint: EndpointDescription) -> bool:
    """Say whether SageMaker took up a change since the pointer was saved; both times are AWS's own clock."""
    return endpoint.modified_at != pointer.previous_modified


def _was_under_way(release: Release, pointer: RollbackPointer) -> bool:
    """Say whether the change was the last that was seen of prod: it has ended if AWS is at something else by now."""
    seen = release.prod
    return seen is not None and seen.at >= pointer.saved_at and seen.pending_config == pointer.new_config


def _slipped_in(release: Release, pointer: RollbackPointer, endpoint: EndpointDescription, now: datetime) -> bool:
    """Say whether another change, such as a promotion that was just being sent, came before a rollback's.

    The rollback is then sent again (invariant 5), for as long as a change of prod may take.
    """
    other = standing(endpoint, pointer.new_config) is Standing.OTHER
    third = other and endpoint.config != pointer.previous_config
    return third and release.kind is Kind.ROLLBACK and not timed_out(release, pointer.saved_at, now)


def _plan_taken(pointer: RollbackPointer, endpoint: EndpointDescription, stands: Standing) -> Plan:
    if stands is Standing.OTHER and endpoint.config == pointer.previous_config:
        return Record(e.UpdateRolledBack(Stage.PROD, endpoint.config, reason_of(endpoint)))
    if stands is Standing.OTHER:
        return Record(e.PromotionRefused("prod_changed", f"Someone brought the prod endpoint to {endpoint.config}."))
    return Record(e.ProdFailed("endpoint_failed", reason_of(endpoint)))


def plan_sending(pointer: RollbackPointer, endpoint: EndpointDescription | None) -> Plan:
    """Send the change, whatever it takes: make a missing endpoint, clear a Failed one away, update any other."""
    if endpoint is None:
        return Do(CreateEndpoint(pointer.endpoint, pointer.new_config))
    if endpoint.status == "Failed":
        # SageMaker accepts nothing but DeleteEndpoint for a Failed endpoint; it serves nobody.
        return Do(DeleteEndpoint(endpoint.name))
    return Do(UpdateEndpoint(endpoint.name, pointer.new_config))


def plan_mirroring(
    pointer: RollbackPointer, endpoint: EndpointDescription | None, tags: Mapping[str, str]
) -> Plan | None:
    """Mirror the pointer on the endpoint before it is updated, so that it outlives the store; None once it is there."""
    mirror = {TAG_PREVIOUS: pointer.previous_config or NO_CONFIG, TAG_RELEASE: pointer.release_id}
    if endpoint is None or endpoint.status == "Failed" or mirror.items() <= tags.items():
        return None
    return Do(TagEndpoint(endpoint.name, endpoint.arn, mirror))
