"""From numbers to pixels and back to words: axes, their ticks, and how a number is written."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_MOST = 1e150
"""Numbers beyond are drawn at it: the distance of two of them is still a finite float."""
_NICE = (1, 2, 2.5, 5, 10)
_UNITS = ((1e9, "G"), (1e6, "M"), (1e3, "k"))
_PLAIN_BELOW = 10_000
_LONGEST = 8
_ROOM = 0.04
_LEAST_DECADES = math.log10(5)


@dataclass(frozen=True, slots=True)
class Axis:
    """A range of numbers laid along the pixels from `start` to `end`; `log` when equal steps are equal factors."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def at(self, value: float) -> float:
        """Return the pixel of a number; one outside of the range stands at its edge."""
        low, high, here = (
            (math.log10(each) for each in (self.low, self.high, max(value, self.low)))
            if self.log
            else (
                self.low,
                self.high,
                value,
            )
        )
        share = (here - low) / (high - low)
        return self.start + min(max(share, 0.0), 1.0) * (self.end - self.start)

    def ticks(self, most: int = 5) -> list[tuple[float, str]]:
        """Return at most about `most` round numbers within the range, each with how it is written."""
        return _log_ticks(self.low, self.high, most) if self.log else _even_ticks(self.low, self.high, most)


def finite(values: Iterable[float | None]) -> list[float]:
    """Return the numbers that can be drawn, in order."""
    return [clamped(value) for value in values if value is not None and math.isfinite(value)]


def clamped(value: float) -> float:
    """Return a finite number that can be drawn."""
    return min(max(value, -_MOST), _MOST)


def even_range(values: Iterable[float]) -> tuple[float, float]:
    """Return a range that holds all values with a little room, never an empty one."""
    known = list(values) or [0.0, 1.0]
    low, high = min(known), max(known)
    room = _ROOM * (high - low)
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-290):
        room = 0.1 * abs(low) or 1.0
    return low - room, high + room


def score_range(values: Iterable[float]) -> tuple[float, float]:
    """Return 0 to 1, or a wider range where a model that went wrong answers beyond."""
    known = [0.0, 1.0, *values]
    return (0.0, 1.0) if (min(known), max(known)) == (0.0, 1.0) else even_range(known)


def log_range(values: Iterable[float]) -> tuple[float, float]:
    """Return a range of positive numbers with a little room, at least a factor of five wide."""
    logs = [math.log10(value) for value in values] or [0.0]
    low, high = min(logs), max(logs)
    room = max((_LEAST_DECADES - (high - low)) / 2, _ROOM * (high - low))
    return 10 ** (low - room), 10 ** (high + room)


def _even_ticks(low: float, high: float, most: int) -> list[tuple[float, str]]:
    raw = (high - low) / most
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(size * nice for nice in _NICE if size * nice >= raw * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    found = [(first + index) * step for index in range(2 * most)]
    return [(value, written(value, step)) for value in found if value <= high + 1e-9 * step]


def _log_ticks(low: float, high: float, most: int) -> list[tuple[float, str]]:
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    every = math.ceil(len(decades) / (most + 1))
    steps = (1, 2, 5) if math.log10(high / low) <= 0.4 * most else (1,)
    found = _within(((step, decade) for decade in decades[::every] for step in steps), low, high)
    return [(value, duration(value)) for value in found]


def _within(steps: Iterable[tuple[int, int]], low: float, high: float) -> Iterator[float]:
    for step, decade in steps:
        value = step * 10.0**decade
        if low <= value <= high:
            yield value


def written(value: float, step: float = 0.0) -> str:
    """Write a number for people, large ones in k, M or G.

    With a `step` it gets the decimals that tell it from a neighbour so far away, else three digits.
    """
    if value == 0 or abs(value) < abs(step) / 2:
        return "0"
    size = abs(value)
    unit, sign = next((unit for unit in _UNITS if size >= max(unit[0], _PLAIN_BELOW)), (1.0, ""))
    places = _decimals(step / unit) if step else max(0, 2 - math.floor(math.log10(size / unit)))
    shown = f"{value / unit:,.{places}f}"
    shown = shown.rstrip("0").rstrip(".") if "." in shown else shown
    return shown + sign if len(shown) <= _LONGEST else f"{value:.3g}"


def _decimals(step: float) -> int:
    return next((places for places in range(_LONGEST) if math.isclose(round(step, places), step)), _LONGEST)


def duration(milliseconds: float) -> str:
    """Write milliseconds without their unit: `0.38`, `12.4`, `1,250`."""
    whole = round(milliseconds)
    if whole >= 1000:  # noqa: PLR2004 - three digits would be written 1e+03
        return f"{whole:,}" if whole < 1e7 else f"{milliseconds:.2g}"  # noqa: PLR2004 - eight digits take too much room
    return f"{milliseconds:.3g}"


def percent(part: int, whole: int) -> str:
    """Write a share of rows: `63.2%`, `0.24%`."""
    share = 100 * part / whole if whole else 0.0
    return f"{share:.1f}%" if share >= 1 else f"{share:.2g}%"
