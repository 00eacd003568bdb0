"""The record of a run: everything that it saw, bounded."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.predicting import Answer, FakeInvoker, TickingClock, of_rows, score, well

from services.ports import PortError, Reply, Unavailable
from services.release.model import Verdict
from services.release.record import EvidenceRecord, RowAnswers, Task
from services.smoke import About, Background, SmokeSuite, Subject, begin, go_on, load, record_of

ROWS = [f"{p},{s},30,0,0,{p * 10},2" for p in (1, 2, 3) for s in (0, 1)]
SUITE = """\
suite: recorded
contract: {columns: [Pclass, Sex, Age, SibSp, Parch, Fare, Embarked]}
canary: {data: canary.csv, label: Survived, threshold: 0.6}
load: {requests: 60, concurrency: 2, warmup: 2}
prod: {requests: 20, per_second: 1000}
block: ["reply.rows == sent", "flipped <= 30%", "latency.p50 <= 2 x prod", "latency.max <= 1s"]
warn: ["latency.p95 <= 50ms"]
cases:
  - {name: women first, sample: 4, given: {Sex: 0}, then: {Sex: 1}, expect: {direction: ">="}}
reject:
  letters: {body: "a,b,c,d,e,f,g"}
  short: {body: "1,2"}
"""
ABOUT = About("r1.staging.now", "r1", "titanic", "staging", "arn:7", "0.1.0")


@pytest.fixture
def suite(tmp_path: Path) -> SmokeSuite:
    rows = "".join(f"{row},{int(score(row) > 0.5)}\n" for row in ROWS)
    (tmp_path / "canary.csv").write_text(f"Pclass,Sex,Age,SibSp,Parch,Fare,Embarked,Survived\n{rows}")
    (tmp_path / "suite.yaml").write_text(SUITE)
    return load(tmp_path / "suite.yaml")


def recorded(
    suite: SmokeSuite, answer: Answer = well, fail: Callable[[int], PortError | None] = lambda _: None, prod: str = ""
) -> EvidenceRecord:
    background = Background(prod=prod) if prod else Background()
    subject, clock = Subject(FakeInvoker(answer, fail), "staging", "config-1", background), TickingClock()
    return record_of(suite, subject, go_on(suite, subject, begin(suite, background, clock), clock), ABOUT)


def test_it_says_what_was_run_and_what_came_of_it(suite: SmokeSuite) -> None:
    record = recorded(suite, prod="prod")
    assert (record.name, record.release_id, record.stage, record.package_arn) == (ABOUT.name, "r1", "staging", "arn:7")
    assert record.evidence.verdict is Verdict.PASSED
    assert (record.evidence.record, record.evidence.record_digest) == (ABOUT.name, "")
    assert record.columns == ("Pclass", "Sex", "Age", "SibSp", "Parch", "Fare", "Embarked")
    assert record.rules[0] == "reply.rows == sent"
    assert "latency.p95 <= 50ms" in record.rules
    assert (record.task, record.threshold, record.bounds) == (Task.BINARY, 0.6, (0.0, 1.0))
    assert (record.latency_budget_of, record.latency_budget_ms) == ("p95", 50.0)
    assert record.latencies_ms == (5.0,) * 25
    assert record.prod_latencies_ms == (5.0,) * 20


def test_every_row_has_both_answers_and_its_label(suite: SmokeSuite) -> None:
    first = recorded(suite, prod="prod").rows[:2]
    assert first == (
        RowAnswers("1,0,30,0,0,10,2", 0.251, "0", 0.251, "0", "0"),
        RowAnswers("1,1,30,0,0,10,2", 0.851, "1", 0.851, "1", "1"),
    )


def test_without_prod_its_half_is_empty(suite: SmokeSuite) -> None:
    record = recorded(suite)
    assert record.prod_latencies_ms == ()
    assert {(row.prod_score, row.prod_decided) for row in record.rows} == {(None, "")}


@pytest.mark.parametrize("answer", [of_rows(lambda _: "nan"), lambda _body, _kind: Reply(200, "0.1", 1.0)])
def test_answers_that_are_none_are_left_empty(suite: SmokeSuite, answer: Answer) -> None:
    assert {(row.score, row.decided) for row in recorded(suite, answer).rows} == {(None, "")}


def test_of_each_kind_of_request_the_first_are_shown(suite: SmokeSuite) -> None:
    exchanges = recorded(suite, prod="prod").exchanges
    assert len(exchanges) <= 40
    assert exchanges[0].sent == "".join(f"{row}\n" for row in ROWS)
    assert {each.endpoint for each in exchanges} == {"staging", "prod"}
    assert [(each.sent, each.status) for each in exchanges if each.status != 200] == [
        ("a,b,c,d,e,f,g", 400),
        ("1,2", 400),
    ]


def test_what_failed_first_is_shown_too(suite: SmokeSuite) -> None:
    lost = recorded(suite, fail=lambda number: Unavailable("throttled") if number in {30, 50} else None)
    assert [(each.status, each.answered, each.ms) for each in lost.exchanges if each.status == 0] == [
        (0, "throttled", 0.0)
    ] * 2


def test_it_stays_small_whatever_the_model_says(suite: SmokeSuite) -> None:
    record = recorded(suite, lambda _body, _kind: Reply(500, "\U0001f6a2" * 10_000, 1.0))
    assert len(record.exchanges) <= 40
    assert all(len(each.answered) == 2000 for each in record.exchanges)
