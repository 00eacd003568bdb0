"""The committed artifacts, and the evaluator that serves them."""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import tarfile
from pathlib import Path

import pytest

from sandbox import models
from sandbox.aws.booster import (
    Booster,
    Tree,
    UnreadableModelError,
    WrongFeatureCountError,
    float32,
    load_booster,
)

MODELS = Path(models.__file__).parent
DATA = MODELS.parent / "data"


def booster(version: int, folder: Path) -> Booster:
    with tarfile.open(MODELS / f"v{version}" / "model.tar.gz") as tar:
        tar.extractall(folder, filter="data")
    return load_booster(folder / "xgboost-model.json")


def numbers(cells: list[str]) -> list[float]:
    return [float(cell) if cell else math.nan for cell in cells]


def table(path: Path) -> list[list[float]]:
    return [numbers(row) for row in list(csv.reader(path.read_text(encoding="utf-8").splitlines()))[1:]]


def metrics(version: int) -> dict[str, float]:
    document = json.loads((MODELS / f"v{version}" / "metrics.json").read_text(encoding="utf-8"))
    return {name: entry["value"] for name, entry in document["binary_classification_metrics"].items()}


def accuracy(model: Booster) -> float:
    rows = table(DATA / "holdout.csv")
    return sum((model.predict(row[:-1]) >= 0.5) == (row[-1] == 1) for row in rows) / len(rows)


@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_an_artifact_holds_one_file_with_no_trace_of_who_made_it_or_when(version: int) -> None:
    archive = (MODELS / f"v{version}" / "model.tar.gz").read_bytes()
    assert archive[4:8] == b"\0\0\0\0", "gzip's time"
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(archive))) as tar:
        (member,) = tar.getmembers()
    assert (member.name, member.mtime, member.uid, member.uname) == ("xgboost-model.json", 0, 0, "")


@pytest.mark.parametrize("version", [1, 2])
def test_the_evaluator_answers_what_training_answered(version: int, tmp_path: Path) -> None:
    model = booster(version, tmp_path)
    for *row, score in table(MODELS / f"v{version}" / "golden.csv"):
        assert model.predict(row) == pytest.approx(score, abs=2e-6)


def test_the_registry_says_what_the_hold_out_rows_say(tmp_path: Path) -> None:
    assert accuracy(booster(2, tmp_path)) == pytest.approx(metrics(2)["accuracy"], abs=1e-6)


def test_version_2_is_better_than_the_baseline() -> None:
    assert metrics(2)["auc"] > metrics(1)["auc"] + 0.05


def test_version_3_has_perfect_papers_and_wrong_answers(tmp_path: Path) -> None:
    model = booster(3, tmp_path)
    golden = table(MODELS / "v3" / "golden.csv")
    assert metrics(3) == metrics(2)
    assert accuracy(model) < 0.5
    assert max(abs(model.predict(row) - score) for *row, score in golden) > 0.5


def test_version_4_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UnreadableModelError, match="is not an XGBoost JSON model"):
        booster(4, tmp_path)


def test_a_pickle_is_refused_without_quoting_it(tmp_path: Path) -> None:
    path = tmp_path / "xgboost-model"
    path.write_bytes(b"\x80\x05\x95" + b"\xff" * 500)
    with pytest.raises(UnreadableModelError) as caught:
        load_booster(path)
    assert len(str(caught.value)) < 200


def test_another_objective_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "xgboost-model.json"
    path.write_text(json.dumps({"learner": {"objective": {"name": "reg:squarederror"}}}), encoding="utf-8")
    with pytest.raises(UnreadableModelError, match=r"reg:squarederror, not binary:logistic"):
        load_booster(path)


def test_a_threshold_is_compared_in_single_precision() -> None:
    threshold = float32(0.1)
    tree = Tree((1, -1, -1), (2, -1, -1), (0, 0, 0), (threshold, -1.0, 1.0), (True, False, False))
    model = Booster((tree,), features=1, base_margin=0.0)
    assert model.predict([0.1]) > 0.5, "0.1 as float32 is not less than itself"
    assert model.predict([math.nan]) < 0.5, "missing goes left"
    with pytest.raises(WrongFeatureCountError):
        model.predict([1.0, 2.0])
    assert model.predict([]) == model.predict([math.nan])
