"""A worker that dies at any one port call, before or after its effect: the release ends as if it had not.

Every path is played once; wherever something outside the worker has changed, the world is forked and a fresh worker
goes on from what the store and AWS hold. That leaves out the calls that only read: the last test shows that they do.
`make torture` plays every call and both moments, one by one.
"""

from collections.abc import Callable

import pytest
from fakes.crash import CrashSchedule
from fakes.exploring import READS, ends
from fakes.forking import differences, forked
from fakes.judging import compared
from fakes.paths import PATHS
from fakes.playing import Path, Playing, begun
from typing_extensions import override

pytestmark = pytest.mark.crash
NOTES = {"calls", "_requests", "tested", "rechecked", "_asked"}
"""What the fakes keep for tests to look at."""


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS.keys())
def test_a_crash_changes_nothing(path: Path) -> None:
    every = ends(path, deaths=1)
    _, clean = next(every)
    assert not compared(path, clean, clean)
    found = {deaths: wrong for deaths, end in every if (wrong := compared(path, clean, end))}
    assert not found


class Comparing(CrashSchedule):
    """Looks at the whole world before and after each call that is said to change nothing."""

    def __init__(self, playing: Playing) -> None:
        super().__init__()
        self.playing = playing
        self.changed: dict[str, list[str]] = {}

    @override
    def run(self, name: str, call: Callable[[], object]) -> object:
        if name not in READS:
            return super().run(name, call)
        self.playing.world.aws.settle_what_is_due()
        before = forked(self.playing.world)
        try:
            return super().run(name, call)
        finally:
            places = differences(before, self.playing.world)
            self.changed[name] = [place for place in places if not NOTES & set(place.split("."))]


@pytest.mark.parametrize("path", ["update", "stale, renewed", "voted on", "rolled back", "AWS away, deploy"])
def test_reading_calls_change_nothing(path: str) -> None:
    playing = begun(PATHS[path])
    comparing = Comparing(playing)
    playing.employ(comparing).play()
    assert len(comparing.changed) > len(READS) // 3
    assert not {name: places for name, places in comparing.changed.items() if places}
