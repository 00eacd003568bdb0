"""Rows of a table in the docs, held to what a test shows: the page is made of the marks."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest


@dataclass
class Marked:
    """What the mark of a test says; `told` are words that somebody is shown, as they stand there."""

    what: str
    does: str
    told: str
    held: bool = False

    def shows(self, said: str) -> None:
        """Hold the row to what somebody was shown."""
        assert self.told in said, said
        self.held = True


@contextmanager
def marked(request: pytest.FixtureRequest, name: str) -> Iterator[Marked]:
    """Give the row of a test; a test that does not use it does not hold it."""
    mark = request.node.get_closest_marker(name)
    row = Marked(*mark.args, **mark.kwargs)
    yield row
    assert row.held, "the row was not held to anything"
