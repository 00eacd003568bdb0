"""The measurements that a rule may name, and how each is taken from what was asked."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from services.release.model import Verdict
from services.smoke.comparison import auc_low, broken_prod, flipped, mean_abs_diff, mean_shift, psi
from services.smoke.measurements import Asked, Measurements, answered, missing
from services.smoke.readings import Measured, Missing, Reading, Unit
from services.smoke.rules import Against, Number, Rule, StatusClass
from services.smoke.statistics import auc, differing, percentile

SAME = 1e-6
"""Answers closer than this are the same: they are printed with about eight digits."""
ENOUGH_TIMED = 20
"""Fewer latencies than this say nothing of a 95th percentile."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One measurement by name.

    Attributes:
        needs: the part of the suite without which it cannot be taken.
        single: it needs a contract with one number a row.
        bounded: it needs a contract that says in what range the numbers are.
        against: the references it may be held against.
        beside_prod: it is itself about prod, or it is of no use without.
        of: the measurement whose value on prod `prod` stands for, where that is another one.
    """

    unit: Unit
    read: Callable[[Measurements], Reading]
    needs: str = ""
    single: bool = False
    bounded: bool = False
    against: tuple[str, ...] = ()
    beside_prod: bool = False
    of: str = ""


def metric_named(name: str) -> Metric | None:
    """Find a measurement; `reject.<name>` is one for every request the suite expects to be refused."""
    if name in METRICS:
        return METRICS[name]
    rejected = re.fullmatch(r"reject\.([a-z0-9_]+)", name)
    return Metric(Unit.STATUS, _status_of(rejected.group(1)), needs=name) if rejected else None


def unfit(rule: Rule, metric: Metric) -> str:
    """Say why a rule's bound cannot be compared with its measurement; empty when it can."""
    match rule.bound:
        case Number() if metric.of:
            return f"{rule.metric} is compared with prod: write {rule.metric} >= prod - 0.06"
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


def _unfit_unit(name: str, unit: str, wanted: Unit) -> str:
    if unit in wanted.accepted:
        return ""
    forms = " or ".join(repr(form) if form else "no unit" for form in wanted.accepted)
    return f"{name} is written with {forms}, not {unit!r}" if unit else f"{name} is written with {forms}"


def _rows(seen: Measurements) -> Reading:
    return answered(*seen.batches) or Measured(sum(len(batch.values) for batch in seen.batches))


def _outside(seen: Measurements) -> Reading:
    values = [value for batch in seen.batches for value in batch.values]
    low, high = seen.bounds or (-math.inf, math.inf)
    outside = [value for value in values if not (math.isfinite(value) and low <= value <= high)]
    first = f"{len(outside)} (the first: {outside[0]:g})" if outside else ""
    return answered(*seen.batches) or Measured(len(outside), first)


def _distinct(seen: Measurements) -> Reading:
    return answered(seen.data) or Measured(len(set(seen.data.values)))


def _repeat(seen: Measurements) -> Reading:
    both = (seen.data, seen.again)
    return answered(*both) or Measured(differing(seen.data.values, seen.again.values, SAME))


def _batch(seen: Measurements) -> Reading:
    alone = [value for single in seen.singles for value in single.values]
    together = seen.data.values[: len(seen.singles) * seen.per_row]
    return answered(seen.data, *seen.singles) or Measured(differing(together, alone, SAME))


def _error_rate(seen: Measurements) -> Reading:
    answered = [asked for asked in seen.load if asked.reply]
    bad = [asked for asked in answered if not asked.well]
    silent = [missing(asked.nothing) for asked in seen.load if asked.nothing]
    if bad:
        return Measured(len(bad) / len(answered), f"{Unit.SHARE.words(len(bad) / len(answered))} ({bad[0].words})")
    if silent:
        return Missing(silent[0].verdict, f"{len(silent)} of {len(seen.load)} not answered: {silent[0].why}")
    return Measured(0.0, f"0% of {len(answered)}")


def _latency(share: float) -> Callable[[Measurements], Reading]:
    def read(seen: Measurements) -> Reading:
        times = seen.latencies
        if len(times) < ENOUGH_TIMED:
            silent = [missing(asked.nothing) for asked in seen.timed if asked.nothing]
            few = Missing(Verdict.INCONCLUSIVE, f"{len(times)} timed answers, {ENOUGH_TIMED} are needed")
            return next(iter(silent), few)
        return Measured(percentile(times, share))

    return read


