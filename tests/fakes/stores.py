"""What the suites of the store share: the implementations, releases to store, changes to commit."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Barrier
from typing import Any, Protocol, TypeVar

from fakes.builders import NOON, after, asked
from services.ports import AuditTrail, Commit, DueIndex, Records, ReleaseStore
from services.release import events as e
from services.release.events import Event as Fact
from services.release.events import LogEntry
from services.release.model import Kind, Release

FIRST = LogEntry(1, NOON, e.Requested("UREQUEST"))
LATER = after(10)
LOOKS = 500
T = TypeVar("T")


class Store(ReleaseStore, AuditTrail, DueIndex, Records, Protocol):
    """All four ports at once, as every implementation has them."""


@dataclass
class World:
    """One implementation, and how to let a little time pass for it."""

    store: Store
    pause: Callable[[], object]

    def until(self, seen: Callable[[], bool]) -> None:
        """Wait until something comes to pass, however long that takes within reason."""
        for _ in range(LOOKS):
            if seen():
                return
            self.pause()
        raise AssertionError("it never came to pass")


def named(release_id: str, kind: Kind = Kind.DEPLOY, model: str = "titanic", minutes: float = 0) -> Release:
    """Return a release that is not stored yet, asked for so many minutes after noon."""
    return replace(asked(kind), id=release_id, model=model, requested_at=after(minutes), revision=0)


def created(store: Store, release: Release | None = None) -> Release:
    """Store a release and return it as stored."""
    wanted = release or named("r0000000a")
    if store.create(wanted, FIRST, due=NOON) is not None:
        raise AssertionError("the place is taken")
    stored = store.load(wanted.id)
    if stored is None:
        raise AssertionError("it was not stored")
    return stored


def change(release: Release, *facts: Fact, **fields: Any) -> Commit:
    """Return a commit that appends `facts` and is due LATER; `fields` are those of the Commit."""
    entries = tuple(LogEntry(release.log_length + n, LATER, fact) for n, fact in enumerate(facts, start=1))
    written = replace(release, log_length=release.log_length + len(entries))
    return replace(Commit(written, entries, LATER), **fields)


def in_threads(count: int, act: Callable[[int], T]) -> list[T]:
    """Run `act` in threads that start together."""
    gate = Barrier(count)

    def run(n: int) -> T:
        gate.wait()
        return act(n)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))
