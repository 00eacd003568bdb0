"""Rules that compare with prod and with the registry, on two endpoints in memory."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from threading import Event

import pytest
from fakes.predicting import Answer, FakeInvoker, TickingClock, of_rows, score, well

from services.ports import PortError, Reply, SaidNo, Unavailable
from services.release.model import CheckResult, Evidence, Verdict
from services.smoke import Background, Missing, SmokeSuite, Subject, begin, go_on, load, run
from services.smoke.notebook import Spent

ROWS = [f"{p},{s},{age},0,0,{p * 10},2" for p in (1, 2, 3) for s in (0, 1) for age in range(20, 40)]
HEADER = "Pclass,Sex,Age,SibSp,Parch,Fare,Embarked"
SUITE = """\
suite: beside prod
contract: {columns: [Pclass, Sex, Age, SibSp, Parch, Fare, Embarked]}
canary: {data: canary.csv, label: Survived}
load: {requests: 90, concurrency: 2, warmup: 0}
prod: {requests: 20, per_second: 1000}
block:
  - reply.rows == sent
  - auc >= registry - 0.01
  - auc.low >= prod - 0.06
  - flipped <= 30%
  - mean_shift <= 0.04
  - latency.p50 <= 2 x prod
warn:
  - flipped <= 15%
  - mean_abs_diff <= 0.12
  - psi <= 0.25
