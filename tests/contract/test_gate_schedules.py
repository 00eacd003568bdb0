"""Random schedules at a gate, on a real server: one outcome, every click answered and on record, the record whole.

`SLUICE_SCHEDULES=10000 pytest --timeout 0 tests/contract/test_gate_schedules.py` plays ten thousand of them.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from threading import Barrier

import pytest
from fakes import builders as b
from fakes.clock import FakeClock, SequentialIds
from fakes.directory import FakeDirectory
from hypothesis import event as seen
from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

from services.adapters.redis_connection import connect
from services.adapters.redis_store import RedisStore
from services.commits import apply
from services.ports import Commit, Conflict
from services.release import events as e
from services.release.audit import Attempted, faults
from services.release.catalog import People
from services.release.deciding import GlassForm
from services.release.glass import shown
from services.release.lifecycle import TERMINAL, Advanced, Refused, decide
from services.release.model import DecisionKind, Kind, Phase, Release, Stage
from services.release.naming import config_name
from services.release.policy import Denied
from services.release.terms import BreakGlass, GateTerms
from services.releases import Asker, Decided, InProgress, Releases, Started

pytestmark = pytest.mark.contract
SCHEDULES = int(os.environ.get("SLUICE_SCHEDULES", "150"))
PEOPLE = ["UONE", "UTWO", "UTHREE", b.REQUESTER, b.STRANGER]
ENTRY = replace(
    b.ENTRY,
    approvers=People(frozenset(PEOPLE[:3]), frozenset({"SLEADS"})),
    break_glass=People(frozenset({"UTWO", b.REQUESTER})),
)
ENDINGS = (e.Approved, e.GlassBroken, e.Rejected, e.Expired, e.Cancelled, e.Superseded)
PLACES = 3

Move = tuple[str, str]
MOVES = st.tuples(
    st.sampled_from(
        ["approve"] * 4
        + ["break", "reject", "cancel", "newer", "tick", "stale", "failing", "run again", "restart", "wait"]
    ),
    st.sampled_from(PEOPLE),
)
SCHEDULE = st.lists(st.lists(MOVES, min_size=1, max_size=PLACES), max_size=6)


class TickingClock(FakeClock):
    """A clock that tells nobody the same: the record takes a line that it has already for a repeat of its own."""

    def __init__(self) -> None:
        super().__init__(b.NOON)
        self._ticks = count()

    @override
    def now(self) -> datetime:
        """Return the fake time, a microsecond later each time."""
        return super().now() + timedelta(microseconds=next(self._ticks))


@dataclass
class Gate:
    """A release at its gate in a store that two processes share; a restart gives one of them new connections."""

    url: str
    stack: ExitStack
    clock: TickingClock
    ids: SequentialIds
    processes: list[Releases]
    stores: list[RedisStore]

    def restart(self, number: int) -> None:
        """Start a process anew."""
        self.stores[number] = RedisStore(self.stack.enter_context(connect(self.url)))
        directory = FakeDirectory({"SLEADS": frozenset({"UTHREE"})})
        self.processes[number] = Releases({ENTRY.name: ENTRY}, self.stores[number], directory, self.clock, self.ids)

    def play(self, move: Move, number: int) -> object:
        """Do one thing through one process and return the answer."""
        what, who = move
        releases, asker, nonce = self.processes[number], Asker(who), "nonce-of-the-gate"
        plays: dict[str, Callable[[], object]] = {
            "approve": lambda: releases.approve(b.RELEASE_ID, nonce, asker),
            "break": lambda: self.break_glass(releases, asker),
            "reject": lambda: releases.reject(b.RELEASE_ID, nonce, asker, "no"),
            "cancel": lambda: releases.cancel(b.RELEASE_ID, asker),
            "run again": lambda: releases.run_again(b.RELEASE_ID, nonce, asker),
            "newer": lambda: releases.request(ENTRY.name, "8", asker),
            "tick": lambda: self.happen(number, e.Expired()) if self.is_over() else None,
            "stale": lambda: self.happen(number, e.EvidenceStale("staging_moved", "theirs")),
            "failing": lambda: self.happen(number, e.EvidenceStale("recheck_failed", "wrong answers")),
            "restart": lambda: self.restart(number),
            "wait": self.wait,
        }
        return plays[what]()

    def break_glass(self, releases: Releases, asker: Asker) -> Decided | Denied:
        """Open the form and send it, as far as the person is let; others may come between."""
        found = releases.may_break_glass(b.RELEASE_ID, asker)
        if isinstance(found, Denied):
            return found
        form = GlassForm(shown(found.release, found.event.past, found.event.holds), "prod is down", b.RELEASE_ID)
        return releases.break_glass(b.RELEASE_ID, form, asker)

    def wait(self) -> None:
        """Let seven hours pass."""
        self.clock.advance(7 * 3600)

    def is_over(self) -> bool:
        """Say whether the gate's time is over."""
        return self.clock.now() >= b.NOON + timedelta(hours=24)

    def happen(self, number: int, event: e.Event) -> None:
        """Do what a worker does: record a fact, unless somebody was faster or it can no longer be."""
        try:
            apply(self.stores[number], self.release(number), event, self.clock.now())
        except Conflict:
            return

    def release(self, number: int = 0) -> Release:
        """Return the document."""
        found = self.stores[number].load(b.RELEASE_ID)
        assert found is not None
        return found


