"""Bring prod to the approved model, after checking once more that it is what was approved."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.ports import EndpointDescription, PackageDescription, Ports, Records
from services.release import events as e
from services.release.digest import gate_digest, record_digest
from services.release.glass import holding
from services.release.model import Decision, DecisionKind, Evidence, Freeze, Gate, Lock, Release, RollbackPointer, Stage
from services.release.naming import config_name
from services.release.policy import Denied, promotion_hold
from services.release.votes import counting, missing
from services.release.windows import any_open
from services.steps.change_prod import (
    TAG_RELEASE,
    mirrored,
    plan_mirroring,
    plan_sending,
    plan_settling,
    pointer_for,
    was_taken,
)
from services.steps.plan import Plan, Record, Step
from services.steps.standing import Clash, HostingSight, Standing, look_at, missing_resource, reason_of, standing, watch

_LATE = timedelta(minutes=15)
"""A promotion that has not begun so long after its approval asks the deploy windows again.

The window is there so that people are at hand. They are just after the click; not when a worker comes back at night.
"""


@dataclass(frozen=True, slots=True)
class PromotionSight:
    """Everything that an approval rests on, afresh; `record` is the digest of the evidence record as it is kept now.

    It is empty where no record is kept.
    """

    prod: HostingSight
    tags: Mapping[str, str]
    staging: EndpointDescription | None
    package: PackageDescription | None
    lock: Lock | None
    freezes: tuple[Freeze, ...]
    record: str = ""


def look(release: Release, ports: Ports) -> PromotionSight:
    """Look at prod, staging, the registry, the lock and the freezes."""
    aws = ports.regions.of(release.deployment)
    prod = look_at(aws.hosting, release, Stage.PROD)
    return PromotionSight(
        prod=prod,
        tags=aws.hosting.tags(prod.endpoint.arn) if prod.endpoint is not None else {},
        staging=aws.hosting.endpoint(release.deployment.staging_endpoint),
        package=aws.registry.package(release.package.arn) if release.package is not None else None,
        lock=ports.store.lock_of(release.model),
        freezes=ports.store.freezes(release.model),
        record=_kept(release.evidence, ports.records),
    )


def _kept(evidence: Evidence | None, records: Records) -> str:
    """Return the digest of the record that evidence rests on, computed from what is kept; empty if nothing is."""
    text = records.record(evidence.record) if evidence is not None and evidence.record else None
    return "" if text is None else record_digest(text)


def plan(release: Release, sight: PromotionSight, now: datetime) -> Plan:
    """Watch a change that was sent; otherwise check everything again, save the pointer, and send it."""
    endpoint, pointer = sight.prod.endpoint, release.pointer
    sent = mirrored(endpoint, sight.tags, now) if endpoint is not None and pointer is None else None
    if sent is not None and sent.release_id == release.id:
        # The store has lost that it sent the change, in a failover or with a backup; the endpoint still shows it.
        return Record(e.PromotionIntended(sent))
    if pointer is not None:
        settling = plan_settling(release, pointer, endpoint, now)
        if settling is not None:
            return settling
    elif endpoint is not None and standing(endpoint, "") is Standing.MOVING:
        return watch(release, Stage.PROD, endpoint, now)
    problem = recheck(release, sight, now)
    if problem is not None:
        return Record(problem)
    if pointer is None:
        version = release.package.version if release.package is not None else None
        wanted = config_name(release, Stage.PROD)
        return Record(e.PromotionIntended(pointer_for(release, endpoint, wanted, version, now)))
    missing = missing_resource(release, sight.prod, Stage.PROD)
    if isinstance(missing, Clash):
        return Record(e.PromotionRefused("name_taken", missing.detail))
    if endpoint is not None and standing(endpoint, pointer.new_config) is Standing.STUCK:
        return Record(e.PromotionRefused("prod_stuck", reason_of(endpoint)))
    return missing or plan_mirroring(pointer, endpoint, sight.tags) or plan_sending(pointer, endpoint)


def recheck(release: Release, sight: PromotionSight, now: datetime) -> e.PromotionRefused | None:
    """Return why prod must not be changed after all, or None (invariant 2; anything unexpected refuses)."""
    gate, decision = release.gate, release.decision
    if gate is None or decision is None or decision.kind not in {DecisionKind.APPROVED, DecisionKind.BREAK_GLASS}:
        return e.PromotionRefused("not_approved", "There is no approval on record.")
    held = promotion_hold(*holding(release, sight.lock, sight.freezes), now)
    if held is not None:
        return _held(held)
    return (
        (None if release.broke_glass else _terms_problem(release, decision, now))
        or _package_problem(sight.package)
        or _tested_problem(release, gate, sight)
        or _prod_problem(release, gate, sight)
    )


def _held(held: Denied) -> e.PromotionRefused:
    return e.PromotionRefused(held.code, f"Promotions are held back: {held.reason}")


def _terms_problem(release: Release, decision: Decision, now: datetime) -> e.PromotionRefused | None:
    """Return what the gate's terms have against an approval; a break-glass went past them."""
    if release.pointer is None and now - decision.at > _LATE and not any_open(release.deployment.terms.windows, now):
        return e.PromotionRefused("outside_window", "The approval came in time, but prod was not changed in time.")
    return _votes_problem(release)


