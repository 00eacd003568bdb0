"""Open the prod gate on exactly what was tested."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.ports import EndpointDescription, Ports
from services.release import events as e
from services.release.digest import gate_digest
from services.release.model import Gate, Release, Stage
from services.release.naming import config_name
from services.steps.plan import Plan, Record, Step, Wait
from services.steps.standing import Standing, maintained, staging_changed, standing, timed_out


@dataclass(frozen=True, slots=True)
class GateSight:
    """Both endpoints afresh, when they were asked for, and a nonce for the gate."""

    staging: EndpointDescription | None
    prod: EndpointDescription | None
    nonce: str
    seen_at: datetime


def look(release: Release, ports: Ports) -> GateSight:
    """Describe staging and prod."""
    hosting, seen_at = ports.regions.of(release.deployment).hosting, ports.clock.now()
    return GateSight(
        staging=hosting.endpoint(release.deployment.staging_endpoint),
        prod=hosting.endpoint(release.deployment.prod_endpoint),
        nonce=ports.ids.nonce(),
        seen_at=seen_at,
    )


def plan(release: Release, sight: GateSight, now: datetime) -> Plan:
    """Open the gate, bound to the tested config and to what prod serves now."""
    tested = config_name(release, Stage.STAGING)
    if maintained(sight.staging, tested) and not timed_out(release, release.phase_since, now):
        return Wait()  # AWS's own maintenance ends with what was tested
    if sight.staging is None or standing(sight.staging, tested) is not Standing.LIVE:
        return Record(staging_changed(sight.staging))
    gate = Gate(
        nonce=sight.nonce,
        opened_at=now,
        expires_at=now + timedelta(seconds=release.deployment.gate_lifetime_seconds),
        staging_config=tested,
        prod_config=_prod_on_the_card(release, sight.prod),
        digest=gate_digest(release),
        staging_seen_at=sight.seen_at,
        staging_modified=sight.staging.modified_at,
    )
    return Record(e.GateOpened(gate))


def _prod_on_the_card(release: Release, prod: EndpointDescription | None) -> str | None:
    """Return what the suite was compared with, if that is known: prod may have moved since, and was then not shown."""
    shown = release.evidence.prod if release.evidence is not None else None
    if shown is not None:
        return shown.config
    return prod.config if prod is not None else None


def refused(_release: Release, reason: str) -> e.Event:
    """Name what a refusal of AWS amounts to."""
    return e.GaveUp(reason)


STEP = Step("open_gate", look, plan, refused)
