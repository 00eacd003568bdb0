"""The measurements that a rule may name, and how each is taken from what was asked."""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from services.release.model import Verdict
from services.smoke.comparison import both, broken_prod, compared, flipped, mean_abs_diff, mean_shift, psi
from services.smoke.contract import CLASSIFYING, NUMBER, PROBABILITY, SCORES, ReplyForm
from services.smoke.measurements import Asked, Batch, Measurements, answered, missing, usable
from services.smoke.quality import QUALITY, Judged, Quality
from services.smoke.readings import Measured, Missing, Reading, Unit
from services.smoke.rules import Against, Number, Rule, StatusClass
from services.smoke.statistics import Weighted, alike, paired_interval, percentile, plain
from services.smoke.wire import Answer

SAME = 1e-6
"""Answers closer than this are the same: they are printed with about eight digits."""
ENOUGH_TIMED = 20
"""Fewer latencies than this say nothing of a 95th percentile."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One measurement by name.

    Attributes:
        needs: the part of the suite without which it cannot be taken.
        kinds: the kinds of reply it can be taken of, with one answer a row; empty where any will do.
        bounded: it needs a contract that says in what range the numbers are.
        against: the references it may be held against.
        beside_prod: it is itself about prod, or it is of no use without.
        of: the measurement whose value on prod `prod` stands for, where that is another one.
        registered: what ModelQuality statistics call it, the usual name first.
    """

    unit: Unit
    read: Callable[[Measurements], Reading]
    needs: str = ""
    kinds: tuple[str, ...] = ()
    bounded: bool = False
    against: tuple[str, ...] = ()
    beside_prod: bool = False
    of: str = ""
    registered: tuple[str, ...] = ()


def metric_named(name: str) -> Metric | None:
    """Find a measurement; `reject.<name>` is one for every request the suite expects to be refused."""
    if name in METRICS:
        return METRICS[name]
    rejected = re.fullmatch(r"reject\.([a-z0-9_]+)", name)
    return Metric(Unit.STATUS, _status_of(rejected.group(1)), needs=name) if rejected else None


def unfit(rule: Rule, metric: Metric, reply: ReplyForm) -> str:
    """Say why a rule makes no sense of such replies, or why its bound cannot be compared; empty when all is well."""
    return _unfit_reply(rule.metric, metric, reply) or _unfit_bound(rule, metric)


def _unfit_reply(name: str, metric: Metric, reply: ReplyForm) -> str:
    if metric.kinds and reply.kind not in metric.kinds:
        return f"{name} needs a reply of the kind {' or '.join(metric.kinds)}, not {reply.kind}"
    if metric.kinds and reply.per_row != 1:
        return f"{name} needs one number a row"
    return f"{name} needs the range of the reply" if metric.bounded and reply.bounds is None else ""


def _unfit_bound(rule: Rule, metric: Metric) -> str:
    match rule.bound:
        case Number() if metric.of:
            return f"{rule.metric} is compared with prod: write {rule.metric} {_AS_GOOD[rule.metric.endswith('.low')]}"
        case Number(unit=unit):
            return _unfit_unit(rule.metric, unit, metric.unit)
        case StatusClass():
            return "" if metric.unit is Unit.STATUS else f"{rule.metric} is not an HTTP status"
        case Against(reference=reference, offset=offset):
            if reference not in REFERENCES:
                return f"unknown reference {reference!r}; known: {', '.join(REFERENCES)}"
            if reference not in metric.against:
                return f"{rule.metric} cannot be compared with {reference}"
            return _unfit_unit(rule.metric, offset.unit, metric.unit) if offset else ""


def misread(rule: Rule, metric: Metric) -> str:
    """Say how a share is written where a rule means per cent and has none: `<= 5` would hold for all; else empty.

    Of a rule that somebody writes; a bound that comes with a package is held to as it is.
    """
    written = rule.bound.offset if isinstance(rule.bound, Against) else rule.bound
    if metric.unit is not Unit.SHARE or not isinstance(written, Number):
        return ""
    if abs(written.scaled) < 1 or (abs(written.scaled) == 1 and written.unit):
        return ""
    return f"{rule.metric} is a share: write it as 5% or 0.05, 100% at most"


