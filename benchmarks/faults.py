"""Which planted faults the Titanic suite catches, and whether it cries wolf over good candidates.

    python -m benchmarks.faults [--suite FILE] [--only NAME ...] [--json]

Every candidate is registered, approved and deployed over the wire: a real endpoint, in front of a process that serves a
real model.tar.gz. The product's own suite and boto3 adapters judge it beside prod (version 2). Next to that stands the
check of the notebook that this project began with: two rows are sent, and the reply must not be empty.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from benchmarks.titanic import SUITE, Titanic, run_suite, titanic
from sandbox.aws.candidates import GOOD, WRONG, Candidate
from services import smoke
from services.ports import Invoker, PortError
from services.release.model import Evidence, Verdict
from services.smoke import SmokeSuite

AT_ONCE = 4
"""Candidates judged at the same time: most of a run is waiting for prod's turn."""
PROD = "titanic-prod"
PAYLOAD = "3,0,22,1,0,7.25,2\n1,1,38,1,0,71.2833,0\n"
FINE = frozenset({Verdict.PASSED, Verdict.SKIPPED})


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one candidate.

    Attributes:
        name: the candidate's.
        does: what is special about it.
        good: nothing is wrong with it.
        verdict: the suite's.
        stopped_by: the blocking checks that did not pass, as the suite orders them.
        warned_by: the same of the advisory ones.
        seed_stopped: whether the notebook's check would have stopped it.
    """

    name: str
    does: str
    good: bool
    verdict: str
    stopped_by: tuple[str, ...]
    warned_by: tuple[str, ...]
    seed_stopped: bool

    @property
    def right(self) -> bool:
        """Say whether what is wrong was stopped, or what is good was not."""
        return bool(self.stopped_by) != self.good


def judged(suite: SmokeSuite, world: Titanic, registered: tuple[Candidate, str]) -> Row:
    """Deploy and judge one candidate that was registered as a version with this ARN."""
    candidate, arn = registered
    name = f"candidate-{candidate.name}"
    world.deploy(name, arn, candidate.instances)
    seed_stopped = not replies(world.aws.invoker, name)
    evidence = run_suite(suite, world.aws, name, arn, PROD).evidence
    world.aws.hosting.delete_endpoint(name)
    return Row(
        candidate.name,
        candidate.does,
        good=candidate in GOOD,
        verdict=evidence.verdict.value,
        stopped_by=not_passed(evidence, blocking=True),
        warned_by=not_passed(evidence, blocking=False),
        seed_stopped=seed_stopped,
    )


def replies(invoker: Invoker, endpoint: str) -> bool:
    """Do what the notebook does: predict two rows, assert that the reply is not empty."""
    try:
        reply = invoker.invoke(endpoint, PAYLOAD, "text/csv", "text/csv")
    except PortError:
        return False
    return reply.status == 200 and bool(reply.body.strip())  # noqa: PLR2004 - boto3 raises for any other


def not_passed(evidence: Evidence, *, blocking: bool) -> tuple[str, ...]:
    """Return the names of the checks that did not pass, each once."""
    names = (check.name for check in evidence.checks if check.blocking is blocking and check.verdict not in FINE)
    return tuple(dict.fromkeys(names))


def run(suite: SmokeSuite, candidates: Iterable[Candidate]) -> list[Row]:
    """Judge the candidates on a local AWS of their own, some at the same time."""
    with titanic() as world, ThreadPoolExecutor(AT_ONCE) as pool:
        world.deploy(PROD, world.seeded.package_arns[1])
        registered = [(each, world.register(each)) for each in candidates]
        return list(pool.map(partial(judged, suite, world), registered))


def quoted(name: str) -> str:
    """Write a check's name: a measurement as code, a case in words."""
    return name if " " in name else f"`{name}`"


def table(rows: Sequence[Row]) -> str:
    """Write the rows as a Markdown table."""
    lines = ["| Candidate | What it does | Stopped by | Seed's check |", "| --- | --- | --- | --- |"]
    for row in rows:
        stopped = ", ".join(map(quoted, row.stopped_by)) or "nothing"
        lines.append(f"| {row.name} | {row.does} | {stopped} | {'stopped' if row.seed_stopped else 'passed'} |")
    return "\n".join(lines)


def by_check(rows: Sequence[Row]) -> str:
    """Write, as a Markdown table, how many each check stops, and which it alone stops; the busiest first."""
    stops = Counter(name for row in rows for name in row.stopped_by)
    lines = ["| Check | Stops | Alone |", "| --- | --- | --- |"]
    for name, count in stops.most_common():
        alone = ", ".join(row.name for row in rows if row.stopped_by == (name,))
        lines.append(f"| {quoted(name)} | {count} | {alone} |")
    return "\n".join(lines)


def totals(rows: Sequence[Row]) -> str:
    """Write what was caught and what was a false alarm."""
    wrong, good = [row for row in rows if not row.good], [row for row in rows if row.good]
    return (
        f"caught {sum(row.right for row in wrong)} of {len(wrong)} (the seed's check: "
        f"{sum(row.seed_stopped for row in wrong)}), false alarms {sum(not row.right for row in good)} of {len(good)}"
    )


def main() -> int:
    """Run the benchmark; 1 when the suite was wrong about a candidate."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", type=Path, default=SUITE)
    parser.add_argument("--only", nargs="*", metavar="NAME", help="these candidates, not all")
    parser.add_argument("--json", action="store_true", help="print one JSON object a line, not a table")
    options = parser.parse_args()
    candidates = [each for each in (*WRONG, *GOOD) if not options.only or each.name in options.only]
    rows = run(smoke.load(options.suite), candidates)
    if options.json:
        print("\n".join(json.dumps(asdict(row)) for row in rows))
    else:
        print(table(rows), by_check(rows), totals(rows), sep="\n\n")
    return 0 if all(row.right for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
