"""The light run while a gate waits: the suite's own rules on few requests; prod and load are left alone."""

from dataclasses import replace
from pathlib import Path

import pytest
from fakes.predicting import FakeInvoker, TickingClock, of_rows, score

from services.ports import Reply, Unavailable
from services.release.model import Evidence, Verdict
from services.smoke import DEFAULT, Background, SmokeSuite, Subject, begin, go_on, lightened, load, run
from services.smoke.measure import measured
from services.smoke.metrics import METRICS, asks_prod
from services.smoke.readings import Missing
from services.smoke.rules import parse_rule
from services.smoke.suite import Check

HEADER = "Pclass,Sex,Age,SibSp,Parch,Fare,Embarked"
ROWS = "".join(f"{p},{s},30,0,0,{p * 10},2,{s}\n" for p in (1, 2, 3) for s in (0, 1)) * 4
SUITE = """\
suite: at the gate
canary: {data: canary.csv, label: Survived}
golden: {data: golden.csv, answer: score}
block:
  - reply.rows == sent
  - reply.outside == 0
  - repeat.differ == 0
  - batch.differ == 0
  - error.rate == 0%
  - latency.p95 <= 1ms
  - golden.max_diff <= 0.001
  - auc >= 0.75
  - auc >= prod - 0.01
  - flipped <= 30%
warn:
  - reply.distinct >= 1000
cases:
  - name: women first
    sample: 10
    given: {Sex: 0}
    then: {Sex: 1}
    expect: {direction: ">="}
reject:
  letters: {body: "a,b,c,d,e,f,g"}
"""
PROD = Background(prod="titanic-prod")


@pytest.fixture
def suite(tmp_path: Path) -> SmokeSuite:
    (tmp_path / "canary.csv").write_text(f"{HEADER},Survived\n{ROWS}")
    row = "2,0,30,0,0,20,2"
    (tmp_path / "golden.csv").write_text(f"{HEADER},score\n{row},{score(row)}\n")
    (tmp_path / "suite.yaml").write_text(SUITE)
    return load(tmp_path / "suite.yaml")


def judged(suite: SmokeSuite, invoker: FakeInvoker) -> Evidence:
    return run(lightened(suite), Subject(invoker, "titanic-staging", "config-1", PROD), TickingClock())


def test_it_holds_the_rules_that_few_requests_decide_and_sends_no_more(suite: SmokeSuite) -> None:
    invoker = FakeInvoker()
    evidence = judged(suite, invoker)
    assert evidence.verdict is Verdict.PASSED
    names = [check.name for check in evidence.checks]
    assert names == ["reply.rows", "reply.outside", "golden.max_diff", "auc", "women first"]
    assert len(invoker.asked) == 4, "canary, the case before and after, golden"
    assert (evidence.suite, evidence.suite_digest) == (suite.name, suite.digest)


def test_answers_that_changed_fail_it(suite: SmokeSuite) -> None:
    turned = judged(suite, FakeInvoker(of_rows(lambda row: 1 - score(row))))
    assert turned.verdict is Verdict.FAILED
    assert {check.name for check in turned.checks if check.verdict is Verdict.FAILED} == {
        "golden.max_diff",
        "auc",
        "women first",
    }


def test_a_model_that_refuses_fails_it_and_one_that_is_not_reached_does_not(suite: SmokeSuite) -> None:
    assert judged(suite, FakeInvoker(lambda _body, _type: Reply(500, "out of memory", 1.0))).verdict is Verdict.FAILED
    lost = judged(suite, FakeInvoker(fail=lambda _number: Unavailable("timed out")))
    assert lost.verdict is Verdict.ERRORED


def test_the_seeds_suite_has_its_cases_to_hold() -> None:
    assert judged(DEFAULT, FakeInvoker()).verdict is Verdict.PASSED
    swapped = FakeInvoker(of_rows(lambda row: 1 - score(row)))
    assert judged(DEFAULT, swapped).verdict is Verdict.FAILED


def test_no_rule_is_held_against_what_a_light_run_does_not_ask(suite: SmokeSuite) -> None:
    """A measurement that needs repeats or load must be left out of light runs by its name."""
    light, invoker = lightened(suite), FakeInvoker()
    subject = Subject(invoker, "titanic-staging", "config-1", PROD)
    notebook = go_on(light, subject, begin(light, PROD, TickingClock()), TickingClock())
    seen = measured(light, notebook)
    for name, metric in METRICS.items():
        rule = parse_rule(f"{name} >= 0", "suite.yaml", 1)
        bare = replace(suite, checks=(Check(rule, blocking=True),))
        reading = metric.read(seen)
        if lightened(bare).checks:
            assert not asks_prod(rule), name
            undecided = isinstance(reading, Missing) and reading.verdict is Verdict.INCONCLUSIVE
            assert not undecided or reading == Missing(Verdict.INCONCLUSIVE, "the suite has none"), name
