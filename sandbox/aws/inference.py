"""What a container does with the body of a request, in four stages that can be replaced one by one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeAlias

from sandbox.aws.booster import WrongFeatureCountError

if TYPE_CHECKING:
    from sandbox.aws.booster import Booster

Row: TypeAlias = Sequence[float]
Scores: TypeAlias = list[float]
Reply: TypeAlias = tuple[HTTPStatus, str]


class UnreadableRowsError(ValueError):
    """The request's body is not numeric CSV."""


@dataclass(frozen=True, slots=True)
class Inference:
    """The stages of an answer.

    Attributes:
        read: body to rows, a missing cell being NaN; raises UnreadableRowsError.
        score: rows to one answer each; raises WrongFeatureCountError.
        write: answers to the body of the reply.
        refuse: the status and text of a refusal to those that are sent.
    """

    read: Callable[[str], list[Row]]
    score: Callable[[list[Row]], Scores]
    write: Callable[[Scores], str]
    refuse: Callable[[HTTPStatus, str], Reply]

    def answer(self, body: bytes) -> Reply:
        """Answer a request in the right form; raises nothing that a body could cause."""
        try:
            rows = self.read(body.decode("utf-8"))
            return HTTPStatus.OK, self.write(self.score(rows))
        except (UnreadableRowsError, UnicodeDecodeError) as error:
            return self.refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, str(error))
        except (WrongFeatureCountError, OverflowError) as error:
            return self.refuse(HTTPStatus.BAD_REQUEST, f"Unable to evaluate payload provided: {error}")


def inference_of(model: Booster) -> Inference:
    """Return the stages of the built-in container."""
    return Inference(read_rows, lambda rows: [model.predict(row) for row in rows], write_lines, _as_it_is)


def read_rows(body: str) -> list[Row]:
    """Parse headerless CSV; an empty cell is a missing value (NaN).

    Raises:
        UnreadableRowsError: a cell is not a number.
    """
    try:
        return [[_cell(cell) for cell in line.split(",")] for line in body.splitlines() if line.strip()]
    except ValueError as error:
        raise UnreadableRowsError(f"Loading csv data failed: {error}") from None


def _cell(text: str) -> float:
    return float(text) if text.strip() else math.nan


def write_lines(scores: Scores) -> str:
    """Write one number a line."""
    return "".join(f"{score:.8g}\n" for score in scores)


def _as_it_is(status: HTTPStatus, text: str) -> Reply:
    return status, text
