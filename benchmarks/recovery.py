"""How long it takes until things go on after each kind of kill.

    python -m benchmarks.recovery [--rounds 5] [--only "worker killed in a move"]

The real processes in the sandbox, with one release in flight, and a supervisor that starts again at once what died.
Each row begins with the blow and ends with the next fact in the release's log, which tells that a worker has looked at
AWS again, or with the first click that is acknowledged. What takes time: a lease that has to lapse (15 s), a process
that has to start, a look that is due (every half a second here).
"""

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.kills.books import Books
from benchmarks.kills.campaign import ENTRY, QUICK, written
from benchmarks.kills.people import BRUNO, Crowd, Lane
from benchmarks.kills.schedule import Blow, Kill, Moment, Victim, When
from benchmarks.kills.town import Town
from handlers import action_ids as ids
from sandbox.world import Recipe, World

_PAUSE_SECONDS = 0.05
_PATIENCE_SECONDS = 120.0
_STOPPED_SECONDS = 60.0
_MOVE = Moment("UpdateEndpoint", When.AFTER)


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of kill.

    Attributes:
        name: what happens, in words.
        kill: the blow; without a moment it falls while the release waits at its gate.
        bots: bot processes.
        workers: worker processes.
        clicks: whether it ends with a click that is acknowledged, not with a worker's look.
    """

    name: str
    kill: Kill
    bots: int = 1
    workers: int = 2
    clicks: bool = False


def _kill(victim: Victim, moment: Moment | None = None, blow: Blow = Blow.KILL, seconds: float = 0.0) -> Kill:
    return Kill(1, victim, blow, moment, 0, 0, seconds)


CASES = (
    Case("worker killed in a move, another is there", _kill(Victim.WORKER, _MOVE)),
    Case("worker killed in a move, it is the only one", _kill(Victim.WORKER, _MOVE), workers=1),
    Case(
        "worker stopped in a move (SIGSTOP), another is there", _kill(Victim.WORKER, _MOVE, Blow.STOP, _STOPPED_SECONDS)
    ),
    Case("worker killed while nothing is due, another is there", _kill(Victim.WORKER)),
    Case("worker killed while nothing is due, it is the only one", _kill(Victim.WORKER), workers=1),
    Case("bot killed, another is there", _kill(Victim.BOT), bots=2, clicks=True),
    Case("bot killed, it is the only one", _kill(Victim.BOT), clicks=True),
    Case("Valkey killed, until a click is taken", _kill(Victim.VALKEY), clicks=True),
    Case("Valkey killed in a move, until a worker goes on", _kill(Victim.VALKEY, _MOVE)),
)


def measured(cases: Sequence[Case], rounds: int) -> dict[Case, list[float]]:
    """Return the seconds of some rounds of each case; cases with as many processes share a world."""
    found: dict[Case, list[float]] = {case: [] for case in cases}
    for bots, workers in dict.fromkeys((case.bots, case.workers) for case in cases):
        alike = [case for case in cases if (case.bots, case.workers) == (bots, workers)]
        with _town(bots, workers) as (town, lane):
            lane.until_ended(_decided(lane, lane.deploy(1)))
            for case in alike * rounds:
                found[case].append(_round(case, town, lane))
                print(json.dumps({"case": case.name, "seconds": round(found[case][-1], 2)}), file=sys.stderr)
    return found


@contextmanager
def _town(bots: int, workers: int) -> Iterator[tuple[Town, Lane]]:
    with tempfile.TemporaryDirectory(prefix="sluice-recovery-") as folder:
        suite = written(Path(folder) / "quick.yaml", QUICK)
        entry = {**ENTRY, "suite": suite, "staging_endpoint": "titanic-staging", "prod_endpoint": "titanic-prod"}
        catalog = Path(written(Path(folder) / "catalog.yaml", {"models": {"titanic": entry}}))
        recipe = Recipe(scale_seconds=0.5, poll_seconds=0.5, workers=0, bots=0, catalog=catalog, sdk="boto3")
        with World(recipe) as world, Town(world, bots, workers) as town:
            world.people.wait_online(60)
            crowd = Crowd(town.hand, world.people, Books(world.redis_url), lambda: False)
            yield town, Lane(crowd, "titanic", random.Random(1))


def _round(case: Case, town: Town, lane: Lane) -> float:
    """Bring a release to its gate, strike, and return the seconds until things go on."""
    release = lane.deploy(2)
    lane.until(lambda: lane.at_gate(release), f"{release} at its gate")
    _until(lambda: town.all_run() and lane.crowd.books.at_rest(release), "everything runs, and nobody works")
    before = len(town.struck)
    if case.kill.moment is not None:
        town.begin([case.kill])
        _decided(lane, release)
        _until(lambda: len(town.struck) > before, "the blow")
        struck, went_on = town.struck_at, _fact_after(lane, release, len(lane.crowd.books.log(release)))
    else:
        struck, clicked = town.strike_now(case.kill), _clicked(lane, release)
        went_on = clicked if case.clicks else _fact_after(lane, release, _approved(lane, release))
    lane.until_ended(release)
    return went_on - struck


def _approved(lane: Lane, release: str) -> int:
    """Return the number of the fact that the release was approved."""
    return [fact["kind"] for fact in lane.crowd.books.log(release)].index("Approved") + 1


def _fact_after(lane: Lane, release: str, number: int) -> float:
    """Return when the log had more than so many facts."""
    return _until(lambda: time.monotonic() if len(lane.crowd.books.log(release)) > number else None, "a fact")


def _decided(lane: Lane, release: str) -> str:
    lane.decide(release, ((BRUNO, "approve"),))
    return release


def _clicked(lane: Lane, release: str) -> float:
    """Click Approve until it is answered that it counts; return when that was."""
    channel, _, ts = lane.crowd.books.told(release)["place"].partition(":")

    def counted() -> float | None:
        answer = lane.crowd.press(BRUNO, "approve", release, {"channel": channel, "ts": ts}, ids.APPROVE)
        done = answer is not None and any("counts" in said or "already approved" in said for said in answer["said"])
        return time.monotonic() if done else None

    return _until(counted, "a click that counts")


def _until(look: Callable[[], float | bool | None], what: str) -> float:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        found = look()
        if found:
            return float(found)
        time.sleep(_PAUSE_SECONDS)
    raise TimeoutError(f"{what}: not within {_PATIENCE_SECONDS:.0f} s")


def table(found: Mapping[Case, Sequence[float]]) -> str:
    """Write the cases as a Markdown table."""
    lines = ["| What happens | p50 | max | rounds |", "| --- | --- | --- | --- |"]
    for case, seconds in found.items():
        row = f"{statistics.median(seconds):.1f} s | {max(seconds):.1f} s | {len(seconds)}"
        lines.append(f"| {case.name} | {row} |")
    return "\n".join(lines)


def main() -> int:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="*", metavar="WORDS", help="cases whose name has these words")
    options = parser.parse_args()
    cases = [case for case in CASES if not options.only or any(words in case.name for words in options.only)]
    print(table(measured(cases, options.rounds)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
