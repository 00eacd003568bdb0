"""Open the prod gate on exactly what was tested, and close it when its time is over."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.ports import EndpointDescription, Ports
from services.release import events as e
from services.release.digest import gate_digest
from services.release.model import Gate, Release, Stage
from services.release.naming import config_name
from services.steps.plan import Plan, Record, Step, Wait
from services.steps.standing import Standing, staging_changed, standing


@dataclass(frozen=True, slots=True)
class GateSight:
    """Both endpoints afresh, and a nonce for the gate."""

    staging: EndpointDescription | None
    prod: EndpointDescription | None
    nonce: str


def look(release: Release, ports: Ports) -> GateSight:
    """Describe staging and prod."""
    hosting = ports.regions.of(release.deployment).hosting
    return GateSight(
        staging=hosting.endpoint(release.deployment.staging_endpoint),
        prod=hosting.endpoint(release.deployment.prod_endpoint),
        nonce=ports.ids.nonce(),
    )


def plan(release: Release, sight: GateSight, now: datetime) -> Plan:
    """Open the gate, bound to the tested config and to what prod serves now."""
    tested = config_name(release, Stage.STAGING)
    if standing(sight.staging, tested) is not Standing.LIVE:
        return Record(staging_changed(sight.staging))
    gate = Gate(
        nonce=sight.nonce,
        opened_at=now,
        expires_at=now + timedelta(seconds=release.deployment.gate_lifetime_seconds),
        staging_config=tested,
        prod_config=sight.prod.config if sight.prod is not None else None,
        digest=gate_digest(release),
    )
    return Record(e.GateOpened(gate))


def refused(_release: Release, reason: str) -> e.Event:
    """Name what a refusal of AWS amounts to."""
    return e.GaveUp(reason)


STEP = Step("open_gate", look, plan, refused)


def look_at_gate(_release: Release, _ports: Ports) -> None:
    """Need nothing from outside: the clock decides."""


def plan_expiry(release: Release, _sight: None, now: datetime) -> Plan:
    """Expire the gate at its time, and look again just then."""
    if release.gate is None:
        return Record(e.GaveUp("The release awaits approval without a gate."))
    left = release.gate.expires_at - now
    return Record(e.Expired()) if left <= timedelta(0) else Wait(left.total_seconds())


EXPIRY = Step("hold_gate", look_at_gate, plan_expiry, refused)
