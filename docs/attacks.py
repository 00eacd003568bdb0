"""The reference page of attacks and mistakes, made from the marks of the tests that play them."""

from collections.abc import Iterator

from markdown_pages import code, page, table
from marked_tests import Marked, marked, shown

_FOLDER = "tests/e2e/attacks"
_SECTIONS = {
    "test_requests.py": "Requests that Slack did not send, buttons that are not as they were made",
    "test_people.py": "People who may not",
    "test_races.py": "At once, too late, behind our back",
    "test_words.py": "Texts that would be more than texts, and a record that was changed",
}
_INTRODUCTION = (
    "What becomes of who attacks a release, or errs about one. Each row is an end-to-end test of the real bot and the "
    "real worker against a local Slack, a local SageMaker and a real Valkey. Its words are the test's own mark, and "
    "the test holds every cell to what happens."
)
_COLUMNS = """\
- **Seen** are words that the person is shown privately, the thread shows, or `sluice audit verify` prints.
- **Reason code** is that of the refusal, or of the release's ending: see [reason codes](reason-codes.md).
- **Audit log** has every try of it that [the log](audit-log.md) holds, in order, with the code of a refusal. Nobody is
  known to have sent what Slack did not sign, so the log has none of it.
- **Prod** is what became of the prod endpoint."""


def attacks(_words: object) -> str:
    """Render every row, by the file of its test."""
    parts = [_INTRODUCTION, _COLUMNS]
    for file, title in _SECTIONS.items():
        head = ("Attack or mistake", "Seen", "Reason code", "Audit log", "Prod")
        parts += [f"## {title}", table(head, map(_cells, marked("attack", f"{_FOLDER}/{file}")))]
        parts += [f"Tests: {code(f'{_FOLDER}/{file}')}."]
    return page("Attacks and mistakes", *parts)


def _cells(row: Marked) -> Iterator[str]:
    yield row.what
    yield f"“{shown(row.cells['seen'])}”"
    yield code(row.cells["code"]) if row.cells.get("code") else ""
    yield ", then ".join(map(code, row.cells.get("record", "").split("; "))) if row.cells.get("record") else "nothing"
    yield row.cells.get("prod", "untouched")
