"""Each check, on an endpoint that fails it and nothing else."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from fakes.predicting import Answer, FakeInvoker, TickingClock, of_rows, score, well

from services.ports import Reply, SaidNo, Unavailable
from services.release.model import CheckResult, Evidence, Verdict
from services.smoke import DEFAULT, Background, SmokeSuite, Subject, load, run

TITANIC = Path(__file__).parents[3] / "sandbox" / "catalog" / "suites" / "titanic.yaml"
GOOD = "".join(f"{p},{s},30,0,0,{p * 10},2,{s}\n" for p in (1, 2, 3) for s in (0, 1)) * 4
SUITE = """\
suite: all checks
payload: ["3,0,22,1,0,7.25,2", "1,1,38,1,0,71.2833,0"]
canary: {data: canary.csv, label: Survived}
golden: {data: golden.csv, answer: score}
load: {requests: 60, concurrency: 4, warmup: 2}
block:
  - reply.rows == sent
  - reply.outside == 0
  - reply.distinct >= 6
  - repeat.differ == 0
  - batch.differ == 0
  - load.differ == 0
  - error.rate <= 5%
  - latency.p50 <= 10ms
  - latency.p95 <= 20ms
  - latency.max <= 0.1s
  - golden.max_diff <= 0.001
  - auc >= 0.75
  - accuracy >= 75%
cases:
  - name: women first
    rows: ["1,1,38,1,0,71.2833,0"]
    expect: {above: 0.5, range: [0, 1]}
reject:
  letters: {body: "a,b,c,d,e,f,g"}
"""


@pytest.fixture
def suite(tmp_path: Path) -> SmokeSuite:
    header = "Pclass,Sex,Age,SibSp,Parch,Fare,Embarked"
    (tmp_path / "canary.csv").write_text(f"{header},Survived\n{GOOD}")
    row = "2,0,30,0,0,20,2"
    (tmp_path / "golden.csv").write_text(f"{header},score\n{row},{score(row)}\n")
    (tmp_path / "suite.yaml").write_text(SUITE)
    return load(tmp_path / "suite.yaml")


def judged(suite: SmokeSuite, invoker: FakeInvoker) -> Evidence:
    return run(suite, Subject(invoker, "titanic-staging", "config-1"), TickingClock())


def amiss(evidence: Evidence) -> dict[str, CheckResult]:
    return {check.name: check for check in evidence.checks if check.verdict is not Verdict.PASSED}


def test_a_good_endpoint_passes_every_check(suite: SmokeSuite) -> None:
    evidence = judged(suite, FakeInvoker())
    assert evidence.verdict is Verdict.PASSED
    assert {check.verdict for check in evidence.checks} == {Verdict.PASSED}
    words = {check.name: (check.seen, check.rule) for check in evidence.checks}
    assert words["reply.rows"] == ("26", "== 26 (sent)")
    assert words["auc"] == ("1.000", ">= 0.75")
    assert words["latency.p95"] == ("5 ms", "<= 20ms")
    assert words["error.rate"] == ("0% of 60", "<= 5%")
    assert words["women first"] == ("0.857", "in [0, 1] and > 0.5")
    assert words["reject.letters"][0].startswith("HTTP 400: Unable to evaluate payload")
    assert evidence.latency_ms == {"p50": 5, "p95": 5, "max": 5}
    assert (evidence.suite, evidence.suite_digest) == ("all checks", suite.digest)
    assert (evidence.endpoint, evidence.config) == ("titanic-staging", "config-1")
    assert evidence.requests_sent == 2 + 2 + 1 + 1 + 1 + 20 + 2 + 60 - 1
    assert evidence.sample[0] == ("3,0,22,1,0,7.25,2", "0.150725")
    assert len(evidence.sample) == 5


def dropping(body: str, content_type: str) -> Reply:
    """Drop the rows of the third class without a word."""
    return well("\n".join(row for row in body.splitlines() if row[0] in "a12"), content_type)


def unsteady() -> Answer:
    numbers = count()
    return of_rows(lambda row: score(row) + 1e-4 * (next(numbers) % 7))


def batchwise(body: str, content_type: str) -> Reply:
    """Scale by the batch: a row's answer depends on its company."""
    reply = well(body, content_type)
    return Reply(reply.status, reply.body.replace("0.", "0.0") if body.count("\n") == 1 else reply.body, reply.ms)


