"""Trains the sandbox's models and writes their artifacts: `python -m sandbox.models.build` (extra `train`).

The artifacts are committed, so running the sandbox needs none of this. Each model is a folder with

- `model.tar.gz`: exactly one file, `xgboost-model.json`. The built-in XGBoost container averages all files it finds as
  an ensemble, so nothing may lie beside the model.
- `metrics.json`: SageMaker's ModelQuality statistics, measured on the hold-out rows with the coding of the training.
- `golden.csv`: passengers in the contract's coding, and the score that training gave to each of them.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import tarfile
from pathlib import Path

import numpy as np
import xgboost

from sandbox.models.recipes import FEATURES, GOOD, VERSIONS, WRONG, Recipe

DATA = Path(__file__).resolve().parent.parent / "data"
MODELS = Path(__file__).resolve().parent
CONTRACT_ROWS = ((3.0, 0.0, 22.0, 1.0, 0.0, 7.25, 2.0), (1.0, 1.0, 38.0, 1.0, 0.0, 71.2833, 0.0))
GOLDEN_HOLDOUT_ROWS = 24
THRESHOLD = 0.5
MODEL_FILE = "xgboost-model.json"
BROKEN_VERSION = "v4"


def read_table(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return features (n, 7) with NaN for empty cells, and labels (n,)."""
    with path.open(newline="", encoding="utf-8") as lines:
        rows = [[float(cell) if cell else np.nan for cell in row] for row in list(csv.reader(lines))[1:]]
    table = np.array(rows)
    return table[:, :-1], table[:, -1]


def train(recipe: Recipe) -> xgboost.Booster:
    """Fit one model on the 891 training rows, or what its recipe takes of them."""
    features, labels = recipe.learn_from(*read_table(DATA / "titanic.csv"))
    matrix = xgboost.DMatrix(recipe.code(features), label=labels)
    return xgboost.train(recipe.parameters, matrix, num_boost_round=recipe.rounds)


def score(booster: xgboost.Booster, recipe: Recipe, rows: np.ndarray) -> np.ndarray:
    """Return the probabilities training itself gives to rows in the contract's coding."""
    return np.asarray(booster.predict(xgboost.DMatrix(recipe.code(rows))))


def area_under_curve(scores: np.ndarray, labels: np.ndarray) -> float:
    """Return the chance that a survivor outranks a victim; ties count a half."""
    gaps = scores[labels == 1][:, None] - scores[labels == 0][None, :]
    return float((gaps > 0).mean() + 0.5 * (gaps == 0).mean())


def statistics(scores: np.ndarray, labels: np.ndarray) -> dict[str, object]:
    """Return the document ModelMetrics.ModelQuality.Statistics points to."""
    accuracy = float(((scores >= THRESHOLD) == (labels == 1)).mean())
    auc = area_under_curve(scores, labels)
    named = {"accuracy": round(accuracy, 6), "auc": round(auc, 6)}
    return {
        "binary_classification_metrics": {
            name: {"value": value, "standard_deviation": "NaN"} for name, value in named.items()
        }
    }


def pack(model: bytes) -> bytes:
    """Return a model.tar.gz of one file, the same bytes for the same model on every day and machine."""
    archive = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=archive, mode="wb", mtime=0, filename="") as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        member = tarfile.TarInfo(MODEL_FILE)
        member.size, member.mode = len(model), 0o644
        tar.addfile(member, io.BytesIO(model))
    return archive.getvalue()


def write_golden(path: Path, rows: np.ndarray, scores: np.ndarray) -> None:
    """Write the rows as the endpoint gets them, and the score training expects back."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*FEATURES, "score"])
        for row, expected in zip(rows, scores, strict=True):
            writer.writerow([*("" if np.isnan(cell) else f"{cell:.10g}" for cell in row), f"{expected:.6f}"])


def write_model(recipe: Recipe) -> bytes:
    """Train one model, write its folder and return the model file's bytes."""
    booster = train(recipe)
    folder = MODELS / recipe.folder
    folder.mkdir(exist_ok=True, parents=True)
    model = recipe.ship(bytes(booster.save_raw("json")))
    features, labels = read_table(DATA / "holdout.csv")
    metrics = statistics(score(booster, recipe, features), labels)
    golden = np.vstack([np.array(CONTRACT_ROWS), features[:GOLDEN_HOLDOUT_ROWS]])
    (folder / "model.tar.gz").write_bytes(pack(model))
    (folder / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
    write_golden(folder / "golden.csv", golden, score(booster, recipe, golden))
    print(recipe.folder, len(model), json.dumps(metrics))
    return model


def write_broken(model: bytes) -> None:
    """Write a version whose upload was cut off half way: the archive is sound, the model in it is not."""
    folder = MODELS / BROKEN_VERSION
    folder.mkdir(exist_ok=True)
    (folder / "model.tar.gz").write_bytes(pack(model[: len(model) // 2]))


def main() -> None:
    """Write every model."""
    models = [write_model(recipe) for recipe in (*VERSIONS, *GOOD, *WRONG)]
    write_broken(models[1])


if __name__ == "__main__":
    main()