def waiting(url: str, terms: GateTerms, stack: ExitStack) -> Gate:
    """Bring a release to its gate."""
    world = Gate(url, stack, TickingClock(), SequentialIds(), [None] * PLACES, [None] * PLACES)  # type: ignore[list-item] # filled in below
    for number in range(PLACES):
        world.restart(number)
    asked = replace(b.asked(), deployment=replace(b.DEPLOYMENT, terms=terms), revision=0)
    first = e.LogEntry(1, b.NOON, e.Requested(b.REQUESTER))
    assert world.stores[0].create(asked, first, due=b.NOON) is None
    world.stores[0].keep_note(f"versions:{ENTRY.name}", "8 7", 3600)
    release, entries = world.release(), list[e.LogEntry]()
    for event in (
        e.PackageApproved(b.PACKAGE, already=False),
        e.StagingLive(config_name(b.checked(), Stage.STAGING)),
        e.SmokePassed(b.evidence()),
        e.GateOpened(b.gate(b.smoked())),
    ):
        moved = decide(release, event, b.NOON)
        assert isinstance(moved, Advanced)
        release = moved.release
        entries.append(moved.entry)
    world.stores[0].commit(Commit(release, tuple(entries), due=b.NOON))
    return world


@pytest.fixture(scope="module")
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(PLACES) as threads:
        yield threads


@settings(max_examples=SCHEDULES)
@given(schedule=SCHEDULE, quorum=st.integers(1, 3), led=st.booleans())
def test_every_schedule_has_one_outcome_and_every_click_an_answer(
    *, valkey_url: str, pool: ThreadPoolExecutor, schedule: list[list[Move]], quorum: int, led: bool
) -> None:
    with ExitStack() as stack:
        stack.enter_context(connect(valkey_url)).flushdb()
        world = waiting(valkey_url, GateTerms(quorum, ("SLEADS",) if led else (), break_glass=BreakGlass()), stack)
        answers = [answer for together in schedule for answer in at_once(world, pool, together)]
        answers = [answer for answer in answers if answer is not None]
        assert all(isinstance(answer, Decided | Denied | Started | InProgress) for answer in answers)
        world.clock.advance(25 * 3600)
        world.play(("tick", ""), 0)
        judge(world, answers)


def at_once(world: Gate, pool: ThreadPoolExecutor, together: list[Move]) -> list[object]:
    """Make the moves through one process each, at the same time."""
    ready = Barrier(len(together))

    def move(number: int) -> object:
        ready.wait()
        return world.play(together[number], number)

    return list(pool.map(move, range(len(together))))


def judge(world: Gate, answers: list[object]) -> None:
    """Hold the document, its log and what people were told against each other."""
    release, log = world.release(), world.stores[0].log(b.RELEASE_ID)
    endings = [entry.event for entry in log if isinstance(entry.event, ENDINGS)]
    seen(release.phase.value)
    assert replace(told_by(log, release), revision=release.revision) == release
    on_record(world, sum(isinstance(answer, Decided | Denied) for answer in answers))
    decided = [answer for answer in answers if isinstance(answer, Decided)]
    ended = [answer for answer in decided if answer.release.decision is not None]
    if release.phase not in TERMINAL | {Phase.PROMOTING}:  # it was run again, and nobody works on it here
        assert (endings, ended) == ([], [])
        assert any(isinstance(entry.event, e.RerunRequested) for entry in log)
        return
    assert len(endings) == 1
    assert len(ended) == isinstance(endings[0], e.Approved | e.GlassBroken | e.Rejected | e.Cancelled)
    assert (release.phase is Phase.PROMOTING) == isinstance(endings[0], e.Approved | e.GlassBroken)
    assert release.decision is not None
    assert release.broke_glass == isinstance(endings[0], e.GlassBroken)
    if release.broke_glass:
        assert release.decision.by in ENTRY.break_glass.users
        assert "quorum_incomplete" in release.decision.past
    if release.decision.kind is DecisionKind.APPROVED:
        voters, terms = {vote.by for vote in release.votes}, release.deployment.terms
        assert len(voters) >= terms.quorum
        assert voters <= set(PEOPLE[:3])
        assert not terms.groups_required or "UTHREE" in voters
    assert len([each for each in world.stores[0].in_progress() if each.model == ENTRY.name]) <= 1


def on_record(world: Gate, clicks: int) -> None:
    """Hold every chain against its hashes, and look for every click in it."""
    trails = [world.stores[0].trail(chain) for chain in world.stores[0].chains()]
    assert [fault for trail in trails for fault in faults(trail)] == []
    tried = [act for act in world.stores[0].trail(b.RELEASE_ID).acts if isinstance(act, Attempted)]
    assert sum(act.what != Kind.DEPLOY.value for act in tried) == clicks


def told_by(log: object, release: Release) -> Release:
    """Return what the log alone says that the release is."""
    told = replace(b.asked(), deployment=release.deployment, log_length=0, revision=0)
    assert isinstance(log, list)
    for entry in log:
        moved = decide(told, entry.event, entry.at)
        assert not isinstance(moved, Refused)
        told = moved.release
    return told
