"""What both panels have: a frame with axes, a title with a line of figures, and the calm words for nothing to draw."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from handlers.picture import svg
from handlers.picture.letters import fitted, width
from handlers.picture.scale import Axis
from services.release.model import CheckResult

TOP, BOTTOM = 168, 580
"""Where plots begin and end; titles are above, ticks below."""
STRIP = TOP - 22
"""The line just above the plots, for what would collide with data inside of them."""
PANEL = 890
"""Where the panel of the answers begins; its plots stand further in, as their axes need."""

WARNED: svg.Style = {"font-size": 24, "font-weight": 700, "fill": "#9a4a00"}
_THIN: svg.Style = {"stroke": svg.GRID, "stroke-width": 1.5}
_TICK_BELOW, _NAME_BELOW, _NAME_BESIDE = 30, 66, 96


@dataclass(frozen=True, slots=True)
class Frame:
    """The rectangle that data is drawn in, with its two axes."""

    across: Axis
    along: Axis

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return the pixel of a point."""
        return self.across.at(x), self.along.at(y)

    def grid(self, ups: Sequence[tuple[float, str]], rights: Sequence[tuple[float, str]]) -> str:
        """Return the grid with its numbers: `rights` along the bottom, `ups` on the left."""
        x0, x1, y0, y1 = self.across.start, self.across.end, self.along.start, self.along.end
        rows = [(self.along.at(value), words) for value, words in ups]
        columns = [(self.across.at(value), words) for value, words in rights]
        lines = [svg.line((x0, y), (x1, y), {}) for y, _ in rows] + [svg.line((x, y0), (x, y1), {}) for x, _ in columns]
        return (
            svg.group(lines, _THIN)
            + "".join(svg.text(x0 - 12, y + 7, words, svg.SMALL, "end") for y, words in rows)
            + "".join(svg.text(x, y0 + _TICK_BELOW, words, svg.SMALL, "middle") for x, words in columns)
        )

    def names(self, right: str, up: str) -> str:
        """Return the names of the two axes; the upright one stands clear of the numbers, however long these are."""
        below = (self.across.start + self.across.end) / 2, self.along.start + _NAME_BELOW
        widest = max((width(words, svg.SMALL_SIZE) for _, words in self.along.ticks()), default=0.0)
        beside = self.across.start - max(_NAME_BESIDE, widest + 34), (self.along.start + self.along.end) / 2
        return svg.text(*below, right, svg.SMALL, "middle") + (svg.upright(*beside, up, svg.SMALL) if up else "")


def heading(x: float, title: str, lead: str, *more: str, grave: CheckResult | None = None) -> str:
    """Return a panel's title and what it says in one line, which is marked when a check of it failed."""
    style, sign = (svg.LEAD, "") if grave is None else (svg.ALARM, "✗ ") if grave.blocking else (WARNED, "! ")
    lines = [svg.text(x, 113, words, svg.SMALL) for words in more if words]
    return svg.text(x, 46, title, svg.TITLE) + svg.text(x, 84, sign + lead, style) + "".join(lines)


def legend(x: float, y: float, entries: Iterable[tuple[str, str]], gap: float = 34) -> str:
    """Return marks with their words, one after the other from `x`; a mark is drawn around (0, 0)."""
    parts: list[str] = []
    for mark, words in entries:
        parts.append(svg.group([mark], {"transform": f"translate({svg.number(x + 8)} {svg.number(y - 7)})"}))
        parts.append(svg.text(x + 24, y, words, svg.SMALL))
        x += 24 + _measured(words) + gap
    return "".join(parts)


def _measured(words: str) -> float:
    return 0.6 * svg.SMALL_SIZE * len(words)


def nothing(left: float, right: float, words: str, why: str) -> str:
    """Return the calm panel of a plot that has no data."""
    middle, centre = (left + right) / 2, (TOP + BOTTOM) / 2
    frame = svg.box(left, TOP, right, BOTTOM, {"fill": "#f9fafb", "stroke": svg.GRID, "stroke-width": 1.5, "rx": 10})
    shown = fitted(why, right - left - 40, svg.SMALL_SIZE)
    return (
        frame
        + svg.text(middle, centre - 8, words, svg.LEAD, "middle")
        + svg.text(middle, centre + 28, shown, svg.SMALL, "middle")
    )
