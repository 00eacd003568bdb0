"""The rows that differ, as a CSV file: which, in which order, and no cell that a spreadsheet would run."""

import csv
import io
from dataclasses import replace

import pytest
from fakes.records import NUMBERS, RECORD
from hypothesis import given
from hypothesis import strategies as st

from handlers.views.spreadsheet import MOST_FURTHEST, differing, differing_csv, safe
from services.release.record import EvidenceRecord, RowAnswers, Task


def read(record: EvidenceRecord) -> list[list[str]]:
    return list(csv.reader(io.StringIO(differing_csv(record))))


def test_flipped_rows_come_with_their_cells_and_both_answers_the_biggest_gap_first() -> None:
    heading, *rows = read(RECORD)
    assert heading == [
        *("Pclass", "Sex", "Age", "SibSp", "Parch", "Fare", "Embarked", "label"),
        *("prod decides", "staging decides", "prod score", "staging score", "difference"),
    ]
    assert rows == [
        ["1", "1", "38", "1", "0", "71.2833", "0", "1", "1", "0", "0.96", "0.08", "-0.88"],
        ["3", "0", "22", "1", "0", "7.25", "2", "0", "0", "1", "0.11", "0.62", "0.51"],
    ]


def test_of_a_regression_the_rows_furthest_apart_are_listed() -> None:
    heading, *rows = read(NUMBERS)
    assert heading == ["rooms", "age", "label", "prod", "staging", "difference"]
    assert rows == [["3", "4", "", "-90.5", "10", "100.5"], ["1", "2", "", "11", "10", "-1"]]
    many = replace(NUMBERS, rows=tuple(RowAnswers(str(n), float(n), "", -1.0) for n in range(1, MOST_FURTHEST + 50)))
    assert len(differing(many)) == MOST_FURTHEST


def test_without_prod_nothing_differs() -> None:
    alone = replace(RECORD, rows=tuple(replace(row, prod_score=None, prod_decided="") for row in RECORD.rows))
    assert differing(alone) == []


def test_cells_without_a_name_are_numbered_and_a_json_row_is_one_cell() -> None:
    rows = (RowAnswers('{"a": [1, 2]}', None, "cat", None, "dog"), RowAnswers("1,2,3", None, "cat", None, "dog"))
    heading, *written = read(replace(RECORD, task=Task.MULTICLASS, rows=rows, columns=("first",)))
    assert heading[:3] == ["first", "cell 2", "cell 3"]
    assert [row[:3] for row in written] == [['{"a": [1, 2]}', "", ""], ["1", "2", "3"]]


@pytest.mark.parametrize("cell", ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3", "\t=1", "-", "--1", "=-1"])
def test_what_a_spreadsheet_would_run_is_quoted(cell: str) -> None:
    assert safe(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["-1", "+2.5", "-1e-05", "-.5", "", "a=b", "x", "3.", "male"])
def test_numbers_and_words_stay_as_they_are(cell: str) -> None:
    assert safe(cell) == cell


@given(st.text(max_size=200), st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_no_row_breaks_the_file_or_begins_a_formula(row: str, one: str, other: str, name: str) -> None:
    record = replace(RECORD, rows=(RowAnswers(row, None, one, None, other or "x", truth=one),), columns=(name,))
    heading, *rows = read(record)
    assert all(len(each) == len(heading) for each in rows)
    for cell in [*heading, *(cell for each in rows for cell in each)]:
        assert safe(cell) == cell
