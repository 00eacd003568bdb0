"""Smoke prod after it was changed, by a promotion or by a rollback, if it still serves what it was brought to."""

from dataclasses import dataclass
from datetime import datetime

from services.ports import EndpointDescription, Ports, Unfinished
from services.release import events as e
from services.release.model import Evidence, Release, Stage, Verdict
from services.release.naming import config_name
from services.steps.plan import Plan, Record, Step, Wait
from services.steps.standing import Standing, standing, timed_out


@dataclass(frozen=True, slots=True)
class ProdSight:
    """The prod endpoint, looked at after the suite, and what the suite saw if prod served the right config before."""

    endpoint: EndpointDescription | None
    evidence: Evidence | Unfinished | None


def look(release: Release, ports: Ports) -> ProdSight:
    """Describe prod, ask it the suite's questions, and describe it again: evidence counts if both show our config."""
    name, wanted = release.deployment.prod_endpoint, config_name(release, Stage.PROD)
    hosting = ports.regions.of(release.deployment, Stage.PROD).hosting
    before = hosting.endpoint(name)
    if standing(before, wanted) is not Standing.LIVE:
        return ProdSight(before, None)
    evidence = ports.tester.test(release, name, wanted)
    return ProdSight(hosting.endpoint(name), evidence)


def plan(release: Release, sight: ProdSight, now: datetime) -> Plan:
    """Only a passed suite on a prod that serves our config before and after verifies prod."""
    stands = standing(sight.endpoint, config_name(release, Stage.PROD))
    if stands is Standing.MOVING and not timed_out(release, release.phase_since, now):
        return Wait()  # somebody changes prod, perhaps a rollback; what it serves then decides
    if stands is not Standing.LIVE or sight.evidence is None:
        return Record(_changed(sight.endpoint))
    if isinstance(sight.evidence, Unfinished):
        return Wait(0)
    if sight.evidence.verdict is Verdict.PASSED:
        return Record(e.ProdVerified(sight.evidence))
    return Record(e.ProdUnverified(sight.evidence))


def _changed(endpoint: EndpointDescription | None) -> e.ProdFailed:
    now = "gone" if endpoint is None else f"{endpoint.status} on {endpoint.config}"
    return e.ProdFailed("prod_changed", f"Someone or something changed prod before it was tested; it is {now}.")


def refused(_release: Release, reason: str) -> e.Event:
    """Name what a refusal of AWS amounts to."""
    return e.GaveUp(reason)


STEP = Step("verify_prod", look, plan, refused)