def _golden(seen: Measurements) -> Reading:
    lost = answered(seen.golden)
    if lost is not None:
        return lost
    got, wanted = seen.golden.values, seen.golden_answers
    if len(got) != len(wanted):
        return Missing(Verdict.FAILED, f"{len(got)} answers to {len(wanted)} rows")
    apart = [abs(a - b) if math.isfinite(a) else math.inf for a, b in zip(got, wanted, strict=True)]
    return Measured(max(apart))


def _judged(seen: Measurements, measure: Callable[[tuple[float, ...], list[bool]], float | None]) -> Reading:
    """Hold the canary's answers against its labels."""
    lost = answered(seen.data)
    if lost is not None:
        return lost
    scores = seen.data.values
    if len(scores) != len(seen.labels) or not all(map(math.isfinite, scores)):
        finite = sum(map(math.isfinite, scores))
        return Missing(Verdict.FAILED, f"{finite} finite answers to {len(seen.labels)} rows")
    value = measure(scores, [label > 0 for label in seen.labels])
    return Measured(value) if value is not None else Missing(Verdict.INCONCLUSIVE, "all labels are the same")


def _auc(seen: Measurements) -> Reading:
    return _judged(seen, auc)


def _accuracy(seen: Measurements) -> Reading:
    def share(scores: tuple[float, ...], labels: list[bool]) -> float:
        right = sum((score >= seen.threshold) == label for score, label in zip(scores, labels, strict=True))
        return right / len(labels)

    return _judged(seen, share)


def _status_of(name: str) -> Callable[[Measurements], Reading]:
    def read(seen: Measurements) -> Reading:
        asked: Asked = seen.rejects[name]
        if asked.nothing:
            return missing(asked.nothing)
        return Measured(asked.status, asked.words)

    return read


SENT, REGISTRY, PROD = "sent", "registry", "prod"
_SENT, _PROD, _BOTH = (SENT,), (PROD,), (REGISTRY, PROD)

METRICS: Mapping[str, Metric] = {
    "reply.rows": Metric(Unit.COUNT, _rows, against=_SENT),
    "reply.outside": Metric(Unit.COUNT, _outside, against=_SENT),
    "reply.distinct": Metric(Unit.COUNT, _distinct, against=(SENT, PROD)),
    "repeat.differ": Metric(Unit.COUNT, _repeat, against=_SENT),
    "batch.differ": Metric(Unit.COUNT, _batch, against=_SENT),
    "error.rate": Metric(Unit.SHARE, _error_rate),
    "latency.p50": Metric(Unit.TIME, _latency(0.50), against=_PROD),
    "latency.p95": Metric(Unit.TIME, _latency(0.95), against=_PROD),
    "latency.max": Metric(Unit.TIME, _latency(1.0), against=_PROD),
    "golden.max_diff": Metric(Unit.SCORE, _golden, needs="golden", single=True),
    "auc": Metric(Unit.SCORE, _auc, needs="canary", single=True, against=_BOTH),
    "accuracy": Metric(Unit.SHARE, _accuracy, needs="canary", single=True, against=_BOTH),
    "auc.low": Metric(Unit.SCORE, auc_low, needs="canary", single=True, against=_PROD, beside_prod=True, of="auc"),
    "flipped": Metric(Unit.SHARE, flipped, single=True, beside_prod=True),
    "mean_abs_diff": Metric(Unit.SCORE, mean_abs_diff, single=True, beside_prod=True),
    "mean_shift": Metric(Unit.SCORE, mean_shift, single=True, beside_prod=True),
    "psi": Metric(Unit.SCORE, psi, single=True, bounded=True, beside_prod=True),
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
    return Measured(float(sum(len(batch.rows) for batch in seen.batches) * seen.per_row))


def _registered(name: str, seen: Measurements) -> Reading:
    if isinstance(seen.registry, Missing):
        return seen.registry
    if name not in seen.registry:
        return Missing(Verdict.SKIPPED, f"the registry has no {name} of this version")
    return Measured(seen.registry[name])


def _on_prod(name: str, seen: Measurements) -> Reading:
    prod, metric = seen.on_prod(), METRICS[name]
    if isinstance(prod, Missing):
        return prod
    reading = METRICS[metric.of or name].read(prod)
    refused = next((asked for asked in (prod.data.asked, *prod.timed) if asked.reply and not asked.well), None)
    if refused is None and not (isinstance(reading, Missing) and reading.verdict is Verdict.FAILED):
        return reading
    return broken_prod(refused.words if refused else "it has no finite answer to every row")


REFERENCES: Mapping[str, Callable[[str, Measurements], Reading]] = {
    SENT: _sent,
    PROD: _on_prod,
    REGISTRY: _registered,
}
"""Name -> the value that a rule is held against; `sent` is the number of answers that the rows sent call for."""
