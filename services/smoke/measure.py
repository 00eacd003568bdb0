"""Asks everything that a suite wants to know, in a fixed order: what decides first, load last."""

from collections.abc import Sequence
from itertools import cycle, islice

from services.ports import Clock, Invoker
from services.smoke.asking import Asker, Target
from services.smoke.measurements import Asked, Batch, Measurements, NoAnswer
from services.smoke.suite import SmokeSuite

SINGLES = 20
"""Rows sent alone to be compared with the same rows in a batch."""
TIMED = 20
"""Least requests sent one at a time; percentiles of fewer say nothing."""


def measure(suite: SmokeSuite, invoker: Invoker, endpoint: str, clock: Clock) -> Measurements:
    """Ask an endpoint all that the suite needs, within its budget.

    What could not be asked or was not answered stands in the result as such; no port error is raised.
    """
    with Asker(Target(invoker, endpoint), suite.form.budget, suite.form.load.concurrency, clock) as asker:
        return _measured(suite, asker)


def _measured(suite: SmokeSuite, asker: Asker) -> Measurements:
    rows = suite.canary.rows if suite.canary else suite.form.payload
    payload = _batch(asker, suite.form.payload)
    data = _batch(asker, rows) if suite.canary else payload
    cases = tuple(_batch(asker, case.rows) for case in suite.cases)
    golden = _batch(asker, suite.golden.rows if suite.golden else ())
    rejects = {name: asker.one(sent.body, sent.content_type) for name, sent in suite.rejects.items()}
    again, singles = _batch(asker, rows), tuple(_batch(asker, (row,)) for row in rows[:SINGLES])
    timed, crowd = _load(suite, asker, rows)
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
        requests_sent=asker.sent,
        per_row=suite.contract.reply.per_row,
        bounds=suite.contract.reply.bounds,
        labels=suite.canary.answers if suite.canary else (),
        threshold=suite.form.canary.threshold if suite.form.canary else 0.5,
        golden_answers=suite.golden.answers if suite.golden else (),
    )


def _batch(asker: Asker, rows: tuple[str, ...]) -> Batch:
    if not rows:
        return Batch((), Asked("", nothing=NoAnswer("the suite has none", not_sent=True)))
    return Batch(rows, asker.one("".join(f"{row}\n" for row in rows)))


def _load(suite: SmokeSuite, asker: Asker, rows: Sequence[str]) -> tuple[tuple[Asked, ...], tuple[Asked, ...]]:
    """Send the load: one at a time for latency, then together, as a busy client distorts its own clock."""
    wanted = suite.form.load
    bodies = [f"{row}\n" for row in islice(cycle(rows), wanted.requests)]
    for body in bodies[: wanted.warmup]:
        asker.one(body)
    alone = max(TIMED, wanted.requests // 3)
    return tuple(asker.one(body) for body in bodies[:alone]), asker.many(bodies[alone:])
