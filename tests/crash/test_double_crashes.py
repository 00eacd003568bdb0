"""A worker that dies, and one in its place that dies too: a sample of the pairs, always the same.

`make torture` plays every pair.
"""

import pytest
from fakes.exploring import ends
from fakes.judging import compared
from fakes.paths import PATHS
from fakes.playing import Path

pytestmark = pytest.mark.crash
FIRST, SECOND = 29, 11
"""One first death of so many, and one second death of so many: primes, so that ever others of them meet."""


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS.keys())
def test_two_crashes_change_nothing(path: Path) -> None:
    every = ends(path, deaths=2, sample=SECOND, first=lambda number: number % FIRST == 1)
    _, clean = next(every)
    twice = [(deaths, compared(path, clean, end)) for deaths, end in every if len(deaths) > 1]
    assert twice
    assert not {deaths: wrong for deaths, wrong in twice if wrong}
