"""Everything that a suite asks, as one fixed list: what decides first, load last. Pure: a resumed run has the same."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import cycle, islice

from services.smoke.suite import Extent, SmokeSuite
from services.smoke.wire import Body

SINGLES = 20
"""Rows sent alone to be compared with the same rows in a batch."""
TIMED = 25
"""Least requests sent one at a time: the 20 that percentiles need, and some that may be answered badly."""
ROUNDING = 1e-9
PRODS_DATA, PRODS_DATA_AGAIN = "prod:data", "prod:data:again"
"""All comparisons rest on this one request, so that one bad answer is not the last word."""


class Manner(Enum):
    """How a question is asked: alone; alone and for its latency, never as the first after a pause; or among others."""

    ALONE = "alone"
    TIMED = "timed"
    TOGETHER = "together"


@dataclass(frozen=True, slots=True)
class Question:
    """One request. `key` is its name in the notebook; no two of a suite have the same.

    `rows` are those in the body whose answers are read; empty where only the status and the time count. An empty
    `content_type` is the contract's. One that stands `in_place_of` another is asked once that was not answered well.
    """

    key: str
    body: Body
    rows: tuple[str, ...] = ()
    content_type: str = ""
    manner: Manner = Manner.ALONE
    of_prod: bool = False
    in_place_of: str = ""


def questions(suite: SmokeSuite, *, prod: bool) -> tuple[Question, ...]:
    """Return all that a run asks, in order; with `prod`, what prod is asked beside the endpoint under test."""
    if suite.extent is Extent.LIGHT:
        return tuple(_of_answers(suite))
    return (*_of_answers(suite), *_of_repeats(suite), *(_of_prod(suite) if prod else ()), *_of_load(suite, prod=prod))


def data_rows(suite: SmokeSuite) -> tuple[str, ...]:
    """Return the canary's rows, or the payload where there is no canary."""
    return suite.canary.rows if suite.canary else suite.form.payload


def golden_rows(suite: SmokeSuite) -> tuple[str, ...]:
    """Return the golden records' rows."""
    return suite.golden.rows if suite.golden else ()


def _of_answers(suite: SmokeSuite) -> Iterator[Question]:
    rows = data_rows(suite)
    yield from _batch(suite, "payload", suite.form.payload)
    if suite.canary:
        yield from _batch(suite, "data", rows)
    for index, case in enumerate(suite.cases):
        yield from _batch(suite, f"case:{index}", case.rows)
        yield from _batch(suite, f"case:{index}:changed", case.changed)
    yield from _batch(suite, "golden", golden_rows(suite))
    yield from _batch(suite, "blanks", suite.blanks.rows)


def _of_repeats(suite: SmokeSuite) -> Iterator[Question]:
    rows = data_rows(suite)
    for name, sent in suite.rejects.items():
        yield Question(f"reject:{name}", Body(plain=sent.body), content_type=sent.content_type)
    yield from _batch(suite, "again", rows)
    for index, row in enumerate(rows[:SINGLES]):
        yield from _batch(suite, f"single:{index}", (row,))


def _of_prod(suite: SmokeSuite) -> Iterator[Question]:
    rows = data_rows(suite)
    yield Question(PRODS_DATA, Body(rows, suite.wire), rows, of_prod=True)
    yield Question(PRODS_DATA_AGAIN, Body(rows, suite.wire), rows, of_prod=True, in_place_of=PRODS_DATA)


def _batch(suite: SmokeSuite, key: str, rows: tuple[str, ...]) -> Iterator[Question]:
    if rows:
        yield Question(key, Body(rows, suite.wire), rows)


def _of_load(suite: SmokeSuite, *, prod: bool) -> Iterator[Question]:
    """Send the load: one at a time for latency, in turn with prod; then together, as a busy client distorts time.

    An endpoint that is asked gently gets no more of it than prod does beside another, and none of it together.
    """
    wanted, gentle = suite.form.load, suite.extent is Extent.GENTLE
    most = min(wanted.requests, suite.form.prod.requests) if gentle else wanted.requests
    rows = tuple(islice(cycle(data_rows(suite)), most))
    bodies = [Body((row,), suite.wire) for row in rows]
    alone = most if gentle else max(TIMED, most // 3)
    yield from (Question(f"warm:{index}", body) for index, body in enumerate(bodies[: wanted.warmup]))
    yield from _timed(bodies[:alone], suite.form.prod.requests if prod else 0)
    for index, row in enumerate(rows[alone:]):
        yield Question(f"crowd:{index}", bodies[alone + index], (row,), manner=Manner.TOGETHER)


def _timed(bodies: Sequence[Body], of_prod: int) -> Iterator[Question]:
    for index, body in enumerate(bodies):
        yield Question(f"timed:{index}", body, manner=Manner.TIMED)
        if _is_prods_turn(index, len(bodies), of_prod):
            yield Question(f"prod:timed:{index}", body, manner=Manner.TIMED, of_prod=True)


def _is_prods_turn(index: int, asked: int, wanted: int) -> bool:
    """Spread what prod is asked evenly over what the endpoint under test is asked."""
    share = min(1.0, wanted / asked)
    return int((index + 1) * share + ROUNDING) > int(index * share + ROUNDING)
