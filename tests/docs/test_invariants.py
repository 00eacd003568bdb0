"""Each promise names tests that show it, and they exist."""

import re

import pytest
from quality.sources import ROOT

PAGE = (ROOT / "docs/explanation/invariants.md").read_text(encoding="utf-8")
PROMISES = re.findall(r"^## (\d+)\. .*?\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
TEST = re.compile(r"^- `(tests/[\w/]+\.py)::(test_\w+)`$", re.MULTILINE)


def test_there_are_as_many_as_the_readme_has() -> None:
    promised = re.findall(r"^(\d)\. \*\*", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert [number for number, _ in PROMISES] == promised


@pytest.mark.parametrize(("number", "words"), PROMISES, ids=[number for number, _ in PROMISES])
def test_a_promise_is_shown_by_tests_that_exist(number: str, words: str) -> None:
    named = TEST.findall(words)
    assert len(named) > 1, f"who shows promise {number}?"
    missing = [
        f"{file}::{test}" for file, test in named if f"def {test}(" not in (ROOT / file).read_text(encoding="utf-8")
    ]
    assert not missing
    assert words.count("`tests/") == len(named)
