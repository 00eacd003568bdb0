"""The fault matrix: every planted fault is stopped, no good candidate is, and the page about it says what is so."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, TypeAlias

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(600)]  # 48 endpoints, one after the other or so
ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "fault-matrix.md"
ROW = re.compile(r"^\| ([a-z][a-z0-9-]*) \| (.+) \| (.+) \| (stopped|passed) \|$", re.MULTILINE)

Row: TypeAlias = dict[str, Any]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    """Run the benchmark as a person would."""
    command = [sys.executable, "-m", "benchmarks.faults", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.stdout, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_every_planted_fault_is_stopped(rows: list[Row]) -> None:
    wrong = [row for row in rows if not row["good"]]
    assert len(wrong) >= 18
    assert [row["name"] for row in wrong if row["verdict"] == "passed" or not row["stopped_by"]] == []


def test_no_good_candidate_is_stopped_or_warned_of(rows: list[Row]) -> None:
    good = {row["name"]: row for row in rows if row["good"]}
    assert len(good) >= 5
    assert {name: row["stopped_by"] for name, row in good.items() if row["stopped_by"]} == {}
    warnings = {name: set(row["warned_by"]) - {"latency.p50"} for name, row in good.items()}
    assert {name: names for name, names in warnings.items() if names} == {}, "a busy machine may be slow, no more"


def test_the_page_says_what_is_so(rows: list[Row]) -> None:
    page = PAGE.read_text("utf-8")
    told = {name: (does, named(checks), seed) for name, does, checks, seed in ROW.findall(page)}
    wrong, good = sum(not row["good"] for row in rows), sum(row["good"] for row in rows)
    assert f"Caught {wrong} of {wrong}, false alarms 0 of {good};" in page
    assert list(told) == [row["name"] for row in rows]
    for row in rows:
        does, checks, seed = told[row["name"]]
        assert (does, seed) == (row["does"], "stopped" if row["seed_stopped"] else "passed")
        assert checks <= set(row["stopped_by"]), f"the page has more than what stopped {row['name']}"
        assert bool(checks) == bool(row["stopped_by"])


def named(cell: str) -> set[str]:
    return set() if cell == "nothing" else {name.strip("`") for name in cell.split(", ")}
