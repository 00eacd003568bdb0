"""The rows that a candidate answers otherwise than prod does, as a CSV file that is safe to open in a spreadsheet."""

import csv
import io
import re
from collections.abc import Iterator, Sequence

from services.release.record import EvidenceRecord, RowAnswers, Task

MOST_FURTHEST = 200
"""Rows of a regression that are listed: nothing flips there, so the ones furthest apart are."""

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_FORMULA = tuple("=+-@\t\r\n")


def differing(record: EvidenceRecord) -> list[RowAnswers]:
    """Return the rows whose decision flipped or, for a regression, that lie furthest apart; the biggest gap first."""
    compared = [row for row in record.rows if row.prod_score is not None or row.prod_decided]
    if record.task is Task.REGRESSION:
        apart = [row for row in compared if gap(row)]
        return sorted(apart, key=gap, reverse=True)[:MOST_FURTHEST]
    return sorted((row for row in compared if row.decided != row.prod_decided), key=gap, reverse=True)


def gap(row: RowAnswers) -> float:
    """Return how far staging's answer lies from prod's; 0 where one of them has no number."""
    if row.score is None or row.prod_score is None:
        return 0.0
    return abs(row.score - row.prod_score)


def differing_csv(record: EvidenceRecord) -> str:
    """Return the differing rows as CSV with a heading (RFC 4180): the row's cells, the label, both answers."""
    rows = differing(record)
    cells = [_cells(row.row) for row in rows]
    widest = max(map(len, cells), default=0)
    names = [*record.columns[:widest], *(f"cell {number + 1}" for number in range(len(record.columns), widest))]
    written = io.StringIO()
    sheet = csv.writer(written)
    sheet.writerow([safe(name) for name in [*names, *_heading(record)]])
    for row, held in zip(rows, cells, strict=True):
        padded = [*held, *[""] * (widest - len(held))]
        sheet.writerow([safe(cell) for cell in [*padded, *_answers(record, row)]])
    return written.getvalue()


def safe(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: a quote goes before what could begin one.

    A plain number stays one, its sign too. Sources: OWASP, "CSV Injection".
    """
    return f"'{cell}" if cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell) else cell


def _cells(row: str) -> list[str]:
    """Return the cells of a row as the canary writes them; what is no CSV is one cell."""
    if row.lstrip().startswith(("{", "[")):
        return [row]
    try:
        return next(csv.reader([row.replace("\n", " ").replace("\r", " ")]), [""])
    except csv.Error:
        return [row]


def _heading(record: EvidenceRecord) -> Sequence[str]:
    if record.task is Task.REGRESSION:
        return ("label", "prod", record.stage, "difference")
    return ("label", "prod decides", f"{record.stage} decides", "prod score", f"{record.stage} score", "difference")


def _answers(record: EvidenceRecord, row: RowAnswers) -> Iterator[str]:
    yield row.truth
    if record.task is not Task.REGRESSION:
        yield row.prod_decided
        yield row.decided
    yield _written(row.prod_score)
    yield _written(row.score)
    yield _written(None if row.score is None or row.prod_score is None else row.score - row.prod_score)


def _written(number: float | None) -> str:
    return "" if number is None else f"{number:.6g}"