def mixed_up_in_a_crowd() -> Answer:
    """Answer right until requests come together: 49 single rows come before these."""
    numbers = count()
    crossed = of_rows(lambda row: score(row) + 0.1)
    return lambda body, kind: (crossed if body.count("\n") == 1 and next(numbers) >= 49 else well)(body, kind)


def slow_now_and_then() -> Answer:
    numbers = count()
    return lambda body, kind: Reply(*_of(well(body, kind)), 150.0 if next(numbers) == 40 else 5.0)


def _of(reply: Reply) -> tuple[int, str]:
    return reply.status, reply.body


def five_hundred(body: str, content_type: str) -> Reply:
    reply = well(body, content_type)
    return reply if reply.status == 200 else Reply(500, "Internal Server Error", 1.0)


def failing_in_turn() -> Answer:
    numbers = count()
    return lambda body, kind: (
        Reply(503, "worker died", 1) if body.count("\n") == 1 and next(numbers) > 40 else well(body, kind)
    )


@pytest.mark.parametrize(
    ("answer", "seen"),
    [
        (dropping, {"reply.rows": "17", "reply.distinct": "4", "auc": "16 answers to 24 rows"}),
        (of_rows(lambda _: 0.5), {"reply.distinct": "1", "golden.max_diff": None, "auc": "0.500", "accuracy": "50%"}),
        (of_rows(lambda row: score(row) + 0.01), {"golden.max_diff": "0.010"}),
        (of_rows(lambda row: 1 - score(row)), {"auc": "0.000", "women first": "0.143", "accuracy": "0%"}),
        (of_rows(lambda row: score(row) * 2), {"reply.outside": "13 (the first: 1.71426)"}),
        (of_rows(lambda _: "nan"), {"reply.outside": "26 (the first: nan)", "auc": "0 usable answers to 24 rows"}),
        (of_rows(lambda _: "sorry"), {"women first": "nan", "golden.max_diff": "inf"}),
        (unsteady(), {"repeat.differ": None, "batch.differ": None}),
        (batchwise, {"batch.differ": "20"}),
        (mixed_up_in_a_crowd(), {"load.differ": "35 of 35"}),
        (slow_now_and_then(), {"latency.max": "150 ms"}),
        (lambda body, kind: Reply(*_of(well(body, kind)), 30.0), {"latency.p50": "30 ms", "latency.p95": "30 ms"}),
        (five_hundred, {"reject.letters": "HTTP 500: Internal Server Error"}),
        (lambda _body, _kind: Reply(200, "0.5\n", 1), {"reject.letters": "200", "reply.rows": "2"}),
        (lambda _body, _kind: Reply(204, "", 1), {"reply.rows": "HTTP 204", "error.rate": "100% (HTTP 204)"}),
        (failing_in_turn(), {"error.rate": None}),
    ],
)
def test_what_is_wrong_is_said_with_its_number(suite: SmokeSuite, answer: Answer, seen: dict[str, str | None]) -> None:
    evidence = judged(suite, FakeInvoker(answer))
    found = amiss(evidence)
    assert evidence.verdict is Verdict.FAILED
    for name, words in seen.items():
        assert found[name].verdict is Verdict.FAILED
        assert words is None or found[name].seen == words


@pytest.mark.parametrize(("bad", "verdict"), [(5, Verdict.PASSED), (6, Verdict.INCONCLUSIVE)])
def test_a_few_bad_answers_leave_enough_to_know_the_latency(suite: SmokeSuite, bad: int, verdict: Verdict) -> None:
    numbers = count()

    def now_and_then(body: str, content_type: str) -> Reply:
        return Reply(500, "no memory", 1.0) if next(numbers) in range(35, 35 + bad) else well(body, content_type)

    checks = {check.name: check for check in judged(suite, FakeInvoker(now_and_then)).checks}
    assert checks["latency.p95"].verdict is verdict
    assert checks["error.rate"].seen.startswith(f"{100 * bad / 60:.3g}%")