_AS_GOOD = {True: ">= prod - 0.06", False: "<= prod + 0.06"}


def _unfit_unit(name: str, unit: str, wanted: Unit) -> str:
    if unit in wanted.accepted:
        return ""
    forms = " or ".join(repr(form) if form else "no unit" for form in wanted.accepted)
    return f"{name} is written with {forms}, not {unit!r}" if unit else f"{name} is written with {forms}"


def _rows(seen: Measurements) -> Reading:
    return answered(*seen.batches) or Measured(sum(len(batch.each) for batch in seen.batches))


def _outside(seen: Measurements) -> Reading:
    outside = [answer for batch in seen.batches for answer in batch.each if not answer.inside]
    first = f"{len(outside)} (the first: {outside[0].words or 'nothing'})" if outside else ""
    return answered(*seen.batches) or Measured(len(outside), first)


def _distinct(seen: Measurements) -> Reading:
    return answered(seen.data) or Measured(len({(answer.label, answer.numbers) for answer in seen.data.each}))


def _repeat(seen: Measurements) -> Reading:
    both = (seen.data, seen.again)
    return answered(*both) or Measured(_differing(seen.data.each, seen.again.each))


def _batch(seen: Measurements) -> Reading:
    alone = [answer for single in seen.singles for answer in single.each]
    return answered(seen.data, *seen.singles) or Measured(_differing(seen.data.each[: len(seen.singles)], alone))


def _crowd(seen: Measurements) -> Reading:
    """Compare what was answered; what was not is the error rate's."""
    if isinstance(seen.crowd, Missing):
        return seen.crowd
    known, well = dict(zip(seen.data.rows, seen.data.each, strict=False)), [b for b in seen.crowd if b.asked.well]
    if lost := answered(seen.data) or (None if well else answered(*seen.crowd)):
        return lost
    differ = sum(_differing([known[row] for row in batch.rows if row in known], batch.each) for batch in well)
    return Measured(differ, f"{differ} of {len(well)}")


def _differing(left: Sequence[Answer], right: Sequence[Answer]) -> int:
    """Count the rows that got two different answers, or only one."""
    same = sum(_same(a, b) for a, b in zip(left, right, strict=False))
    return max(len(left), len(right)) - same


def _same(left: Answer, right: Answer) -> bool:
    """Compare what the model said: a class that follows from numbers may flip where these hardly differ."""
    pairs = zip(left.numbers, right.numbers, strict=False)
    return left.label == right.label and all(alike(a, b, SAME) for a, b in pairs)


def _lost(seen: Measurements) -> Reading:
    if lost := answered(seen.blanks):
        return lost
    rows, each = len(seen.blanks.rows), seen.blanks.each
    if len(each) != rows:
        return Measured(max(1, rows - len(each)), f"{len(each)} answers to {rows} rows with an empty cell")
    first = [column for column, answer in zip(seen.blank_columns, each, strict=True) if not answer.inside]
    return Measured(len(first), f"{len(first)} of {rows} (the first: no {first[0]})" if first else f"0 of {rows}")


def _error_rate(seen: Measurements) -> Reading:
    bad = [asked for asked in seen.load if asked.reply and not asked.well]
    silent = [missing(asked.nothing) for asked in seen.load if asked.nothing]
    lost = f"{len(silent)} of {len(seen.load)} not answered: {silent[0].why}" if silent else ""
    unless = Missing(silent[0].verdict, lost) if silent else None
    if not bad:
        return unless or Measured(0.0, f"0% of {len(seen.load)}")
    rate = len(bad) / len(seen.load)
    return Measured(rate, f"{Unit.SHARE.words(rate)} ({bad[0].words})", unless)


