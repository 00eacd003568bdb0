"""A worker that dies at any one port call, before or after its effect: the release ends as if it had not.

Every path is played once to count its calls, then once for each call and each moment; a fresh worker goes on from
what the store and AWS hold. Calls that only read are passed over: to die at one of them leaves what it leaves to die
after the call before it.
"""

import pytest
from fakes.crash import CrashSchedule, Moment
from fakes.judging import problems
from fakes.paths import PATHS, Path, play

pytestmark = pytest.mark.crash
READS = frozenset(
    [f"FakeAws.{name}" for name in ("endpoint", "config", "model", "package", "tags", "versions")]
    + [
        f"MemoryStore.{name}"
        for name in ("load", "log", "told", "note", "pointers", "lock_of", "freezes", "in_progress")
    ]
    + ["FakeTester.test", "FakeTester.recheck"]
)


@pytest.mark.parametrize("moment", Moment)
@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS.keys())
def test_a_crash_changes_nothing(path: Path, moment: Moment) -> None:
    counting = CrashSchedule()
    clean = play(path, counting)
    assert problems(path, clean, clean) == []
    found = {}
    for number, name in enumerate(counting.calls, start=1):
        if name in READS:
            continue
        schedule = CrashSchedule(number, moment)
        crashed = play(path, schedule)
        assert schedule.dead
        if wrong := problems(path, clean, crashed):
            found[f"{moment.value} call {number}, {name}"] = wrong
    assert not found
