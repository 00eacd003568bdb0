"""Requests and replies in every form that real containers speak."""

import csv
import json
import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.release.record import Task
from services.smoke.contract import ContractForm
from services.smoke.rows import cells_of, label_of, row_of
from services.smoke.wire import Body, Wire

JSON = "application/json"
LINES = "application/jsonlines"
ROWS = ("3,0,,C 85", '1,1,7.25,"a, b"')


def wire(reply: dict[str, Any] | None = None, **contract: Any) -> Wire:
    return Wire(ContractForm.model_validate({"reply": reply or {}, **contract}))


# --- Requests ----------------------------------------------------------------------------------------------------

COLUMNS = ["Class", "Sex", "Age", "Cabin"]
LISTS: list[list[Any]] = [[3, 0, None, "C 85"], [1, 1, 7.25, "a, b"]]
OBJECTS = [dict(zip(COLUMNS, row, strict=True)) for row in LISTS]


@pytest.mark.parametrize(
    ("request_", "wanted"),
    [
        ({}, {"instances": LISTS}),
        ({"key": ""}, LISTS),
        ({"key": "inputs"}, {"inputs": LISTS}),
        ({"row": "object"}, {"instances": OBJECTS}),
        ({"row": "object", "key": "dataframe_records"}, {"dataframe_records": OBJECTS}),
        ({"row": "features"}, {"instances": [{"features": row} for row in LISTS]}),
    ],
)
def test_rows_are_written_as_json(request_: dict[str, str], wanted: object) -> None:
    body = wire(content_type=JSON, columns=COLUMNS, request=request_).body(ROWS)
    assert json.loads(body) == wanted


def test_a_row_of_one_cell_is_written_bare() -> None:
    texts = wire(content_type=JSON, request={"row": "value", "key": "inputs"})
    assert json.loads(texts.body(["good film", '"bad, bad"'])) == {"inputs": ["good film", "bad, bad"]}


@pytest.mark.parametrize("row", ["list", "object", "features"])
def test_rows_are_written_as_json_lines(row: str) -> None:
    body = wire(content_type=LINES, columns=COLUMNS, request={"row": row}).body(ROWS)
    wanted = {"list": LISTS, "object": OBJECTS, "features": [{"features": each} for each in LISTS]}[row]
    assert [json.loads(line) for line in body.splitlines()] == wanted


@pytest.mark.parametrize("contract", [{}, {"content_type": JSON}, {"content_type": LINES}])
@given(cells=st.lists(st.sampled_from(["5", '"5"', "", "ab", '"a, b"', '""""']), min_size=1), most=st.integers(0, 99))
def test_a_body_begins_as_it_goes_on(contract: dict[str, Any], cells: list[str], most: int) -> None:
    body = Body(tuple(f"{cell},{cell}" for cell in cells), wire(**contract))
    assert body.beginning(most) == body.text[:most]
    assert Body(plain="a,b").beginning(2) == "a,"


def test_rows_are_written_as_csv_as_they_stand() -> None:
    assert wire().body(ROWS) == "".join(f"{row}\n" for row in ROWS)


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        ("", "null"),
        ("0.1000000000000000055", "0.1000000000000000055"),
        ("-1e-3", "-1e-3"),
        ("007", '"007"'),
        ("nan", '"nan"'),
        ("1_000", '"1_000"'),
        ("true", '"true"'),
        (".5", '".5"'),
        ("٣", '"\\u0663"'),
    ],
)
def test_a_cell_is_a_number_only_as_json_writes_one(cell: str, wanted: str) -> None:
    assert wire(content_type=JSON, request={"key": ""}).body([cell + ","]) == f"[[{wanted}, null]]"


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"), max_size=12)


@given(st.lists(TEXT, min_size=1, max_size=5))
def test_a_row_is_split_as_it_was_joined(cells: list[str]) -> None:
    assert cells_of(row_of(cells)) == cells


@given(st.lists(st.lists(TEXT, min_size=2, max_size=2), min_size=1, max_size=4), st.sampled_from([JSON, LINES]))
def test_every_row_becomes_json(table: list[list[str]], form: Any) -> None:
    rows = [row_of(cells) for cells in table]
    body = wire(content_type=form, columns=["a", "b"], request={"row": "object"}).body(rows)
    written = json.loads(body)["instances"] if form == JSON else [json.loads(line) for line in body.split("\n")[:-1]]
    assert len(written) == len(rows)
    for cells, row in zip(table, written, strict=True):
        texts = {key: cell for key, cell in row.items() if isinstance(cell, str)}
        assert texts.items() <= {"a": cells[0], "b": cells[1]}.items()
        assert {key for key, cell in row.items() if cell is None} == {
            k for k, c in zip("ab", cells, strict=True) if not c
        }


