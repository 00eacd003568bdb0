"""The left panel: what share of the requests was answered within which time, staging beside prod."""

from collections.abc import Iterator, Sequence

from handlers.picture import svg
from handlers.picture.facts import PERCENTILES, SHARES, budget, budgeted, gravest, latencies, names, percentiles
from handlers.picture.letters import fitted, width
from handlers.picture.panel import BOTTOM, STRIP, TOP, Frame, heading, nothing
from handlers.picture.scale import Axis, duration, log_range
from services.release.record import EvidenceRecord

LEFT, RIGHT = 96, 800
_SHARES = [(0.0, "0%"), (0.25, "25%"), (0.5, "50%"), (0.75, "75%"), (1.0, "100%")]
_COLUMNS = (620, 710, RIGHT)
_TABLE = 402
_NAME_ROOM = 110
_FAR = 10.0
"""A budget this many times beyond the data is told at the edge: on the axis it would squeeze the curves together."""

_NOW_LINE: svg.Style = {"fill": "none", "stroke": svg.NOW, "stroke-width": 5, "stroke-linejoin": "round"}
_BEFORE_LINE: svg.Style = {**_NOW_LINE, "stroke": svg.BEFORE, "stroke-width": 3.5}
_BUDGET_LINE: svg.Style = {"stroke": svg.BAD, "stroke-width": 3, "stroke-dasharray": "10 7"}


def latency_panel(record: EvidenceRecord) -> str:
    """Return the left half of the picture."""
    now, before = latencies(record.latencies_ms), latencies(record.prod_latencies_ms)
    if not now:
        return heading(LEFT, "Latency", "Not measured") + nothing(
            LEFT, RIGHT, "No latency was measured", "No request was timed on its own"
        )
    frame = Frame(Axis(*_range(now, before, budget(record)), LEFT, RIGHT, log=True), Axis(0, 1, BOTTOM, TOP))
    return "".join(
        [
            _heading(record, now, before),
            _table(record, now, before),
            frame.grid(_SHARES, frame.across.ticks(6)),
            _budget(frame, record),
            svg.path(_steps(frame, before), _BEFORE_LINE) if before else "",
            svg.path(_steps(frame, now), _NOW_LINE),
            _measured(frame, record, now),
            frame.names("requests answered within, ms (log scale)", ""),
        ]
    )


def _range(now: Sequence[float], before: Sequence[float], bound: float | None) -> tuple[float, float]:
    shown = [*now, *before]
    if bound is not None and min(shown) / _FAR <= bound <= max(shown) * _FAR:
        shown.append(bound)
    return log_range(shown)


def _heading(record: EvidenceRecord, now: Sequence[float], before: Sequence[float]) -> str:
    """Return the title, what the latencies amount to, and how many there are."""
    grave, seen, bound = gravest(record, "latency"), budgeted(record, now), budget(record)
    if grave is not None:
        name = grave.name.removeprefix("latency.")
        lead = f"{fitted(name, _NAME_ROOM, svg.SMALL_SIZE)} over its bound"
    elif seen is not None and bound is not None:
        lead = f"{record.latency_budget_of} {'over' if seen > bound else 'within'} its budget"
    else:
        return heading(LEFT, "Latency", _counted(now, before))
    return heading(LEFT, "Latency", lead, _counted(now, before), grave=grave)


def _counted(now: Sequence[float], before: Sequence[float]) -> str:
    ours = f"{len(now):,} requests"
    if len(now) == len(before):
        return f"{ours} each"
    return f"{ours}, prod {len(before):,}" if before else ours


def _steps(frame: Frame, sorted_ms: Sequence[float]) -> Iterator[str]:
    """Yield the steps of the empirical distribution; those within a pixel of each other are one."""
    total, drawn = len(sorted_ms), -1.0
    yield f"M{svg.number(frame.across.at(sorted_ms[0]))} {frame.along.start}"
    for index, value in enumerate(sorted_ms, 1):
        x = frame.across.at(value)
        if x - drawn >= 1 or index == total:
            yield f"H{svg.number(x)}"
            drawn = x
        yield f"V{svg.number(frame.along.at(index / total))}"


def _table(record: EvidenceRecord, now: Sequence[float], before: Sequence[float]) -> str:
    """Return the legend: a line for each endpoint with its percentiles in columns."""
    heads = [svg.text(x, 46, name, svg.SMALL, "end") for x, (name, _) in zip(_COLUMNS, PERCENTILES, strict=True)]
    ours, theirs = names(record)
    return "".join(
        [
            *heads,
            _entry(82, ours, now, _NOW_LINE),
            _entry(114, theirs, before, _BEFORE_LINE),
        ]
    )


def _entry(y: float, name: str, sorted_ms: Sequence[float], style: svg.Style) -> str:
    shown = svg.line((_TABLE, y - 7), (_TABLE + 26, y - 7), style) + svg.text(
        _TABLE + 36, y, fitted(name, _NAME_ROOM, svg.SMALL_SIZE), svg.STRONG
    )
    if not sorted_ms:
        return shown + svg.text(RIGHT, y, "not measured", svg.SMALL, "end")
    figures = zip(_COLUMNS, percentiles(sorted_ms), strict=True)
    return shown + "".join(svg.text(x, y, duration(value), svg.SMALL, "end") for x, (_, value) in figures)


def _budget(frame: Frame, record: EvidenceRecord) -> str:
    """Return the budget as a line with its name above the plot, or as an arrow where it is far away."""
    bound = budget(record)
    if bound is None:
        return ""
    name = fitted(record.latency_budget_of, _NAME_ROOM, svg.SMALL_SIZE)
    words = f"{name} budget {duration(bound)} ms"
    if not frame.across.low <= bound <= frame.across.high:
        beyond = bound > frame.across.high
        return _label(RIGHT if beyond else LEFT, f"{words} →" if beyond else f"← {words}")
    x = frame.across.at(bound)
    over = svg.box(x, TOP, RIGHT, BOTTOM, {"fill": svg.TINT})
    return over + svg.line((x, TOP), (x, BOTTOM), _BUDGET_LINE) + _label(x, words)


def _measured(frame: Frame, record: EvidenceRecord, now: Sequence[float]) -> str:
    """Mark on the curve what the budget is about: round within it, square on a corner beyond."""
    seen, bound = budgeted(record, now), budget(record)
    if seen is None or bound is None:
        return ""
    place = frame.at(seen, SHARES[record.latency_budget_of])
    if seen > bound:
        return svg.group([svg.diamond(*place, 10)], {"fill": svg.BAD, "stroke": "#ffffff", "stroke-width": 2.5})
    return svg.group([svg.dot(*place, 9)], {"fill": svg.NOW, "stroke": "#ffffff", "stroke-width": 2.5})


def _label(x: float, words: str) -> str:
    style = {**svg.SMALL, "fill": svg.BAD}
    half = width(words, svg.SMALL_SIZE) / 2
    if x + half > RIGHT:
        return svg.text(RIGHT, STRIP, words, style, "end")
    return svg.text(max(x, LEFT + half), STRIP, words, style, "middle")
