"""Kills bots, workers and Valkey under load and says what was killed when, and what came of it."""

import argparse
import sys
import time
from pathlib import Path

from benchmarks.kills.campaign import Campaign, Outcome, run
from benchmarks.kills.oracle import KINDS_OF_TROUBLE


def main() -> int:
    """Run a campaign; 1 if anything is not as it must be."""
    campaign, begun = _read(), time.monotonic()
    outcome = run(campaign)
    print(table(outcome))
    for kind, all_ in outcome.findings.wrong.items():
        print(f"\n{kind}:", *all_[:10], sep="\n  ")
    print(f"\n{time.monotonic() - begun:.0f} s; what was killed when: {outcome.report}")
    return 1 if outcome.findings.wrong else 0


def _read() -> Campaign:
    given = Campaign()
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kills", description=__doc__)
    for name in ("seed", "kills", "releases", "lanes", "bots", "workers"):
        parser.add_argument(f"--{name}", type=int, default=getattr(given, name))
    parser.add_argument("--report", type=Path, default=given.report)
    return Campaign(**vars(parser.parse_args()))


def table(outcome: Outcome) -> str:
    """Write what was done and what came of it as a Markdown table."""
    wrong = outcome.findings.wrong
    rows = {
        "kills": len(outcome.struck),
        **{f"of them {name}": count for name, count in outcome.victims().items()},
        "meant for a certain request": outcome.aimed,
        "at that request": outcome.in_time,
        "releases in flight at a kill, median": outcome.median_in_flight,
        **{kind: len(wrong.get(kind, ())) for kind in KINDS_OF_TROUBLE},
        **dict(sorted(outcome.findings.counts.items())),
    }
    return "\n".join(["| | |", "| --- | --- |", *(f"| {name} | {value} |" for name, value in rows.items())])


if __name__ == "__main__":
    sys.exit(main())