# --- Replies -----------------------------------------------------------------------------------------------------

IRIS: dict[str, Any] = {"kind": "scores", "classes": ["setosa", "virginica"]}
DIGITS: dict[str, Any] = {"kind": "scores", "classes": [0, 1]}


@pytest.mark.parametrize(
    ("reply", "accept", "body", "wanted"),
    [
        # The built-in XGBoost: a number a line, or all in one; the scores of several classes in brackets.
        ({}, "text/csv", "0.25\n0.75\n", ["0.25", "0.75"]),
        ({}, "text/csv", "0.25,0.75", ["0.25", "0.75"]),
        ({}, "text/csv", "0.25\r\n0.75\r\n", ["0.25", "0.75"]),
        ({"per_row": 2}, "text/csv", "1,2\n3,4\n", ["1 2", "3 4"]),
        ({"per_row": 2}, "text/csv", "1,2,3,4", ["1 2", "3 4"]),
        (IRIS, "text/csv", "0.9,0.1\n0.2,0.8\n", ["0.9 0.1", "0.2 0.8"]),
        (IRIS, "text/csv", "[0.9, 0.1],[0.2, 0.8]", ["0.9 0.1", "0.2 0.8"]),
        (IRIS, "text/csv", "[0.9, 0.1]\n[0.2, 0.8]\n", ["0.9 0.1", "0.2 0.8"]),
        ({}, JSON, '{"predictions": [{"score": 0.25}, {"score": 0.75}]}', ["0.25", "0.75"]),
        ({}, LINES, '{"score": 0.25}\n{"score": 0.75}\n', ["0.25", "0.75"]),
        # Linear learner: binary, multi-class.
        ({}, JSON, '{"predictions": [{"score": 0.25, "predicted_label": 0}]}', ["0.25"]),
        ({"kind": "class"}, JSON, '{"predictions": [{"score": [0.1, 0.9], "predicted_label": 1.0}]}', ["1"]),
        (DIGITS, JSON, '{"predictions": [{"score": [0.1, 0.9], "predicted_label": 1}]}', ["0.1 0.9"]),
        (DIGITS, JSON, "[[1, 0]]", ["1 0"]),
        # TensorFlow Serving, scikit-learn, a list of a list of one, Hugging Face, Autopilot, MLflow.
        ({}, JSON, '{"predictions": [[0.25], [0.75]]}', ["0.25", "0.75"]),
        ({"kind": "number"}, JSON, "[12.5, 1e3]", ["12.5", "1000"]),
        ({"kind": "class"}, JSON, '["setosa", ["virginica"]]', ["setosa", "virginica"]),
        ({"kind": "class_and_probability"}, JSON, '[{"label": "POSITIVE", "score": 0.99}]', ["POSITIVE 0.99"]),
        (IRIS, JSON, '[[{"label": "virginica", "score": 0.7}, {"label": "setosa", "score": 0.3}]]', ["0.3 0.7"]),
        (IRIS, JSON, '[{"virginica": 0.7, "setosa": 0.3}]', ["0.3 0.7"]),
        ({"kind": "class_and_probability"}, "text/csv", "yes,0.8\nno,0.6", ["yes 0.8", "no 0.6"]),
        ({"kind": "class_and_probability"}, JSON, '[["yes", 0.8]]', ["yes 0.8"]),
        ({"kind": "class"}, "text/csv", '2.0\n"a, b"\n', ["2", "a, b"]),
        # What the contract says where the names are others.
        ({"path": "outputs.p", "score": "p.yes"}, JSON, '{"outputs": {"p": [{"p": {"yes": 0.5}}]}}', ["0.5"]),
        ({"kind": "class", "label": "is"}, JSON, '[{"is": "x", "label": "y"}]', ["x"]),
        ({"score": 1}, JSON, "[[0.3, 0.7], [0.6, 0.4]]", ["0.7", "0.4"]),
        ({"kind": "class_and_probability", "label": "0.is", "score": "1.0"}, JSON, '[[{"is": "x"}, [0.5]]]', ["x 0.5"]),
        ({"path": "0.out"}, JSON, '[{"out": [0.5]}]', ["0.5"]),
        # Some write numbers as text.
        ({}, JSON, '["0.5"]', ["0.5"]),
    ],
)
def test_replies_of_real_containers_are_read(reply: dict[str, Any], accept: str, body: str, wanted: list[str]) -> None:
    answers = wire(reply, accept=accept).answers(body)
    assert [answer.words for answer in answers.each] == wanted
    assert all(answer.readable for answer in answers.each)
    assert not answers.problem


