"""How rows are written into one request, and the answers read back out of its reply."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.smoke.form import ContractForm


@dataclass(frozen=True, slots=True)
class Answers:
    """What a reply holds: its numbers, in the order of the rows, `per_row` of them for each; NaN for what is none."""

    values: tuple[float, ...] = ()


NOTHING = Answers()
"""What a request that was refused or not answered got."""


@dataclass(frozen=True, slots=True)
class Wire:
    """The contract's form of a request and of its reply."""

    contract: ContractForm

    def body(self, rows: Sequence[str]) -> str:
        """Return the body of one request that asks for all `rows`."""
        return "".join(f"{row}\n" for row in rows)

    def answers(self, body: str) -> Answers:
        """Read the body of a 200 reply."""
        return Answers(_numbers(body))


def _numbers(body: str) -> tuple[float, ...]:
    """Read a CSV reply: the built-in containers answer one number a line, older ones all in one line."""
    return tuple(_number(cell) for cell in re.split(r"[,\n]", body.strip())) if body.strip() else ()


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