def _votes_problem(release: Release) -> e.PromotionRefused | None:
    lacking = missing(release, counting(release))
    if not lacking:
        return None
    wanted = [f"{lacking.people} more"] * bool(lacking.people) + [f"one of {group}" for group in lacking.groups]
    return e.PromotionRefused("quorum_incomplete", f"The approval lacks votes: {', '.join(wanted)}.")


def _package_problem(package: PackageDescription | None) -> e.PromotionRefused | None:
    approval = package.approval if package is not None else "gone"
    if approval == "Approved":
        return None
    return e.PromotionRefused("package_not_approved", f"The model package is {approval} in the registry.")


def _tested_problem(release: Release, gate: Gate, sight: PromotionSight) -> e.PromotionRefused | None:
    if gate_digest(release) != gate.digest:
        return e.PromotionRefused("digest_mismatch", "What is on record is not what was approved.")
    if release.evidence is not None and release.evidence.record_digest not in {"", sight.record}:
        found = "is not the one that was approved: it was changed" if sight.record else "is no longer kept"
        return e.PromotionRefused("record_mismatch", f"The evidence record {release.evidence.record} {found}.")
    if standing(sight.staging, gate.staging_config) is Standing.LIVE:
        return None
    now = "gone" if sight.staging is None else f"{sight.staging.status} on {sight.staging.config}"
    return e.PromotionRefused("evidence_stale", f"Staging no longer serves what was tested; it is {now}.")


def _prod_problem(release: Release, gate: Gate, sight: PromotionSight) -> e.PromotionRefused | None:
    endpoint, pointer = sight.prod.endpoint, release.pointer
    if pointer is not None and _as_saved(pointer, endpoint):
        return None
    serving = endpoint.config if endpoint is not None else None
    if serving != gate.prod_config:
        card = gate.prod_config or "nothing"
        return e.PromotionRefused("prod_changed", f"Prod now serves {serving or 'nothing'}, not {card} as on the card.")
    wanted = config_name(release, Stage.PROD)
    if pointer is None and serving == wanted:
        # The store has lost that it was released, and that a later one was rolled back to it: no tag tells any more.
        detail = f"Prod serves {wanted} already, and Redis has lost what was there before it."
        return e.PromotionRefused("prod_changed", detail)
    if pointer is None and sight.tags.get(TAG_RELEASE) == release.id:
        # The store has lost that it began: prod may serve what it did only because somebody brought it back.
        detail = f"Prod was to be brought to {wanted} before, and Redis has lost what came of it. Deploy it again."
        return e.PromotionRefused("prod_changed", detail)
    return None


def _as_saved(pointer: RollbackPointer, endpoint: EndpointDescription | None) -> bool:
    """Say whether prod is as it was when the pointer was saved, but for a Failed endpoint that was cleared away."""
    if endpoint is None:
        return pointer.previous_config is None
    return not was_taken(pointer, endpoint)


def refused(_release: Release, reason: str) -> e.Event:
    """Name what a refusal of AWS amounts to."""
    return e.ProdFailed("aws_refused", reason)


STEP = Step("promote", look, plan, refused)