"""
BESIDE = {"auc.low", "flipped", "mean_shift", "latency.p50", "mean_abs_diff", "psi"}


@dataclass
class TwoEndpoints:
    """An Invoker with a model of its own for `staging` and for `prod`."""

    staging: Answer = well
    prod: Answer = well
    fail: Mapping[str, PortError] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def invoke(self, endpoint: str, body: str, content_type: str, accept: str) -> Reply:
        self.asked.append(endpoint)
        if endpoint in self.fail:
            raise self.fail[endpoint]
        return (self.prod if endpoint == "prod" else self.staging)(body, content_type)


@pytest.fixture
def suite(tmp_path: Path) -> SmokeSuite:
    return written(tmp_path, SUITE)


def written(folder: Path, text: str) -> SmokeSuite:
    rows = "".join(f"{row},{int(score(row) > 0.5) ^ (index % 7 == 0)}\n" for index, row in enumerate(ROWS))
    (folder / "canary.csv").write_text(f"{HEADER},Survived\n{rows}")
    (folder / "suite.yaml").write_text(text)
    return load(folder / "suite.yaml")


def judged(suite: SmokeSuite, invoker: TwoEndpoints, **about: object) -> Evidence:
    known: dict[str, object] = {"prod": "prod", "registry": {"auc": 0.8}, **about}
    background = Background(**known)  # type: ignore[arg-type] # fields by name
    return run(suite, Subject(invoker, "staging", "config-1", background), TickingClock())


def named(evidence: Evidence) -> dict[str, CheckResult]:
    """Return the checks by name; of two of one name, the blocking one."""
    return {check.name: check for check in sorted(evidence.checks, key=lambda check: check.blocking)}


def test_equal_models_pass(suite: SmokeSuite) -> None:
    evidence = judged(suite, TwoEndpoints())
    assert {check.verdict for check in evidence.checks} == {Verdict.PASSED}
    checks = named(evidence)
    assert checks["flipped"].seen == "0% (0 of 120)"
    assert checks["mean_abs_diff"].seen == checks["psi"].seen == "0.000"
    assert checks["latency.p50"].rule == "<= 10 ms (2 x prod 5 ms)"
    assert checks["auc"].rule == ">= 0.790 (registry 0.800 - 0.01)"
    assert checks["auc.low"].seen.endswith("(difference +0.000 to +0.000)")


def test_another_model_is_seen_in_every_comparison(suite: SmokeSuite) -> None:
    checks = named(judged(suite, TwoEndpoints(staging=of_rows(lambda row: 1 - score(row)))))
    assert {name for name, check in checks.items() if check.verdict is Verdict.FAILED} == BESIDE - {
        "latency.p50",
        "mean_shift",
    } | {"auc"}
    assert checks["flipped"].seen == "100% (120 of 120)"


def test_a_shift_of_all_answers_is_seen(suite: SmokeSuite) -> None:
    checks = named(judged(suite, TwoEndpoints(staging=of_rows(lambda row: score(row) + 0.05))))
    assert checks["mean_shift"].verdict is Verdict.FAILED
    assert checks["mean_shift"].seen.startswith("0.050 (prod 0.5")
    assert checks["auc.low"].verdict is Verdict.PASSED


def test_a_slower_model_is_seen(suite: SmokeSuite) -> None:
    def slow(body: str, content_type: str) -> Reply:
        reply = well(body, content_type)
        return Reply(reply.status, reply.body, 11.0)

    check = named(judged(suite, TwoEndpoints(staging=slow)))["latency.p50"]
    assert (check.verdict, check.seen, check.rule) == (Verdict.FAILED, "11 ms", "<= 10 ms (2 x prod 5 ms)")


def test_the_same_run_gives_the_same_interval(suite: SmokeSuite) -> None:
    worse = of_rows(lambda row: score(row) if row[-4] != "3" else 0.5)
    first, second = (named(judged(suite, TwoEndpoints(staging=worse)))["auc.low"] for _ in range(2))
    assert first == second
    assert "difference -0." in first.seen


def test_without_prod_its_checks_are_skipped_and_block_nothing(suite: SmokeSuite) -> None:
    invoker = TwoEndpoints()
    known = Background(registry={"auc": 0.8})
    evidence = run(suite, Subject(invoker, "staging", "config-1", known), TickingClock())
    assert evidence.verdict is Verdict.PASSED
    skipped = {check.name: check.seen for check in evidence.checks if check.verdict is Verdict.SKIPPED}
    assert skipped == dict.fromkeys(BESIDE, "no prod to compare with")
    assert "prod" not in invoker.asked


def test_a_suite_all_of_which_is_skipped_decides_nothing(tmp_path: Path) -> None:
    suite = written(tmp_path, SUITE.replace("  - reply.rows == sent\n", "").replace("  - auc >= registry - 0.01\n", ""))
    evidence = run(suite, Subject(TwoEndpoints(), "staging", "config-1"), TickingClock())
    assert evidence.verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("registry", "verdict", "seen"),
    [
        (Missing(Verdict.SKIPPED, "none"), Verdict.SKIPPED, "none"),
        (Missing(Verdict.ERRORED, "unreadable"), Verdict.ERRORED, "unreadable"),
        ({"accuracy": 0.8}, Verdict.SKIPPED, "the registry has no auc of this version"),
        ({"auc": 0.99}, Verdict.FAILED, "0.8"),
    ],
)
def test_the_registry_is_held_against_what_the_endpoint_does(
    suite: SmokeSuite, registry: object, verdict: Verdict, seen: str
) -> None:
    evidence = judged(suite, TwoEndpoints(), registry=registry)
    check = named(evidence)["auc"]
    assert check.verdict is verdict
    assert check.seen.startswith(seen)
    assert evidence.verdict is (Verdict.PASSED if verdict is Verdict.SKIPPED else verdict)


def test_a_prod_that_cannot_be_asked_leaves_it_undecided(suite: SmokeSuite) -> None:
    evidence = judged(suite, TwoEndpoints(fail={"prod": Unavailable("throttled")}))
    assert evidence.verdict is Verdict.ERRORED
    assert named(evidence)["flipped"].seen == "throttled"
    assert named(evidence)["reply.rows"].verdict is Verdict.PASSED


@pytest.mark.parametrize(
    "broken", [lambda _b, _c: Reply(500, "no memory", 1.0), of_rows(lambda _: "nan"), of_rows(lambda _: "1,2")]
)
def test_a_broken_prod_does_not_keep_its_cure_out(suite: SmokeSuite, broken: Answer) -> None:
    evidence = judged(suite, TwoEndpoints(prod=broken))
    assert evidence.verdict is Verdict.PASSED
    check = named(evidence)["flipped"]
    assert check.verdict is Verdict.SKIPPED
    assert check.seen.startswith("prod itself does not answer well: ")


def test_a_broken_prod_is_asked_for_its_data_twice(suite: SmokeSuite) -> None:
    invoker = TwoEndpoints(prod=lambda _b, _c: Reply(500, "no memory", 1.0))
    evidence = judged(suite, invoker)
    assert invoker.asked.count("prod") == 2 + 20
    assert evidence.requests_sent == len(invoker.asked) <= evidence.allowed_requests == 1000 + 2 + 2 * 20


def first_lost(lost: Reply | PortError, then: Answer) -> Answer:
    """Return a prod whose first answer is lost, or bad."""
    numbers = count()

    def answer(body: str, content_type: str) -> Reply:
        if next(numbers):
            return then(body, content_type)
        if isinstance(lost, PortError):
            raise lost
        return lost

    return answer


@pytest.mark.parametrize(
    "lost",
    [
        Reply(500, "no memory", 1.0),
        Unavailable("throttled"),
        Reply(200, "<html>a proxy's page</html>", 1.0),
        Reply(200, "0.5\n0.5", 1.0),
    ],
)
def test_one_bad_answer_of_prod_lets_no_other_model_through(suite: SmokeSuite, lost: Reply | PortError) -> None:
    invoker = TwoEndpoints(staging=of_rows(lambda _: 0.5), prod=first_lost(lost, well))
    evidence = judged(suite, invoker, registry={"auc": 0.5})
    assert evidence.verdict is Verdict.FAILED
    checks = named(evidence)
    assert checks["flipped"].seen == "50% (60 of 120)"
    assert checks["auc.low"].verdict is Verdict.FAILED
    assert invoker.asked.count("prod") == 2 + 20


def test_a_prod_of_which_one_answer_is_bad_and_one_lost_is_broken(suite: SmokeSuite) -> None:
    bad = Reply(500, "no memory", 1.0)
    prod = first_lost(Unavailable("throttled"), lambda body, kind: bad if len(body) > 100 else well(body, kind))
    check = named(judged(suite, TwoEndpoints(prod=prod)))["flipped"]
    assert (check.verdict, check.seen) == (
        Verdict.SKIPPED,
        "prod itself does not answer well: HTTP 500: no memory",
    )


def test_a_prod_that_fails_once_is_still_compared_with(tmp_path: Path) -> None:
    times = count()

    def now_and_then(body: str, content_type: str) -> Reply:
        return Reply(500, "no memory", 1.0) if next(times) == 5 else well(body, content_type)

    suite = written(tmp_path, SUITE.replace("auc.low >= prod - 0.06", "auc >= prod - 0.01"))
    evidence = judged(suite, TwoEndpoints(staging=of_rows(lambda _: 0.5), prod=now_and_then), registry={"auc": 0.5})
    failed = [check for check in evidence.checks if check.name == "auc" and check.verdict is Verdict.FAILED]
    assert [check.seen for check in failed] == ["0.500"]
    assert named(evidence)["latency.p50"].verdict is Verdict.SKIPPED


def test_what_staging_gets_wrong_weighs_more_than_a_missing_prod(suite: SmokeSuite) -> None:
    dropping = TwoEndpoints(staging=lambda body, kind: well(body.split("\n")[0], kind), fail={"prod": SaidNo("gone")})
    check = named(judged(suite, dropping))["flipped"]
    assert (check.verdict, check.seen) == (Verdict.FAILED, "1 answers to 120 rows")


def test_prod_is_asked_little_and_in_turn(suite: SmokeSuite) -> None:
    invoker = TwoEndpoints()
    evidence = judged(suite, invoker)
    assert invoker.asked.count("prod") == 1 + 20
    assert evidence.requests_sent == len(invoker.asked)
    first = invoker.asked.index("prod") + 1
    turns = "".join(name[0] for name in invoker.asked[first : first + 50])
    assert "pp" not in turns
    assert turns.count("p") == 20


def test_prod_is_left_time_between_two_requests(suite: SmokeSuite, waits: list[float]) -> None:
    judged(suite, TwoEndpoints())
    assert waits == [pytest.approx(0.001)] * 20


def test_another_workers_clock_makes_nobody_wait_longer(suite: SmokeSuite, waits: list[float]) -> None:
    clock = TickingClock()
    ahead = replace(Spent(), requests=1, last_at=clock.now() + timedelta(hours=1))
    known = Background("prod", {"auc": 0.8})
    notebook = replace(begin(suite, known, clock), spent_on_prod=ahead)
    go_on(suite, Subject(TwoEndpoints(), "staging", "config-1", known), notebook, clock)
    assert max(waits) == pytest.approx(0.001)


def test_no_rule_about_prod_means_no_request_to_it(tmp_path: Path) -> None:
    suite = written(tmp_path, SUITE.split("  - auc.low", maxsplit=1)[0])
    invoker = TwoEndpoints()
    assert judged(suite, invoker).verdict is Verdict.PASSED
    assert "prod" not in invoker.asked


def test_a_prod_that_hangs_leaves_time_for_the_endpoint_under_test(tmp_path: Path) -> None:
    suite, released = written(tmp_path, SUITE.replace("block:", "budget: {seconds: 0.4}\nblock:")), Event()

    def hang(body: str, content_type: str) -> Reply:
        released.wait()
        return well(body, content_type)

    try:
        checks = named(judged(suite, TwoEndpoints(prod=hang)))
    finally:
        released.set()
    assert checks["reply.rows"].verdict is checks["auc"].verdict is Verdict.PASSED
    assert checks["flipped"].verdict is Verdict.ERRORED
    assert checks["flipped"].seen == "no answer before the 0.2 s of this run were up"


CASES: list[tuple[str, Callable[[str], float], Verdict, str]] = [
    ("{direction: '>='}", score, Verdict.PASSED, "all 120 rows"),
    ("{direction: '>'}", lambda _: 0.5, Verdict.FAILED, "120 of 120 rows do not (the first: 0.5 -> 0.5)"),
    ("{direction: '<='}", score, Verdict.FAILED, "120 of 120 rows do not (the first: 0.251 -> 0.851)"),
    ("{direction: '<='}", lambda _: 0.5, Verdict.PASSED, "all 120 rows"),
    ("{within: 0.7}", score, Verdict.PASSED, "all 120 rows"),
    ("{within: 0.5}", score, Verdict.FAILED, "120 of 120"),
    ("{range: [0.5, 1]}", score, Verdict.PASSED, "all 120 rows"),
    ("{above: 0.8}", score, Verdict.FAILED, "40 of 120 rows do not"),
    ("{above: 0.8, violations: 34%}", score, Verdict.PASSED, "40 of 120 rows do not"),
    ("{above: 0.8, violations: 33%}", score, Verdict.FAILED, "40 of 120 rows do not"),
    ("{direction: '>='}", lambda _: float("nan"), Verdict.FAILED, "120 of 120 rows do not"),
]


@pytest.mark.parametrize(("expect", "model", "verdict", "seen"), CASES)
def test_a_case_that_changes_its_rows(
    tmp_path: Path, expect: str, model: Callable[[str], float], verdict: Verdict, seen: str
) -> None:
    case = f"{{name: women first, sample: 200, given: {{Sex: 0}}, then: {{Sex: 1}}, expect: {expect}}}"
    suite = written(tmp_path, SUITE.split("block:", maxsplit=1)[0] + f"cases:\n  - {case}\n")
    evidence = run(suite, Subject(FakeInvoker(of_rows(model)), "staging", "config-1"), TickingClock())
    (check,) = evidence.checks
    assert (check.name, check.verdict) == ("women first", verdict)
    assert check.seen.startswith(seen)
