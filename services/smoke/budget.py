"""What a run may cost, and what it means when that was not enough. Pure."""

from services.release.model import CheckResult, Verdict
from services.smoke.measure import SLICE_SECONDS, limits, limits_of_prod, plan
from services.smoke.notebook import Notebook
from services.smoke.questions import questions
from services.smoke.statistics import percentile
from services.smoke.suite import SmokeSuite

NAME = "budget"


def allowed_requests(suite: SmokeSuite, notebook: Notebook) -> int:
    """Return how many requests a run may send, those to prod included where it is asked."""
    beside = limits_of_prod(suite).requests if _asks_prod(suite, notebook) else 0
    return limits(suite).requests + beside


def allowed_seconds(suite: SmokeSuite, notebook: Notebook) -> float:
    """Return how long a run may ask, prod included where it is asked."""
    beside = limits_of_prod(suite).seconds if _asks_prod(suite, notebook) else 0.0
    return limits(suite).seconds + beside


def _asks_prod(suite: SmokeSuite, notebook: Notebook) -> bool:
    return any(question.of_prod for question in plan(suite, notebook))


def overdrawn(suite: SmokeSuite) -> str:
    """Say by how much a suite asks for more requests than its budget allows; empty where it keeps within.

    Golden records that a package would bring are counted, and what warms the endpoint up again after each pause.
    """
    allowed, asked = suite.form.budget, len(questions(suite, prod=False)) + suite.asks_golden
    pauses = int((allowed.seconds + allowed.seconds_of_prod) / SLICE_SECONDS)
    if asked + pauses <= allowed.requests:
        return ""
    return f"the suite sends {asked} requests, {pauses} more after pauses; budget.requests allows {allowed.requests}"


def judge_budget(suite: SmokeSuite, notebook: Notebook) -> tuple[CheckResult, ...]:
    """Return a blocking failure if the endpoint under test was too slow for the suite, else nothing.

    It was too slow if its own time was used up while it did answer. One that never answered was not reached, as far as
    anybody can tell from here, and what it was asked is Errored; where the requests were used up, nothing is
    said of its speed. The time that prod took is not counted.
    """
    asked = [question for question in plan(suite, notebook) if not question.of_prod]
    replies, allowed = notebook.answered(asked), limits(suite)
    if notebook.spent.over != allowed.time_is_up or not replies:
        return ()
    times = [reply.ms for reply in replies]
    seen = (
        f"{len(replies)} of {len(asked)} requests answered in {allowed.seconds:g} s"
        f" (half of them within {percentile(times, 0.5):.0f} ms, the slowest after {max(times):.0f} ms)"
    )
    rule = f"all {len(asked)} within {allowed.seconds:g} s"
    return (CheckResult(NAME, Verdict.FAILED, seen, rule, value=float(len(replies)), bound=float(len(asked))),)
