"""A row of a table as one line of CSV, which is how suites write it, and the parts of it."""

import csv
import io
import re
from collections.abc import Sequence

_WRITTEN_AS_FRACTION = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]*)?(?:[eE][+-]?[0-9]{1,3})?")


def cells_of(row: str) -> list[str]:
    """Split a row at its commas; a cell in double quotes may hold some."""
    return next(csv.reader([row]), [])


def row_of(cells: Sequence[str]) -> str:
    """Join cells to a row; one that holds a comma is quoted."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()


def label_of(value: object) -> str:
    """Return the name of a class, empty for what is none: 2, 2.0 and the texts `2`, `2.0` and ` 2` are one class.

    XGBoost answers `2.0` where the table says `2`.
    """
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value).strip() if isinstance(value, str | int | float) else ""
    if _WRITTEN_AS_FRACTION.fullmatch(text) and not text.isdigit() and float(text).is_integer():
        return str(int(float(text)))
    return "" if value != value else text  # noqa: PLR0124 - only NaN differs from itself
