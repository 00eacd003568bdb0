"""Rows with an empty cell: each column in turn, in rows that have something there."""

from pathlib import Path

import pytest
from fakes.predicting import FakeInvoker, TickingClock, score
from hypothesis import given
from hypothesis import strategies as st

from services.ports import Reply
from services.release.model import CheckResult, Verdict
from services.smoke import Subject, load, run
from services.smoke.cases import MOST_CELLS, blanked
from services.smoke.rows import cells_of, row_of


def test_each_column_is_blanked_in_a_few_rows_that_have_it() -> None:
    blanks = blanked(("1,a", "2,", "3,c", "4,d", "5,e", "6,f", "7,g"), ("size", "name"))
    assert blanks.rows == (",a", ",", ",c", ",d", ",e", "1,", "3,", "4,", "5,", "6,")
    assert blanks.columns == ("size",) * 5 + ("name",) * 5


def test_a_column_without_a_name_is_counted() -> None:
    assert blanked(("1,2",), ()).columns == ("column 1", "column 2")
    assert blanked((), ()).rows == ()


@pytest.mark.parametrize(
    ("width", "columns", "rows"), [(7, 7, 35), (316, 316, 1580), (500, 500, 1000), (707, 707, 707), (1000, 500, 500)]
)
def test_a_wide_table_is_blanked_in_fewer_rows(width: int, columns: int, rows: int) -> None:
    blanks = blanked((row_of(["1"] * width),) * 9, ())
    assert (len(set(blanks.columns)), len(blanks.rows)) == (columns, rows)
    assert len(blanks.rows) * width <= MOST_CELLS


@given(st.lists(st.lists(st.sampled_from(["", "1", "a, b"]), min_size=3, max_size=3), max_size=9))
def test_each_of_the_rows_lacks_one_cell_more(table: list[list[str]]) -> None:
    rows = [row_of(cells) for cells in table]
    before = {tuple(cells) for cells in table}
    blanks = blanked(tuple(rows), ("a", "b", "c"))
    for row, column in zip(blanks.rows, blanks.columns, strict=True):
        place = "abc".index(column)
        cells = cells_of(row)
        assert cells[place] == ""
        assert any((*cells[:place], cell, *cells[place + 1 :]) in before for cell in ("1", "a, b"))


SUITE = """\
suite: blanks
contract: {columns: [Pclass, Sex, Age, SibSp, Parch, Fare, Embarked]}
payload: ["3,0,22,1,0,7.25,2", "1,1,38,1,0,71.2833,0"]
block: [missing.lost == 0]
"""


def lost(folder: Path, body_of: dict[str, str] | None = None, drops: str = "") -> CheckResult:
    """Judge an endpoint that answers rows without some cells in its own way; it drops those without `drops`."""
    (folder / "suite.yaml").write_text(SUITE)

    def answer(body: str, content_type: str) -> Reply:
        rows = [row.split(",") for row in body.splitlines()]
        texts = [_answer(cells, body_of or {}) for cells in rows if not (drops and not cells[int(drops)])]
        return Reply(200, "\n".join(texts), 5.0)

    evidence = run(load(folder / "suite.yaml"), Subject(FakeInvoker(answer), "staging", "config"), TickingClock())
    return evidence.checks[0]


def _answer(cells: list[str], body_of: dict[str, str]) -> str:
    blank = next((str(place) for place, cell in enumerate(cells) if not cell), "")
    return body_of.get(blank, str(score(",".join(cell or "0" for cell in cells))))


def test_what_is_served_with_an_empty_cell_passes(tmp_path: Path) -> None:
    check = lost(tmp_path)
    assert (check.verdict, check.seen, check.value, check.bound) == (Verdict.PASSED, "0 of 14", 0, 0)


def test_the_first_column_that_is_lost_is_named(tmp_path: Path) -> None:
    check = lost(tmp_path, {"2": "nan", "6": "2.5"})
    assert (check.verdict, check.seen) == (Verdict.FAILED, "4 of 14 (the first: no Age)")


def test_rows_that_are_dropped_are_lost(tmp_path: Path) -> None:
    check = lost(tmp_path, drops="2")
    assert (check.verdict, check.seen) == (Verdict.FAILED, "12 answers to 14 rows with an empty cell")


def test_a_suite_without_the_rule_does_not_ask(tmp_path: Path) -> None:
    (tmp_path / "suite.yaml").write_text(SUITE.replace("missing.lost", "reply.outside"))
    invoker = FakeInvoker()
    run(load(tmp_path / "suite.yaml"), Subject(invoker, "staging", "config"), TickingClock())
    assert not [body for body in invoker.asked if ",," in body or body.startswith(",")]
