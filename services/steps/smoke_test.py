"""Run the smoke suite against staging, if staging still serves what it should."""

from dataclasses import dataclass
from datetime import datetime

from services.ports import EndpointDescription, Ports, Unfinished
from services.release import events as e
from services.release.model import Evidence, Release, Stage, Verdict
from services.release.naming import config_name
from services.steps.plan import Plan, Record, Step, Wait
from services.steps.standing import Standing, maintained, staging_changed, standing, timed_out


@dataclass(frozen=True, slots=True)
class SmokeSight:
    """The staging endpoint afresh and, if it serves the right config, what the suite saw so far or in the end."""

    endpoint: EndpointDescription | None
    evidence: Evidence | Unfinished | None


def look(release: Release, ports: Ports) -> SmokeSight:
    """Describe staging and ask it the suite's questions."""
    wanted = config_name(release, Stage.STAGING)
    name = release.deployment.staging_endpoint
    endpoint = ports.regions.of(release.deployment).hosting.endpoint(name)
    if standing(endpoint, wanted) is not Standing.LIVE:
        return SmokeSight(endpoint, None)
    return SmokeSight(endpoint, ports.tester.test(release, name, wanted))


def plan(release: Release, sight: SmokeSight, now: datetime) -> Plan:
    """Turn the suite's verdict into the event it stands for, once AWS's own maintenance of staging is over."""
    if sight.evidence is None and maintained(sight.endpoint, config_name(release, Stage.STAGING)):
        if timed_out(release, release.phase_since, now):
            return Record(e.StagingFailed("timed_out", "AWS's own maintenance of the staging endpoint does not end."))
        return Wait()
    if sight.evidence is None:
        return Record(staging_changed(sight.endpoint))
    if isinstance(sight.evidence, Unfinished):
        return Wait(0)
    match sight.evidence.verdict:
        case Verdict.PASSED:
            return Record(e.SmokePassed(sight.evidence))
        case Verdict.FAILED:
            return Record(e.SmokeFailed(sight.evidence))
        case Verdict.ERRORED | Verdict.INCONCLUSIVE | Verdict.SKIPPED:
            return Record(e.SmokeUndecided(sight.evidence))


def refused(_release: Release, reason: str) -> e.Event:
    """Name what a refusal of AWS amounts to."""
    return e.StagingFailed("aws_refused", reason)


STEP = Step("smoke_test", look, plan, refused)
