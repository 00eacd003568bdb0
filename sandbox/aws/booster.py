"""Predicts with an XGBoost JSON model using the standard library alone, to within 1e-6 of xgboost itself."""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_FLOAT32 = struct.Struct("f")
_SUPPORTED_OBJECTIVE = "binary:logistic"


class UnreadableModelError(ValueError):
    """The file is not an XGBoost JSON model of a kind this evaluator knows."""


class WrongFeatureCountError(ValueError):
    """A row has more features than the model was trained on."""


def float32(value: float) -> float:
    """Round to single precision, as xgboost does: without it some rows take the other branch."""
    return float(_FLOAT32.unpack(_FLOAT32.pack(value))[0])


@dataclass(frozen=True, slots=True)
class Tree:
    """One regression tree as parallel arrays; a node whose left child is -1 is a leaf and its condition the weight."""

    left: tuple[int, ...]
    right: tuple[int, ...]
    feature: tuple[int, ...]
    condition: tuple[float, ...]
    default_left: tuple[bool, ...]

    def weigh(self, row: Sequence[float]) -> float:
        """Return the weight of the leaf that `row` (float32 values, NaN for missing) falls into."""
        node = 0
        while self.left[node] != -1:
            node = self._descend(node, row[self.feature[node]])
        return self.condition[node]

    def _descend(self, node: int, value: float) -> int:
        goes_left = self.default_left[node] if math.isnan(value) else value < self.condition[node]
        return self.left[node] if goes_left else self.right[node]


@dataclass(frozen=True, slots=True)
class Booster:
    """A binary classifier: the sum of its trees' weights and the base margin, through the logistic function."""

    trees: tuple[Tree, ...]
    features: int
    base_margin: float

    def predict(self, row: Sequence[float]) -> float:
        """Return the probability of class 1.

        A missing value is NaN. A row shorter than the model is filled with NaN, as xgboost does.

        Raises:
            WrongFeatureCountError: the row is longer than the model.
        """
        if len(row) > self.features:
            raise WrongFeatureCountError(f"Feature shape mismatch, expected: {self.features}, got {len(row)}")
        cells = [float32(value) for value in row] + [math.nan] * (self.features - len(row))
        margin = self.base_margin + sum(tree.weigh(cells) for tree in self.trees)
        return 1.0 / (1.0 + math.exp(-margin))


def load_booster(path: Path) -> Booster:
    """Read the file that `xgboost.Booster.save_model("….json")` writes.

    Raises:
        UnreadableModelError: not JSON (a pickle, a cut-off file), or another objective than binary:logistic.
    """
    try:
        learner = json.loads(path.read_text(encoding="utf-8"))["learner"]
    except (UnicodeDecodeError, json.JSONDecodeError, KeyError, TypeError) as error:
        raise UnreadableModelError(f"{path.name} is not an XGBoost JSON model: {_brief(error)}") from None
    objective = learner["objective"]["name"]
    if objective != _SUPPORTED_OBJECTIVE:
        raise UnreadableModelError(f"{path.name} has objective {objective}, not {_SUPPORTED_OBJECTIVE}")
    return _booster(learner)


def _brief(error: Exception) -> str:
    # A UnicodeDecodeError prints the whole file in its message.
    return error.reason if isinstance(error, UnicodeDecodeError) else str(error)


def _booster(learner: dict[str, Any]) -> Booster:
    shape = learner["learner_model_param"]
    trees = learner["gradient_booster"]["model"]["trees"]
    return Booster(
        trees=tuple(_tree(tree) for tree in trees),
        features=int(shape["num_feature"]),
        base_margin=_logit(_number(shape["base_score"])),
    )


def _number(text: str) -> float:
    # xgboost 3.1 and later write "[5E-1]", older versions "5E-1".
    return float(text.strip("[]"))


def _logit(probability: float) -> float:
    return math.log(probability / (1.0 - probability))


def _tree(tree: dict[str, Any]) -> Tree:
    return Tree(
        left=tuple(tree["left_children"]),
        right=tuple(tree["right_children"]),
        feature=tuple(tree["split_indices"]),
        condition=tuple(float32(value) for value in tree["split_conditions"]),
        default_left=tuple(bool(flag) for flag in tree["default_left"]),
    )
