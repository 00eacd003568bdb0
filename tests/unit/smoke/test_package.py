"""What a model package brings to its suite: golden records, and constraints beside the suite's rules."""

from dataclasses import replace
from pathlib import Path

import pytest
from fakes.predicting import FakeInvoker, TickingClock, of_rows, score

from services.ports import SaidNo
from services.quality import Constraint
from services.release.model import CheckResult, Evidence, Verdict
from services.smoke import (
    Background,
    Missing,
    SmokeSuite,
    Source,
    Subject,
    SuiteProblem,
    Table,
    completed,
    golden_records,
    load,
    run,
)

HEADER = "Pclass,Sex,Age,SibSp,Parch,Fare,Embarked"
ROWS = [f"{p},{s},{age},0,0,{p * 10},2" for p in (1, 2, 3) for s in (0, 1) for age in range(20, 24)]
SUITE = f"""\
suite: with a package
contract: {{columns: [{HEADER}]}}
canary: {{data: canary.csv, label: Survived}}
load: {{requests: 20, warmup: 0}}
block:
  - reply.rows == sent
  - golden.max_diff <= 0.001
"""
GOLDEN = "".join([f"{HEADER},score\n", *(f"{row},{score(row)}\n" for row in ROWS[:5])])
AUC = Constraint("auc", 0.7, least=True)


@pytest.fixture
def suite(tmp_path: Path) -> SmokeSuite:
    rows = "".join(f"{row},{int(score(row) > 0.5)}\n" for row in ROWS)
    (tmp_path / "canary.csv").write_text(f"{HEADER},Survived\n{rows}")
    (tmp_path / "suite.yaml").write_text(SUITE)
    return load(tmp_path / "suite.yaml")


def without_canary(suite: SmokeSuite) -> SmokeSuite:
    return replace(suite, canary=None, form=suite.form.model_copy(update={"canary": None, "payload": tuple(ROWS[:2])}))


def golden(text: str = GOLDEN, columns: str = HEADER) -> Table:
    data = text.encode()
    return golden_records(Source("s3://b/golden.csv", lambda _uri, _most: data), tuple(columns.split(",")))


def judged(suite: SmokeSuite, known: Background, shift: float = 0.0) -> Evidence:
    invoker = FakeInvoker(of_rows(lambda row: score(row) + shift))
    return run(suite, Subject(invoker, "staging", "config", known), TickingClock())


def check(evidence: Evidence, name: str) -> CheckResult:
    (found,) = [check for check in evidence.checks if check.name == name]
    return found


@pytest.mark.parametrize(("shift", "verdict"), [(0.0, Verdict.PASSED), (0.01, Verdict.FAILED)])
def test_golden_records_of_the_package_are_asked(suite: SmokeSuite, shift: float, verdict: Verdict) -> None:
    evidence = judged(suite, Background(golden=golden()), shift)
    found = check(evidence, "golden.max_diff")
    assert (found.verdict, evidence.verdict) == (verdict, verdict)
    assert found.value == pytest.approx(shift)


@pytest.mark.parametrize("verdict", [Verdict.SKIPPED, Verdict.ERRORED])
def test_without_them_the_reason_is_said(suite: SmokeSuite, verdict: Verdict) -> None:
    evidence = judged(suite, Background(golden=Missing(verdict, "no such records")))
    found = check(evidence, "golden.max_diff")
    assert (found.verdict, found.seen) == (verdict, "no such records")
    assert evidence.verdict is (Verdict.PASSED if verdict is Verdict.SKIPPED else Verdict.ERRORED)


def test_a_suites_own_golden_records_come_first(suite: SmokeSuite) -> None:
    own = replace(suite, golden=golden())
    assert not own.asks_golden
    other = golden(GOLDEN.replace(str(score(ROWS[0])), "0.99"))
    assert completed(own, Background(golden=other)) == own


def test_a_suite_without_a_rule_on_them_asks_for_none(suite: SmokeSuite) -> None:
    silent = replace(suite, checks=suite.checks[:1])
    assert not silent.asks_golden
    assert completed(silent, Background(golden=golden())) == silent


def test_the_digest_covers_what_the_package_brought(suite: SmokeSuite) -> None:
    other = golden(GOLDEN.replace(str(score(ROWS[0])), "0.99"))
    known = [
        Background(golden=golden()),
        Background(golden=other),
        Background(constraints=(AUC,)),
        Background(constraints=(replace(AUC, threshold=0.71),)),
        Background(constraints=(replace(AUC, metric="x"),)),
    ]
    digests = [completed(suite, each).digest for each in known]
    assert len({suite.digest, *digests}) == 6
    assert digests == [completed(suite, each).digest for each in known]
    assert completed(suite, Background()) == suite


