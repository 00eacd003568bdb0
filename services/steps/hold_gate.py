"""Hold the open gate: look at staging again on a slow schedule, and close the gate when its time is over.

The schedule leaves no trace in the log or the document: when staging is looked at next is a note in the store. A note
may be lost; then staging is looked at once more than it had to be. Ticks that come for other reasons look at nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from services.ports import EndpointDescription, PortError, Ports, Unfinished
from services.release import events as e
from services.release.lifecycle import first_problem
from services.release.model import Evidence, Gate, Release, Verdict
from services.release.reminding import escalates, next_reminder
from services.steps.plan import Plan, Record, Step, Wait
from services.steps.standing import Standing, standing

SOON_SECONDS = 60
"""After so long a doubt is looked into, and a look that errored is repeated; never later than the next look anyway."""

_KEPT_SECONDS = 7 * 24 * 3600
"""Longer than any interval that makes sense; what is no longer needed lapses."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class NextLook:
    """When staging is to be looked at next, and the code of what the last look doubted; empty if nothing."""

    at: datetime
    doubt: str = ""

    def encode(self) -> str:
        """Return the text of the note."""
        return f"{self.at.isoformat()} {self.doubt}"


def next_look(note: str | None, gate: Gate, interval: timedelta) -> NextLook:
    """Read the note or, without one, return the first look after the one that opened the gate."""
    if note is None:
        return NextLook(gate.opened_at + interval)
    at, _, doubt = note.partition(" ")
    return NextLook(datetime.fromisoformat(at), doubt)


@dataclass(frozen=True, slots=True)
class StagingSight:
    """Staging afresh, what a light run of the suite saw if it serves the tested config, or why it was not seen."""

    endpoint: EndpointDescription | None
    evidence: Evidence | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something about staging that is not as it was when it was tested; one that is not certain is looked at again."""

    code: str
    detail: str
    certain: bool = True


def look(release: Release, ports: Ports) -> e.EvidenceStale | NextLook | None:
    """Look at staging if it is time to: the evidence is stale, or when to look next; None without an open gate."""
    gate, now = release.gate, ports.clock.now()
    if gate is None or now >= gate.expires_at:
        return None
    name = f"look:{release.id}:{gate.nonce}"
    interval = timedelta(seconds=release.deployment.gate_recheck_seconds)
    due = next_look(ports.store.note(name), gate, interval)
    if now < due.at:
        return due
    seen = _see_staging(release, gate, due, ports)
    if isinstance(seen, Unfinished):
        return NextLook(now, due.doubt)
    found = judge(gate, seen, due.doubt, now, interval)
    if isinstance(found, NextLook):
        ports.store.keep_note(name, found.encode(), _KEPT_SECONDS)
    return found


def _see_staging(release: Release, gate: Gate, due: NextLook, ports: Ports) -> StagingSight | Unfinished:
    """Describe staging and, if it serves the tested config, ask it a few questions of the suite.

    Its errors are caught here: the runner would log each of them, and in the end give up a release over which nothing
    has gone wrong but that nobody could look at it for a while.
    """
    name = release.deployment.staging_endpoint
    try:
        endpoint = ports.regions.of(release.deployment).hosting.endpoint(name)
        if standing(endpoint, gate.staging_config) is not Standing.LIVE:
            return StagingSight(endpoint)
        seen = ports.tester.recheck(release, name, gate.staging_config, due.at.isoformat())
        return seen if isinstance(seen, Unfinished) else StagingSight(endpoint, seen)
    except PortError as error:
        log.warning("not looked at", release=release.id, endpoint=name, detail=str(error))
        return StagingSight(None, error=str(error))


def judge(
    gate: Gate, seen: StagingSight, doubted: str, now: datetime, interval: timedelta
) -> e.EvidenceStale | NextLook:
    """Say whether the evidence is stale, or when to look next.

    A doubt makes it stale when two looks in a row have it: one slow answer, or a moment's scaling, at 3 a.m. must not
    cost an approver a whole run. An error is no doubt, and takes none away.
    """
    soon = now + min(timedelta(seconds=SOON_SECONDS), interval)
    if seen.error:
        return NextLook(soon, doubted)
    doubt = doubt_about(gate, seen)
    if doubt is None:
        answered = seen.evidence is not None and seen.evidence.verdict is Verdict.PASSED
        return NextLook(now + interval, "" if answered else doubted)
    if doubt.certain or doubt.code == doubted:
        return e.EvidenceStale(doubt.code, doubt.detail)
    return NextLook(soon if doubt.code == "recheck_failed" else now + interval, doubt.code)


def doubt_about(gate: Gate, seen: StagingSight) -> Doubt | None:
    """Return what is not as it was when staging was tested, or None; what could not be asked is no doubt."""
    endpoint, evidence = seen.endpoint, seen.evidence
    if endpoint is None:
        return Doubt("staging_gone", "The staging endpoint is gone.")
    if endpoint.config != gate.staging_config:
        return Doubt("staging_moved", f"Staging serves {endpoint.config}, not {gate.staging_config} as tested.")
    if endpoint.pending_config is not None:
        return Doubt("staging_moved", f"Staging is being brought to {endpoint.pending_config}.")
    if standing(endpoint, gate.staging_config) is not Standing.LIVE:
        # Scaling and AWS's own maintenance show these two as well, and end with what was tested.
        passing = endpoint.status in {"Updating", "SystemUpdating"}
        return Doubt("staging_not_in_service", f"The staging endpoint is {endpoint.status}.", certain=not passing)
    if evidence is not None and evidence.verdict is Verdict.FAILED:
        return Doubt("recheck_failed", f"Staging no longer passes its tests. {first_problem(evidence)}", certain=False)
    return None


def plan(release: Release, sight: e.EvidenceStale | NextLook | None, now: datetime) -> Plan:
    """Record that the evidence is stale, remind people, or wait for what comes next: a look, a reminder, the end."""
    gate = release.gate
    if sight is None or gate is None or now >= gate.expires_at:
        return plan_expiry(release, None, now)
    if isinstance(sight, e.EvidenceStale):
        return Record(sight)
    reminder = next_reminder(release, now) or gate.expires_at
    if reminder <= now:
        return Record(e.Reminded(escalates(release, now)))
    return Wait(max(0.0, (min(sight.at, gate.expires_at, reminder) - now).total_seconds()))


def see_nothing(_release: Release, _ports: Ports) -> None:
    """Need nothing from outside: the clock decides."""


def plan_expiry(release: Release, _sight: None, now: datetime) -> Plan:
    """Expire the gate at its time, and look again just then."""
    if release.gate is None:
        return Record(e.GaveUp("The release waits for a decision without a gate."))
    left = release.gate.expires_at - now
    return Record(e.Expired()) if left <= timedelta(0) else Wait(left.total_seconds())


def refused(_release: Release, reason: str) -> e.Event:
    """Name what a refusal of AWS amounts to."""
    return e.GaveUp(reason)


STEP = Step("hold_gate", look, plan, refused)
EXPIRY = Step("hold_stale_gate", see_nothing, plan_expiry, refused)
