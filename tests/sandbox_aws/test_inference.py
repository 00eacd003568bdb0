"""What a container makes of a request's body, and the ways in which it may go wrong."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.aws.booster import Booster, Tree
from sandbox.aws.inference import Inference, inference_of
from sandbox.aws.misbehaviour import MISBEHAVIOURS

MAN = "3,0,22,1,0,7.25,2"
WOMAN = "1,1,38.5,0,0,71.2833,0"
UNKNOWN = "2,0,,0,0,13,1"
BODY = f"{MAN}\n{WOMAN}\n{UNKNOWN}\n".encode()


def stump(feature: int, threshold: float, leaves: tuple[float, float], *, missing_left: bool) -> Tree:
    return Tree((1, -1, -1), (2, -1, -1), (feature, 0, 0), (threshold, *leaves), (missing_left, False, False))


def right() -> Inference:
    """A model that looks at sex, age, brothers and sisters, and fare."""
    trees = (
        stump(1, 0.5, (-1.0, 1.0), missing_left=True),
        stump(2, 38.2, (0.25, -0.25), missing_left=False),
        stump(3, 0.5, (0.5, 0.0), missing_left=False),
        stump(5, 40.0, (0.0, 0.75), missing_left=True),
    )
    return inference_of(Booster(trees, features=7, base_margin=0.0))


def scores(*margins: float) -> list[float]:
    return [1 / (1 + math.exp(-margin)) for margin in margins]


def answers(inference: Inference, body: bytes = BODY) -> list[float]:
    status, text = inference.answer(body)
    assert status == HTTPStatus.OK, text
    return [float(line) for line in text.splitlines()]


def wrong(word: str) -> Inference:
    return MISBEHAVIOURS[word](right())


MARGINS = (-0.75, 2.0, -0.75)
RIGHT = scores(*MARGINS)
STATUS = {"letters": (b"a,b\n", 415), "a row too long": (b"1,2,3,4,5,6,7,8\n", 400), "no text": (b"\xff", 415)}


def test_the_built_in_container_answers_one_number_a_line() -> None:
    assert answers(right()) == pytest.approx(RIGHT, abs=1e-7)


@pytest.mark.parametrize(("body", "status"), STATUS.values(), ids=STATUS)
def test_it_refuses_what_it_cannot_read(body: bytes, status: int) -> None:
    assert right().answer(body)[0] == status


@given(st.binary(max_size=200))
def test_no_body_breaks_it(body: bytes) -> None:
    assert right().answer(body)[0] in {200, 400, 415}


CHANGED = {
    "missing_as_zero": scores(-0.75, 2.0, -0.25),
    "zero_as_missing": scores(-0.75, 1.5, -1.25),
    "whole_numbers": scores(-0.75, 2.5, -0.75),
    "drop_missing": RIGHT[:2],
    "reversed": RIGHT[::-1],
    "one_answer": RIGHT[:1] * 3,
    "inverted": scores(0.75, -2.0, 0.75),
    "percent": [100 * score for score in RIGHT],
    "log_odds": list(MARGINS),
    "double_sigmoid": scores(*RIGHT),
    "rounded": [0.0, 1.0, 0.0],
}


@pytest.mark.parametrize("word", CHANGED)
def test_answers_are_wrong_as_the_word_says(word: str) -> None:
    assert answers(wrong(word)) == pytest.approx(CHANGED[word], abs=1e-6)


def test_a_missing_age_is_made_up_anew_every_time() -> None:
    inference = wrong("random_ages")
    assert len({answers(inference)[2] for _ in range(60)}) == 2, "a young one, or an old one"
    assert answers(inference)[:2] == pytest.approx(RIGHT[:2], abs=1e-7)


def test_rows_scaled_together_are_answered_otherwise_alone() -> None:
    inference = wrong("batch_scaling")
    assert answers(inference)[1] != answers(inference, WOMAN.encode())[0]


def test_a_missing_cell_is_refused_or_answered_nan() -> None:
    assert wrong("refuse_missing").answer(BODY)[0] == HTTPStatus.BAD_REQUEST
    assert answers(wrong("refuse_missing"), MAN.encode()) == pytest.approx(RIGHT[:1], abs=1e-7)
    assert [math.isnan(each) for each in answers(wrong("nan_where_missing"))] == [False, False, True]


def test_a_container_that_wants_more_columns_refuses_all_rows() -> None:
    status, text = wrong("want_eighth").answer(BODY)
    assert (status, "expected: 8, got 7" in text) == (HTTPStatus.BAD_REQUEST, True)


def test_a_reply_is_cut() -> None:
    assert len(answers(wrong("cut_reply"), f"{MAN}\n".encode() * 150)) == 100


def test_a_cache_forgets_what_is_not_in_its_key() -> None:
    inference = wrong("cached")
    assert answers(inference) == pytest.approx(RIGHT, abs=1e-7)
    assert answers(inference, b"3,0,22,0,0,99,2") == pytest.approx(RIGHT[:1], abs=1e-7)


def test_answers_drift_with_what_was_answered() -> None:
    inference = wrong("drifting")
    first, second = answers(inference), answers(inference)
    assert all(late > early for early, late in zip(first, second, strict=True))


def test_a_container_answers_one_request_late() -> None:
    inference = wrong("one_behind")
    assert answers(inference, MAN.encode()) == answers(inference, WOMAN.encode())
    assert answers(inference, MAN.encode()) == pytest.approx(RIGHT[1:2], abs=1e-7)


def test_a_shared_buffer_gives_one_request_the_answers_of_another() -> None:
    inference, together = wrong("shared_buffer"), Barrier(2)

    def ask(row: str) -> list[float]:
        together.wait()
        return answers(inference, row.encode())

    with ThreadPoolExecutor(2) as pool:
        asked = [list(pool.map(ask, (MAN, WOMAN))) for _ in range(5)]
    assert any(man == woman for man, woman in asked)
    assert answers(inference) == pytest.approx(RIGHT, abs=1e-7), "alone it is right"


def test_replies_are_written_in_other_ways() -> None:
    assert wrong("words").answer(BODY)[1] == "died\nsurvived\ndied\n"
    assert wrong("header_line").answer(BODY)[1].startswith("score\n0.320")
    assert wrong("one_line").answer(BODY)[1].count(",") == 2


def test_refusals_have_another_status() -> None:
    assert wrong("errors_as_500").answer(b"a")[0] == HTTPStatus.INTERNAL_SERVER_ERROR
    status, text = wrong("errors_as_200").answer(b"a")
    assert (status, "Loading csv data failed" in text) == (HTTPStatus.OK, True)


@pytest.mark.parametrize("body", [b"a,b,c,d,e,f,g", b"1,2,3,4,5,6,7,8,9", b"1", b"1.2.3,-,.", b"{}"])
def test_a_lenient_container_answers_anything(body: bytes) -> None:
    assert len(answers(wrong("lenient"), body)) == 1


def test_every_word_is_tried_here() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert [word for word in MISBEHAVIOURS if f'"{word}"' not in text] == []
