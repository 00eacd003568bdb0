"""How rows are written into one request, and the answers read back out of its reply."""

import csv
import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any

from services.smoke.contract import (
    CLASS,
    CLASS_AND_PROBABILITY,
    CSV,
    JSON_LINES,
    PROBABILITY,
    SCORES,
    ContractForm,
)
from services.smoke.rows import cells_of, label_of

LIST_KEY = "predictions"
"""Where TensorFlow Serving, MLflow and the built-in algorithms put the list of answers."""
SCORE_KEYS = ("score", "scores", "probability", "probabilities")
LABEL_KEYS = ("predicted_label", "label", "class")
"""What the built-in algorithms, Autopilot and Hugging Face's containers call them."""
SHOWN = 60
_JSON_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Answer:
    """What one row got.

    Attributes:
        numbers: all of them; what is none is NaN.
        label: the class as the model names it, empty where it names none.
        decided: the class that follows: `1` or `0` of a probability, the likeliest of scores; empty for a number, and
            for what cannot be read.
        readable: every part is there and finite.
        inside: it is readable, its numbers are in the contract's range, its class is one of the contract's.
    """

    numbers: tuple[float, ...] = ()
    label: str = ""
    decided: str = ""
    readable: bool = False
    inside: bool = False

    @property
    def score(self) -> float:
        """The number; of several classes, the probability of the likeliest one; NaN where there is none."""
        return max(self.numbers) if self.numbers and not any(map(math.isnan, self.numbers)) else math.nan

    @property
    def words(self) -> str:
        """All of it: `setosa 0.93`."""
        return " ".join((*((self.label,) if self.label else ()), *(f"{number:.6g}" for number in self.numbers)))


@dataclass(frozen=True, slots=True)
class Answers:
    """What a reply holds: an answer for each row, in their order; or the problem that kept it from being read."""

    each: tuple[Answer, ...] = ()
    problem: str = ""


NOTHING = Answers()
"""What a request that was refused or not answered got."""


class _Unreadable(Exception):
    """A reply has no list of answers."""


@dataclass(frozen=True, slots=True)
class Wire:
    """The contract's form of a request and of its reply; a probability of `threshold` and above counts as 1."""

    contract: ContractForm
    threshold: float = 0.5

    def body(self, rows: Sequence[str]) -> str:
        """Return the body of one request that asks for all `rows`."""
        kind, key = self.contract.content_type, self.contract.request.key
        if kind == CSV:
            return "".join(f"{row}\n" for row in rows)
        written = [self._written(cells_of(row)) for row in rows]
        if kind == JSON_LINES:
            return "".join(f"{row}\n" for row in written)
        whole = f"[{', '.join(written)}]"
        return f"{{{json.dumps(key)}: {whole}}}" if key else whole

    def _written(self, cells: Sequence[str]) -> str:
        parts = [_json(cell) for cell in cells]
        whole = f"[{', '.join(parts)}]"
        match self.contract.request.row:
            case "object":
                named = zip(map(json.dumps, self.contract.columns), parts, strict=False)
                return f"{{{', '.join(f'{name}: {part}' for name, part in named)}}}"
            case "features":
                return f'{{"features": {whole}}}'
            case "value":
                return parts[0] if len(parts) == 1 else whole
            case "list":
                return whole

    def answers(self, body: str) -> Answers:
        """Read the body of a 200 reply; raises nothing, whatever it holds."""
        try:
            return Answers(tuple(self._answer(part) for part in self._parts(body)))
        except _Unreadable as error:
            return Answers(problem=str(error))

    def _parts(self, body: str) -> Sequence[Any]:
        match self.contract.accept:
            case "text/csv":
                return list(self._lines(body))
            case "application/jsonlines":
                return [_parsed(line) for line in body.split("\n") if line.strip()]
            case "application/json":
                return self._listed(body)

    def _lines(self, body: str) -> Iterator[list[str]]:
        """Yield the cells of each row.

        Older XGBoost containers answer all rows in one line, and the scores of several classes in brackets
        (aws/sagemaker-xgboost-container, algorithm_mode/serve.py).
        """
        reply = self.contract.reply
        labels = reply.kind in {CLASS, CLASS_AND_PROBABILITY}
        width = {SCORES: len(reply.classes), CLASS_AND_PROBABILITY: 2}.get(reply.kind, reply.per_row)
        for line in body.strip().split("\n") if body.strip() else ():
            cells = _quoted(line) if labels else line.replace("[", "").replace("]", "").split(",")
            if len(cells) % width:
                yield cells
            else:
                yield from (cells[place : place + width] for place in range(0, len(cells), width))

    def _listed(self, body: str) -> Sequence[Any]:
        path, reply = self.contract.reply.path, _parsed(body)
        found = _at(reply, path or LIST_KEY) if path or isinstance(reply, dict) else reply
        if isinstance(found, list):
            return found
        raise _Unreadable(f"the reply has no list under {path or LIST_KEY!r}: {_short(body)}")

    def _answer(self, part: Any) -> Answer:
        reply = self.contract.reply
        match reply.kind:
            case "probability" | "number":
                return self._checked(_numbers(_field(part, reply.score, SCORE_KEYS), reply.per_row), "")
            case "scores":
                return self._checked(_numbers(self._by_class(part), len(reply.classes)), "")
            case "class":
                return self._checked((), label_of(_only(_field(part, reply.label, LABEL_KEYS))))
            case "class_and_probability":
                both = _named(part) if not (reply.label or reply.score) else part
                score = _numbers(_field(both, reply.score, SCORE_KEYS), 1)
                return self._checked(score, label_of(_field(both, reply.label, LABEL_KEYS)))

    def _by_class(self, part: Any) -> Any:
        """Return what holds the scores, in the order of the classes where the reply names them, in one of two ways."""
        reply = self.contract.reply
        if isinstance(part, list) and all(isinstance(one, dict) for one in part):
            part = {label_of(_field(one, "", LABEL_KEYS)): _field(one, reply.score, SCORE_KEYS) for one in part}
        if isinstance(part, dict) and set(reply.classes) <= set(part):
            return [part[name] for name in reply.classes]
        return _field(part, reply.score, SCORE_KEYS)

    def _checked(self, numbers: tuple[float, ...], label: str) -> Answer:
        reply = self.contract.reply
        named = bool(label) or reply.kind not in {CLASS, CLASS_AND_PROBABILITY}
        readable = named and all(map(math.isfinite, numbers))
        low, high = reply.bounds or (-math.inf, math.inf)
        known = not (label and reply.classes) or label in reply.classes
        inside = readable and known and all(low <= number <= high for number in numbers)
        return Answer(numbers, label, self._decided(numbers, label) if readable else "", readable, inside)

    def _decided(self, numbers: tuple[float, ...], label: str) -> str:
        reply = self.contract.reply
        if reply.kind == SCORES:
            return reply.classes[max(range(len(numbers)), key=numbers.__getitem__)]
        if reply.kind == PROBABILITY and len(numbers) == 1:
            return str(int(numbers[0] >= self.threshold))
        return label


