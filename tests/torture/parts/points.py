"""A worker that dies before or after every single port call, reading ones too, on every path of a release."""

from fakes.crash import CrashSchedule, Moment
from fakes.judging import compared, end_of
from fakes.paths import PATHS
from fakes.playing import play

from torture.frame import Counts, shared_out
from torture.tallying import Tally, summed


def run() -> Counts:
    """Die everywhere once."""
    tallies = shared_out(everywhere, list(PATHS))
    return summed("crash points", tallies, f"{len(PATHS)} paths, which make every move of a release.")


def everywhere(name: str) -> Tally:
    """Play a path with a death at each of its calls."""
    path, counting, tally = PATHS[name], CrashSchedule(), Tally()
    clean = end_of(play(path, counting))
    for number, call in enumerate(counting.calls, start=1):
        for moment in Moment:
            end = end_of(play(path, CrashSchedule(number, moment)))
            tally.add(f"{name}: {moment.value} call {number}, {call}", end, compared(path, clean, end))
    return tally
