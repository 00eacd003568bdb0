"""Prod itself is asked gently: one request at a time, with gaps, and no more of the load than prod is ever asked."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import Lock

import pytest
from fakes.predicting import FakeInvoker, TickingClock, well

from services.ports import Reply
from services.release.model import Evidence, Verdict
from services.smoke import Background, Extent, Missing, SmokeSuite, Subject, run
from services.smoke.form import SuiteForm
from services.smoke.loading import built_in
from services.smoke.questions import Manner, questions

FORM = SuiteForm.model_validate(
    {
        "suite": "heavy",
        "payload": ["3,0,22,1,0,7.25,2", "1,1,38,1,0,71.2833,0"],
        "load": {"requests": 900, "concurrency": 8, "warmup": 5},
        "prod": {"requests": 30, "per_second": 20},
        "block": [
            "reply.rows == sent",
            "load.differ == 0",
            "error.rate == 0%",
            "latency.p95 <= 50ms",
            "flipped <= 30%",
        ],
        "reject": {"letters": {"body": "a,b,c,d,e,f,g"}},
    }
)
GENTLE = replace(built_in(FORM), extent=Extent.GENTLE)
ITSELF = Background(prod=Missing(Verdict.SKIPPED, "this is prod itself"))
ASKED = 1 + 1 + 1 + 2 + 5 + 30
"""The payload, the refusal, the payload again, its rows alone, the warming up, and the load that prod allows."""


@dataclass
class Busy:
    """Answers, and keeps how many requests it had at once."""

    now: int = 0
    most: int = 0
    _lock: Lock = field(default_factory=Lock)

    def __call__(self, body: str, content_type: str) -> Reply:
        with self._counted():
            return well(body, content_type)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        yield
        with self._lock:
            self.now -= 1


def judged(suite: SmokeSuite, invoker: FakeInvoker, step: float = 0.0) -> Evidence:
    return run(suite, Subject(invoker, "prod", "config-1", ITSELF), TickingClock(step))


def test_prod_itself_is_asked_one_request_at_a_time_with_gaps(waits: list[float]) -> None:
    busy = Busy()
    invoker = FakeInvoker(busy)
    evidence = judged(GENTLE, invoker)
    assert busy.most == 1
    assert len(invoker.asked) == evidence.requests_sent == ASKED
    assert waits == [pytest.approx(1 / 20)] * (ASKED - 1)
    assert evidence.verdict is Verdict.PASSED


def test_what_takes_many_at_once_is_skipped_and_all_else_is_decided(waits: list[float]) -> None:
    checks = {check.name: check for check in judged(GENTLE, FakeInvoker()).checks}
    skipped = {name: check.seen for name, check in checks.items() if check.verdict is Verdict.SKIPPED}
    assert skipped == {"load.differ": "prod itself is asked one request at a time", "flipped": "this is prod itself"}
    assert checks["error.rate"].seen == "0% of 30"
    assert {check.verdict for name, check in checks.items() if name not in skipped} == {Verdict.PASSED}


def test_the_gaps_are_no_time_of_the_endpoints(waits: list[float]) -> None:
    """It may take its 20 s for 40 requests, and 2 s more in which it is left alone."""
    assert judged(GENTLE, FakeInvoker()).allowed_seconds == 20.0 + ASKED / 20
    slow = replace(GENTLE, form=FORM.model_copy(update={"prod": FORM.prod.model_copy(update={"per_second": 0.5})}))
    assert judged(slow, FakeInvoker()).allowed_seconds == 20.0 + ASKED * 2
    assert judged(GENTLE, FakeInvoker(), step=0.3).verdict is Verdict.FAILED


def test_a_small_load_is_not_made_larger() -> None:
    few = FORM.model_copy(update={"load": FORM.load.model_copy(update={"requests": 20})})
    timed = [q for q in questions(replace(GENTLE, form=few), prod=False) if q.manner is Manner.TIMED]
    assert len(timed) == 20


def test_no_extent_asks_more_than_the_whole() -> None:
    plans = {extent: questions(replace(GENTLE, extent=extent), prod=False) for extent in Extent}
    assert len(plans[Extent.LIGHT]) < len(plans[Extent.GENTLE]) < len(plans[Extent.WHOLE]) == ASKED + 870
    assert not [q for q in plans[Extent.GENTLE] if q.manner is Manner.TOGETHER]
