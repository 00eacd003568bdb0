"""Judges what was measured: pure, so that the same measurements always give the same evidence."""

import math
from dataclasses import replace

from services.release.model import CheckResult, Evidence, Verdict
from services.smoke.budget import allowed_requests, allowed_seconds, judge_budget
from services.smoke.cases import judge_case
from services.smoke.measure import Subject, measured
from services.smoke.measurements import Batch, Measurements
from services.smoke.metrics import SENT, metric_named, reference
from services.smoke.notebook import Notebook
from services.smoke.readings import Measured, Missing, Reading, Unit
from services.smoke.rules import Against, Number, Rule, StatusClass
from services.smoke.statistics import percentile
from services.smoke.suite import Check, SmokeSuite

SAMPLE_PAIRS = 5
SAMPLE_LENGTH = 500
SEEN_LENGTH = 200
ROUNDING = 1e-9
"""Slack of a comparison: 0.3 written as 30% is 0.30000000000000004 as a float."""

_GRAVEST_FIRST = (Verdict.FAILED, Verdict.ERRORED, Verdict.INCONCLUSIVE)


def judge(suite: SmokeSuite, subject: Subject, notebook: Notebook) -> Evidence:
    """Hold every rule and case of the suite, and its budget, against what was seen of the endpoint under test."""
    seen, known = measured(suite, notebook), notebook.background
    checks = tuple(_check(check, seen) for check in suite.checks) + tuple(
        judge_case(case, trial) for case, trial in zip(suite.cases, seen.cases, strict=True)
    )
    checks += (*suite.told, *judge_budget(suite, notebook))
    return Evidence(
        suite=suite.name,
        suite_digest=suite.digest,
        endpoint=subject.endpoint,
        config=subject.config,
        verdict=overall(checks),
        checks=checks,
        requests_sent=notebook.requests_sent,
        latency_ms=_latency(seen),
        sample=_sample(seen),
        started_at=notebook.started_at,
        seconds=round(notebook.seconds, 3),
        candidate=known.candidate,
        prod=known.live,
        allowed_requests=allowed_requests(suite, notebook),
        allowed_seconds=allowed_seconds(suite, notebook),
    )


def overall(checks: tuple[CheckResult, ...]) -> Verdict:
    """Return the gravest verdict among the blocking checks; a suite that checks nothing decides nothing.

    What was skipped is not counted: it neither passed nor stands in the way.
    """
    verdicts = {check.verdict for check in checks if check.blocking} - {Verdict.SKIPPED}
    if not verdicts:
        return Verdict.INCONCLUSIVE
    return next((verdict for verdict in _GRAVEST_FIRST if verdict in verdicts), Verdict.PASSED)


def _check(check: Check, seen: Measurements) -> CheckResult:
    rule = check.rule
    metric = metric_named(rule.metric)
    if metric is None:
        raise ValueError(f"a suite was loaded with the unknown metric {rule.metric}")
    reading, other = metric.read(seen), _other(rule, seen)
    wanted = _wanted(rule, metric.unit, other)
    if isinstance(reading, Missing):
        return _result(check, reading.verdict, reading.why, wanted)
    if isinstance(other, Missing):
        return replace(_result(check, other.verdict, other.why, wanted), value=_finite(reading.value))
    verdict = Verdict.PASSED if _holds(rule, reading.value, other) else Verdict.FAILED
    if verdict is Verdict.PASSED and reading.unless is not None:
        return _result(check, reading.unless.verdict, reading.unless.why, wanted)
    result = _result(check, verdict, reading.words or metric.unit.words(reading.value), wanted)
    result = replace(result, value=_finite(reading.value), bound=_bound(rule, other))
    return _told_apart(result, metric.unit, written=isinstance(rule.bound, Number))


