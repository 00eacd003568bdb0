"""The life of a model as chance would have it: people, AWS, Slack and dying workers, in any order, for weeks.

A path is a story that somebody thought of, and is compared with itself undisturbed. Nobody thought of a history; it is
held to what must be so after any.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace

from typing_extensions import override

from fakes.aws import FakeAws, Fate
from fakes.builders import APPROVER, DEPLOYMENT, ENTRY, OPERATOR, REQUESTER
from fakes.clock import FakeClock
from fakes.crash import CrashSchedule, Moment
from fakes.driver import MODEL, PROD, STAGING, Driver, World
from fakes.judging import Fault, Kind, first_times
from services.ports import PortError, Unavailable
from services.release.audit import faults
from services.release.catalog import People
from services.release.lifecycle import TERMINAL
from services.release.model import Freeze, Release, Stage, Verdict
from services.release.model import Kind as ReleaseKind
from services.release.naming import config_name
from services.release.terms import BreakGlass, GateTerms
from services.releases import Asker, Decided, Started

_PANEL = replace(ENTRY, break_glass=People(users=frozenset({OPERATOR})))
_OPEN = replace(DEPLOYMENT, terms=GateTerms(break_glass=BreakGlass()))
_VERSIONS = range(5, 12)
_DEATHS = 8
_AWS_CALLS = [
    "endpoint",
    "config",
    "model",
    "package",
    "tags",
    "versions",
    "approve",
    "create_model",
    "create_config",
    "create_endpoint",
    "update_endpoint",
    "tag_endpoint",
    "delete_config",
    "delete_model",
    "mark",
]


class _WatchedAws(FakeAws):
    """Notes of each change of prod what prod served before, and what it is brought to."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.changed: list[tuple[str | None, str]] = []

    @override
    def create_endpoint(self, name: str, config: str) -> None:
        with self._watching(name, config):
            super().create_endpoint(name, config)

    @override
    def update_endpoint(self, name: str, config: str) -> None:
        with self._watching(name, config):
            super().update_endpoint(name, config)

    @contextmanager
    def _watching(self, name: str, config: str) -> Iterator[None]:
        self.settle_what_is_due()
        found, changes = self._endpoints.get(name), len(self.changes)
        before = found.config if found is not None else None
        try:
            yield
        finally:
            if name == PROD and len(self.changes) > changes:
                self.changed.append((before, config))


