"""Two or three workers in random order on every path, with leases and without; `make torture` plays many more."""

import itertools

import pytest
from fakes.judging import compared, end_of
from fakes.paths import PATHS
from fakes.playing import begun
from fakes.scheduling import Schedule, odds_of

pytestmark = pytest.mark.crash
SCHEDULES = 6


@pytest.mark.parametrize("name", [name for name, path in PATHS.items() if not path.counting])
def test_any_order_of_calls_ends_as_one_worker_would(name: str) -> None:
    path, found = PATHS[name], {}
    clean = end_of(begun(path).play())
    for seed, odds in enumerate(itertools.islice(odds_of(1), SCHEDULES)):
        if wrong := compared(path, clean, end_of(Schedule(begun(path), odds, seed).play())):
            found[seed] = wrong
    assert not found