def _told_apart(result: CheckResult, unit: Unit, *, written: bool) -> CheckResult:
    """Write the two numbers of a broken rule so that they differ: "0.802, wanted >= 0.802" would be no reason.

    A bound that is `written` in the rule stays as it is there.
    """
    value, bound = result.value, result.bound
    if result.verdict is not Verdict.FAILED or value is None or bound is None:
        return result
    alike = unit.words(value)
    if alike != unit.words(bound) or math.isclose(value, bound):
        return result
    seen, wanted = unit.apart(value, bound)
    rule = result.rule if written else result.rule.replace(alike, wanted, 1)
    return replace(result, seen=result.seen.replace(alike, seen, 1), rule=rule)


def _result(check: Check, verdict: Verdict, seen: str, wanted: str) -> CheckResult:
    return CheckResult(check.name, verdict, seen[:SEEN_LENGTH], wanted, check.blocking)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _bound(rule: Rule, other: Measured | None) -> float | None:
    """Return the number that a measurement was held against; a class of status is none."""
    return None if isinstance(rule.bound, StatusClass) else _finite(_scaled(rule.bound, other))


def _other(rule: Rule, seen: Measurements) -> Reading | None:
    """Return the measurement that a rule is held against, None where that is a plain number."""
    return reference(rule.bound, rule.metric, seen) if isinstance(rule.bound, Against) else None


def _holds(rule: Rule, value: float, other: Measured | None) -> bool:
    if isinstance(rule.bound, StatusClass):
        return rule.op.holds(value // 100, rule.bound.hundreds)
    bound = _scaled(rule.bound, other)
    # No absolute slack: to a model of small numbers 1e-9 may be much. A sum is rounded as its largest term is.
    same = math.isclose(value, bound, rel_tol=ROUNDING, abs_tol=ROUNDING * abs(_referred(rule.bound, other)))
    return rule.op.holds(bound if same else value, bound)


def _scaled(bound: Number | Against, other: Measured | None) -> float:
    if isinstance(bound, Number):
        return bound.scaled
    return _referred(bound, other) + (bound.offset.scaled if bound.offset else 0.0)


def _referred(bound: Number | Against, other: Measured | None) -> float:
    """Return the part of a bound that is another measurement, 0 where there is none."""
    return other.value * bound.factor if isinstance(bound, Against) and other else 0.0


def _wanted(rule: Rule, unit: Unit, other: Reading | None) -> str:
    """Write what is wanted, with the number that a reference came to: `>= 0.802 (registry 0.812 - 0.01)`."""
    if not isinstance(rule.bound, Against) or not isinstance(other, Measured):
        return rule.wanted
    name = rule.bound.reference
    value = "" if name == SENT else f" {unit.words(other.value)}"
    how = rule.bound.text.replace(name, f"{name}{value}")
    return f"{rule.op.value} {unit.words(_scaled(rule.bound, other))} ({how})"


def _latency(seen: Measurements) -> dict[str, float]:
    times = seen.latencies
    shares = {"p50": 0.50, "p95": 0.95, "max": 1.0} if times else {}
    return {name: round(percentile(times, share), 3) for name, share in shares.items()}


def _sample(seen: Measurements) -> tuple[tuple[str, str], ...]:
    pairs = [pair for batch in seen.batches for pair in _pairs(batch)][:SAMPLE_PAIRS]
    return tuple((sent[:SAMPLE_LENGTH], got[:SAMPLE_LENGTH]) for sent, got in pairs)


def _pairs(batch: Batch) -> list[tuple[str, str]]:
    """Pair rows with their answers; where these do not match in number, the whole request with the whole reply."""
    if batch.asked.nothing:
        return []
    if len(batch.each) == len(batch.rows):
        return [(row, answer.words) for row, answer in zip(batch.rows, batch.each, strict=True)]
    body = batch.asked.reply.body if batch.asked.reply and batch.asked.well else batch.asked.words
    return [(batch.asked.body.beginning(SAMPLE_LENGTH), body)]