class History:
    """Lives a life; the seed decides all of it."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - chance that can be repeated
        clock = FakeClock()
        self.aws = _WatchedAws(clock)
        self.world = World(_OPEN, _PANEL, clock, aws=self.aws)
        for version in _VERSIONS:
            self.aws.add_package(_OPEN.package_group, version)
        places = [(self.chance.randint(20, 900), self.chance.choice(list(Moment))) for _ in range(_DEATHS)]
        self.driver = Driver(self.world, *(CrashSchedule(at, moment) for at, moment in places))
        self.permitted = Counter[str]()
        self._by_hand = 0

    def live(self, acts: int) -> "History":
        """Let so many things happen, then leave all to the workers until nothing is left to do."""
        kinds: dict[Callable[[], object], int] = {
            self.ask: 4,
            self.decide: 8,
            self.roll_back: 2,
            self.mistreat_endpoint: 2,
            self.move_by_hand: 1,
            self.silence: 3,
            self.judge: 2,
            self.hold: 1,
            self.work: 20,
        }
        for act in self.chance.choices(list(kinds), list(kinds.values()), k=acts):
            act()
        self.driver.settle()
        return self

    # --- what happens -----------------------------------------------------------------------------------------------

    def ask(self) -> None:
        """Somebody asks for some version."""
        self.world.releases.request(MODEL, str(self.chance.choice(_VERSIONS)), Asker(REQUESTER))

    def decide(self) -> None:
        """Somebody decides on what is open, or tries to."""
        use, open_ = self.world.releases, self.world.store.in_progress()
        for release in open_:
            nonce = release.gate.nonce if release.gate is not None else ""
            act = self.chance.choice(("approve", "approve", "approve", "reject", "cancel", "again", "glass"))
            if act == "approve" and isinstance(use.approve(release.id, nonce, Asker(APPROVER)), Decided):
                self._permit(config_name(release, Stage.PROD))
            elif act == "reject":
                use.reject(release.id, nonce, Asker(APPROVER), "too slow")
            elif act == "cancel":
                use.cancel(release.id, Asker(REQUESTER))
            elif act == "again":
                use.run_again(release.id, nonce, Asker(APPROVER))
            elif act == "glass":
                self._break_glass(release)

    def _break_glass(self, release: Release) -> None:
        try:
            form = self.world.glass_form(release.id)
        except AssertionError:
            return  # it may not be broken now
        if isinstance(self.world.releases.break_glass(release.id, form, Asker(OPERATOR)), Decided):
            self._permit(config_name(release, Stage.PROD))

    def roll_back(self) -> None:
        """An operator undoes one of the last releases."""
        candidates = [each for each in self.world.store.recent(5) if each.pointer is not None]
        if candidates:
            undone = self.chance.choice(candidates)
            started = self.world.releases.roll_back(undone.id, Asker(OPERATOR), "wrong answers")
            if isinstance(started, Started) and undone.pointer is not None and undone.pointer.previous_config:
                # Sent again after a promotion that was on its way and came in between.
                self._permit(undone.pointer.previous_config, times=2)

    def mistreat_endpoint(self) -> None:
        """AWS lets the next change of an endpoint end somehow, or maintains it."""
        endpoint = self.chance.choice((PROD, STAGING))
        if self.chance.random() < 0.3:
            with suppress(PortError):
                found = self.aws.endpoint(endpoint)
                if found is not None and found.status == "InService":
                    self.aws.maintain(endpoint)
        else:
            self.aws.next_change(endpoint, self.chance.choice(list(Fate)))

    def move_by_hand(self) -> None:
        """Somebody brings an endpoint to a config of their own."""
        aws, endpoint = self.aws, self.chance.choice((PROD, STAGING))
        if aws.models:
            self._by_hand += 1
            name = f"by-hand-{self._by_hand}"
            self._permit(name)
            with suppress(PortError):
                aws.create_config(name, self.chance.choice(sorted(aws.models)), "ml.m5.large", 1)
                aws.update_endpoint(endpoint, name)

    def silence(self) -> None:
        """AWS or Slack gives no answer for some calls."""
        times, lost = self.chance.choice((1, 1, 2, 4)), self.chance.random() < 0.5
        if self.chance.random() < 0.7:
            self.aws.fail_next(self.chance.choice(_AWS_CALLS), Unavailable("away"), times, reply_lost=lost)
        else:
            self.world.announcer.fail_next(times, delivered=lost)

    def judge(self) -> None:
        """What a suite will say of an endpoint from now on."""
        endpoint = self.chance.choice((PROD, STAGING))
        self.world.tester.verdicts[endpoint] = self.chance.choice((Verdict.PASSED, Verdict.PASSED, Verdict.FAILED))

    def hold(self) -> None:
        """Somebody freezes promotions, or thaws them and lifts the lock."""
        store = self.world.store
        if self.chance.random() < 0.3:
            store.freeze(Freeze(MODEL, OPERATOR, "an incident", self.world.clock.now()))
        else:
            self.world.releases.thaw(MODEL, Asker(OPERATOR))

    def work(self) -> None:
        """Workers do what is due, and time passes."""
        for _ in range(self.chance.randint(1, 12)):
            self.driver.round()

    def _permit(self, config: str, times: int = 1) -> None:
        self.permitted[config] += times

    @property
    def releases(self) -> Sequence[Release]:
        """Return all releases and rollbacks that there have been, newest first."""
        return self.world.store.recent(1_000)

    # --- what must be so --------------------------------------------------------------------------------------------

    def wrong(self) -> Iterator[Fault]:
        """Yield what must be so after any history and is not."""
        for config, times in Counter(config for _before, config in self.aws.changed).items():
            if times > self.permitted[config]:
                yield Fault(Kind.DOUBLE_PROMOTION, f"prod was brought to {config} {times} times")
        for place in self.aws.dangling():
            yield Fault(Kind.OTHER, f"dangling: {place}")
        for chain in self.world.store.chains():
            for fault in faults(self.world.store.trail(chain)):
                yield Fault(Kind.OTHER, f"the record: {fault}")
        for release in self.releases:
            yield from self._wrong_of(release)

    def told(self) -> tuple[int, int]:
        """Return how often people were told something in a thread, and how often again."""
        threads = [self.world.announcer.told(release.id) for release in self.releases]
        return sum(map(len, threads)), sum(len(thread) - len(first_times(thread)) for thread in threads)

    def _wrong_of(self, release: Release) -> Iterator[Fault]:
        world, name = self.world, f"{release.id}, {release.kind.value}"
        if release.phase not in TERMINAL or not release.cleaned_up:
            yield Fault(Kind.LOST, f"{name} hangs in {release.phase.value}")
        told = world.announcer.told(release.id) if world.announcer.cards_of(release.id) else None
        if told is not None and first_times(told) != world.log(release.id):
            yield Fault(Kind.LOST, f"the thread of {name} lacks something")
        pointer = release.pointer
        if pointer is not None and release.kind is ReleaseKind.DEPLOY:  # the name of its config is its own
            served = [before for before, config in self.aws.changed if config == pointer.new_config]
            if served and pointer.previous_config != served[0]:
                what = f"{name} has a pointer to {pointer.previous_config}, but prod served {served[0]}"
                yield Fault(Kind.WRONG_POINTER, what)