@pytest.mark.parametrize(
    ("reply", "body", "decided", "score"),
    [
        ({}, "[0.5, 0.49]", ["1", "0"], [0.5, 0.49]),
        ({"kind": "number"}, "[0.7]", [""], [0.7]),
        (IRIS, "[[0.6, 0.4], [0.1, 0.3]]", ["setosa", "virginica"], [0.6, 0.3]),
        ({"kind": "class_and_probability"}, '[["no", 0.8]]', ["no"], [0.8]),
        ({"per_row": 2}, "[[0.1, 0.9]]", [""], [0.9]),
    ],
)
def test_a_class_follows_from_numbers(reply: dict[str, Any], body: str, decided: list[str], score: list[float]) -> None:
    answers = wire(reply, accept=JSON).answers(body)
    assert [answer.decided for answer in answers.each] == decided
    assert [answer.score for answer in answers.each] == score


def test_the_threshold_decides() -> None:
    answers = Wire(ContractForm(), 0.8).answers("0.79\n0.8\n")
    assert [answer.decided for answer in answers.each] == ["0", "1"]


def test_a_class_alone_has_no_score() -> None:
    (answer,) = wire({"kind": "class"}, accept=JSON).answers('["x"]').each
    assert math.isnan(answer.score)
    assert (answer.decided, answer.inside) == ("x", True)


@pytest.mark.parametrize(
    ("reply", "body", "problem"),
    [
        ({}, "<html>", "the reply is no JSON: '<html>'"),
        ({}, "", "the reply is no JSON: ''"),
        ({}, '{"outputs": [1]}', "the reply has no list under 'predictions': '{\"outputs\": [1]}'"),
        ({"path": "a.b"}, '{"a": [1]}', "the reply has no list under 'a.b': '{\"a\": [1]}'"),
        ({}, "0.5", "the reply has no list under 'predictions': '0.5'"),
        ({}, "[" * 100_000, f"the reply is no JSON: '{'[' * 60}...'"),
    ],
)
def test_a_reply_that_cannot_be_read_says_why(reply: dict[str, Any], body: str, problem: str) -> None:
    answers = wire(reply, accept=JSON).answers(body)
    assert (answers.each, answers.problem) == ((), problem)


@pytest.mark.parametrize(
    ("reply", "accept", "body"),
    [
        ({}, "text/csv", "sorry"),
        ({}, "text/csv", "nan"),
        ({}, JSON, "[NaN]"),
        ({}, JSON, "[true]"),
        ({}, JSON, "[null]"),
        ({}, JSON, '[{"prob": 1}]'),
        ({}, JSON, "[[0.1, 0.2]]"),
        ({}, JSON, f"[1{'0' * 400}]"),
        ({"per_row": 2}, "text/csv", "1,2,3"),
        (IRIS, "text/csv", "0.1"),
        (IRIS, JSON, '[{"setosa": 1}]'),
        ({"kind": "class"}, JSON, '[{"name": "x"}]'),
        ({"kind": "class"}, JSON, "[null]"),
        ({"kind": "class"}, "text/csv", '""'),
        ({"kind": "class_and_probability"}, "text/csv", "yes"),
        ({"kind": "class_and_probability"}, "text/csv", "0.8,yes"),
        ({"kind": "class_and_probability"}, JSON, '[{"score": 0.5}]'),
        ({"kind": "class_and_probability"}, JSON, "[0.5]"),
        ({"score": 2}, JSON, "[[0.3, 0.7]]"),
        ({"score": 1}, JSON, "[0.5]"),
    ],
)
def test_an_answer_that_is_none_is_not_inside(reply: dict[str, Any], accept: str, body: str) -> None:
    (answer,) = wire(reply, accept=accept).answers(body).each
    assert (answer.readable, answer.inside, answer.decided) == (False, False, "")


@pytest.mark.parametrize(
    ("reply", "body"),
    [
        ({}, "[1.5]"),
        ({"kind": "number", "range": [0, 10]}, "[-1]"),
        (IRIS, "[[0.5, 1.5]]"),
        ({"kind": "class", "classes": ["a", "b"]}, '["c"]'),
        ({"kind": "class_and_probability", "classes": ["a"]}, '[["b", 0.5]]'),
        ({"kind": "class_and_probability"}, '[["b", 2]]'),
    ],
)
def test_an_answer_outside_the_contract_is_readable_only(reply: dict[str, Any], body: str) -> None:
    (answer,) = wire(reply, accept=JSON).answers(body).each
    assert (answer.readable, answer.inside) == (True, False)


