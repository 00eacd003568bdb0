"""One-line rules: `metric op bound`.

A bound is a number with a unit (`50ms`, `0%`, `0.75`), a class of HTTP status (`4xx`), or another measurement
(`sent`, `2 x prod`, `registry - 0.01`).
"""

import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from services.smoke.problems import SuiteProblem

LONGEST_RULE = 200
"""Characters. A longer line is refused before it is parsed."""


class Op(Enum):
    """How a measurement is compared with its bound."""

    EQUAL = "=="
    UNEQUAL = "!="
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="

    def holds(self, left: float, right: float) -> bool:
        """Compare two numbers."""
        return _COMPARE[self](left, right)


_COMPARE: Mapping[Op, Callable[[float, float], bool]] = {
    Op.EQUAL: operator.eq,
    Op.UNEQUAL: operator.ne,
    Op.LESS: operator.lt,
    Op.AT_MOST: operator.le,
    Op.MORE: operator.gt,
    Op.AT_LEAST: operator.ge,
}


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it was written, and its unit: none, `%`, `ms` or `s`."""

    value: float
    unit: str = ""

    @property
    def text(self) -> str:
        """The number in a form that the parser reads back."""
        whole = self.value.is_integer() and abs(self.value) < LARGEST_WHOLE
        return f"{int(self.value) if whole else self.value!r}{self.unit}"

    @property
    def scaled(self) -> float:
        """The value in the base unit: per cent as a fraction, seconds as milliseconds."""
        return self.value * _SCALE[self.unit]


_SCALE = {"": 1.0, "%": 0.01, "ms": 1.0, "s": 1000.0}
LARGEST_WHOLE = 1e15
"""Whole numbers below this are written without a fraction; a float holds them exactly."""


@dataclass(frozen=True, slots=True)
class StatusClass:
    """All HTTP statuses that begin with one digit: `4xx`."""

    hundreds: int

    @property
    def text(self) -> str:
        """The form it was written in."""
        return f"{self.hundreds}xx"


@dataclass(frozen=True, slots=True)
class Against:
    """Another measurement, by name: `factor` times it, plus `offset`."""

    reference: str
    factor: float = 1.0
    offset: Number | None = None

    @property
    def text(self) -> str:
        """The bound in a form that the parser reads back."""
        times = "" if self.factor == 1.0 else f"{Number(self.factor).text} x "
        return f"{times}{self.reference}{self._offset()}"

    def _offset(self) -> str:
        if self.offset is None:
            return ""
        sign = "-" if math.copysign(1.0, self.offset.value) < 0 else "+"
        return f" {sign} {Number(abs(self.offset.value), self.offset.unit).text}"


Bound: TypeAlias = Number | StatusClass | Against


@dataclass(frozen=True, slots=True)
class Rule:
    """A measurement, by name, and what it is held against."""

    metric: str
    op: Op
    bound: Bound

    @property
    def text(self) -> str:
        """The rule in a form that the parser reads back."""
        return f"{self.metric} {self.wanted}"

    @property
    def wanted(self) -> str:
        """The rule without its metric, as it stands beside the number seen: `>= 0.75`."""
        return f"{self.op.value} {self.bound.text}"


_DIGITS = r"(?:[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)"
_UNIT = r"(?:%|ms|s)?"
_RULE = re.compile(r"([a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*)\s*(==|!=|<=|>=|<|>)\s*(\S.*)")
_NUMBER = re.compile(rf"([+-]?{_DIGITS})\s*({_UNIT})")
_STATUS = re.compile(r"([1-5])xx")
_AGAINST = re.compile(rf"(?:({_DIGITS})\s*x\s+)?([a-z][a-z0-9_]*)(?:\s*([+-])\s*({_DIGITS})\s*({_UNIT}))?")


def parse_rule(text: str, file: str = "rule", line: int = 0) -> Rule:
    """Read one rule.

    Raises:
        SuiteProblem: the text is not a rule; nothing else is ever raised.
    """
    found = _RULE.fullmatch(text.strip()) if len(text) <= LONGEST_RULE else None
    bound = _bound(found.group(3)) if found else None
    if found is None or bound is None:
        shown = text if len(text) <= LONGEST_RULE else f"{text[:40]}..."
        raise SuiteProblem(file, line, f"cannot read the rule {shown!r}: write it as `auc >= 0.75`")
    return Rule(found.group(1), Op(found.group(2)), bound)


def _bound(text: str) -> Bound | None:
    if number := _NUMBER.fullmatch(text):
        return _number(number.group(1), number.group(2))
    if status := _STATUS.fullmatch(text):
        return StatusClass(int(status.group(1)))
    if against := _AGAINST.fullmatch(text):
        return _against(against)
    return None


def _number(digits: str, unit: str) -> Number | None:
    value = float(digits)
    return Number(value, unit) if math.isfinite(value) else None


def _against(found: re.Match[str]) -> Against | None:
    factor = _number(found.group(1) or "1", "")
    offset = _number(found.group(3) + found.group(4), found.group(5)) if found.group(4) else None
    if factor is None or (found.group(4) and offset is None):
        return None
    return Against(found.group(2), factor.value, offset)