def _latency(share: float) -> Callable[[Measurements], Reading]:
    def read(seen: Measurements) -> Reading:
        times = seen.latencies
        if len(times) < ENOUGH_TIMED:
            silent = [missing(asked.nothing) for asked in seen.timed if asked.nothing]
            few = Missing(Verdict.INCONCLUSIVE, f"{len(times)} timed answers, {ENOUGH_TIMED} are needed")
            return next(iter(silent), few)
        return Measured(percentile(times, share))

    return read


def _golden(measure: Callable[[Batch, Sequence[str]], Measured]) -> Callable[[Measurements], Reading]:
    """Return how to hold what the golden rows get against what was recorded for them."""

    def read(seen: Measurements) -> Reading:
        if isinstance(seen.golden, Missing):
            return seen.golden
        if lost := answered(seen.golden):
            return lost
        got, wanted = seen.golden.each, seen.golden_labels
        if len(got) != len(wanted):
            return Missing(Verdict.FAILED, f"{len(got)} answers to {len(wanted)} rows")
        return measure(seen.golden, wanted)

    return read


def _most_apart(batch: Batch, wanted: Sequence[str]) -> Measured:
    pairs = zip(batch.scores, map(float, wanted), strict=True)
    return Measured(max(abs(a - b) if math.isfinite(a) else math.inf for a, b in pairs))


def _otherwise(batch: Batch, wanted: Sequence[str]) -> Measured:
    """Count the rows that are decided otherwise than recorded."""
    odd = [(answer.words, label) for answer, label in zip(batch.each, wanted, strict=True) if answer.decided != label]
    first = f" (the first: {odd[0][0] or 'nothing'}, recorded {odd[0][1]})" if odd else ""
    return Measured(len(odd), f"{len(odd)} of {len(wanted)}{first}")


def _judged(quality: Quality, batch: Batch, seen: Measurements) -> Weighted:
    return quality.of(Judged(batch.each, seen.labels, seen.reply.classes if seen.reply.kind == SCORES else ()))


def _quality(quality: Quality) -> Callable[[Measurements], Reading]:
    def read(seen: Measurements) -> Reading:
        if lost := usable(seen.data):
            return lost
        value = plain(_judged(quality, seen.data, seen), len(seen.labels))
        return Measured(value) if value is not None else Missing(Verdict.INCONCLUSIVE, quality.undefined)

    return read


def _end_of_interval(quality: Quality) -> Callable[[Measurements], Reading]:
    """Return prod's value plus the end, the worse one, of the interval of the difference to it."""

    def read(seen: Measurements) -> Reading:
        pair = both(seen)
        if isinstance(pair, Missing):
            return pair
        new, old = (_judged(quality, batch, seen) for batch in pair)
        apart, at = paired_interval(new, old, len(seen.labels), seen.seed), plain(old, len(seen.labels))
        if apart is None or at is None:
            return Missing(Verdict.INCONCLUSIVE, quality.undefined)
        end = at + apart[quality.lower_is_better]
        low, high = (f"{'-' if side < 0 else '+'}{quality.unit.words(abs(side))}" for side in apart)
        return Measured(end, f"{quality.unit.words(end)} (difference {low} to {high})")

    return read


def _status_of(name: str) -> Callable[[Measurements], Reading]:
    def read(seen: Measurements) -> Reading:
        asked: Asked = seen.rejects[name]
        if asked.nothing:
            return missing(asked.nothing)
        return Measured(asked.status, asked.words)

    return read


MISSING_LOST = "missing.lost"
GOLDEN = "golden."
"""What the names of measurements on golden records begin with."""
SENT, REGISTRY, PROD = "sent", "registry", "prod"
_SENT, _PROD, _BOTH = (SENT,), (PROD,), (REGISTRY, PROD)

_COMPARABLE = (PROBABILITY, NUMBER)


