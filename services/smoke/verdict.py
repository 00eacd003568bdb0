"""Judges what was measured: pure, so that the same measurements always give the same evidence."""

import math

from services.release.model import CheckResult, Evidence, Verdict
from services.smoke.form import CaseForm, ExpectForm
from services.smoke.measurements import Batch, Measurements
from services.smoke.metrics import REFERENCES, Measured, answered, metric_named
from services.smoke.rules import Against, Number, Rule, StatusClass
from services.smoke.statistics import percentile
from services.smoke.suite import Check, SmokeSuite

SAMPLE_PAIRS = 5
SAMPLE_LENGTH = 500
SEEN_LENGTH = 200
ROUNDING = 1e-9
"""Slack of a comparison: 0.3 written as 30% is 0.30000000000000004 as a float."""

_GRAVEST_FIRST = (Verdict.FAILED, Verdict.ERRORED, Verdict.INCONCLUSIVE)


def judge(suite: SmokeSuite, seen: Measurements, endpoint: str, config: str) -> Evidence:
    """Hold every rule and case of the suite against what was seen of the endpoint under this EndpointConfig."""
    checks = tuple(_check(check, seen) for check in suite.checks) + tuple(
        _case(case, batch) for case, batch in zip(suite.cases, seen.cases, strict=True)
    )
    return Evidence(
        suite=suite.name,
        suite_digest=suite.digest,
        endpoint=endpoint,
        config=config,
        verdict=overall(checks),
        checks=checks,
        requests_sent=seen.requests_sent,
        latency_ms=_latency(seen),
        sample=_sample(seen),
        started_at=seen.started_at,
        seconds=round(seen.seconds, 3),
    )


def overall(checks: tuple[CheckResult, ...]) -> Verdict:
    """Return the gravest verdict among the blocking checks; a suite that checks nothing decides nothing."""
    verdicts = {check.verdict for check in checks if check.blocking}
    if not verdicts:
        return Verdict.INCONCLUSIVE
    return next((verdict for verdict in _GRAVEST_FIRST if verdict in verdicts), Verdict.PASSED)


def _check(check: Check, seen: Measurements) -> CheckResult:
    rule = check.rule
    metric = metric_named(rule.metric)
    if metric is None:
        raise ValueError(f"a suite was loaded with the unknown metric {rule.metric}")
    reading = metric.read(seen)
    if not isinstance(reading, Measured):
        return CheckResult(rule.metric, reading.verdict, reading.why[:SEEN_LENGTH], _wanted(rule, seen), check.blocking)
    verdict = Verdict.PASSED if _holds(rule, reading.value, seen) else Verdict.FAILED
    words = reading.words or metric.unit.words(reading.value)
    return CheckResult(rule.metric, verdict, words[:SEEN_LENGTH], _wanted(rule, seen), check.blocking)


def _holds(rule: Rule, value: float, seen: Measurements) -> bool:
    if isinstance(rule.bound, StatusClass):
        return rule.op.holds(value // 100, rule.bound.hundreds)
    bound = _bound(rule.bound, seen)
    same = math.isclose(value, bound, rel_tol=ROUNDING, abs_tol=ROUNDING)
    return rule.op.holds(bound if same else value, bound)


def _bound(bound: Number | Against, seen: Measurements) -> float:
    if isinstance(bound, Number):
        return bound.scaled
    return REFERENCES[bound.reference](seen) * bound.factor + (bound.offset.scaled if bound.offset else 0.0)


def _wanted(rule: Rule, seen: Measurements) -> str:
    if not isinstance(rule.bound, Against):
        return rule.wanted
    return f"{rule.op.value} {_bound(rule.bound, seen):g} ({rule.bound.text})"


def _case(case: CaseForm, batch: Batch) -> CheckResult:
    rule = _expectation(case.expect)
    if lost := answered(batch):
        return CheckResult(case.name, lost.verdict, lost.why[:SEEN_LENGTH], rule)
    values = batch.values
    right = len(values) == len(case.rows) and all(_meets(value, case.expect) for value in values)
    words = ", ".join(f"{value:.3g}" for value in values) or "no answer"
    return CheckResult(case.name, Verdict.PASSED if right else Verdict.FAILED, words[:SEEN_LENGTH], rule)


def _meets(value: float, expect: ExpectForm) -> bool:
    low, high = expect.range or (-math.inf, math.inf)
    inside = math.isfinite(value) and low <= value <= high
    return inside and (expect.below is None or value < expect.below) and (expect.above is None or value > expect.above)


def _expectation(expect: ExpectForm) -> str:
    parts = [f"in [{expect.range[0]:g}, {expect.range[1]:g}]"] if expect.range else []
    parts += [f"> {expect.above:g}"] if expect.above is not None else []
    parts += [f"< {expect.below:g}"] if expect.below is not None else []
    return " and ".join(parts)


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
    values = batch.values
    if len(values) == len(batch.rows):
        return [(row, f"{value:.6g}") for row, value in zip(batch.rows, values, strict=True)]
    body = batch.asked.reply.body if batch.asked.reply and batch.asked.well else batch.asked.words
    return [(batch.asked.body, body)]
