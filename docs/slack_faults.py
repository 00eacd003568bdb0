"""The reference page of what Slack may do to Sluice, made from the marks of the tests that have it done."""

from collections.abc import Iterator

from markdown_pages import code, page, table
from marked_tests import Marked, marked, shown

_TESTS = "tests/e2e/test_slack_faults.py"
_INTRODUCTION = (
    "What becomes of a release while Slack misbehaves: nothing is lost, and little is said twice. Each row is an "
    "end-to-end test with two bots, a worker and a local Slack that is told to misbehave; the row is the test's own "
    f"mark. “Seen” are words that the thread or a person is shown. Tests: {code(_TESTS)}."
)
_TWICE = (
    "A message is recorded after it was sent. Who dies in between, or gets no reply, leaves a mark; whoever tells next "
    "looks for the message first, by its metadata among the app's own messages, its files by their names. That takes "
    "the optional scopes `channels:history` and `groups:history`. The part *posts* of "
    "[the torture](torture.md) counts how often something is said twice all the same. What only one person sees, such "
    "as the link to a card, cannot be looked for: Slack does not list it."
)


def slack_faults(_words: object) -> str:
    """Render every row."""
    rows = map(_cells, marked("slack_fault", _TESTS))
    return page(
        "When Slack misbehaves",
        _INTRODUCTION,
        table(("What Slack does", "What Sluice does", "Seen"), rows),
        "## What is said twice",
        _TWICE,
    )


def _cells(row: Marked) -> Iterator[str]:
    yield row.what
    yield row.cells["does"]
    yield f"“{shown(row.cells['told'])}”"
