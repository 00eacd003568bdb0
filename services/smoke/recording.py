"""The whole of a run as one document: every number and rule, the rows, and a sample of what was sent. Pure."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from services.release.record import EvidenceRecord, Exchange, RowAnswers, Task
from services.smoke.measure import Subject, measured, plan
from services.smoke.measurements import Batch, Measurements
from services.smoke.notebook import Notebook
from services.smoke.questions import Question
from services.smoke.readings import Missing
from services.smoke.rules import Number, Rule
from services.smoke.suite import SmokeSuite
from services.smoke.verdict import judge

MOST_EXCHANGES = 40
MOST_OF_A_KIND = 2
MOST_FAILED = 12
LONGEST_TEXT = 2000
_LATENCIES = ("latency.p95", "latency.p50", "latency.max")
"""The rules on latency, in the order in which one is taken for the budget that people see."""


@dataclass(frozen=True, slots=True)
class About:
    """What a record is the record of, in the words of its release; the fields are those of EvidenceRecord."""

    name: str
    release_id: str
    model: str
    stage: str
    package_arn: str
    sluice_version: str


def record_of(suite: SmokeSuite, subject: Subject, notebook: Notebook, about: About) -> EvidenceRecord:
    """Judge a finished run and return its record; the evidence in it names the record, but not its digest."""
    # One after the other: the numbers of 2,000 rows of a thousand are held once, not twice.
    evidence = judge(suite, subject, notebook)
    seen = measured(suite, notebook)
    budget, task = _latency_budget(suite), suite.contract.task
    return EvidenceRecord(
        name=about.name,
        release_id=about.release_id,
        model=about.model,
        stage=about.stage,
        package_arn=about.package_arn,
        evidence=replace(evidence, record=about.name),
        rules=tuple(check.rule.text for check in suite.checks),
        task=task,
        threshold=suite.wire.threshold if task is Task.BINARY else None,
        bounds=suite.contract.reply.bounds,
        latencies_ms=seen.latencies,
        prod_latencies_ms=() if isinstance(prod := seen.on_prod(), Missing) else prod.latencies,
        latency_budget_of=budget[0],
        latency_budget_ms=budget[1],
        rows=tuple(_rows(seen)),
        exchanges=tuple(_exchanges(suite, subject, notebook)),
        sluice_version=about.sluice_version,
        columns=suite.contract.columns or (suite.canary.columns if suite.canary else ()),
    )


def _latency_budget(suite: SmokeSuite) -> tuple[str, float | None]:
    """Return the percentile and the milliseconds of the rule that gives latency an absolute bound, if there is one."""
    bounds = {check.rule.metric: check.rule.bound for check in suite.checks if _is_upper(check.rule)}
    for metric in _LATENCIES:
        bound = bounds.get(metric)
        if isinstance(bound, Number):
            return metric.removeprefix("latency."), bound.scaled
    return "", None


def _is_upper(rule: Rule) -> bool:
    return rule.op.value.startswith("<") and isinstance(rule.bound, Number)


def _rows(seen: Measurements) -> Iterator[RowAnswers]:
    rows = seen.data.rows
    ours = _answers(seen.data)
    theirs = _nothing(rows) if isinstance(seen.prod, Missing) else _answers(seen.prod.data)
    truths = seen.labels or ("",) * len(rows)
    for row, (score, decided), (prod_score, prod_decided), truth in zip(rows, ours, theirs, truths, strict=True):
        yield RowAnswers(row, score, decided, prod_score, prod_decided, truth)


def _answers(batch: Batch) -> list[tuple[float | None, str]]:
    """Return score and class of each row; nothing where the answers cannot be told apart by row."""
    if len(batch.each) != len(batch.rows):
        return _nothing(batch.rows)
    return [(each.score if math.isfinite(each.score) else None, each.decided) for each in batch.each]


def _nothing(rows: tuple[str, ...]) -> list[tuple[float | None, str]]:
    return [(None, "")] * len(rows)


def _exchanges(suite: SmokeSuite, subject: Subject, notebook: Notebook) -> Iterator[Exchange]:
    """Yield a sample: what went wrong first, and the first requests of each kind, in the order they were sent."""
    asked = [(question, notebook.asked(question)) for question in plan(suite, notebook)]
    sent = [(question, seen) for question, seen in asked if seen.nothing is None or not seen.nothing.not_sent]
    failed = [question.key for question, seen in sent if not seen.well and _kind(question) != "reject"]
    wanted = {*failed[:MOST_FAILED], *_first_of_each_kind(question for question, _seen in sent)}
    for question, seen in [pair for pair in sent if pair[0].key in wanted][:MOST_EXCHANGES]:
        whom = str(notebook.background.prod) if question.of_prod else subject.endpoint
        answered = seen.reply.body if seen.reply else seen.nothing.why if seen.nothing else ""
        ms = seen.reply.ms if seen.reply else 0.0
        yield Exchange(whom, question.body.beginning(LONGEST_TEXT), seen.status, answered[:LONGEST_TEXT], ms)


def _first_of_each_kind(asked: Iterable[Question]) -> Iterator[str]:
    so_far: Counter[str] = Counter()
    for question in asked:
        so_far[_kind(question)] += 1
        if so_far[_kind(question)] <= MOST_OF_A_KIND:
            yield question.key


def _kind(question: Question) -> str:
    """Return a question's key without what tells it from the others of its kind: `timed`, `case:changed`, `reject`."""
    return "reject" if question.key.startswith("reject:") else re.sub(r":[0-9]+", "", question.key)
