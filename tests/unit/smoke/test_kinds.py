"""A whole run for every kind of model, over JSON and CSV, beside a prod: a good one passes, a bad one does not."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from fakes.predicting import TickingClock

from services.ports import Reply
from services.release.model import CheckResult, Evidence, Verdict
from services.smoke import Background, SmokeSuite, Subject, SuiteProblem, load, run

Model = Callable[[list[Any]], Any]
"""The cells of a row -> what the container says of it."""

FLOWERS = [(size, colour) for size in (1, 2, 3, 4, 5, 6) for colour in ("red", "deep, blue")] * 4
NAMES = ("setosa", "versicolor", "virginica")


def kind_of(size: float) -> str:
    return NAMES[min(int((size - 1) // 2), 2)]


def likely(name: str, sure: float = 0.8) -> dict[str, float]:
    rest = (1 - sure) / 2
    return {each: sure if each == name else rest for each in NAMES}


@dataclass
class Endpoints:
    """An Invoker of two JSON or CSV models; it refuses what is not in their form."""

    staging: Model
    prod: Model
    reply: Callable[[list[Any]], str]
    request: Callable[[str], list[list[Any]]]
    form: str

    def invoke(self, endpoint: str, body: str, content_type: str, accept: str) -> Reply:
        if content_type != self.form:
            return Reply(415, "Unsupported media type", 1.0)
        model = self.prod if endpoint == "prod" else self.staging
        try:
            return Reply(200, self.reply([model(cells) for cells in self.request(body)]), 5.0)
        except (ValueError, KeyError, TypeError) as error:
            return Reply(400, f"bad request: {error!r}", 1.0)


def listed(body: str) -> list[list[Any]]:
    return [list(row) for row in json.loads(body)["instances"]]


def named(body: str) -> list[list[Any]]:
    return [[row["size"], row["colour"]] for row in json.loads(body)["instances"]]


def in_lines(body: str) -> list[list[Any]]:
    return [json.loads(line)["features"] for line in body.splitlines()]


def under_predictions(answers: list[Any]) -> str:
    return json.dumps({"predictions": answers})


def as_lines(answers: list[Any]) -> str:
    return "".join(f"{json.dumps(answer)}\n" for answer in answers)


SCORES = """\
suite: flowers
contract:
  content_type: application/json
  columns: [size, colour]
  request: {row: object}
  reply: {kind: scores, classes: [setosa, versicolor, virginica]}
canary: {data: canary.csv, label: species}
golden: {data: golden.csv, answer: was}
prod: {requests: 20, per_second: 1000}
block:
  - golden.differ == 0
  - reply.rows == sent
  - reply.outside == 0
  - reply.distinct >= 3
  - repeat.differ == 0
  - batch.differ == 0
  - missing.lost == 0
  - error.rate == 0%
  - accuracy >= 90%
  - balanced_accuracy >= 90%
  - f1.macro >= 0.9
  - f1.weighted >= registry - 0.01
  - log_loss <= registry + 0.01
  - log_loss.high <= prod + 0.1
  - f1.macro.low >= prod - 0.1
  - flipped <= 10%
cases:
  - {name: a small one, rows: ["1.5,red"], expect: {class: setosa, above: 0.7}}
  - {name: colour says nothing, sample: 12, then: {colour: "green, dark"}, expect: {same_class: true, within: 0.01}}
reject:
  nothing: {body: "{}"}
  csv: {body: "1,red", content_type: text/csv}
"""
CLASS = """\
suite: labels
contract:
  columns: [size, colour]
  content_type: application/jsonlines
  request: {row: features}
  reply: {kind: class_and_probability}
payload: ["1,red"]
canary: {data: canary.csv, label: species}
prod: {requests: 20, per_second: 1000}
block:
  - reply.rows == sent
  - reply.outside == 0
  - reply.distinct >= 3
  - repeat.differ == 0
  - batch.differ == 0
  - accuracy >= 90%
  - accuracy.low >= prod - 10%
  - flipped <= 10%
cases:
  - {name: a big one, rows: ["6,red"], expect: {class: virginica, range: [0.5, 1]}}
