"""A run ends, whatever the endpoint does."""

from threading import Event, active_count

import pytest
from fakes.predicting import FakeInvoker, TickingClock, well

from services.ports import Reply
from services.release.model import Verdict
from services.smoke import DEFAULT, SmokeSuite, Subject, run
from services.smoke.suite import DEFAULT_FORM, built_in


def within(seconds: float) -> SmokeSuite:
    budget = DEFAULT_FORM.budget.model_copy(update={"seconds": seconds})
    return built_in(DEFAULT_FORM.model_copy(update={"budget": budget}))


def test_time_that_is_up_leaves_the_rest_undecided() -> None:
    invoker = FakeInvoker()
    evidence = run(DEFAULT, Subject(invoker, "endpoint", "config"), TickingClock(step=1.0))
    assert evidence.verdict is Verdict.INCONCLUSIVE
    assert 0 < len(invoker.asked) < 20
    assert "not asked: the 20 s of this run were up" in {check.seen for check in evidence.checks}


@pytest.mark.parametrize("hangs_at", [1, 2, 12, 50])
def test_an_endpoint_that_never_answers_does_not_hold_the_run(hangs_at: int) -> None:
    released = Event()
    invoker = FakeInvoker()

    def answer(body: str, content_type: str) -> Reply:
        if len(invoker.asked) >= hangs_at:
            released.wait()
        return well(body, content_type)

    invoker.answer = answer
    before = active_count()
    try:
        evidence = run(within(0.2), Subject(invoker, "endpoint", "config"), TickingClock())
        assert evidence.verdict in {Verdict.ERRORED, Verdict.INCONCLUSIVE}
        assert any("0.2 s of this run were up" in check.seen for check in evidence.checks)
    finally:
        released.set()
    assert active_count() <= before + 4


def test_a_bug_of_ours_is_not_taken_for_an_answer() -> None:
    def answer(body: str, content_type: str) -> Reply:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(DEFAULT, Subject(FakeInvoker(answer), "endpoint", "config"), TickingClock())