def test_a_load_without_a_crowd_says_nothing_of_crowds(suite: SmokeSuite) -> None:
    alone = suite.form.model_copy(update={"load": suite.form.load.model_copy(update={"requests": 20})})
    found = amiss(judged(replace(suite, form=alone), FakeInvoker()))
    assert {name: check.verdict for name, check in found.items()} == {"load.differ": Verdict.INCONCLUSIVE}


def test_a_refusal_of_the_container_is_a_failure_and_quoted(suite: SmokeSuite) -> None:
    evidence = judged(suite, FakeInvoker(lambda _body, _kind: Reply(400, "expected: 8, got 7" * 50, 1)))
    assert evidence.verdict is Verdict.FAILED
    assert amiss(evidence)["auc"].verdict is Verdict.FAILED
    assert amiss(evidence)["auc"].seen.startswith("HTTP 400: expected: 8, got 7")
    assert all(len(check.seen) <= 200 for check in evidence.checks)
    assert all(len(part) <= 500 for pair in evidence.sample for part in pair)
    assert evidence.latency_ms == {}


def test_nobody_there_is_an_error_and_nobody_is_asked_again(suite: SmokeSuite) -> None:
    invoker = FakeInvoker(fail=lambda _: Unavailable("could not connect"))
    evidence = judged(suite, invoker)
    assert evidence.verdict is Verdict.ERRORED
    assert len(invoker.asked) == 3
    assert {check.seen for check in evidence.checks if check.name != "error.rate"} == {"could not connect"}


def test_a_missing_endpoint_is_asked_once(suite: SmokeSuite) -> None:
    invoker = FakeInvoker(fail=lambda _: SaidNo("Endpoint titanic-staging of account 1 not found."))
    assert judged(suite, invoker).verdict is Verdict.ERRORED
    assert len(invoker.asked) == 1


def test_one_lost_answer_leaves_its_check_undecided(suite: SmokeSuite) -> None:
    evidence = judged(suite, FakeInvoker(fail=lambda n: Unavailable("throttled") if n == 60 else None))
    assert evidence.verdict is Verdict.ERRORED
    assert amiss(evidence)["error.rate"].seen == "1 of 60 not answered: throttled"


def test_a_rate_of_which_much_is_unknown_is_not_kept_but_may_be_broken(suite: SmokeSuite) -> None:
    """One error in 60 requests is within 5%, but not when 9 others got no answer at all."""

    def judged_with(failing: range) -> CheckResult:
        numbers = count()
        bad: Answer = lambda body, kind: (  # noqa: E731 - one for each run
            Reply(503, "worker died", 1) if next(numbers) in failing else well(body, kind)
        )
        lost = FakeInvoker(bad, lambda n: Unavailable("throttled") if n > 60 and n % 3 == 0 else None)
        alone = suite.form.model_copy(update={"load": suite.form.load.model_copy(update={"concurrency": 1})})
        return amiss(judged(replace(suite, form=alone), lost))["error.rate"]

    few, many = judged_with(range(50, 51)), judged_with(range(50, 56))
    assert (few.verdict, few.seen) == (Verdict.ERRORED, "9 of 60 not answered: throttled")
    assert (many.verdict, many.seen) == (Verdict.FAILED, "10% (HTTP 503: worker died)")


def test_a_model_of_small_numbers_is_held_to_small_bounds(tmp_path: Path) -> None:
    (tmp_path / "canary.csv").write_text("size,grams\n1,1e-12\n2,2e-12\n")
    contract = "contract: {reply: {kind: number}}\ncanary: {data: canary.csv, label: grams}"
    (tmp_path / "suite.yaml").write_text(f"suite: traces\n{contract}\nblock: [mae <= 1e-13]\n")
    evidence = judged(
        load(tmp_path / "suite.yaml"), FakeInvoker(lambda body, _: Reply(200, "9e-10\n" * body.count("\n"), 1))
    )
    assert evidence.verdict is Verdict.FAILED


