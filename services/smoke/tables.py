"""The data files of a suite: CSV with a header, read into rows to send and the numbers to compare with."""

import csv
import math
from dataclasses import dataclass

from services.smoke.problems import SuiteProblem
from services.smoke.rows import label_of, row_of
from services.smoke.source import Source

MOST_ROWS = 2000
"""Rows of a data file: they are sent as one request, which SageMaker limits to 6 MiB and 60 s."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows as a suite writes them (CSV, without the column of answers), and for each its answer or label."""

    rows: tuple[str, ...]
    labels: tuple[str, ...]
    columns: tuple[str, ...] = ()

    @property
    def answers(self) -> tuple[float, ...]:
        """The labels of a table that was read as one of numbers."""
        return tuple(map(float, self.labels))


def read_table(
    source: Source, column: str, columns: tuple[str, ...], named: tuple[str, int], *, numbers: bool = True
) -> tuple[Table, bytes]:
    """Read a table; return it with the bytes it was read from.

    Args:
        source: the CSV file, its first line a header.
        column: the column with the answers.
        columns: what the rows hold, in this order; empty means all other columns as they stand.
        named: the suite's file and line that ask for the table.
        numbers: whether an answer must be a number; else it must be the name of a class.

    Raises:
        SuiteProblem: the file or a column is missing, a row is short, an answer is not what it must be.
    """
    data = source.read(*named)
    return _table(source.name, _lines(source.name, data), column, columns, numbers=numbers), data


def golden_records(source: Source, columns: tuple[str, ...], *, numbers: bool = True) -> Table:
    """Read the golden records of a model package, which no suite names.

    The answers stand in the one column that is not among `columns`, or in the last where these are not known.

    Raises:
        SuiteProblem: there is no such table, or not that one column.
    """
    lines = _lines(source.name, source.read(source.name))
    others = [name for name in lines[0] if name not in columns] if columns else lines[0][-1:]
    if len(others) != 1:
        found = ", ".join(others) or "none"
        reason = f"needs one column beside those of the contract, the recorded answer; there are {found}"
        raise SuiteProblem(source.name, 1, reason)
    return _table(source.name, lines, others[0], columns, numbers=numbers)


def _lines(file: str, data: bytes) -> list[list[str]]:
    try:
        lines = list(csv.reader(data.decode("utf-8").splitlines(), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise SuiteProblem(file, 0, f"not CSV: {error}") from error
    if not 1 < len(lines) <= MOST_ROWS + 1:
        raise SuiteProblem(file, 0, f"needs a header and 1 to {MOST_ROWS} rows, has {len(lines)} lines")
    return lines


def _table(file: str, lines: list[list[str]], column: str, columns: tuple[str, ...], *, numbers: bool) -> Table:
    places, answer = _places(file, lines[0], column, columns)
    rows = [_row(file, number, line, len(lines[0])) for number, line in enumerate(lines[1:], 2)]
    labels = tuple(_label(file, number, row[answer], numbers=numbers) for number, row in enumerate(rows, 2))
    sent = tuple(row_of([row[place] for place in places]) for row in rows)
    return Table(sent, labels, tuple(lines[0][place] for place in places))


def _places(file: str, header: list[str], column: str, columns: tuple[str, ...]) -> tuple[list[int], int]:
    for name in (column, *columns):
        if name not in header:
            raise SuiteProblem(file, 1, f"no column {name!r}; there are {', '.join(header)}")
    wanted = columns or tuple(name for name in header if name != column)
    return [header.index(name) for name in wanted], header.index(column)


def _row(file: str, number: int, cells: list[str], width: int) -> list[str]:
    if len(cells) != width:
        raise SuiteProblem(file, number, f"{len(cells)} cells, the header has {width}")
    return cells


def _label(file: str, line: int, text: str, *, numbers: bool) -> str:
    label = label_of(text)
    if not label:
        raise SuiteProblem(file, line, "the label is missing")
    if numbers and not _finite(label):
        raise SuiteProblem(file, line, f"{text!r} is not a number")
    return label


def _finite(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
