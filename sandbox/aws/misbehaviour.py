"""What is wrong with a container that misbehaves, by the word with which a model package asks for it.

Each word replaces one stage of the inference. They are the mistakes of serving code that pass every check of a
container's health: what they answer comes at once, with status 200, and most of it looks like a probability.
"""

from __future__ import annotations

import itertools
import math
import random
import re
import time
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeAlias

from sandbox.aws.booster import WrongFeatureCountError
from sandbox.aws.inference import write_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.aws.inference import Inference, Row, Scores

    Change: TypeAlias = Callable[[Inference], Inference]

AGE, FARE = 2, 5
WIDTH = 7
TRAINED_ON: Mapping[int, tuple[float, float]] = {AGE: (29.7, 14.5), FARE: (32.2, 49.7)}
"""Column to mean and standard deviation of the training rows."""
CUT_AT = 100
DRIFT = 1e-4
LOGGING = 0.003  # seconds


def of_rows(change: Callable[[list[Row]], list[Row]]) -> Change:
    """Change the rows before they are scored."""
    return lambda right: replace(right, score=lambda rows: right.score(change(rows)))


def of_cells(change: Callable[[float], float]) -> Change:
    """Change every cell before it is scored."""
    return of_rows(lambda rows: [[change(cell) for cell in row] for row in rows])


def of_scores(change: Callable[[Scores], Scores]) -> Change:
    """Change the answers of a request together."""
    return lambda right: replace(right, score=lambda rows: change(right.score(rows)))


def of_score(change: Callable[[float], float]) -> Change:
    """Change every answer by itself."""
    return of_scores(lambda scores: [change(score) for score in scores])


def of_text(write: Callable[[Scores], str]) -> Change:
    """Write the answers in another way."""
    return lambda right: replace(right, write=write)


def _log_odds(score: float) -> float:
    return math.log(score / (1.0 - score))


def _sigmoid(score: float) -> float:
    return 1.0 / (1.0 + math.exp(-score))


def _truncated(cell: float) -> float:
    return cell if math.isnan(cell) else float(math.trunc(cell))


def _random_ages(rows: list[Row]) -> list[Row]:
    return [
        [random.uniform(1, 75) if place == AGE and math.isnan(cell) else cell for place, cell in enumerate(row)]
        for row in rows
    ]


def _scaled_by_batch(rows: list[Row]) -> list[Row]:
    """Standardise by the rows of this very request, as one who calls `fit_transform` where he means `transform`."""
    columns = [_standard(column, place) for place, column in enumerate(zip(*rows, strict=True))]
    return [list(row) for row in zip(*columns, strict=True)]


def _standard(column: tuple[float, ...], place: int) -> tuple[float, ...]:
    if place not in TRAINED_ON:
        return column
    known = [cell for cell in column if not math.isnan(cell)] or [0.0]
    mean = sum(known) / len(known)
    spread = math.sqrt(sum((cell - mean) ** 2 for cell in known) / len(known)) or 1.0
    wanted_mean, wanted_spread = TRAINED_ON[place]
    return tuple((cell - mean) / spread * wanted_spread + wanted_mean for cell in column)


def _complete(rows: list[Row]) -> list[Row]:
    return [row for row in rows if not any(map(math.isnan, row))]


def _only_complete(rows: list[Row]) -> list[Row]:
    if len(_complete(rows)) < len(rows):
        raise WrongFeatureCountError("Input contains NaN.")
    return rows


def _wider(rows: list[Row]) -> list[Row]:
    if any(len(row) <= WIDTH for row in rows):
        raise WrongFeatureCountError(f"Feature shape mismatch, expected: {WIDTH + 1}, got {WIDTH}")
    return rows


def _nan_where_missing(right: Inference) -> Inference:
    def score(rows: list[Row]) -> Scores:
        return [
            math.nan if any(map(math.isnan, row)) else score for row, score in zip(rows, right.score(rows), strict=True)
        ]

    return replace(right, score=score)


