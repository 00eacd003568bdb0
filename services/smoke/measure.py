"""Asks what a suite wants to know, a slice at a time, and reads the notebook as measurements."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import groupby

from services.ports import Clock, Invoker
from services.release.model import Verdict
from services.smoke.asking import Asker, Limits, Slice, Target
from services.smoke.measurements import Asked, Batch, Beside, Measurements, NoAnswer, Trial
from services.smoke.notebook import NOTHING_KNOWN, Answer, Background, Notebook
from services.smoke.questions import (
    PRODS_DATA,
    PRODS_DATA_AGAIN,
    Manner,
    Question,
    data_rows,
    golden_rows,
    questions,
)
from services.smoke.readings import NO_PROD, Missing
from services.smoke.suite import Extent, SmokeSuite
from services.smoke.tables import Table
from services.smoke.wire import NOTHING, Body

SLICE_SECONDS = 5.0
"""How long is asked before what was seen is kept."""
NONE_TOGETHER = Missing(Verdict.INCONCLUSIVE, "load.requests leaves none to be sent together")
PROD_IN_TURN = Missing(Verdict.SKIPPED, "prod itself is asked one request at a time")
NOT_PLANNED = Asked(Body(), nothing=NoAnswer("a light run does not ask it", not_sent=True))


@dataclass(frozen=True, slots=True)
class Subject:
    """What is tested: an endpoint, seen to serve `config`; and what is known of it and of prod."""

    invoker: Invoker
    endpoint: str
    config: str
    background: Background = NOTHING_KNOWN


def begin(suite: SmokeSuite, background: Background, clock: Clock) -> Notebook:
    """Return the notebook of a run that has asked nothing yet."""
    return Notebook(suite.digest, background, clock.now())


def plan(suite: SmokeSuite, notebook: Notebook) -> tuple[Question, ...]:
    """Return all that a run asks, as far as can be told from what it was answered."""
    prod = suite.asks_prod and isinstance(notebook.background.prod, str)

    def readable(question: Question, body: str) -> bool:
        return len(suite.wire.answers(body).each) == len(question.rows)

    return tuple(each for each in questions(suite, prod=prod) if notebook.wants(each, readable))


def is_finished(suite: SmokeSuite, notebook: Notebook) -> bool:
    """Say whether a run has nothing more to ask, or may not."""
    return not any(map(notebook.is_open, plan(suite, notebook)))


def limits(suite: SmokeSuite) -> Limits:
    """Return what asking the endpoint under test may cost; the gaps that it is left are no time of its own."""
    allowed, gaps = suite.form.budget, gap(suite) * len(questions(suite, prod=False))
    return Limits(allowed.seconds + gaps, allowed.requests)


def gap(suite: SmokeSuite) -> float:
    """Return the least seconds between two requests to the endpoint under test."""
    return 1 / suite.form.prod.per_second if suite.extent is Extent.GENTLE else 0.0


def limits_of_prod(suite: SmokeSuite) -> Limits:
    """Return what asking prod beside it may cost: the data twice, the load, and one to warm up before each of it."""
    return Limits(suite.form.budget.seconds_of_prod, 2 + 2 * suite.form.prod.requests)


def go_on(
    suite: SmokeSuite, subject: Subject, notebook: Notebook, clock: Clock, seconds: float = SLICE_SECONDS
) -> Notebook:
    """Ask what the notebook has no answer to, for so many seconds, and return it with what was answered.

    What cannot be asked or is not answered stands in it as such; no port error is raised.
    """
    until, prod = Slice(clock, seconds), notebook.background.prod
    target = Target(subject.invoker, subject.endpoint, suite.contract, gap(suite))
    beside = Target(subject.invoker, str(prod), suite.contract, gap=1 / suite.form.prod.per_second)
    with ExitStack() as stack:
        asker = stack.enter_context(Asker(target, limits(suite), notebook.spent, clock, until))
        of_prod = stack.enter_context(Asker(beside, limits_of_prod(suite), notebook.spent_on_prod, clock, until))
        left = [question for question in plan(suite, notebook) if notebook.is_open(question)]
        answers = dict(_answers(suite, left, asker, of_prod))
        return notebook.with_more(answers, asker.spent, of_prod.spent)


def _answers(suite: SmokeSuite, left: list[Question], asker: Asker, of_prod: Asker) -> Iterator[tuple[str, Answer]]:
    """Ask question after question, and those meant to go together together, until the slice is over."""
    for together, group in groupby(left, lambda question: question.manner is Manner.TOGETHER):
        if together:
            yield from asker.many(list(group), suite.form.load.concurrency).items()
            continue
        for question in group:
            whom = of_prod if question.of_prod else asker
            answer = whom.one(question)
            if answer is not None:
                yield question.key, answer
            elif whom.spent.over is None:
                return


def measured(suite: SmokeSuite, notebook: Notebook) -> Measurements:
    """Read what a run has seen."""
    planned = plan(suite, notebook)
    asked = {question.key: notebook.asked(question) for question in planned}
    rows = data_rows(suite)
    payload = _batch(suite, asked, "payload", suite.form.payload)
    data = _batch(suite, asked, "data", rows) if suite.canary else payload
    return Measurements(
        payload=payload if suite.form.payload else data,
        data=data,
        again=_batch(suite, asked, "again", rows),
        singles=tuple(
            _batch(suite, asked, f"single:{at}", (row,)) for at, row in enumerate(rows) if f"single:{at}" in asked
        ),
        golden=_golden(suite, asked, notebook.background.golden),
        cases=_trials(suite, asked),
        rejects={name: asked[f"reject:{name}"] for name in suite.rejects},
        timed=_series(asked, "timed:"),
        crowd=_crowd(suite, asked, planned),
        reply=suite.contract.reply,
        labels=suite.canary.labels if suite.canary else (),
        blanks=_batch(suite, asked, "blanks", suite.blanks.rows),
        blank_columns=suite.blanks.columns,
        golden_labels=suite.golden.labels if suite.golden else (),
        prod=_beside(suite, asked, notebook.background.prod),
        registry=notebook.background.registry,
        seed=suite.digest,
    )


def _batch(suite: SmokeSuite, asked: dict[str, Asked], key: str, rows: tuple[str, ...]) -> Batch:
    if not rows:
        return Batch((), Asked(Body(), nothing=NoAnswer("the suite has none", not_sent=True)))
    found = asked.get(key, NOT_PLANNED)
    return Batch(rows, found, suite.wire.answers(found.reply.body) if found.reply and found.well else NOTHING)


def _golden(suite: SmokeSuite, asked: dict[str, Asked], of_package: Table | Missing) -> Batch | Missing:
    if suite.golden is None and isinstance(of_package, Missing):
        return of_package
    return _batch(suite, asked, "golden", golden_rows(suite))


def _trials(suite: SmokeSuite, asked: dict[str, Asked]) -> tuple[Trial, ...]:
    return tuple(
        Trial(
            _batch(suite, asked, f"case:{index}", case.rows),
            _batch(suite, asked, f"case:{index}:changed", case.changed),
        )
        for index, case in enumerate(suite.cases)
    )


def _series(asked: dict[str, Asked], begins: str) -> tuple[Asked, ...]:
    return tuple(found for key, found in asked.items() if key.startswith(begins))


def _beside(suite: SmokeSuite, asked: dict[str, Asked], prod: str | Missing) -> Beside | Missing:
    if isinstance(prod, Missing):
        return prod
    if not suite.asks_prod:
        return NO_PROD
    tries = [_batch(suite, asked, key, data_rows(suite)) for key in (PRODS_DATA, PRODS_DATA_AGAIN)]
    # The first good one, or else the first that is an answer: that prod is broken is known of a bad one only.
    data = max(
        tries, key=lambda each: (len(each.each) == len(each.rows), each.asked.well, each.asked.reply is not None)
    )
    return Beside(data, _series(asked, "prod:timed:"))


def _crowd(suite: SmokeSuite, asked: dict[str, Asked], planned: tuple[Question, ...]) -> tuple[Batch, ...] | Missing:
    crowd = [question for question in planned if question.manner is Manner.TOGETHER]
    if crowd:
        return tuple(_batch(suite, asked, question.key, question.rows) for question in crowd)
    return PROD_IN_TURN if suite.extent is Extent.GENTLE else NONE_TOGETHER
