"""Asks what a suite wants to know, a slice at a time, and reads the notebook as measurements."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import groupby

from services.ports import Clock, Invoker
from services.smoke.asking import Asker, Limits, Slice, Target
from services.smoke.measurements import Asked, Batch, Beside, Measurements, NoAnswer, Trial
from services.smoke.notebook import NOTHING_KNOWN, Answer, Background, Notebook
from services.smoke.questions import Manner, Question, data_rows, golden_rows, questions
from services.smoke.readings import NO_PROD, Missing
from services.smoke.suite import SmokeSuite
from services.smoke.tables import Table
from services.smoke.wire import NOTHING, Body

SLICE_SECONDS = 5.0
"""How long is asked before what was seen is kept."""
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
    """Return all that a run asks."""
    return questions(suite, prod=suite.asks_prod and isinstance(notebook.background.prod, str))


def is_finished(suite: SmokeSuite, notebook: Notebook) -> bool:
    """Say whether a run has nothing more to ask, or may not."""
    return not any(map(notebook.is_open, plan(suite, notebook)))


def limits(suite: SmokeSuite) -> Limits:
    """Return what asking the endpoint under test may cost."""
    return Limits(suite.form.budget.seconds, suite.form.budget.requests)


def limits_of_prod(suite: SmokeSuite) -> Limits:
    """Return what asking prod beside it may cost: the data, the load, and one to warm up before each at the worst."""
    return Limits(suite.form.budget.seconds_of_prod, 1 + 2 * suite.form.prod.requests)


def go_on(
    suite: SmokeSuite, subject: Subject, notebook: Notebook, clock: Clock, seconds: float = SLICE_SECONDS
) -> Notebook:
    """Ask what the notebook has no answer to, for so many seconds, and return it with what was answered.

    What cannot be asked or is not answered stands in it as such; no port error is raised.
    """
    until, prod = Slice(clock, seconds), notebook.background.prod
    target = Target(subject.invoker, subject.endpoint, suite.contract)
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
    crowd = [question for question in planned if question.manner is Manner.TOGETHER]
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
        crowd=tuple(_batch(suite, asked, question.key, question.rows) for question in crowd),
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
    return Beside(_batch(suite, asked, "prod:data", data_rows(suite)), _series(asked, "prod:timed:"))
