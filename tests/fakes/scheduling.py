"""Several workers at once, in a random order that a seed decides: at each port call any other of them may go first.

Each tick runs in a thread of its own, which stands still before each port call until it is told to go on; never do two
of them run. A worker may die there, or sleep for longer than its lease and then go on as if nothing had happened.
"""

import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast

from typing_extensions import override

from fakes.crash import Crash, CrashingRegions, CrashSchedule, crashing
from fakes.driver import World
from fakes.playing import Playing
from services.leases import LEASE_SECONDS
from services.ports import PortError, ReleaseStore
from services.runner import Runner

MOST_STEPS = 20_000


@dataclass(frozen=True)
class Odds:
    """How likely what may happen is at each step, how often it may at most, and whether workers heed leases."""

    workers: int = 2
    leases: bool = True
    kill: float = 0.005
    kills: int = 3
    sleep: float = 0.01
    sleeps: int = 6
    hint: float = 0.02
    click: float = 0.2


class _Standing(CrashSchedule):
    """A schedule by which a thread stands still before each of its calls; calls of other threads pass."""

    def __init__(self) -> None:
        super().__init__()
        self.thread: threading.Thread | None = None
        self._go, self._stands = threading.Semaphore(0), threading.Semaphore(0)

    @override
    def run(self, name: str, call: Callable[[], object]) -> object:
        """Stand still, then make the call, or die."""
        if threading.current_thread() is self.thread:
            self._stands.release()
            self._go.acquire()
            if self.dead:
                raise Crash(f"killed before {name}")
        return super().run(name, call)

    def begin(self, work: Callable[[], None]) -> None:
        """Let the work run up to its first call."""

        def working() -> None:
            try:
                work()
            except (Crash, PortError):
                pass
            finally:
                self.thread = None
                self._stands.release()

        self.thread = threading.Thread(target=working, daemon=True)
        self.thread.start()
        self._stands.acquire()

    def step(self) -> None:
        """Let the next call be made, and all up to the one after it."""
        self._go.release()
        self._stands.acquire()

    def kill(self) -> None:
        """Let the work end at the call before which it stands."""
        self.dead = True
        while self.thread is not None:
            self.step()


class _Leaseless:
    """A store whose leases are had by whoever wants them."""

    def __init__(self, store: object) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def lease(self, _name: str, _holder: str, _seconds: float) -> bool:
        """Say yes."""
        return True

    def release_lease(self, _name: str, _holder: str) -> None:
        """Have nothing to give back."""


class _Worker:
    """One worker process."""

    def __init__(self, world: World, *, leases: bool) -> None:
        self.at = _Standing()
        store = cast("ReleaseStore", world.store if leases else _Leaseless(world.store))
        bare = world.ports()
        self.runner = Runner(
            replace(
                bare,
                regions=CrashingRegions(world.aws, self.at),
                store=crashing(store, self.at),
                records=crashing(world.store, self.at),
                announcer=crashing(world.announcer, self.at),
                tester=crashing(world.tester, self.at),
            )
        )

    @property
    def idle(self) -> bool:
        """Say whether it waits for something to do."""
        return self.at.thread is None


class Schedule:
    """Plays a path with several workers."""

    def __init__(self, playing: Playing, odds: Odds, seed: int) -> None:
        self.playing, self.world = playing, playing.world
        self._odds, self._chance = odds, random.Random(seed)  # noqa: S311 - chance that can be repeated
        self._workers = [self._employed() for _ in range(odds.workers)]
        self._kills, self._sleeps = odds.kills, odds.sleeps

    def play(self) -> Playing:
        """Play until nothing is left to do; the path's acts may happen between any two calls of the workers."""
        for _ in range(MOST_STEPS):
            if not self._happen():
                return self.playing
        raise AssertionError("never settled")

    def _happen(self) -> bool:
        """Let one thing happen; False if there is nothing left that could."""
        chance, busy = self._chance, [worker for worker in self._workers if not worker.idle]
        if chance.random() < self._odds.click and self.playing.act():
            return True
        if busy and self._kills and chance.random() < self._odds.kill:
            self._kill(chance.choice(busy))
            return True
        if busy and self._sleeps and chance.random() < self._odds.sleep:
            self._sleep(busy)
            return True
        begun = self._begun(len(busy))
        if busy and (not begun or chance.random() < 0.8):
            chance.choice(busy).at.step()
            return True
        if begun:
            begun[0]()
            return True
        return self.playing.act() or self._wait()

    def _begun(self, busy: int) -> list[Callable[[], None]]:
        """Return how an idle worker could take something up: what is due, or a hint that comes twice."""
        idle = [worker for worker in self._workers if worker.idle]
        if not idle:
            return []
        worker, due = self._chance.choice(idle), self.world.store.next_due()
        if due is not None and due <= self.world.clock.now():
            return [lambda: self._take(worker)]
        if busy and self._chance.random() < self._odds.hint:
            return [lambda: worker.at.begin(lambda: worker.runner.run(self.playing.release_id))]
        return []

    def _take(self, worker: _Worker) -> None:
        for member in self.world.store.take(self.world.clock.now(), LEASE_SECONDS, 1):
            worker.at.begin(partial(worker.runner.run, member.removeprefix("release:")))

    def _kill(self, worker: _Worker) -> None:
        self._kills -= 1
        worker.at.kill()
        self._workers[self._workers.index(worker)] = self._employed()

    def _sleep(self, busy: list[_Worker]) -> None:
        """Let time pass in the middle of ticks; some workers renew their leases meanwhile, others are stopped."""
        self._sleeps -= 1
        stopped = self._chance.choice(busy)
        for _ in range(self._chance.randint(1, 8)):
            self.world.clock.advance(LEASE_SECONDS / 3)
            for worker in busy:
                if worker is not stopped:
                    worker.runner.renew()

    def _wait(self) -> bool:
        due = self.world.store.next_due()
        if due is None:
            return False
        self.world.clock.advance_to(due)
        return True

    def _employed(self) -> _Worker:
        return _Worker(self.world, leases=self._odds.leases)


def odds_of(seed: int) -> Iterator[Odds]:
    """Yield ever other odds."""
    chance = random.Random(seed)  # noqa: S311 - chance that can be repeated
    while True:
        yield Odds(workers=chance.choice((2, 2, 3)), leases=chance.random() < 0.5)
