"""When people are reminded of a gate that waits, and when others are called."""

from datetime import datetime, timedelta

from services.release.model import Gate, Release
from services.release.terms import Reminding
from services.release.windows import any_open, next_opening


def next_reminder(release: Release, now: datetime) -> datetime | None:
    """Return when to remind next, `now` when it is time; None when the gate ends before, or nobody asked for it.

    After `first`, twice that, four times that and so on since the gate opened, and at the escalation; but never outside
    `during`. However many came due meanwhile, they are one.
    """
    gate, reminding = release.gate, release.deployment.terms.reminding
    if gate is None:
        return None
    last = release.reminded.at if release.reminded is not None else gate.opened_at
    wanted = [_after(gate, reminding, last), None if is_escalated(release) else _escalation(gate, reminding)]
    due = min((at for at in wanted if at is not None), default=None)
    if due is None:
        return None
    soonest = max(due, now)
    at = soonest if any_open(reminding.during, soonest) else next_opening(reminding.during, soonest)
    return at if at is not None and at < gate.expires_at else None


def escalates(release: Release, now: datetime) -> tuple[str, ...]:
    """Return the user groups that a reminder at `now` has to call as well."""
    gate, reminding = release.gate, release.deployment.terms.reminding
    if gate is None or is_escalated(release):
        return ()
    at = _escalation(gate, reminding)
    return reminding.escalate_to if at is not None and now >= at else ()


def is_escalated(release: Release) -> bool:
    """Say whether others were called already."""
    return release.reminded is not None and release.reminded.escalated


def _after(gate: Gate, reminding: Reminding, last: datetime) -> datetime | None:
    span = timedelta(seconds=reminding.first_seconds)
    if not span:
        return None
    while gate.opened_at + span <= last:
        span *= 2
    return gate.opened_at + span


def _escalation(gate: Gate, reminding: Reminding) -> datetime | None:
    span = reminding.escalate_seconds
    return gate.opened_at + timedelta(seconds=span) if span and reminding.escalate_to else None
