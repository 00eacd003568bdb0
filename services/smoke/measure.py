"""Asks everything that a suite wants to know, in a fixed order: what decides first, load last."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import cycle, islice

from services.ports import Clock, Invoker
from services.smoke.asking import Asker, Target
from services.smoke.measurements import Asked, Batch, Beside, Measurements, NoAnswer, Trial
from services.smoke.readings import NO_PACKAGE, NO_PROD, Missing
from services.smoke.suite import SmokeSuite
from services.smoke.wire import NOTHING, Wire

SINGLES = 20
"""Rows sent alone to be compared with the same rows in a batch."""
TIMED = 20
"""Least requests sent one at a time; percentiles of fewer say nothing."""
ROUNDING = 1e-9
PRODS_SHARE = 0.5
"""Of the budget's seconds: a prod that hangs must leave time to judge the endpoint under test."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is tested: an endpoint, seen to serve `config`; and what it is compared with.

    `prod` is the name of the prod endpoint, `registry` what training registered of the version (metric to number);
    where there is no such thing, why, and what that makes of a rule about it.
    """

    invoker: Invoker
    endpoint: str
    config: str
    prod: str | Missing = NO_PROD
    registry: Mapping[str, float] | Missing = NO_PACKAGE


def measure(suite: SmokeSuite, subject: Subject, clock: Clock) -> Measurements:
    """Ask an endpoint all that the suite needs, and prod what is compared with it, within the suite's budget.

    What could not be asked or was not answered stands in the result as such; no port error is raised.
    """
    with ExitStack() as stack:
        target = Target(subject.invoker, subject.endpoint, suite.contract)
        asker = stack.enter_context(Asker(target, suite.form.budget, suite.form.load.concurrency, clock))
        prod = subject.prod if isinstance(subject.prod, Missing) else _prod_asker(suite, subject, subject.prod, clock)
        if isinstance(prod, Asker):
            stack.enter_context(prod)
        return _measured(suite, asker, prod if suite.asks_prod else NO_PROD, subject.registry)


def _prod_asker(suite: SmokeSuite, subject: Subject, prod: str, clock: Clock) -> Asker:
    gentle, budget = suite.form.prod, suite.form.budget
    allowed = {"seconds": budget.seconds * PRODS_SHARE, "requests": gentle.requests + 1}
    target = Target(subject.invoker, prod, suite.contract, gap=1 / gentle.per_second)
    return Asker(target, budget.model_copy(update=allowed), 1, clock)


def _measured(
    suite: SmokeSuite, asker: Asker, prod: Asker | Missing, registry: Mapping[str, float] | Missing
) -> Measurements:
    rows = suite.canary.rows if suite.canary else suite.form.payload
    ask = partial(_batch, suite.wire, asker)
    payload = ask(suite.form.payload)
    data = ask(rows) if suite.canary else payload
    cases = tuple(Trial(ask(case.rows), ask(case.changed)) for case in suite.cases)
    golden = ask(suite.golden.rows if suite.golden else ())
    rejects = {name: asker.one(sent.body, sent.content_type) for name, sent in suite.rejects.items()}
    again, singles = ask(rows), tuple(ask((row,)) for row in rows[:SINGLES])
    of_prod = prod if isinstance(prod, Missing) else _batch(suite.wire, prod, rows)
    timed, crowd, timed_prod = _load(suite, asker, rows, None if isinstance(prod, Missing) else prod)
    return Measurements(
        payload=payload,
        data=data,
        again=again,
        singles=singles,
        golden=golden,
        cases=cases,
        rejects=rejects,
        timed=timed,
        load=timed + crowd,
        started_at=asker.started_at,
        seconds=asker.seconds,
        requests_sent=asker.sent + (0 if isinstance(prod, Missing) else prod.sent),
        per_row=suite.contract.reply.per_row,
        bounds=suite.contract.reply.bounds,
        labels=suite.canary.answers if suite.canary else (),
        threshold=suite.form.canary.threshold if suite.form.canary else 0.5,
        golden_answers=suite.golden.answers if suite.golden else (),
        prod=of_prod if isinstance(of_prod, Missing) else Beside(of_prod, timed_prod),
        registry=registry,
        seed=suite.digest,
    )


def _batch(wire: Wire, asker: Asker, rows: tuple[str, ...]) -> Batch:
    if not rows:
        return Batch((), Asked("", nothing=NoAnswer("the suite has none", not_sent=True)))
    asked = asker.one(wire.body(rows))
    return Batch(rows, asked, wire.answers(asked.reply.body) if asked.reply and asked.well else NOTHING)


def _load(
    suite: SmokeSuite, asker: Asker, rows: Sequence[str], prod: Asker | None
) -> tuple[tuple[Asked, ...], tuple[Asked, ...], tuple[Asked, ...]]:
    """Send the load: one at a time for latency, in turn with prod; then together, as a busy client distorts time."""
    wanted = suite.form.load
    bodies = [suite.wire.body((row,)) for row in islice(cycle(rows), wanted.requests)]
    for body in bodies[: wanted.warmup]:
        asker.one(body)
    alone = max(TIMED, wanted.requests // 3)
    timed, beside = [], []
    for index, body in enumerate(bodies[:alone]):
        timed.append(asker.one(body))
        if prod is not None and _is_prods_turn(index, alone, suite.form.prod.requests):
            beside.append(prod.one(body))
    return tuple(timed), asker.many(bodies[alone:]), tuple(beside)


def _is_prods_turn(index: int, asked: int, wanted: int) -> bool:
    """Spread what prod is asked evenly over what the endpoint under test is asked."""
    share = min(1.0, wanted / asked)
    return int((index + 1) * share + ROUNDING) > int(index * share + ROUNDING)