def _of_quality() -> Iterator[tuple[str, Metric]]:
    for name, quality in QUALITY.items():
        taken = Metric(quality.unit, _quality(quality), "canary", quality.kinds, against=_BOTH)
        end = f"{name}.{'high' if quality.lower_is_better else 'low'}"
        yield name, replace(taken, registered=quality.registered)
        yield end, replace(taken, read=_end_of_interval(quality), against=_PROD, beside_prod=True, of=name)


METRICS: Mapping[str, Metric] = {
    "reply.rows": Metric(Unit.COUNT, _rows, against=_SENT),
    "reply.outside": Metric(Unit.COUNT, _outside, against=_SENT),
    "reply.distinct": Metric(Unit.COUNT, _distinct, against=(SENT, PROD)),
    "repeat.differ": Metric(Unit.COUNT, _repeat, against=_SENT),
    "batch.differ": Metric(Unit.COUNT, _batch, against=_SENT),
    "load.differ": Metric(Unit.COUNT, _crowd, against=_SENT),
    MISSING_LOST: Metric(Unit.COUNT, _lost),
    "error.rate": Metric(Unit.SHARE, _error_rate),
    "latency.p50": Metric(Unit.TIME, _latency(0.50), against=_PROD),
    "latency.p95": Metric(Unit.TIME, _latency(0.95), against=_PROD),
    "latency.max": Metric(Unit.TIME, _latency(1.0), against=_PROD),
    f"{GOLDEN}max_diff": Metric(Unit.SCORE, _golden(_most_apart), kinds=_COMPARABLE),
    f"{GOLDEN}differ": Metric(Unit.COUNT, _golden(_otherwise), kinds=CLASSIFYING),
    **dict(_of_quality()),
    "flipped": Metric(Unit.SHARE, compared(flipped), kinds=(PROBABILITY, *CLASSIFYING), beside_prod=True),
    "mean_abs_diff": Metric(Unit.SCORE, compared(mean_abs_diff), kinds=_COMPARABLE, beside_prod=True),
    "mean_shift": Metric(Unit.SCORE, compared(mean_shift), kinds=_COMPARABLE, beside_prod=True),
    "psi": Metric(Unit.SCORE, psi, kinds=_COMPARABLE, bounded=True, beside_prod=True),
}
"""Name -> measurement."""


def asks_prod(rule: Rule) -> bool:
    """Say whether a rule cannot be decided without asking prod."""
    metric = metric_named(rule.metric)
    beside = metric is not None and metric.beside_prod
    return beside or (isinstance(rule.bound, Against) and rule.bound.reference == PROD)


def reference(bound: Against, name: str, seen: Measurements) -> Reading:
    """Return the value that a rule about the measurement `name` is held against, before its factor and offset."""
    return REFERENCES[bound.reference](name, seen)


def _sent(_name: str, seen: Measurements) -> Reading:
    return Measured(float(sum(len(batch.rows) for batch in seen.batches)))


def _registered(name: str, seen: Measurements) -> Reading:
    if isinstance(seen.registry, Missing):
        return seen.registry
    known = [seen.registry[each] for each in METRICS[name].registered if each in seen.registry]
    if not known:
        return Missing(Verdict.SKIPPED, f"the registry has no {METRICS[name].registered[0]} of this version")
    return Measured(known[0])


def _on_prod(name: str, seen: Measurements) -> Reading:
    prod, metric = seen.on_prod(), METRICS[name]
    if isinstance(prod, Missing):
        return prod
    reading = METRICS[metric.of or name].read(prod)
    if isinstance(reading, Measured):
        return reading  # what was answered well is enough to compare with, whatever else was not
    refused = next((asked for asked in (prod.data.asked, *prod.timed) if asked.reply and not asked.well), None)
    if refused is None and reading.verdict is not Verdict.FAILED:
        return reading
    return broken_prod(refused.words if refused else "it has no usable answer to every row")


REFERENCES: Mapping[str, Callable[[str, Measurements], Reading]] = {
    SENT: _sent,
    PROD: _on_prod,
    REGISTRY: _registered,
}
"""Name -> the value that a rule is held against; `sent` is the number of rows sent."""