"""
NAMED = CLASS.replace("kind: class_and_probability", "kind: class").replace(", range: [0.5, 1]", "")
PRICES = """\
suite: prices
contract:
  columns: [size, colour]
  content_type: application/json
  reply: {kind: number, range: [0, 1000]}
canary: {data: canary.csv, label: price}
prod: {requests: 20, per_second: 1000}
block:
  - reply.rows == sent
  - reply.outside == 0
  - repeat.differ == 0
  - batch.differ == 0
  - mae <= 5
  - rmse <= registry + 1
  - r2 >= 0.95
  - rmse.high <= prod + 2
  - r2.low >= prod - 0.1
  - mean_shift <= 5
  - mean_abs_diff <= 5
  - psi <= 0.1
cases:
  - {name: bigger is dearer, sample: 10, then: {size: "+ 1"}, expect: {direction: ">"}}
"""
REGISTERED = {"weighted_f1": 1.0, "log_loss": 0.223, "rmse": 1.0, "accuracy": 1.0}


def scores(cells: list[Any]) -> Any:
    return likely(kind_of(cells[0] or 1))


def label(cells: list[Any]) -> Any:
    return {"predicted_label": kind_of(cells[0]), "score": 0.9}


def price(cells: list[Any]) -> Any:
    return 100.0 * cells[0] + (1 if cells[1] == "red" else -1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = "".join(f'{size},"{colour}",{kind_of(size)},{100 * size}\n' for size, colour in FLOWERS)
    (tmp_path / "canary.csv").write_text("size,colour,species,price\n" + rows)
    (tmp_path / "golden.csv").write_text("size,colour,was\n1,red,setosa\n6,red,virginica\n")
    return tmp_path


def suite_of(folder: Path, text: str) -> SmokeSuite:
    (folder / "suite.yaml").write_text(text)
    return load(folder / "suite.yaml")


FORMS: dict[str, tuple[Model, Callable[[str], list[list[Any]]], Callable[[list[Any]], str], str]] = {
    SCORES: (scores, named, under_predictions, "application/json"),
    CLASS: (label, in_lines, as_lines, "application/jsonlines"),
    PRICES: (price, listed, json.dumps, "application/json"),
    NAMED: (lambda cells: kind_of(cells[0]), in_lines, as_lines, "application/jsonlines"),
}


def judged(folder: Path, text: str, model: Model | None = None, prod: Model | None = None) -> Evidence:
    good, request, reply, form = FORMS[text]
    endpoints = Endpoints(model or good, prod or good, reply, request, form)
    subject = Subject(endpoints, "staging", "config-1", Background("prod", REGISTERED))
    return run(suite_of(folder, text), subject, TickingClock())


def amiss(evidence: Evidence) -> dict[str, CheckResult]:
    return {check.name: check for check in evidence.checks if check.verdict is not Verdict.PASSED}


@pytest.mark.parametrize("text", [SCORES, CLASS, PRICES], ids=["scores", "class", "number"])
def test_a_good_model_passes(folder: Path, text: str) -> None:
    evidence = judged(folder, text)
    assert amiss(evidence) == {}
    assert evidence.verdict is Verdict.PASSED


def test_what_is_seen_is_said_in_words(folder: Path) -> None:
    seen = {check.name: (check.seen, check.rule) for check in judged(folder, SCORES).checks}
    assert seen["a small one"] == ("setosa 0.8", "is setosa and > 0.7")
    assert seen["colour says nothing"] == ("all 12 rows", "the same class as before and within 0.01 of before")
    assert seen["log_loss"] == ("0.223", "<= 0.233 (registry 0.223 + 0.01)")
    assert seen["log_loss.high"] == ("0.223 (difference +0.000 to +0.000)", "<= 0.323 (prod 0.223 + 0.1)")
    assert seen["missing.lost"] == ("0 of 10", "== 0")
    assert judged(folder, CLASS).sample[0] == ("1,red", "setosa 0.9")


def sleepy(cells: list[Any]) -> Any:
    return likely("setosa") if cells[1] == "red" else scores(cells)


def unlike(cells: list[Any]) -> Any:
    return scores(cells) if cells[0] != 6 else likely("setosa")


def lossy(cells: list[Any]) -> Any:
    return scores(cells) if cells[1] else {"setosa": None, "versicolor": 0.1, "virginica": 0.1}


@pytest.mark.parametrize(
    ("text", "model", "seen"),
    [
        (
            SCORES,
            lambda _: [0.2, 0.3, 0.5],
            {"reply.distinct": "1", "accuracy": "33.3%", "a small one": "virginica 0.5"},
        ),
        (SCORES, sleepy, {"balanced_accuracy": "66.7%", "flipped": "33.3% (16 of 48)", "colour says nothing": None}),
        (
            SCORES,
            unlike,
            {
                "golden.differ": "1 of 2 (the first: 0.8 0.1 0.1, recorded virginica)",
                "f1.macro": None,
                "f1.macro.low": None,
                "log_loss": None,
                "log_loss.high": None,
            },
        ),
        (SCORES, lossy, {"missing.lost": "5 of 10 (the first: no colour)"}),
        (SCORES, lambda cells: len(cells[1]) and scores(cells), {"missing.lost": None}),
        (
            SCORES,
            lambda _: [0.3, 0.7],
            {"reply.outside": "48 (the first: nan nan nan)", "accuracy": "0 usable answers to 48 rows"},
        ),
        (SCORES, lambda _: {"setosa": 2, "versicolor": 0, "virginica": 0}, {"reply.outside": "48 (the first: 2 0 0)"}),
        (CLASS, lambda _: {"predicted_label": "rose", "score": 1}, {"accuracy": "0%", "flipped": "100% (48 of 48)"}),
        (
            CLASS,
            lambda _: {"score": 1},
            {"reply.outside": "49 (the first: 1)", "accuracy": "0 usable answers to 48 rows"},
        ),
        (PRICES, lambda cells: 90.0 * cells[0], {"mae": "35.000", "rmse": "38.944", "mean_shift": None}),
        (PRICES, lambda _: 1e9, {"reply.outside": "48 (the first: 1e+09)", "r2": None, "bigger is dearer": None}),
        (PRICES, lambda _: "dear", {"reply.outside": "48 (the first: nan)", "mae": "0 usable answers to 48 rows"}),
    ],
)
def test_a_bad_model_is_seen(folder: Path, text: str, model: Model, seen: dict[str, str | None]) -> None:
    evidence = judged(folder, text, model)
    found = amiss(evidence)
    assert evidence.verdict is Verdict.FAILED
    for name, words in seen.items():
        assert found[name].verdict is Verdict.FAILED
        assert words is None or found[name].seen == words


def test_the_end_of_an_interval_is_the_worse_one(folder: Path) -> None:
    evidence = judged(folder, PRICES, lambda cells: price(cells) + 9 * ((cells[0] * 7) % 4 - 1))
    value = {check.name: check.value or 0.0 for check in evidence.checks}
    assert value["rmse.high"] > value["rmse"] > 0
    assert value["r2.low"] < value["r2"] < 1


@pytest.mark.parametrize("odd", [None, "?"])
def test_answers_beyond_the_rows_are_no_answers(folder: Path, odd: str | None) -> None:
    good, request, reply, form = FORMS[PRICES]
    endpoints = Endpoints(good, good, lambda answers: reply([*answers, odd]), request, form)
    evidence = run(suite_of(folder, PRICES), Subject(endpoints, "staging", "config-1"), TickingClock())
    assert amiss(evidence)["mae"].seen == "49 answers to 48 rows"
    assert amiss(evidence)["bigger is dearer"].seen == "11 answers to 10 rows"


def test_a_class_that_changes_when_asked_again_is_seen(folder: Path) -> None:
    turns = cycle((*NAMES, "setosa", "rose"))  # as many as go into no number of rows, so that the next request differs
    found = amiss(judged(folder, NAMED, lambda _: next(turns)))
    assert found["repeat.differ"].verdict is found["batch.differ"].verdict is Verdict.FAILED
    assert amiss(judged(folder, NAMED)) == {}


def test_what_cannot_be_read_is_not_the_same_class(folder: Path) -> None:
    suite = suite_of(folder, SCORES.replace(", within: 0.01", ""))
    _, request, reply, form = FORMS[SCORES]
    endpoints = Endpoints(lambda _: [0.5], scores, reply, request, form)
    found = amiss(run(suite, Subject(endpoints, "staging", "config-1"), TickingClock()))
    assert found["colour says nothing"].verdict is Verdict.FAILED


def test_a_label_that_is_missing_is_refused_with_its_line(folder: Path) -> None:
    (folder / "canary.csv").write_text("size,colour,species,price\n1,red,setosa,1\n2,red, ,1\n")
    with pytest.raises(SuiteProblem, match="the label is missing") as refusal:
        suite_of(folder, SCORES)
    assert (refusal.value.file, refusal.value.line) == ("canary.csv", 3)


def test_a_reply_in_another_form_fails_with_what_it_said(folder: Path) -> None:
    good, request, _, form = FORMS[PRICES]
    endpoints = Endpoints(good, good, lambda answers: f"<b>{answers[0]}</b>", request, form)
    evidence = run(suite_of(folder, PRICES), Subject(endpoints, "staging", "config-1"), TickingClock())
    assert amiss(evidence)["reply.rows"].seen.startswith("the reply is no JSON: '<b>101.0</b>'")
    assert evidence.verdict is Verdict.FAILED


def test_a_prod_of_other_classes_is_a_difference_and_no_error(folder: Path) -> None:
    evidence = judged(folder, CLASS, prod=lambda _: {"label": "flower", "score": 1})
    assert amiss(evidence).keys() == {"flipped"}


@pytest.mark.parametrize(
    ("text", "old", "new", "reason"),
    [
        (SCORES, "accuracy >= 90%", "auc >= 0.9", "auc needs a reply of the kind probability, not scores"),
        (SCORES, "golden.differ == 0", "golden.max_diff <= 1", "probability or number, not scores"),
        (SCORES, "answer: was", "answer: colour", "colour must be setosa or versicolor or virginica, not 'red'"),
        (SCORES, "accuracy >= 90%", "mae <= 1", "mae needs a reply of the kind number, not scores"),
        (SCORES, "accuracy >= 90%", "psi <= 1", "psi needs a reply of the kind probability or number, not scores"),
        (SCORES, "log_loss.high <= prod + 0.1", "log_loss.high <= 1", "write log_loss.high <= prod + 0.06"),
        (SCORES, "accuracy >= 90%", "log_loss.low >= prod", "unknown metric 'log_loss.low'"),
        (SCORES, "label: species}", "label: price}", "price must be setosa or versicolor or virginica, not '100'"),
        (SCORES, "label: species}", "label: species, threshold: 0.5}", "canary.threshold is for the kind probability"),
        (SCORES, '["1.5,red"]', '["1.5"]', "the row '1.5' has 1 cells, the columns are 2"),
        (
            SCORES,
            "class: setosa",
            "class: rose",
            "case 'a small one': 'rose' is none of the classes setosa, versicolor",
        ),
        (SCORES, "same_class: true", "same_class: false", "cases.1.expect.same_class"),
        (SCORES, 'then: {colour: "green, dark"}, ', "", "same_class compare with the answers before `then`"),
        (CLASS, "class_and_probability", "class", "the kind class has no number: expect class or same_class"),
        (CLASS, "accuracy >= 90%", "log_loss <= 1", "log_loss needs a reply of the kind probability or scores"),
        (PRICES, "columns: [size, colour]", "request: {row: value}", "row: value sends one of size, colour, species"),
        (PRICES, "mae <= 5", "accuracy >= 5%", "not number"),
        (PRICES, "mae <= 5", "flipped <= 5%", "not number"),
        (PRICES, "label: price}", "label: species}", "'setosa' is not a number"),
        (PRICES, 'direction: ">"', "class: a", "a reply of the kind number has no class"),
        (PRICES, "range: [0, 1000]", "per_row: 2", "needs one"),
        (PRICES, ", range: [0, 1000]", "", "psi needs the range of the reply"),
    ],
)
def test_what_does_not_fit_the_kind_is_refused(folder: Path, text: str, old: str, new: str, reason: str) -> None:
    assert old in text
    with pytest.raises(SuiteProblem) as refusal:
        suite_of(folder, text.replace(old, new, 1))
    assert reason in refusal.value.reason
