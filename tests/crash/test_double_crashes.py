"""A worker that dies, and one in its place that dies too: a sample of pairs, always the same, spread over each path."""

import pytest
from fakes.crash import CrashSchedule, Moment
from fakes.judging import problems
from fakes.paths import PATHS, Path, play

pytestmark = pytest.mark.crash
PAIRS = 40
STRIDES = 37, 101  # primes: the first and the second death meet in ever other combinations


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS.keys())
def test_two_crashes_change_nothing(path: Path) -> None:
    counting = CrashSchedule()
    clean = play(path, counting)
    found = {}
    for pair in range(PAIRS):
        first, second = deaths(pair, len(counting.calls))
        if wrong := problems(path, clean, play(path, first, second)):
            found[f"{first.moment.value} {first.at}, then {second.moment.value} {second.at}"] = wrong
    assert not found


def deaths(pair: int, calls: int) -> tuple[CrashSchedule, CrashSchedule]:
    """Return when the first worker dies and when, counted from its own first call, the second one does."""
    first, second = (1 + pair * stride % calls for stride in STRIDES)
    return CrashSchedule(first, list(Moment)[pair % 2]), CrashSchedule(second, list(Moment)[pair // 2 % 2])
