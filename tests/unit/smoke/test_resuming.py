"""A run that is interrupted, anywhere and as often as you like, comes to what it would have come to in one go."""

from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from fakes.clock import FakeClock
from fakes.predicting import FakeInvoker, of_rows, score, well
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.ports import Reply
from services.release.model import CheckResult, Evidence, Verdict
from services.smoke import Background, Notebook, SmokeSuite, Subject, begin, go_on, is_finished, judge, load
from services.smoke.measure import plan
from services.smoke.wire import Wire

ROWS = [f"{p},{s},{age},0,0,{p * 10},2" for p in (1, 2, 3) for s in (0, 1) for age in range(20, 24)]
SUITE = """\
suite: interrupted
contract: {columns: [Pclass, Sex, Age, SibSp, Parch, Fare, Embarked]}
canary: {data: canary.csv, label: Survived}
load: {requests: 30, concurrency: 1, warmup: 2}
prod: {requests: 25, per_second: 1000}
budget: {seconds: SECONDS}
block:
  - reply.rows == sent
  - auc >= 0.5
  - flipped <= 30%
  - latency.p50 <= 2 x prod
  - error.rate == 0%
cases:
  - {name: women first, sample: 6, given: {Sex: 0}, then: {Sex: 1}, expect: {direction: ">="}}
reject:
  letters: {body: "a,b,c,d,e,f,g"}
"""
SECONDS_A_REQUEST = 0.25


class Killed(BaseException):
    """The process is gone in the middle of a request."""


@dataclass
class Endpoints:
    """Answers on a clock of its own, and dies at the requests that it is told to die at."""

    clock: FakeClock
    kill_at: frozenset[int] = frozenset()
    asked: list[tuple[str, str]] = field(default_factory=list)

    def invoke(self, endpoint: str, body: str, content_type: str, accept: str) -> Reply:
        self.asked.append((endpoint, body))
        self.clock.advance(SECONDS_A_REQUEST)
        if len(self.asked) in self.kill_at:
            raise Killed
        cold = len(self.asked) % 7 == 0
        return replace(well(body, content_type), ms=6.0 if cold else 5.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("suite")
    rows = "".join(f"{row},{int(score(row) > 0.5)}\n" for row in ROWS)
    (found / "canary.csv").write_text(f"Pclass,Sex,Age,SibSp,Parch,Fare,Embarked,Survived\n{rows}")
    return found


def suite_of(folder: Path, seconds: float = 60) -> SmokeSuite:
    (folder / "suite.yaml").write_text(SUITE.replace("SECONDS", str(seconds)))
    return load(folder / "suite.yaml")


def played(suite: SmokeSuite, slices: list[float], kills: frozenset[int]) -> tuple[Evidence, Notebook, Endpoints]:
    """Run a suite in slices of these lengths, over and over, and begin each anew from what was kept when it dies."""
    endpoints = Endpoints(FakeClock(), kills)
    subject = Subject(endpoints, "staging", "config-1", Background(prod="prod"))
    kept = begin(suite, subject.background, endpoints.clock)
    turn = 0
    while not is_finished(suite, kept):
        with suppress(Killed):
            kept = go_on(suite, subject, kept, endpoints.clock, slices[turn % len(slices)])
        turn += 1
    return judge(suite, subject, kept), kept, endpoints


def words(evidence: Evidence) -> list[tuple[str, Verdict, float | None]]:
    return [(check.name, check.verdict, check.value) for check in evidence.checks if "latency" not in check.name]


@given(
    slices=st.lists(st.floats(0.01, 12), min_size=1, max_size=6),
    kills=st.frozensets(st.integers(1, 150), max_size=6),
)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_interruptions_change_no_result(folder: Path, slices: list[float], kills: frozenset[int]) -> None:
    suite = suite_of(folder)
    clean, in_one_go, _ = played(suite, [1000], frozenset())
    evidence, notebook, endpoints = played(suite, slices, kills)
    assert evidence.verdict is clean.verdict is Verdict.PASSED
    assert words(evidence) == words(clean)
    assert set(notebook.answers) == set(in_one_go.answers) == {question.key for question in plan(suite, notebook)}
    # What a killed process asked is lost; what is kept was asked by those that lived, once each, but for warming up.
    lost = len(endpoints.asked) - evidence.requests_sent
    died = len([number for number in kills if number <= len(endpoints.asked)])
    assert lost <= died * (max(slices) / SECONDS_A_REQUEST + 3)
    assert (lost > 0) is (died > 0)
    assert evidence.seconds <= SECONDS_A_REQUEST * evidence.requests_sent


@given(kills=st.frozensets(st.integers(1, 60), min_size=1, max_size=4))
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_endpoint_that_is_too_slow_is_so_however_often_it_is_interrupted(
    folder: Path, kills: frozenset[int]
) -> None:
    suite = suite_of(folder, seconds=8)
    evidence, _, _ = played(suite, [2.0], kills)
    (check,) = [check for check in evidence.checks if check.name == "budget"]
    assert evidence.verdict is check.verdict is Verdict.FAILED
    assert check.value == 8 / SECONDS_A_REQUEST
    assert evidence.seconds <= 8 * 1.5


def test_a_resumed_series_is_warmed_up_and_the_warming_is_no_result(folder: Path) -> None:
    suite = suite_of(folder)
    whole, _, in_one_go = played(suite, [1000], frozenset())
    evidence, notebook, endpoints = played(suite, [2.0], frozenset())
    extra = len(endpoints.asked) - len(in_one_go.asked)
    assert extra > 0
    assert evidence.requests_sent == whole.requests_sent + extra
    assert evidence.seconds == whole.seconds
    timed = [key for key in notebook.answers if key.startswith("timed:")]
    assert len(timed) == 25


def test_prod_is_still_asked_in_turn_after_a_pause(folder: Path) -> None:
    _, notebook, _ = played(suite_of(folder), [1.0], frozenset())
    order = [key for key in notebook.answers if "timed:" in key]
    assert order == [f"{whose}timed:{index}" for index in range(25) for whose in ("", "prod:")]


def test_no_request_is_written_but_to_be_sent(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wide table takes a second to write; a plan is made many times over, and judged within the lease of a tick."""
    suite = suite_of(folder)
    _, notebook, endpoints = played(suite, [1000], frozenset())

    def written(_wire: Wire, _rows: tuple[str, ...]) -> str:
        raise AssertionError

    monkeypatch.setattr(Wire, "body", written)
    assert is_finished(suite, notebook)
    assert judge(suite, Subject(endpoints, "staging", "config-1"), notebook).verdict is Verdict.PASSED


def test_a_check_keeps_the_two_numbers_behind_its_words(folder: Path) -> None:
    suite = suite_of(folder)
    subject, clock = Subject(FakeInvoker(of_rows(lambda _: 0.4)), "staging", "config-1"), FakeClock()
    notebook = go_on(suite, subject, begin(suite, subject.background, clock), clock)
    checks = {check.name: check for check in judge(suite, subject, notebook).checks}
    assert numbers(checks["reply.rows"]) == (24, 24)
    assert numbers(checks["auc"]) == (0.5, 0.5)
    assert numbers(checks["error.rate"]) == (0, 0)
    assert numbers(checks["women first"]) == (0, 0)
    assert numbers(checks["reject.letters"]) == (400, None)
    assert numbers(checks["flipped"]) == (None, None)


def numbers(check: CheckResult) -> tuple[float | None, float | None]:
    return check.value, check.bound
