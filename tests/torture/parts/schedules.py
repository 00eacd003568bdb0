"""Two or three workers at once, in random order, with and without leases; some die, some sleep for too long."""

import itertools
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

import redis
from fakes.judging import compared, end_of
from fakes.paths import PATHS
from fakes.playing import begun, begun_on
from fakes.scheduling import Odds, Schedule, odds_of

from sandbox.valkey import EmbeddedValkey
from services.adapters.redis_connection import connect
from services.adapters.redis_store import RedisStore
from torture.frame import Counts, shared_out
from torture.tallying import Tally, summed

if TYPE_CHECKING:
    from fakes.store import MemoryStore

_IN_MEMORY, _ON_VALKEY = 150, 6
"""Schedules of each path."""
_Job = tuple[str, int]
_Played = tuple[Tally, Tally]
"""With leases, and without any."""


def run(seed: int) -> Counts:
    """Play so many schedules of every path; the seed decides all of them.

    Of those that end by how often something was tried there are none: two workers try twice as often.
    """
    jobs = [(name, seed) for name, path in PATHS.items() if not path.counting]
    in_memory, on_valkey = shared_out(played_in_memory, jobs), shared_out(played_on_valkey, jobs)
    leased = summed("", [leased for leased, _ in in_memory])
    return summed(
        "schedules",
        [*(tally for both in in_memory for tally in both), *on_valkey],
        f"with leases, {leased.repeated:,} of {leased.announced:,} facts were told again ({leased.tried:,} schedules); "
        "the other repeats are of those without any lease, which play what the leases are for.",
        f"{sum(tally.tried for tally in on_valkey):,} of them on a real Valkey.",
    )


def played_in_memory(job: _Job) -> _Played:
    """Play the schedules of a path in memory; where somebody came too late for what it is about, it was another one."""
    (name, seed), leased, leaseless = job, Tally(), Tally()
    path = PATHS[name]
    clean = end_of(begun(path).play())
    for number, odds in _odds(job, _IN_MEMORY):
        played = Schedule(begun(path), odds, number).play()
        if not played.left:
            end, tally = end_of(played), leased if odds.leases else leaseless
            tally.add(f"{name}: schedule {number} of seed {seed}, {odds}", end, compared(path, clean, end))
    return leased, leaseless


def played_on_valkey(job: _Job) -> Tally:
    """Play some schedules of a path on a real server; its leases go by its own clock, so that there are none."""
    (name, seed), tally = job, Tally()
    path = PATHS[name]
    clean = end_of(begun(path).play())
    with _valkey() as client:
        for number, odds in _odds(job, _ON_VALKEY):
            client.flushdb()
            playing = begun_on(path, cast("MemoryStore", TimedStore(client)))
            played = Schedule(playing, Odds(odds.workers, leases=False), number).play()
            if not played.left:
                end = end_of(played)
                tally.add(f"{name}: schedule {number} of seed {seed} on Valkey", end, compared(path, clean, end))
    return tally


class TimedStore(RedisStore):
    """A real store that also says when anything is due next, so that a test can move its clock there."""

    def __init__(self, client: redis.Redis) -> None:
        super().__init__(client)
        self._client = client

    def next_due(self) -> datetime | None:
        """Return when anything is due next."""
        found = cast("list[tuple[bytes, float]]", self._client.zrange("sluice:due", 0, 0, withscores=True))
        return datetime.fromtimestamp(found[0][1] / 1000, UTC) if found else None


def _odds(job: _Job, most: int) -> Iterable[tuple[int, Odds]]:
    name, seed = job
    first = 1_000_000 * seed + 1_000 * list(PATHS).index(name)
    return zip(itertools.count(first), itertools.islice(odds_of(first), most), strict=False)


@contextmanager
def _valkey() -> Iterator[redis.Redis]:
    with tempfile.TemporaryDirectory(prefix="valkey-") as place:
        server = EmbeddedValkey()
        try:
            with connect(server.start(Path(place))) as client:
                yield client
        finally:
            server.stop()