KINDS = st.sampled_from(
    [{}, {"per_row": 2}, {"kind": "number"}, {"kind": "class"}, IRIS, {"kind": "class_and_probability"}]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["predictions", "score", "label", "setosa", "virginica"]), inner, max_size=3)
    ),
    max_leaves=12,
)
BODIES = st.text(max_size=40) | VALUES.map(json.dumps) | st.lists(VALUES, max_size=4).map(json.dumps)


@given(KINDS, st.sampled_from(["text/csv", JSON, LINES]), BODIES)
@example({"kind": "class"}, "text/csv", '"' + "x" * (csv.field_size_limit() + 1))
@example({}, JSON, "9" * 5000)
def test_any_reply_is_answers_or_a_problem(reply: dict[str, Any], accept: str, body: str) -> None:
    answers = wire(reply, accept=accept).answers(body)
    assert not (answers.each and answers.problem)
    for answer in answers.each:
        assert answer.readable or not answer.inside
        assert answer.words is not None
        assert answer.decided == "" or answer.readable


@given(st.lists(st.floats(0, 1), min_size=1, max_size=10), st.sampled_from(["text/csv", JSON, LINES]))
def test_what_a_model_says_is_read_as_it_is(numbers: list[float], accept: str) -> None:
    body = json.dumps(numbers) if accept == JSON else "".join(f"{number!r}\n" for number in numbers)
    assert [answer.score for answer in wire(accept=accept).answers(body).each] == numbers


# --- Names of classes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (2, "2"),
        (2.0, "2"),
        ("2.0", "2"),
        ("2.000000e+00", "2"),
        (" 2 ", "2"),
        ("-1.0", "-1"),
        ("007", "007"),
        ("2.5", "2.5"),
        ("1e999", "1e999"),
        ("setosa", "setosa"),
        (True, "true"),
        (None, ""),
        ([], ""),
        (float("nan"), ""),
        ("", ""),
    ],
)
def test_a_class_has_one_name(value: object, wanted: str) -> None:
    assert label_of(value) == wanted


@given(st.text(max_size=20) | st.floats() | st.integers())
def test_naming_a_class_twice_changes_nothing(value: object) -> None:
    assert label_of(label_of(value)) == label_of(value)


# --- The contract ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("contract", "reason"),
    [
        ({"reply": {"kind": "scores"}}, "the kind scores needs two classes or more"),
        ({"reply": {"kind": "scores", "classes": ["a", "a"]}}, "classes has a name twice"),
        ({"reply": {"kind": "scores", "classes": [True, "a"]}}, "write it in quotes: YAML reads yes, no"),
        ({"reply": {"kind": "class", "per_row": 2}}, "per_row is for numbers, not for the kind class"),
        ({"reply": {"kind": "class", "range": [0, 1]}}, "the kind class has no numbers"),
        ({"reply": {"kind": "number", "classes": ["a"]}}, "classes are not for the kind number"),
        ({"reply": {"kind": "number", "label": "x"}}, "label is not for the kind number"),
        ({"reply": {"range": [1, 0]}}, "[1, 0] is empty: write the lower end first"),
        ({"reply": {"path": "x"}}, "path is for replies in application/json"),
        ({"reply": {"score": "x"}}, "a CSV reply has none"),
        ({"request": {"row": "object"}, "columns": ["a"]}, "request is for JSON"),
        ({"content_type": JSON, "request": {"row": "object"}}, "row: object needs columns"),
        ({"content_type": JSON, "request": {"row": "value"}, "columns": ["a", "b"]}, "row: value takes one column"),
        ({"content_type": LINES, "request": {"key": "x"}}, "key is for application/json"),
        ({"content_type": "text/tsv"}, "Input should be 'text/csv'"),
        ({"reply": {"kind": "score"}}, "Input should be 'probability'"),
    ],
)
def test_a_contract_that_contradicts_itself_is_refused(contract: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        ContractForm.model_validate(contract)
    assert reason in str(refusal.value)


def test_a_reply_comes_in_the_form_of_the_request() -> None:
    assert wire(content_type=LINES).contract.accept == LINES
    assert wire(accept=JSON).contract.content_type == "text/csv"


@pytest.mark.parametrize(
    ("reply", "task"),
    [
        ({}, Task.BINARY),
        ({"kind": "number"}, Task.REGRESSION),
        ({"kind": "class"}, Task.MULTICLASS),
        (IRIS, Task.MULTICLASS),
        ({"kind": "class_and_probability"}, Task.MULTICLASS),
    ],
)
def test_the_task_follows_from_the_kind(reply: dict[str, Any], task: Task) -> None:
    assert wire(reply).contract.task is task
