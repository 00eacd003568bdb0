"""The answers of one endpoint alone: how they are distributed, by label where that is known."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from handlers.picture import svg
from handlers.picture.letters import fitted
from handlers.picture.panel import BOTTOM, PANEL, STRIP, TOP, Frame, legend
from handlers.picture.scale import Axis, score_range

LEFT, RIGHT = 1000, 1460
BARS_LEFT = 1040
BINS = 20
MOST_BARS = 8
_NAMES_ROOM = 150
_OURS: svg.Style = {"fill": svg.NOW}
_OTHERS: svg.Style = {"fill": svg.BEFORE}
_WRONG: svg.Style = {"fill": svg.BAD}
_BASE: svg.Style = {"stroke": svg.INK, "stroke-width": 2}
_EDGE: svg.Style = {**_BASE, "stroke-dasharray": "10 7"}


@dataclass(frozen=True, slots=True)
class Bins:
    """Bins of one width, counted from `origin`: number 0 begins there, so that no bin lies on both sides of it."""

    origin: float
    width: float

    def count(self, values: Iterable[float]) -> Counter[int]:
        """Return how many values each bin holds."""
        return Counter(math.floor((value - self.origin) / self.width) for value in values)

    def bar(self, frame: Frame, place: int, height: float, style: svg.Style) -> str:
        """Return a bin's bar, from the base line to `height` rows."""
        left, base = frame.at(self.origin + place * self.width, 0)
        right, top = frame.at(self.origin + (place + 1) * self.width, height)
        return svg.box(left + 1, base, max(right - 1, left + 2), top, style)


def mirrored(positive: Sequence[float], negative: Sequence[float], edge: float, name: str) -> str:
    """Return the scores of the rows labelled 1 upwards and of those labelled 0 downwards, about the threshold.

    What stands on the wrong side of the threshold is red.
    """
    across = Axis(*score_range([*positive, *negative]), LEFT, RIGHT)
    bins = Bins(edge, (across.high - across.low) / BINS)
    up, down = bins.count(positive), bins.count(negative)
    frame = Frame(across, Axis(-1.1 * _most(down), 1.1 * _most(up), BOTTOM, TOP))
    wrong = sum(up[place] for place in up if place < 0) + sum(down[place] for place in down if place >= 0)
    above = [bins.bar(frame, place, rows, _OURS if place >= 0 else _WRONG) for place, rows in up.items()]
    below = [bins.bar(frame, place, -rows, _WRONG if place >= 0 else _OTHERS) for place, rows in down.items()]
    ups = [(value, words.lstrip("-")) for value, words in frame.along.ticks(6)]
    return "".join(
        [
            frame.grid(ups, across.ticks(4)),
            *above,
            *below,
            _base(frame),
            svg.line(frame.at(edge, frame.along.low), frame.at(edge, frame.along.high), _EDGE),
            frame.names(f"{name}: P(1)", "rows"),
            _sides(wrong),
        ]
    )


def _sides(wrong: int) -> str:
    entries = [
        (_swatch(_OURS), "label 1, up"),
        (_swatch(_OTHERS), "label 0, down"),
        (_swatch(_WRONG), f"wrong: {wrong:,}"),
    ]
    return legend(PANEL, STRIP, entries if wrong else entries[:2], gap=22)


def plain_histogram(values: Sequence[float], limits: tuple[float, float], what: str) -> str:
    """Return the distribution of numbers that have nothing to be compared with."""
    across = Axis(*limits, LEFT, RIGHT)
    bins = Bins(across.low, (across.high - across.low) / BINS)
    counts = bins.count(values)
    frame = Frame(across, Axis(0, 1.1 * _most(counts), BOTTOM, TOP))
    bars = [bins.bar(frame, place, rows, _OURS) for place, rows in counts.items()]
    return "".join(
        [
            frame.grid(frame.along.ticks(5), across.ticks(4)),
            *bars,
            _base(frame),
            frame.names(what, "rows"),
        ]
    )


def class_bars(classes: Mapping[str, int], what: str) -> str:
    """Return how many rows got each class; the busiest by name, the others together."""
    ranked = sorted(classes.items(), key=lambda item: (-item[1], item[0]))
    rest = sum(rows for _, rows in ranked[MOST_BARS:])
    shown = [*ranked[:MOST_BARS], *([("other", rest)] if rest else [])]
    height = (BOTTOM - TOP) / max(len(shown), 3)
    scale = Axis(0, max(rows for _, rows in shown), BARS_LEFT, RIGHT - 70)
    bars = [_class_bar(scale, TOP + place * height, height, *each) for place, each in enumerate(shown)]
    return "".join(bars) + svg.text((BARS_LEFT + RIGHT) / 2, BOTTOM + 66, what, svg.SMALL, "middle")


def _class_bar(scale: Axis, top: float, height: float, name: str, rows: int) -> str:
    middle, end = top + height / 2, scale.at(rows)
    return (
        svg.text(BARS_LEFT - 12, middle + 7, fitted(name, _NAMES_ROOM, svg.SMALL_SIZE), svg.SMALL, "end")
        + svg.box(BARS_LEFT, top + 0.15 * height, max(end, BARS_LEFT + 2), top + 0.85 * height, _OURS)
        + svg.text(end + 10, middle + 7, f"{rows:,}", svg.SMALL)
    )


def _most(counts: Mapping[int, int]) -> float:
    return max(counts.values(), default=1)


def _base(frame: Frame) -> str:
    return svg.line(frame.at(frame.across.low, 0), frame.at(frame.across.high, 0), _BASE)


def _swatch(style: svg.Style) -> str:
    return svg.box(-8, -8, 8, 8, {**style, "rx": 3})
