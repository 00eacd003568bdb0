"""The answers as a matrix: which class a row gets now, and which from prod or from its label."""

import math
from collections import Counter
from collections.abc import Sequence

from handlers.picture import svg
from handlers.picture.facts import Pair, in_order
from handlers.picture.letters import fitted, plain, width
from handlers.picture.panel import BOTTOM, PANEL, STRIP, TOP, legend

LEFT, RIGHT = 1086, 1460
MOST_CLASSES = 8
_NAMES_ROOM, _NUMBER_ROOM = 142, 30
_GAP = 3
_WHITE, _EMPTY = (255, 255, 255), "#f3f4f6"
_SAME, _DIFFERENT, _MIXED = (37, 99, 235), (200, 30, 30), (75, 85, 99)
_DARK_FROM = 0.7

Cell = tuple[str | None, str | None]
"""The two classes of some rows, None for all those that have no line of their own."""


def class_matrix(pairs: Sequence[Pair], now: str, was: str) -> str:
    """Return the matrix, `was` down and `now` across; the busiest classes by name, the others together."""
    classes = _busiest(pairs)
    counts = Counter((_listed(pair.before, classes), _listed(pair.now, classes)) for pair in pairs)
    lines = [*classes, *([None] if any(None in cell for cell in counts) else [])]
    size = (RIGHT - LEFT) / len(lines), (BOTTOM - TOP) / len(lines)
    most = max(counts.values())
    cells = [
        _cell((LEFT + x * size[0], TOP + y * size[1]), size, (old, new), counts[old, new] / most)
        + _count((LEFT + (x + 0.5) * size[0], TOP + (y + 0.5) * size[1]), counts[old, new], most)
        for y, old in enumerate(lines)
        for x, new in enumerate(lines)
    ]
    return "".join([*cells, _names(lines, size), _titles(now, was), _legend(pairs)])


def _busiest(pairs: Sequence[Pair]) -> list[str]:
    seen = Counter(word for pair in pairs for word in (pair.before, pair.now))
    by_rows = sorted(seen, key=lambda name: (-seen[name], name))
    return sorted(by_rows[:MOST_CLASSES], key=in_order)


def _listed(name: str, classes: Sequence[str]) -> str | None:
    return name if name in classes else None


def _cell(corner: tuple[float, float], size: tuple[float, float], cell: Cell, share: float) -> str:
    """Return one field. That of two unlisted classes holds equal and different ones, so it is neither colour."""
    old, new = cell
    strong = _MIXED if old is new is None else _SAME if old == new else _DIFFERENT
    fill = _tinted(strong, math.sqrt(share)) if share else _EMPTY
    (x, y), (across, down) = corner, size
    return svg.box(x, y, x + across - _GAP, y + down - _GAP, {"fill": fill, "rx": 4})


def _tinted(strong: tuple[int, int, int], share: float) -> str:
    mixed = [
        round(white + (colour - white) * (0.12 + 0.88 * share)) for white, colour in zip(_WHITE, strong, strict=True)
    ]
    return "#{:02x}{:02x}{:02x}".format(*mixed)


def _count(middle: tuple[float, float], count: int, most: int) -> str:
    if not count:
        return ""
    dark = math.sqrt(count / most) >= _DARK_FROM
    x, y = middle
    return svg.text(x, y + 6, f"{count:,}", {**svg.STRONG, "fill": "#ffffff" if dark else svg.INK}, "middle")


def _names(lines: Sequence[str | None], size: tuple[float, float]) -> str:
    """Return the classes' names; both sides are numbered where names look alike or are too wide for a column."""
    shown = ["other" if name is None else plain(name) for name in lines]
    too_wide = any(width(name, svg.SMALL_SIZE) > size[0] - 6 for name in shown)
    numbered = too_wide or len(set(shown)) < len(shown)
    below = [str(place) for place, _ in enumerate(shown, 1)] if numbered else shown
    room = _NUMBER_ROOM if numbered else 0
    parts = []
    for place, (name, column) in enumerate(zip(shown, below, strict=True)):
        x, y = LEFT + (place + 0.5) * size[0], TOP + (place + 0.5) * size[1] + 6
        cut = fitted(name, _NAMES_ROOM - room, svg.SMALL_SIZE)
        parts += [svg.text(LEFT - 12 - room, y, cut, svg.SMALL, "end")]
        parts += [svg.text(LEFT - 12, y, column, svg.STRONG, "end")] if numbered else []
        parts += [svg.text(x, BOTTOM + 30, column, svg.STRONG if numbered else svg.SMALL, "middle")]
    return "".join(parts)


def _titles(now: str, was: str) -> str:
    return svg.text((LEFT + RIGHT) / 2, BOTTOM + 66, f"{now}: class", svg.SMALL, "middle") + svg.upright(
        LEFT - _NAMES_ROOM - 44, (TOP + BOTTOM) / 2, f"{was}: class", svg.SMALL
    )


def _legend(pairs: Sequence[Pair]) -> str:
    flips = sum(pair.flipped for pair in pairs)
    fields = ((_SAME, f"same: {len(pairs) - flips:,}"), (_DIFFERENT, f"flipped: {flips:,}"))
    return legend(
        PANEL,
        STRIP,
        [(svg.box(-8, -8, 8, 8, {"fill": _tinted(colour, 0.8), "rx": 3}), words) for colour, words in fields],
    )