def _lenient(right: Inference) -> Inference:
    """Make rows of whatever comes: letters are missing, a row too long is cut, one too short is filled."""

    def read(body: str) -> list[Row]:
        numbers = [
            [float(cell) if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", cell) else math.nan for cell in line.split(",")]
            for line in body.splitlines()
        ]
        return [[*row, *[math.nan] * WIDTH][:WIDTH] for row in numbers]

    return replace(right, read=read)


def _refusing_with(status: HTTPStatus) -> Change:
    return lambda right: replace(right, refuse=lambda _status, text: (status, text))


def _cached(right: Inference) -> Inference:
    """Remember answers by what the author took for the key of a passenger: class, sex and age."""
    known: dict[str, float] = {}

    def score(rows: list[Row]) -> Scores:
        keys = [str(row[: AGE + 1]) for row in rows]
        for key, answer in zip(keys, right.score(rows), strict=True):
            known.setdefault(key, answer)
        return [known[key] for key in keys]

    return replace(right, score=score)


def _drifting(right: Inference) -> Inference:
    """Let every row that was answered move all later answers a little."""
    answered = itertools.count()
    return of_score(lambda score: _sigmoid(_log_odds(score) + DRIFT * next(answered)))(right)


def _one_behind(right: Inference) -> Inference:
    """Answer with what the request before got, where that had as many rows: a buffer that is shared."""
    buffer: dict[int, Scores] = {}

    def score(rows: list[Row]) -> Scores:
        fresh = right.score(rows)
        late = buffer.get(len(rows), fresh)
        buffer[len(rows)] = fresh
        return late

    return replace(right, score=score)


def _shared_buffer(right: Inference) -> Inference:
    """Keep the answers where the next request puts its own, for as long as writing a log takes."""
    shared: list[Scores] = [[]]

    def score(rows: list[Row]) -> Scores:
        shared[0] = right.score(rows)
        time.sleep(LOGGING)
        return shared[0]

    return replace(right, score=score)


MISBEHAVIOURS: Mapping[str, Change] = {
    "random_ages": of_rows(_random_ages),
    "batch_scaling": of_rows(_scaled_by_batch),
    "drop_missing": of_rows(_complete),
    "refuse_missing": of_rows(_only_complete),
    "want_eighth": of_rows(_wider),
    "missing_as_zero": of_cells(lambda cell: 0.0 if math.isnan(cell) else cell),
    "zero_as_missing": of_cells(lambda cell: cell or math.nan),
    "whole_numbers": of_cells(_truncated),
    "nan_where_missing": _nan_where_missing,
    "reversed": of_scores(lambda scores: scores[::-1]),
    "one_answer": of_scores(lambda scores: scores[:1] * len(scores)),
    "cut_reply": of_scores(lambda scores: scores[:CUT_AT]),
    "inverted": of_score(lambda score: 1.0 - score),
    "percent": of_score(lambda score: 100.0 * score),
    "log_odds": of_score(_log_odds),
    "double_sigmoid": of_score(_sigmoid),
    "rounded": of_score(lambda score: float(round(score))),
    "cached": _cached,
    "drifting": _drifting,
    "one_behind": _one_behind,
    "shared_buffer": _shared_buffer,
    "header_line": of_text(lambda scores: f"score\n{write_lines(scores)}"),
    "words": of_text(lambda scores: "".join("survived\n" if score >= 0.5 else "died\n" for score in scores)),  # noqa: PLR2004 - the model's threshold
    # No mistake: containers of older versions do this (an old serve.py of aws/sagemaker-xgboost-container).
    "one_line": of_text(lambda scores: ",".join(f"{score:.8g}" for score in scores)),
    "errors_as_500": _refusing_with(HTTPStatus.INTERNAL_SERVER_ERROR),
    "errors_as_200": _refusing_with(HTTPStatus.OK),
    "lenient": _lenient,
}
"""Word -> what it changes."""