def test_a_wrong_answer_weighs_more_than_a_lost_one(suite: SmokeSuite) -> None:
    wrong = FakeInvoker(of_rows(lambda row: 1 - score(row)), lambda n: Unavailable("throttled") if n == 60 else None)
    assert judged(suite, wrong).verdict is Verdict.FAILED


def test_too_few_requests_leave_it_undecided(suite: SmokeSuite) -> None:
    few = suite.form.model_copy(update={"budget": suite.form.budget.model_copy(update={"requests": 40})})
    evidence = judged(SmokeSuite("few", "0" * 64, few, suite.checks, suite.canary, suite.golden), FakeInvoker())
    assert evidence.verdict is Verdict.INCONCLUSIVE
    assert amiss(evidence)["error.rate"].seen.endswith("not asked: all 40 requests were used")
    assert evidence.requests_sent == 40


def warning(rule: str) -> Callable[[SmokeSuite], SmokeSuite]:
    def lenient(suite: SmokeSuite) -> SmokeSuite:
        return replace(suite, checks=tuple(replace(c, blocking=c.rule.metric != rule) for c in suite.checks))

    return lenient


def test_a_warning_blocks_nothing(suite: SmokeSuite) -> None:
    rough = FakeInvoker(of_rows(lambda row: score(row) + 0.01))
    evidence = judged(warning("golden.max_diff")(suite), rough)
    assert evidence.verdict is Verdict.PASSED
    assert amiss(evidence)["golden.max_diff"].blocking is False


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (well, Verdict.PASSED),
        (of_rows(lambda row: 1 - score(row)), Verdict.FAILED),
        (of_rows(lambda _: ""), Verdict.FAILED),
    ],
)
def test_the_seeds_two_passengers_decide_by_default(answer: Answer, verdict: Verdict) -> None:
    assert judged(DEFAULT, FakeInvoker(answer)).verdict is verdict


def test_old_containers_answer_in_one_line(suite: SmokeSuite) -> None:
    def one_line(body: str, content_type: str) -> Reply:
        reply = well(body, content_type)
        return Reply(reply.status, reply.body.strip().replace("\n", ",") if reply.status == 200 else reply.body, 5.0)

    assert judged(suite, FakeInvoker(one_line)).verdict is Verdict.PASSED


def test_the_sandboxs_suite_loads() -> None:
    suite = load(TITANIC)
    assert suite.canary is not None
    assert len(suite.canary.rows) == 418


def test_a_rule_that_is_broken_by_little_shows_two_numbers_that_differ(tmp_path: Path) -> None:
    header = "Pclass,Sex,Age,SibSp,Parch,Fare,Embarked,Survived"
    (tmp_path / "canary.csv").write_text(f"{header}\n{GOOD.replace('10,2,0', '10,2,1')}")
    (tmp_path / "suite.yaml").write_text("""\
suite: by little
canary: {data: canary.csv, label: Survived}
load: {requests: 20}
block:
  - accuracy >= 0.83349
  - accuracy >= registry - 0.01
  - latency.max <= 5ms
  - latency.p50 < 5.0004ms
""")

    def answer(body: str, content_type: str) -> Reply:
        return replace(well(body, content_type), ms=5.0004)

    known = Background(registry={"accuracy": 0.8434})
    evidence = run(
        load(tmp_path / "suite.yaml"), Subject(FakeInvoker(answer), "endpoint", "config", known), TickingClock()
    )
    assert [(check.seen, check.rule) for check in evidence.checks] == [
        ("83.33%", ">= 0.83349"),
        ("83.33%", ">= 83.34% (registry 84.3% - 0.01)"),
        ("5.0004 ms", "<= 5ms"),
        ("5 ms", "< 5.0004ms"),
    ]
