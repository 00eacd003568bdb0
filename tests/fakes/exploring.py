"""Every way in which workers can die on a path, or have no answer, one after the other.

Of deaths nothing is played twice. Before each call that changes something outside the worker the whole world is
forked; in the fork the worker is dead, and a fresh one goes on from there. To die before or after a call that only
reads leaves the same, and so does to die after a call rather than before the next one: those deaths are not played.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice, product

from typing_extensions import override

from fakes.crash import CrashSchedule, Moment, Unanswered
from fakes.judging import End, end_of
from fakes.playing import Path, Playing, begun, play

READS = frozenset(
    [f"FakeAws.{name}" for name in ("endpoint", "config", "model", "package", "tags", "versions")]
    + [
        f"MemoryStore.{name}"
        for name in ("load", "log", "told", "note", "pointers", "lock_of", "freezes", "in_progress", "listed", "record")
    ]
)
"""Calls that change nothing outside the worker."""


@dataclass(frozen=True)
class Death:
    """A worker dies before its call number `number`, which is `call`; its calls are counted from 1."""

    number: int
    call: str


Ended = tuple[tuple[Death, ...], End]


class _Forking(CrashSchedule):
    """A schedule by which nobody dies, but before each change someone could: the world is forked there.

    One place of `every` so many is taken, beginning with the first one after `skipped`.
    """

    def __init__(self, playing: Playing, every: int = 1, skipped: int = 0) -> None:
        super().__init__()
        self.forks: list[tuple[Death, Playing]] = []
        self._playing = playing
        self._every = every
        self._places = -skipped
        self._changed = True

    @override
    def run(self, name: str, call: Callable[[], object]) -> object:
        """Fork before a call that changes something, unless nothing has changed since the last such place."""
        if name in READS:
            return super().run(name, call)
        if self._changed:
            if self._places % self._every == 0:
                self.forks.append((Death(len(self.calls) + 1, name), self._playing.fork()))
            self._places += 1
        leases = self._playing.world.store.leases()
        try:
            return super().run(name, call)
        finally:
            self._changed = name != "MemoryStore.lease" or self._playing.world.store.leases() != leases


def ends(path: Path, deaths: int, sample: int = 1, first: Callable[[int], bool] = bool) -> Iterator[Ended]:
    """Yield how a path ends without a death, after each single one, and so on up to so many deaths in a row.

    Of the deaths that follow another one, one of `sample` so many is played. `first` says which first deaths are; they
    are numbered from 1.
    """
    playing = begun(path)
    forking = _Forking(playing)
    yield (), end_of(playing.employ(forking).play())
    for number, (death, fork) in enumerate(forking.forks, start=1):
        if first(number):
            for more, end in _ends(fork, deaths - 1, sample, number % sample):
                yield (death, *more), end


def _ends(playing: Playing, deaths: int, sample: int, skipped: int) -> Iterator[Ended]:
    forking = _Forking(playing, sample, skipped)
    if deaths:
        playing.employ(forking)
    yield (), end_of(playing.play())
    for death, fork in forking.forks:
        for more, end in _ends(fork, deaths - 1, sample, skipped):
            yield (death, *more), end


def unanswered(path: Path, sample: int = 1) -> Iterator[tuple[str, End]]:
    """Yield how a path ends with an answer to every call, then without one to each: once, and three times in a row.

    What is called did not get the call, or its reply is lost; of a call that only reads that is the same. Of all of
    them one of `sample` so many is played. The text says which call it was.
    """
    counting = CrashSchedule()
    yield "", end_of(play(path, counting))
    every = product(enumerate(counting.calls, start=1), Moment, (1, 3))
    for (number, call), moment, in_a_row in islice(every, 0, None, sample):
        if moment is Moment.BEFORE or call not in READS:
            end = end_of(play(path, Unanswered(number, moment, in_a_row)))
            yield f"{moment.value} call {number}, {call}, {in_a_row} in a row", end
