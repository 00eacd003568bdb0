"""The answers as points: what one endpoint said of a row against what the other said, or against the label."""

from collections.abc import Sequence

from handlers.picture import svg
from handlers.picture.facts import Pair
from handlers.picture.letters import fitted
from handlers.picture.panel import BOTTOM, PANEL, STRIP, TOP, Frame, legend
from handlers.picture.scale import Axis, even_range, score_range, written

LEFT, RIGHT = 1000, 1460
MARKED = 5
"""Rows that a scatter of numbers marks: those whose two answers are furthest apart."""

_DIAGONAL: svg.Style = {"stroke": svg.FAINT, "stroke-width": 2, "stroke-dasharray": "8 7"}
_FLIPPED: svg.Style = {"fill": svg.BAD, "stroke": "#ffffff", "stroke-width": 1}
_CLASS_ROOM = 60
_FEW, _SOME = 150, 600


def _same(count: int) -> svg.Style:
    """Return the style of the many points: the more, the fainter, so that crowds still show."""
    return {"fill": svg.NOW, "fill-opacity": min(max(_FEW / max(count, 1), 0.2), 0.5)}


def _dot_size(count: int) -> int:
    return 6 if count <= _SOME else 4


def _flip_size(count: int) -> int:
    """Return the size of the triangles: what has changed stands out before what has not, while there is room."""
    return 8 if count <= _FEW else 7 if count <= _SOME else 4


def classes_scatter(pairs: Sequence[Pair], edge: float, now: str, was: str) -> str:
    """Return the scatter of two scores, with the quadrants tinted where the two sides of the threshold differ."""
    frame = _square(*score_range(value for pair in pairs for value in (pair.score, pair.old_score)))
    up = [pair for pair in pairs if pair.flipped and pair.score >= pair.old_score]
    down = [pair for pair in pairs if pair.flipped and pair.score < pair.old_score]
    same = [pair for pair in pairs if not pair.flipped]
    return "".join(
        [
            _quadrants(frame, edge),
            _axes(frame, f"{now}: P(1)", f"{was}: P(1)"),
            _dots(frame, same),
            _triangles(frame, up, down),
            legend(PANEL, STRIP, _class_legend(len(same), up, down)),
        ]
    )


def _dots(frame: Frame, pairs: Sequence[Pair]) -> str:
    radius = _dot_size(len(pairs))
    return svg.group((svg.dot(*_place(frame, pair), radius) for pair in pairs), _same(len(pairs)))


def _triangles(frame: Frame, up: Sequence[Pair], down: Sequence[Pair]) -> str:
    flips = len(up) + len(down)
    marks = [svg.triangle(*_place(frame, pair), _flip_size(flips), up=True) for pair in up]
    marks += [svg.triangle(*_place(frame, pair), _flip_size(flips), up=False) for pair in down]
    return svg.group(marks, {**_FLIPPED, "fill-opacity": 0.8 if flips <= _FEW else 0.6})


def _class_legend(same: int, up: Sequence[Pair], down: Sequence[Pair]) -> list[tuple[str, str]]:
    triangles = [
        (
            svg.group([svg.triangle(0, 0, 8, up=upwards)], _FLIPPED),
            f"now {fitted(some[0].now, _CLASS_ROOM, svg.SMALL_SIZE)}: {len(some):,}",
        )
        for some, upwards in ((up, True), (down, False))
        if some
    ]
    return [(svg.group([svg.dot(0, 0, 8)], _same(0)), f"same: {same:,}"), *triangles]


def _quadrants(frame: Frame, edge: float) -> str:
    """Tint where the one says 1 and the other 0."""
    x, y = frame.at(edge, edge)
    x0, x1, y0, y1 = frame.across.start, frame.across.end, frame.along.start, frame.along.end
    return svg.box(x0, y1, x, y, {"fill": svg.TINT}) + svg.box(x, y, x1, y0, {"fill": svg.TINT})


def numbers_scatter(pairs: Sequence[Pair], now: str, was: str) -> str:
    """Return the scatter of two numbers, with the rows marked that are furthest from the diagonal."""
    frame = _square(*even_range(value for pair in pairs for value in (pair.score, pair.old_score)))
    furthest = sorted(pairs, key=lambda pair: pair.distance, reverse=True)[:MARKED]
    marked = [pair for pair in furthest if pair.distance > 0]
    return "".join(
        [
            _axes(frame, f"{now}: answer", was if was == "label" else f"{was}: answer"),
            _dots(frame, pairs),
            svg.group((svg.diamond(*_place(frame, pair), 8) for pair in marked), _FLIPPED),
            legend(PANEL, STRIP, _number_legend(pairs, marked)),
        ]
    )


def _number_legend(pairs: Sequence[Pair], marked: Sequence[Pair]) -> list[tuple[str, str]]:
    rows = (svg.group([svg.dot(0, 0, 8)], _same(0)), f"{len(pairs):,} rows")
    if not marked:
        return [rows]
    words = f"furthest, up to {written(marked[0].distance)} apart"
    return [rows, (svg.group([svg.diamond(0, 0, 8)], _FLIPPED), words)]


def _square(low: float, high: float) -> Frame:
    return Frame(Axis(low, high, LEFT, RIGHT), Axis(low, high, BOTTOM, TOP))


def _place(frame: Frame, pair: Pair) -> tuple[float, float]:
    """Return a point's place in whole pixels: marks that are alike to the pixel make the file a fifth smaller."""
    x, y = frame.at(pair.old_score, pair.score)
    return round(x), round(y)


def _axes(frame: Frame, up: str, right: str) -> str:
    ticks = frame.across.ticks(4)
    start, end = frame.at(frame.across.low, frame.along.low), frame.at(frame.across.high, frame.along.high)
    return frame.grid(ticks, ticks) + svg.line(start, end, _DIAGONAL) + frame.names(right, up)
