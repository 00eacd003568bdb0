"""Each measure of answers against labels, beside its value worked out by hand."""

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.smoke.contract import ContractForm
from services.smoke.quality import QUALITY, Judged
from services.smoke.statistics import paired_interval, plain
from services.smoke.wire import Wire


def binary(scores: Sequence[float], labels: str, threshold: float = 0.5) -> Judged:
    answers = Wire(ContractForm(), threshold).answers("\n".join(map(repr, scores))).each
    return Judged(answers, labels.split())


def decided(classes: str, labels: str) -> Judged:
    contract = ContractForm.model_validate({"reply": {"kind": "class"}})
    return Judged(Wire(contract).answers("\n".join(classes.split())).each, labels.split())


def scored(scores: Sequence[Sequence[float]], labels: str) -> Judged:
    contract = ContractForm.model_validate({"reply": {"kind": "scores", "classes": ["a", "b", "c"]}})
    text = "\n".join(",".join(map(repr, row)) for row in scores)
    return Judged(Wire(contract).answers(text).each, labels.split(), contract.reply.classes)


def numbers(answers: Sequence[float], labels: str) -> Judged:
    contract = ContractForm.model_validate({"reply": {"kind": "number"}})
    return Judged(Wire(contract).answers("\n".join(map(repr, answers))).each, labels.split())


# 3 rows are 1, 2 are 0. At 0.5: 2 true positives, 1 false positive, 1 false negative, 1 true negative.
PASSENGERS = binary([0.9, 0.6, 0.2, 0.7, 0.1], "1 1 1 0 0")
# Pairs (1, 0) in order: 0.9 over both, 0.6 over 0.1, 0.2 over 0.1, so 4 of 6.
FLOWERS = decided("a a b b c a", "a a a b b c")
# a: 2 of 3, decided 3 times; b: 1 of 2, decided twice; c: 0 of 1, decided once.
PRICES = numbers([11.0, 19.0, 33.0], "10 20 30")
# Errors 1, -1, 3; the labels' squares around their mean of 20: 200.


@pytest.mark.parametrize(
    ("name", "judged", "value"),
    [
        ("auc", PASSENGERS, 4 / 6),
        ("auc", binary([0.5, 0.5, 0.5], "1 0 0"), 0.5),
        ("auc", binary([0.5, 0.6], "1 1"), None),
        ("accuracy", PASSENGERS, 3 / 5),
        ("accuracy", binary([0.9, 0.6, 0.2, 0.7, 0.1], "1 1 1 0 0", threshold=0.2), 4 / 5),
        ("accuracy", FLOWERS, 3 / 6),
        ("precision", PASSENGERS, 2 / 3),
        ("precision", binary([0.1, 0.2], "1 0"), 0.0),
        ("recall", PASSENGERS, 2 / 3),
        ("recall", binary([0.1, 0.9], "0 0"), None),
        ("f1", PASSENGERS, 2 / 3),
        ("f1", binary([0.1, 0.2], "1 0"), 0.0),
        ("f1", binary([0.1, 0.2], "0 0"), None),
        ("log_loss", binary([0.8, 0.4], "1 0"), -(math.log(0.8) + math.log(0.6)) / 2),
        ("log_loss", binary([0.0], "1"), -math.log(1e-15)),
        ("log_loss", scored([[0.7, 0.2, 0.1], [0.3, 0.3, 0.4]], "a b"), -(math.log(0.7) + math.log(0.3)) / 2),
        ("brier", binary([0.8, 0.4], "1 0"), (0.04 + 0.16) / 2),
        ("balanced_accuracy", FLOWERS, (2 / 3 + 1 / 2 + 0) / 3),
        ("balanced_accuracy", decided("z a", "a a"), 1 / 2),
        ("f1.macro", FLOWERS, (4 / 6 + 2 / 4 + 0) / 3),
        ("f1.macro", decided("z a", "a a"), (2 / 3 + 0) / 2),
        ("f1.weighted", FLOWERS, (3 * 4 / 6 + 2 * 2 / 4 + 0) / 6),
        ("accuracy", scored([[0.7, 0.2, 0.1], [0.3, 0.3, 0.4]], "a b"), 1 / 2),
        ("mae", PRICES, 5 / 3),
        ("mse", PRICES, 11 / 3),
        ("rmse", PRICES, math.sqrt(11 / 3)),
        ("r2", PRICES, 1 - 11 / 200),
        ("r2", numbers([1.0, 2.0], "5 5"), None),
    ],
)
def test_each_measure_by_hand(name: str, judged: Judged, value: float | None) -> None:
    seen = plain(QUALITY[name].of(judged), len(judged.labels))
    assert seen == (None if value is None else pytest.approx(value))


def test_every_measure_is_worked_out_above() -> None:
    marks = test_each_measure_by_hand.pytestmark  # type: ignore[attr-defined] # set by the decorator
    assert {case[0] for mark in marks for case in mark.args[1]} == set(QUALITY)


BITS = st.lists(st.tuples(st.floats(0, 1), st.sampled_from("01")), min_size=1, max_size=12)
WEIGHTS = st.lists(st.integers(0, 3), min_size=12, max_size=12)


@given(BITS, WEIGHTS, st.sampled_from(["auc", "accuracy", "precision", "recall", "f1", "log_loss", "brier"]))
def test_a_row_of_weight_two_counts_as_two_rows(rows: list[tuple[float, str]], weights: list[int], name: str) -> None:
    drawn = [row for row, weight in zip(rows, weights, strict=False) for _ in range(weight)]
    if not drawn:
        return
    one, other = (
        QUALITY[name].of(binary([score for score, _ in table], " ".join(label for _, label in table)))
        for table in (rows, drawn)
    )
    wanted = plain(other, len(drawn))
    assert one(weights[: len(rows)]) == (None if wanted is None else pytest.approx(wanted))


@pytest.mark.parametrize(("name", "worse"), [("rmse", 8.0), ("mae", 8.0), ("r2", 8.0)])
def test_the_interval_of_worse_numbers_lies_on_the_worse_side(name: str, worse: float) -> None:
    labels = " ".join(str(number) for number in range(60))
    good, bad = (numbers([n + wrong * (-1) ** n * (n % 3) for n in range(60)], labels) for wrong in (1.0, worse))
    quality = QUALITY[name]
    apart = paired_interval(quality.of(bad), quality.of(good), 60, "seed")
    assert apart is not None
    assert apart[0] > 0 if quality.lower_is_better else apart[1] < 0


def test_labels_of_little_variance_far_from_nought_keep_their_digits() -> None:
    judged = numbers([1e9 + 1.5, 1e9 + 2.0, 1e9 + 3.0], f"{1e9 + 1} {1e9 + 2} {1e9 + 3}")
    assert plain(QUALITY["r2"].of(judged), 3) == pytest.approx(1 - 0.25 / 2)
