"""The candidates of the fault matrix: each has its files, and a way of its own to be wrong."""

from __future__ import annotations

import csv
import json
import math
import tarfile
from collections import Counter
from pathlib import Path

import pytest

from sandbox import models
from sandbox.aws.booster import Booster, load_booster
from sandbox.aws.candidates import GOOD, TRAINED_WRONG, WRONG, Candidate
from sandbox.aws.faults import read_faults
from sandbox.aws.misbehaviour import MISBEHAVIOURS

MODELS = Path(models.__file__).parent


def booster(candidate: Candidate, folder: Path) -> Booster:
    with tarfile.open(MODELS / candidate.model / "model.tar.gz") as tar:
        tar.extractall(folder, filter="data")
    return load_booster(folder / "xgboost-model.json")


def furthest_from_golden(candidate: Candidate, folder: Path) -> float:
    """Return how far the artifact answers from what its training recorded."""
    model = booster(candidate, folder)
    lines = (MODELS / candidate.papers / "golden.csv").read_text(encoding="utf-8").splitlines()
    rows = [[float(cell) if cell else math.nan for cell in row] for row in list(csv.reader(lines))[1:]]
    return max(abs(model.predict(row) - score) for *row, score in rows)


def test_no_two_are_the_same() -> None:
    assert max(Counter(each.name for each in (*GOOD, *WRONG)).values()) == 1
    assert max(Counter((each.model, each.papers, each.fault) for each in WRONG).values()) == 1


def test_every_misbehaviour_is_a_candidate() -> None:
    assert {word for each in (*GOOD, *WRONG) for word in read_faults(each.version.properties).misbehave} == set(
        MISBEHAVIOURS
    )


@pytest.mark.parametrize("candidate", [*GOOD, *TRAINED_WRONG], ids=lambda each: each.name)
def test_an_artifact_says_enough_of_itself(candidate: Candidate) -> None:
    document = json.loads((MODELS / candidate.papers / "metrics.json").read_text(encoding="utf-8"))
    assert set(document["binary_classification_metrics"]) == {"accuracy", "auc"}


@pytest.mark.parametrize("candidate", GOOD, ids=lambda each: each.name)
def test_a_good_one_answers_what_its_training_answered(candidate: Candidate, tmp_path: Path) -> None:
    assert furthest_from_golden(candidate, tmp_path) < 2e-6


HONEST = {"only-men", "labels-mixed-up", "overfit", "constant"}


@pytest.mark.parametrize("candidate", TRAINED_WRONG, ids=lambda each: each.name)
def test_a_wrong_one_is_a_bad_model_or_is_not_served_as_it_was_trained(candidate: Candidate, tmp_path: Path) -> None:
    assert (furthest_from_golden(candidate, tmp_path) < 2e-6) == (candidate.name in HONEST)
