"""What a model package brings to its suite: golden records, and the constraints that training set. Pure."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace

from services.quality import Constraint
from services.release.model import CheckResult, Verdict
from services.smoke.metrics import METRICS, unfit
from services.smoke.notebook import Background
from services.smoke.readings import Missing
from services.smoke.rules import Number, Op, Rule
from services.smoke.suite import Check, SmokeSuite
from services.smoke.tables import Table

SOURCE = "from the package"
"""What the name of a check says of where it comes from."""
OTHERS = f"constraints ({SOURCE})"


def completed(suite: SmokeSuite, known: Background) -> SmokeSuite:
    """Return the suite with what the package of the version under test brings to it.

    Golden records are taken where a rule asks for them and the suite has none of its own. A constraint on a metric that
    the suite can measure on its canary becomes a blocking check; any other is told as skipped. The digest covers it.
    """
    golden = known.golden if suite.asks_golden and isinstance(known.golden, Table) else suite.golden
    checks, told = tuple(_checks(suite, known.constraints)), tuple(_told(suite, known.constraints))
    brought = (golden if suite.asks_golden else None, checks, told)
    if not any(brought):
        return suite
    digest = hashlib.sha256(f"{suite.digest}\0{brought!r}".encode()).hexdigest()
    return replace(suite, golden=golden, checks=suite.checks + checks, told=told, digest=digest)


def _checks(suite: SmokeSuite, constraints: tuple[Constraint, ...] | Missing) -> Iterator[Check]:
    for constraint in () if isinstance(constraints, Missing) else constraints:
        rule = _rule(constraint)
        if not _immeasurable(suite, rule):
            yield Check(rule, blocking=True, source=SOURCE)


def _told(suite: SmokeSuite, constraints: tuple[Constraint, ...] | Missing) -> Iterator[CheckResult]:
    if isinstance(constraints, Missing):
        yield CheckResult(OTHERS, constraints.verdict, constraints.why, "all of them hold")
        return
    for rule in map(_rule, constraints):
        if reason := _immeasurable(suite, rule):
            bound = rule.bound.scaled if isinstance(rule.bound, Number) else None
            yield CheckResult(f"{rule.metric} ({SOURCE})", Verdict.SKIPPED, reason, rule.wanted, bound=bound)


def _rule(constraint: Constraint) -> Rule:
    """Write a constraint as a rule, under our name of the metric where we have one."""
    names = (name for name, metric in METRICS.items() if constraint.metric in metric.registered)
    op = Op.AT_LEAST if constraint.least else Op.AT_MOST
    return Rule(next(names, constraint.metric), op, Number(constraint.threshold))


def _immeasurable(suite: SmokeSuite, rule: Rule) -> str:
    """Say why the suite cannot measure this; empty when it can."""
    metric = METRICS.get(rule.metric)
    if metric is None or metric.needs != "canary":
        return "no suite measures this"
    if suite.canary is None:
        return "the suite has no canary to measure it on"
    return unfit(rule, metric, suite.contract.reply)