@dataclass(frozen=True, slots=True)
class Body:
    """The body of a request: rows, or a text as it stands.

    Rows are written when the text is wanted: a wide table takes a second, and a plan is made to be counted as well.
    """

    rows: tuple[str, ...] = ()
    wire: Wire | None = None
    plain: str = ""

    @property
    def text(self) -> str:
        """What is sent."""
        return self.wire.body(self.rows) if self.wire is not None else self.plain

    def beginning(self, most: int) -> str:
        """Return its first characters, without writing all; a row loses its quotes at most, two of three characters."""
        lengths = accumulate(len(row) for row in self.rows)
        enough = next((count for count, length in enumerate(lengths, 1) if length >= 3 * most), len(self.rows))
        return replace(self, rows=self.rows[:enough]).text[:most]


def _json(cell: str) -> str:
    """Write a cell as JSON. A number keeps its digits; what only looks like one, such as 007, is text."""
    if not cell:
        return "null"
    return cell if _JSON_NUMBER.fullmatch(cell) else json.dumps(cell)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise _Unreadable(f"the reply is no JSON: {_short(text)}") from None


def _short(text: str) -> str:
    return repr(text if len(text) <= SHOWN else f"{text[:SHOWN]}...")


def _quoted(line: str) -> list[str]:
    try:
        return cells_of(line.strip()) or [""]
    except csv.Error:
        raise _Unreadable(f"the reply is no CSV: {_short(line)}") from None


def _at(value: Any, path: str) -> Any:
    """Return what stands under nested keys, a number being a place in a list; None where there is nothing."""
    for key in path.split("."):
        if isinstance(value, list) and key.isdecimal():
            value = dict(enumerate(value)).get(int(key))
        else:
            value = value.get(key) if isinstance(value, dict) else None
    return value


def _field(part: Any, named: str, usual: Sequence[str]) -> Any:
    """Return a part of an answer, by the contract's name for it or, of an object, a usual one; or the answer whole."""
    if named:
        return _at(part, named)
    return next((part[key] for key in usual if key in part), None) if isinstance(part, dict) else part


def _named(part: Any) -> Any:
    """Return a class and its probability as an object, None where there are no two such parts."""
    if isinstance(part, list) and len(part) == 2:  # noqa: PLR2004 - these two
        return dict(zip((LABEL_KEYS[0], SCORE_KEYS[0]), part, strict=True))
    return part if isinstance(part, dict) else None


def _only(value: Any) -> Any:
    """Return what a list of one holds: TensorFlow Serving answers `[[0.1], [0.9]]`."""
    while isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value


def _numbers(value: Any, count: int) -> tuple[float, ...]:
    value = _only(value)
    found = value if isinstance(value, list) else [value]
    return tuple(map(_number, found)) if len(found) == count else (math.nan,) * count


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return math.nan
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return math.nan
    return math.nan if math.isnan(number) else number
