"""The few SVG elements that the picture is made of, and its colours and letter sizes."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from handlers.picture.letters import xml

Style: TypeAlias = Mapping[str, str | float]

WIDTH, HEIGHT = 1500, 660

INK, MUTED, FAINT, GRID = "#111827", "#4b5563", "#9ca3af", "#e5e7eb"
NOW, BEFORE = "#2563eb", "#6b7280"
"""The endpoint under test and prod; blue and grey differ in lightness too."""
BAD, TINT = "#c81e1e", "#fdeeee"
"""What has changed or is over its bound. Never the only sign of it: a shape, a place or a word says the same."""

TITLE: Style = {"font-size": 34, "font-weight": 700, "fill": INK}
LEAD: Style = {"font-size": 24, "fill": INK}
ALARM: Style = {"font-size": 24, "font-weight": 700, "fill": BAD}
SMALL_SIZE = 21
SMALL: Style = {"font-size": SMALL_SIZE, "fill": MUTED}
STRONG: Style = {"font-size": SMALL_SIZE, "font-weight": 700, "fill": INK}


def number(value: float) -> str:
    """Write a coordinate: a hundredth of a pixel is enough and keeps the document small."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def tag(name: str, style: Style, content: str = "") -> str:
    """Return an element; `content` is markup. The values of `style` are our own words, so they are not escaped."""
    written = "".join(f' {key}="{value if isinstance(value, str) else number(value)}"' for key, value in style.items())
    return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"


def text(x: float, y: float, words: str, style: Style, anchor: str = "start") -> str:
    """Return one line of text with its baseline at `y`; `anchor` is `start`, `middle` or `end`."""
    return tag("text", {"x": x, "y": y, "text-anchor": anchor, **style}, xml(words) or " ")


def upright(x: float, y: float, words: str, style: Style) -> str:
    """Return a line of text that runs upwards, its middle at (x, y)."""
    turned = f"rotate(-90 {number(x)} {number(y)})"
    return tag("text", {"x": x, "y": y, "text-anchor": "middle", "transform": turned, **style}, xml(words) or " ")


def line(start: tuple[float, float], end: tuple[float, float], style: Style) -> str:
    """Return a straight line."""
    ends = {"x1": start[0], "y1": start[1], "x2": end[0], "y2": end[1]}
    return tag("line", {**ends, **style})


def box(left: float, top: float, right: float, bottom: float, style: Style) -> str:
    """Return a rectangle between two corners, given in any order."""
    corner = {"x": min(left, right), "y": min(top, bottom)}
    return tag("rect", {**corner, "width": abs(right - left), "height": abs(bottom - top), **style})


def path(steps: Iterable[str], style: Style) -> str:
    """Return a path of SVG's own commands."""
    return tag("path", {"d": "".join(steps), **style})


def group(parts: Iterable[str], style: Style) -> str:
    """Return elements that share a style."""
    inside = "".join(parts)
    return tag("g", style, inside) if inside else ""


def dot(x: float, y: float, radius: float) -> str:
    """Return a round mark."""
    return f'<circle cx="{number(x)}" cy="{number(y)}" r="{number(radius)}"/>'


def triangle(x: float, y: float, radius: float, *, up: bool) -> str:
    """Return a triangular mark, standing on its base or on its tip."""
    tip = -radius if up else radius
    return (
        f'<path d="M{number(x)} {number(y + 1.1 * tip)}L{number(x + radius)} {number(y - 0.8 * tip)}'
        f'L{number(x - radius)} {number(y - 0.8 * tip)}Z"/>'
    )


def diamond(x: float, y: float, radius: float) -> str:
    """Return a square mark that stands on a corner."""
    r = 1.2 * radius
    return (
        f'<path d="M{number(x)} {number(y - r)}L{number(x + r)} {number(y)}'
        f'L{number(x)} {number(y + r)}L{number(x - r)} {number(y)}Z"/>'
    )


def document(parts: Iterable[str]) -> str:
    """Return the whole picture on white, whatever the reader's theme: a PNG does not know it."""
    size: Style = {"xmlns": "http://www.w3.org/2000/svg", "width": str(WIDTH), "height": str(HEIGHT)}
    paper = box(0, 0, WIDTH, HEIGHT, {"fill": "#ffffff"})
    return tag("svg", {**size, "font-family": "DejaVu Sans"}, paper + "".join(parts))
