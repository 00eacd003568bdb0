"""No answer from AWS, Slack or Redis at every single port call on every path, once and three times in a row."""

from fakes.exploring import unanswered
from fakes.judging import compared
from fakes.paths import PATHS

from torture.frame import Counts, shared_out
from torture.tallying import Tally, summed


def run() -> Counts:
    """Leave every call without an answer.

    Of the paths that end by how often something was tried there are none: one try more would be another end.
    """
    names = [name for name, path in PATHS.items() if not path.counting]
    return summed("calls without an answer", shared_out(everywhere, names))


def everywhere(name: str) -> Tally:
    """Play a path with no answer to each of its calls."""
    path, tally = PATHS[name], Tally()
    every = unanswered(path)
    _, clean = next(every)
    for where, end in every:
        tally.add(f"{name}: {where}", end, compared(path, clean, end))
    return tally
