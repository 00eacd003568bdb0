"""The picture of the evidence: what it says of each kind of record, and that any record can be drawn."""

import math
import re
import struct
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from fakes.pictured import (
    GALLERY,
    GOOD,
    NASTY,
    binary_rows,
    classes,
    empty,
    first,
    first_classes,
    first_regression,
    first_unlabelled,
    from_baseline,
    good,
    passengers,
    regression,
    slow,
    swapped,
    worst,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers import picture
from handlers.picture import matrix
from handlers.picture.letters import width
from handlers.picture.panel import BOTTOM
from handlers.picture.svg import BAD, NOW
from services.release.model import CheckResult, Serving, Verdict
from services.release.record import EvidenceRecord, RowAnswers, Task

ROOT = Path(picture.__file__).resolve().parents[2]
NAMES = list(GALLERY)
MOST_BYTES = 200_000
SIZE = (1500, 660)


def tree(record: EvidenceRecord) -> ET.Element:
    """Return the picture's document, without its namespace."""
    text = picture.svg_of(record).replace(' xmlns="http://www.w3.org/2000/svg"', "")
    return ET.fromstring(text)  # noqa: S314 - written a line above


def said(record: EvidenceRecord) -> list[str]:
    """Return every text of the picture, in the order of the document."""
    return [element.text or "" for element in tree(record).iter("text")]


def marks(record: EvidenceRecord, kind: str, colour: str) -> int:
    """Count the marks of a colour: circles or paths in the groups that are filled with it."""
    groups = [group for group in tree(record).iter("g") if group.get("fill") == colour]
    return sum(len(group.findall(kind)) for group in groups)


def boxes(record: EvidenceRecord) -> list[tuple[str, float, float, float, float]]:
    """Return each text with about the rectangle that it takes: left, top, right, bottom."""
    found = []
    for element in tree(record).iter("text"):
        words, size = element.text or "", float(element.get("font-size", "0"))
        x, y, long = float(element.get("x", "0")), float(element.get("y", "0")), 0.9 * width(words, size)
        left = x - {"start": 0.0, "middle": long / 2, "end": long}[element.get("text-anchor", "start")]
        if "rotate" in element.get("transform", ""):
            found.append((words, x - 0.75 * size, y - long / 2, x + 0.2 * size, y + long / 2))
        else:
            found.append((words, left, y - 0.75 * size, left + long, y + 0.2 * size))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_is_a_small_png_of_one_size_and_the_same_each_time(name: str) -> None:
    record = GALLERY[name]()
    png = picture.draw(record)
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", png[16:24]) == SIZE
    assert len(png) < MOST_BYTES
    assert picture.draw(record) == png


def test_is_the_same_in_another_process() -> None:
    program = "import zlib; from fakes.pictured import worst; from handlers import picture; "
    program += "print(zlib.crc32(picture.draw(worst())))"
    sums = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert sums[0] == sums[1] != ""


def test_text_is_drawn_though_the_machine_has_no_font_for_it() -> None:
    """Without a font resvg leaves text out and says nothing."""
    one, other = classes(("cat", "dog", "eel")), classes(("cat", "dog", "owl"))
    assert picture.draw(one) != picture.draw(other)


@pytest.mark.parametrize("name", NAMES)
def test_no_text_lies_on_another_or_leaves_the_picture(name: str) -> None:
    shown = boxes(GALLERY[name]())
    assert len(shown) > 3
    for index, (words, left, top, right, bottom) in enumerate(shown):
        assert left >= 0, words
        assert top >= 0, words
        assert right <= SIZE[0], words
        assert bottom <= SIZE[1], words
        for others, left2, top2, right2, bottom2 in shown[index + 1 :]:
            apart = right <= left2 or right2 <= left or bottom <= top2 or bottom2 <= top
            assert apart, (words, others)


def test_every_flip_is_a_red_triangle_and_every_other_row_a_blue_dot() -> None:
    record = swapped()
    flips = sum(row.decided != row.prod_decided for row in record.rows)
    assert flips > 200
    in_legend = 2
    assert marks(record, "path", BAD) == flips + in_legend
    assert marks(record, "circle", NOW) == len(record.rows) - flips + len(["legend", "the p95 of the budget"])
    assert f"✗ {flips} of 418 rows flipped (69.6%)" in said(record)
    assert "By the labels, 61 right now, 230 right before" in said(record)


def test_an_honest_retraining_raises_no_alarm() -> None:
    texts = said(good())
    assert "3 of 418 rows flipped (0.72%)" in texts
    assert "p95 within its budget" in texts
    assert not [text for text in texts if text.startswith(("✗", "!"))]


def test_a_warning_is_marked_as_one() -> None:
    assert "! 43 of 418 rows flipped (10.3%)" in said(from_baseline())


def test_percentiles_stand_beside_each_other() -> None:
    texts = said(good())
    at = texts.index("staging")
    assert texts[at - 3 : at + 8] == [
        *("p50", "p95", "p99"),
        *("staging", "0.413", "0.614", "2.4"),
        *("prod", "0.431", "0.612", "2.2"),
    ]


@pytest.mark.parametrize(
    ("budget", "words"),
    [(5.0, "p95 budget 5 ms"), (500.0, "p95 budget 500 ms →"), (0.001, "← p95 budget 0.001 ms")],
)
def test_a_budget_far_from_the_data_is_told_at_the_edge(budget: float, words: str) -> None:
    record = replace(good(), latency_budget_ms=budget)
    assert words in said(record)
    assert ("stroke-dasharray" in picture.svg_of(replace(record, rows=()))) is (budget == 5.0)


def test_no_budget_no_line() -> None:
    texts = said(replace(good(), latency_budget_ms=None, latency_budget_of=""))
    assert not [text for text in texts if "budget" in text]
    assert "418 requests each" in texts


def test_a_slow_model_is_over_its_bound() -> None:
    record = slow()
    assert "✗ p95 over its bound" in said(record)
    assert "2,000 requests, prod 300" in said(record)


def test_latency_that_no_check_judges_is_still_told_from_the_budget() -> None:
    record = slow()
    silent = replace(record, evidence=replace(record.evidence, checks=()))
    assert "p95 over its budget" in said(silent)


def test_the_first_release_shows_the_answers_by_label() -> None:
    texts = said(first())
    assert "No prod to compare with" in texts
    assert "325 of 418 rows as labelled (77.8%)" in texts
    assert "wrong: 93" in texts
    assert "not measured" in texts


def test_a_regression_marks_the_rows_that_moved_furthest() -> None:
    record = regression()
    assert marks(record, "path", BAD) == 5 + len(["legend"])
    assert marks(record, "circle", NOW) == len(record.rows) + len(["legend", "the p95 of the budget"])
    assert "Median change 5,092, largest 262k" in said(record)
    assert "Median error 13.9k, largest 287k" in said(first_regression())


def test_a_matrix_counts_every_row() -> None:
    record = classes(("setosa", "versicolor", "virginica"))
    texts = said(record)
    cells = [element for element in tree(record).iter("text") if float(element.get("x", "0")) > matrix.LEFT]
    assert sum(int(cell.text) for cell in cells if cell.text and cell.text.isdecimal()) == len(record.rows)
    assert {"setosa", "versicolor", "virginica"} <= set(texts)


def test_of_many_classes_the_busiest_are_named() -> None:
    texts = said(GALLERY["many_classes"]())
    named = {"bear", "cat", "dog", "elephant", "giraffe", "hedgehog", "horse", "sheep"}
    assert named | {"other"} <= set(texts)
    assert not {"weasel", "newt"} & set(texts)


def test_classes_whose_names_cannot_be_drawn_are_told_apart_by_number() -> None:
    names = tree(classes(("\u0645", "\u0647", "\u0648"))).iter("text")
    below = [name.text for name in names if float(name.get("y", "0")) == BOTTOM + 30 and name.get("font-weight")]
    assert below == ["1", "2", "3"]


def test_one_number_is_one_class_however_it_is_written() -> None:
    rows = (RowAnswers("1", 0.9, "1", 0.8, "1.0", "1"), RowAnswers("2", 0.1, "0", 0.8, "1", "0.0"))
    texts = said(replace(GOOD, rows=rows))
    assert "1 of 2 rows flipped (50.0%)" in texts
    assert "By the labels, 1 right now, 0 right before" in texts


def test_classes_without_scores_are_a_matrix_too() -> None:
    rows = tuple(replace(row, score=None, prod_score=None) for row in good().rows)
    assert "staging: class" in said(replace(GOOD, rows=rows))


def test_classes_without_prod_or_labels_are_counted() -> None:
    assert {"cat", "102", "other"} <= set(said(first_classes()))


@pytest.mark.parametrize("sample", [good, first, first_unlabelled, regression, first_classes])
def test_rows_without_an_answer_are_told(sample: Callable[[], EvidenceRecord]) -> None:
    record = sample()
    lost = [replace(row, score=math.nan, decided="") for row in record.rows[:9]]
    gappy = replace(record, rows=(*lost, *record.rows[9:]))
    words = f"9 of {len(record.rows)} rows have no answer"
    assert words in said(gappy)
    assert words in picture.alt_text(gappy)
    assert words not in said(record)


def test_nothing_to_draw_is_said_calmly() -> None:
    assert {"No latency was measured", "No answers to draw"} <= set(said(empty()))


def test_prod_itself_is_told_from_what_it_was() -> None:
    texts = said(replace(good(), stage="prod"))
    assert {"prod", "before", "prod: P(1)", "before: P(1)"} <= set(texts)
    assert "staging" not in texts


def test_foreign_text_is_text() -> None:
    drawn = picture.svg_of(worst())
    assert "<script" not in drawn
    assert "&lt;!chan" in drawn
    assert not re.search("[\u0600-\u06ff\u202e\U0001f680\x00]", drawn)


def test_the_alternative_text_carries_the_numbers() -> None:
    assert picture.alt_text(swapped()) == (
        "Smoke tests of titanic-survival on staging failed."
        " Answers beside prod: 291 of 418 rows flipped (69.6%). By the labels, 61 right now, 230 right before."
        " Latency: staging p50 0.413 ms, p95 0.614 ms, p99 2.4 ms (418 requests);"
        " prod p50 0.431 ms, p95 0.612 ms, p99 2.2 ms (418 requests). Budget: p95 5 ms."
        " Registered metrics: accuracy 0.766 on prod, 0.768 now (+0.002); auc 0.747 on prod, 0.812 now (+0.065)."
        " Failed: auc 0.357, wanted >= 0.802 (registry 0.812 - 0.01)."
        " Failed: flipped 69.6% (291 of 418), wanted <= 30%."
    )


def test_the_alternative_text_says_what_is_missing() -> None:
    told = picture.alt_text(empty())
    assert "No latency was measured." in told
    assert "No prod and no labels to compare the answers with." in told
    assert "No prod to compare with. Answers beside the labels: 325 of 418" in picture.alt_text(first())


def test_the_alternative_text_is_short_and_names_no_account() -> None:
    check = CheckResult("x", Verdict.FAILED, "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/x", NASTY * 20)
    record = replace(worst(), evidence=replace(worst().evidence, checks=(check,) * 100))
    told = picture.alt_text(record)
    assert len(told) <= 2000
    assert "123456789012" not in told
    assert "94 more checks failed." in told


WORDS = st.one_of(st.text(max_size=30), st.sampled_from(["1", "0", "1.0", "p95", "staging", "\ud800", NASTY]))
NUMBERS = st.one_of(st.floats(), st.floats(0, 1), st.sampled_from([0.0, 5e-324, 1e308, -1e308]))
ROWS = st.builds(
    RowAnswers,
    row=WORDS,
    score=st.none() | NUMBERS,
    decided=WORDS,
    prod_score=st.none() | NUMBERS,
    prod_decided=WORDS,
    truth=WORDS,
)
TIMES = st.lists(NUMBERS | st.floats(0.1, 1000), max_size=12).map(tuple)
CHECKS = st.builds(
    CheckResult,
    name=st.sampled_from(["flipped", "latency.p95", "auc"]) | WORDS,
    verdict=st.sampled_from(Verdict),
    seen=WORDS,
    rule=WORDS,
    blocking=st.booleans(),
)
METRICS = st.lists(st.tuples(WORDS, NUMBERS), max_size=3).map(tuple)
EVIDENCE = st.builds(
    lambda checks, now, before, verdict: replace(
        GOOD.evidence,
        checks=tuple(checks),
        verdict=verdict,
        candidate=Serving("now", metrics=now),
        prod=Serving("before", metrics=before),
    ),
    st.lists(CHECKS, max_size=4),
    METRICS,
    METRICS,
    st.sampled_from(Verdict),
)
RECORDS: st.SearchStrategy[EvidenceRecord] = st.builds(
    lambda **some: replace(GOOD, **some),
    model=WORDS,
    stage=WORDS,
    evidence=EVIDENCE,
    task=st.sampled_from(Task),
    threshold=st.none() | NUMBERS,
    bounds=st.none() | st.tuples(NUMBERS, NUMBERS),
    latencies_ms=TIMES,
    prod_latencies_ms=TIMES,
    latency_budget_of=WORDS,
    latency_budget_ms=st.none() | NUMBERS,
    rows=st.lists(ROWS, max_size=12).map(tuple),
)


@settings(max_examples=200)
@given(RECORDS)
def test_any_record_is_a_sound_document_with_all_numbers_in_place(record: EvidenceRecord) -> None:
    for element in tree(record).iter():
        for name in ("x", "y", "cx", "cy", "x1", "y1", "x2", "y2", "width", "height", "r"):
            value = float(element.get(name, "0"))
            assert -SIZE[0] <= value <= SIZE[0], ET.tostring(element)
        assert "nan" not in element.get("d", "") + element.get("transform", "")
    assert 0 < len(picture.alt_text(record)) <= 2000


@settings(max_examples=15)
@given(RECORDS)
def test_any_record_draws(record: EvidenceRecord) -> None:
    assert struct.unpack(">II", picture.draw(record)[16:24]) == SIZE


def test_two_thousand_rows_stay_small() -> None:
    random = [0.5 + 0.5 * math.sin(place * place) for place in range(2000)]
    one: tuple[Any, ...] = binary_rows(random[: len(passengers())], random[-len(passengers()) :])
    rows = tuple(replace(one[place % len(one)], score=value, decided="") for place, value in enumerate(random))
    assert len(picture.draw(replace(good(), rows=rows))) < MOST_BYTES
