"""Reminders: less and less often, never in quiet hours, and in the end to others."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from fakes import builders as b
from fakes.driver import Driver, World
from hypothesis import given
from hypothesis import strategies as st

from services.release import events as e
from services.release.lifecycle import Advanced, decide
from services.release.model import Phase, Release, Reminder
from services.release.reminding import escalates, next_reminder
from services.release.terms import GateTerms, Reminding

HOUR = 3600
DAYTIME = "daily 08:00-20:00 UTC"
EVERY = Reminding(first_seconds=HOUR)
ALL = Reminding(HOUR, (DAYTIME,), 8 * HOUR, ("SLEADS",))


def at_gate(reminding: Reminding, reminded: Reminder | None = None) -> Release:
    deployment = replace(b.DEPLOYMENT, terms=GateTerms(reminding=reminding))
    return replace(b.awaiting(), deployment=deployment, reminded=reminded)


def hours(number: float) -> datetime:
    return b.after(number * 60)


@pytest.mark.parametrize(
    ("reminding", "last", "now", "due"),
    [
        (Reminding(), None, 5, None),
        (EVERY, None, 0, 1),
        (EVERY, None, 5, 5),
        (EVERY, 1, 1, 2),
        (EVERY, 2, 2.5, 4),
        (EVERY, 5, 5, 8),
        (EVERY, 16, 16, None),
        (ALL, 4, 4, 20),
        (ALL, 7.9, 7.9, 20),
        (ALL, None, 9, 20),
        (ALL, None, 21, 21),
        (replace(ALL, during=()), 4, 4, 8),
        (replace(ALL, first_seconds=0, during=()), None, 1, 8),
        (replace(ALL, first_seconds=0, during=()), 8, 8, None),
    ],
)
def test_when_the_next_one_is_due(reminding: Reminding, last: float | None, now: float, due: float | None) -> None:
    reminded = Reminder(hours(last), escalated=last >= 8) if last is not None else None
    found = next_reminder(at_gate(reminding, reminded), hours(now))
    assert found == (hours(due) if due is not None else None)


def test_others_are_called_once() -> None:
    assert escalates(at_gate(ALL), hours(7.9)) == ()
    assert escalates(at_gate(ALL), hours(8)) == ("SLEADS",)
    assert escalates(at_gate(ALL, Reminder(hours(8), escalated=True)), hours(9)) == ()


@given(
    first=st.integers(60, 12 * HOUR),
    quiet=st.booleans(),
    late=st.lists(st.integers(0, 4 * HOUR), min_size=60, max_size=60),
)
def test_no_reminder_comes_in_the_night_or_twice_at_once(*, first: int, quiet: bool, late: list[int]) -> None:
    reminding = Reminding(first, (DAYTIME,) if quiet else (), 8 * HOUR, ("SLEADS",))
    release, now, sent = at_gate(reminding), b.NOON, list[datetime]()
    assert release.gate is not None
    for delay in late:
        due = next_reminder(release, now)
        if due is None:
            break
        now = max(due, now)
        if delay % 3 == 0:  # a worker that comes late asks anew
            now += timedelta(seconds=delay)
            again = next_reminder(release, now)
            if again is None or again > now:
                continue
        assert now < release.gate.expires_at + timedelta(hours=4)
        assert not quiet or 8 <= now.hour < 20
        assert now not in sent
        sent.append(now)
        moved = decide(release, e.Reminded(escalates(release, now)), now)
        assert isinstance(moved, Advanced)
        release = moved.release
    assert len(sent) < 20


def test_a_day_of_waiting_on_a_fake_clock() -> None:
    world = World(replace(b.DEPLOYMENT, terms=GateTerms(reminding=ALL)))
    driver = Driver(world)
    release_id = world.request()
    driver.settle()
    release = world.release(release_id)
    assert release.phase is Phase.EXPIRED
    assert release.gate is not None
    opened = release.gate.opened_at
    told = [(entry.at - opened, entry.event) for entry in world.log(release_id) if isinstance(entry.event, e.Reminded)]
    assert [(round(after.total_seconds() / HOUR), event.escalated_to) for after, event in told] == [
        (1, ()),
        (2, ()),
        (4, ()),
        (20, ("SLEADS",)),
    ]
    assert world.store.told(release_id).entries == release.log_length
