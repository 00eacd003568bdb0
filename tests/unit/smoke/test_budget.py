"""A run ends, whatever the endpoint does."""

from threading import Event, active_count

import pytest
from fakes.polling import until
from fakes.predicting import FakeInvoker, TickingClock, well

from services.ports import Reply
from services.release.model import CheckResult, Evidence, Verdict
from services.smoke import DEFAULT, SmokeSuite, Subject, run
from services.smoke.loading import DEFAULT_FORM, built_in


def within(seconds: float) -> SmokeSuite:
    budget = DEFAULT_FORM.budget.model_copy(update={"seconds": seconds})
    return built_in(DEFAULT_FORM.model_copy(update={"budget": budget}))


def budget_of(evidence: Evidence) -> list[CheckResult]:
    return [check for check in evidence.checks if check.name == "budget"]


def test_an_endpoint_that_is_too_slow_fails_with_what_was_seen() -> None:
    invoker = FakeInvoker()
    evidence = run(DEFAULT, Subject(invoker, "endpoint", "config"), TickingClock(step=0.3))
    assert evidence.verdict is Verdict.FAILED
    (check,) = budget_of(evidence)
    assert (check.verdict, check.blocking, check.bound) == (Verdict.FAILED, True, 70)
    assert check.value is not None
    assert 0 < check.value < 70
    assert check.seen.startswith(f"{check.value:g} of 70 requests answered in 20 s (half of them within 5 ms, the slow")
    assert check.rule == "all 70 within 20 s"
    undecided = [check.seen for check in evidence.checks if check.verdict is Verdict.INCONCLUSIVE]
    assert undecided
    assert all(seen.endswith("not asked: the 20 s of this run were up") for seen in undecided)


def test_an_endpoint_that_is_fast_enough_has_no_such_check() -> None:
    evidence = run(DEFAULT, Subject(FakeInvoker(), "endpoint", "config"), TickingClock())
    assert budget_of(evidence) == []
    assert (evidence.allowed_requests, evidence.allowed_seconds) == (1000, 20.0)


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
        assert any("0.2 s of this run were up" in check.seen for check in evidence.checks)
        # One that never answered was not reached, as far as anybody can tell; one that stopped answering is too slow.
        assert evidence.verdict is (Verdict.ERRORED if hangs_at == 1 else Verdict.FAILED)
        assert [check.value for check in budget_of(evidence)] == [hangs_at - 1] * (hangs_at > 1)
    finally:
        released.set()
    until(lambda: active_count() <= before, "no thread left")


def test_a_bug_of_ours_is_not_taken_for_an_answer() -> None:
    def answer(body: str, content_type: str) -> Reply:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(DEFAULT, Subject(FakeInvoker(answer), "endpoint", "config"), TickingClock())