@pytest.mark.parametrize(
    ("constraint", "verdict", "wanted"),
    [
        (AUC, Verdict.PASSED, ">= 0.7"),
        (replace(AUC, threshold=1.1), Verdict.FAILED, ">= 1.1"),
        (replace(AUC, least=False), Verdict.FAILED, "<= 0.7"),
        (replace(AUC, least=False, threshold=1.0), Verdict.PASSED, "<= 1"),
    ],
)
def test_a_constraint_is_a_blocking_check_of_its_own(
    suite: SmokeSuite, constraint: Constraint, verdict: Verdict, wanted: str
) -> None:
    evidence = judged(suite, Background(golden=golden(), constraints=(constraint,)))
    found = check(evidence, "auc (from the package)")
    assert (found.verdict, found.rule, found.blocking) == (verdict, wanted, True)
    assert (found.value, found.bound) == (1.0, constraint.threshold)
    assert evidence.verdict is verdict


def test_a_constraint_goes_by_our_name_of_the_metric(suite: SmokeSuite) -> None:
    known = Background(golden=golden(), constraints=(Constraint("recall", 0.5, least=True), AUC))
    names = [each.name for each in completed(suite, known).checks]
    assert names[-2:] == ["recall (from the package)", "auc (from the package)"]


@pytest.mark.parametrize(
    ("metric", "reason"),
    [
        ("recall_best_constant_classifier", "no suite measures this"),
        ("latency.p50", "no suite measures this"),
        ("auc", "the suite has no canary to measure it on"),
        ("rmse", "rmse needs a reply of the kind number, not probability"),
    ],
)
def test_a_constraint_that_cannot_be_measured_is_told(suite: SmokeSuite, metric: str, reason: str) -> None:
    known = Background(golden=golden(), constraints=(Constraint(metric, 0.5, least=True),))
    evidence = judged(without_canary(suite) if "no canary" in reason else suite, known)
    found = check(evidence, f"{metric} (from the package)")
    assert (found.verdict, found.seen, found.rule, found.bound) == (Verdict.SKIPPED, reason, ">= 0.5", 0.5)
    assert evidence.verdict is Verdict.PASSED


def test_constraints_that_cannot_be_read_block(suite: SmokeSuite) -> None:
    known = Background(golden=golden(), constraints=Missing(Verdict.ERRORED, "S3 says no"))
    evidence = judged(suite, known)
    found = check(evidence, "constraints (from the package)")
    assert (found.verdict, found.seen) == (Verdict.ERRORED, "S3 says no")
    assert evidence.verdict is Verdict.ERRORED


def test_the_answers_are_in_the_one_column_that_the_contract_does_not_name() -> None:
    answers = [score(row) for row in ROWS[:5]]
    assert list(golden().answers) == answers
    first = "".join(f"{line.rpartition(',')[2]},{line.rpartition(',')[0]}\n" for line in GOLDEN.splitlines())
    assert golden(first) == golden()
    everything = golden_records(Source("s3://b/g", lambda _uri, _most: GOLDEN.encode()), ())
    assert everything == golden()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            GOLDEN.replace(",score", ",Age"),
            "one column beside those of the contract, the recorded answer; there are none",
        ),
        (GOLDEN.replace("Pclass,", "Klass,", 1), "there are Klass, score"),
        (GOLDEN.replace(str(score(ROWS[0])), "high"), "'high' is not a number"),
        (GOLDEN.partition("\n")[0], "needs a header and 1 to 2000 rows, has 1 lines"),
        ("", "needs a header"),
        (GOLDEN + "1,2\n", "2 cells, the header has 8"),
        ('"', "not CSV"),
    ],
)
def test_what_are_no_golden_records_is_refused(text: str, reason: str) -> None:
    with pytest.raises(SuiteProblem, match=reason) as caught:
        golden(text)
    assert str(caught.value).startswith("s3://b/golden.csv")


def test_golden_records_that_are_not_there_are_refused() -> None:
    def nothing(uri: str, _most: int) -> bytes:
        raise SaidNo(f"{uri}: NoSuchKey")

    with pytest.raises(SuiteProblem, match="cannot read s3://b/g: NoSuchKey"):
        golden_records(Source("s3://b/g", nothing), ())
