"""AWS, Slack or Redis gives no answer at one port call, or at three in a row: the release ends as if it had.

This is a sample; `make torture` plays every call of every path.
"""

import pytest
from fakes.exploring import unanswered
from fakes.judging import compared
from fakes.paths import PATHS

pytestmark = pytest.mark.crash


@pytest.mark.parametrize("name", ["first release", "update", "rolled back", "smoke failed"])
def test_no_answer_changes_nothing(name: str) -> None:
    path = PATHS[name]
    every = unanswered(path, sample=23)
    _, clean = next(every)
    found = {where: wrong for where, end in every if (wrong := compared(path, clean, end))}
    assert not found
