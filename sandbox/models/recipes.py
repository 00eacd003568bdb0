"""How each model is trained: the demo's versions, and the candidates that a smoke suite has to tell apart.

A candidate that is wrong is wrong as real ones are: its training pipeline codes the rows in another way than they are
served, learns from other rows than it should, or ships another file than it trained. What it registers of itself
(metrics, golden records) is measured inside that pipeline, and therefore looks fine.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

Rows: TypeAlias = np.ndarray
"""(n, 7) in the contract's coding and order, NaN for a missing cell; (n,) where they are labels."""

FEATURES = ("Pclass", "Sex", "Age", "SibSp", "Parch", "Fare", "Embarked")
# Of the training rows, missing cells left out.
MEANS, SPREADS = (2.31, 0.35, 29.7, 0.52, 0.38, 32.2, 1.54), (0.84, 0.48, 14.52, 1.1, 0.81, 49.67, 0.79)
MEDIAN_AGE = 28.0
SEX, AGE, SIBLINGS, PARENTS, PORT = 1, 2, 3, 4, 6

# A fixed base_score keeps the answers the same in containers 1.7-1, 3.0-5 and 3.2-0: an automatic one is written in a
# form that older versions silently read as 0.5.
COMMON: dict[str, object] = {
    "objective": "binary:logistic",
    "base_score": 0.5,
    "seed": 7,
    "nthread": 1,
    "tree_method": "hist",
}
STUMP = {**COMMON, "max_depth": 1, "eta": 1.0}
TREES = {**COMMON, "max_depth": 3, "eta": 0.2, "subsample": 0.9}
# Being of a lower class, or a man, never raises the score.
MONOTONE = {**TREES, "monotone_constraints": "(-1,1,0,0,0,0,0)"}
MONOTONE_OF_EIGHT = {**TREES, "monotone_constraints": "(-1,1,0,0,0,0,0,0)"}
GREEDY = {**MONOTONE, "max_depth": 20, "eta": 1.0, "subsample": 1.0, "min_child_weight": 0.01, "lambda": 0.0}


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one model is trained.

    Attributes:
        folder: where its files go, under sandbox/models.
        code: rows of the contract's coding into those of this training pipeline.
        learn_from: features and labels that there are into those that it learns from.
        ship: the model file that training saved into the one that is packed.
    """

    folder: str
    parameters: dict[str, object]
    rounds: int = 30
    code: Callable[[Rows], Rows] = lambda rows: rows
    learn_from: Callable[[Rows, Rows], tuple[Rows, Rows]] = lambda features, labels: (features, labels)
    ship: Callable[[bytes], bytes] = lambda model: model


def sex_swapped(rows: Rows) -> Rows:
    """Code female as 0 and male as 1, as LabelEncoder does."""
    coded = rows.copy()
    coded[:, SEX] = 1.0 - coded[:, SEX]
    return coded


def ports_by_count(rows: Rows) -> Rows:
    """Code the ports by how many came aboard: Southampton 0, Cherbourg 1, Queenstown 2."""
    coded = rows.copy()
    coded[:, PORT] = (rows[:, PORT] + 1) % 3
    return coded


def columns_by_name(rows: Rows) -> Rows:
    """Put the columns in the order of their names."""
    return rows[:, np.argsort(FEATURES)]


def with_index(rows: Rows) -> Rows:
    """Put the row's number before it, as `to_csv` without `index=False` does."""
    return np.column_stack([np.arange(len(rows)), rows])


def with_family(rows: Rows) -> Rows:
    """Add a feature that nobody computes when the model is served."""
    return np.column_stack([rows, rows[:, SIBLINGS] + rows[:, PARENTS] + 1])


def standardised(rows: Rows) -> Rows:
    """Centre and scale by the training rows, which the serving side does not do."""
    return np.asarray((rows - np.array(MEANS)) / np.array(SPREADS))


def median_ages(rows: Rows) -> Rows:
    """Fill in the missing ages, which are served as missing."""
    filled = rows.copy()
    filled[np.isnan(rows[:, AGE]), AGE] = MEDIAN_AGE
    return filled


def only_men(features: Rows, labels: Rows) -> tuple[Rows, Rows]:
    """Learn from what a filter left over by mistake."""
    kept = features[:, SEX] == 0
    return features[kept], labels[kept]


def nine_in_ten(features: Rows, labels: Rows) -> tuple[Rows, Rows]:
    """Learn from all rows but every tenth."""
    kept = np.arange(len(labels)) % 10 != 0
    return features[kept], labels[kept]


def labels_mixed_up(features: Rows, labels: Rows) -> tuple[Rows, Rows]:
    """Learn from labels that a join has put beside other passengers."""
    return features, np.random.default_rng(1).permutation(labels)


def without_base_score(model: bytes) -> bytes:
    """Return the model as a container reads it that does not know how newer versions write base_score."""
    document = json.loads(model)
    document["learner"]["learner_model_param"]["base_score"] = "5E-1"
    return json.dumps(document, separators=(",", ":")).encode()


AUTOMATIC = {key: value for key, value in MONOTONE.items() if key != "base_score"}

VERSIONS = (
    Recipe("v1", STUMP, rounds=1),
    Recipe("v2", MONOTONE),
    Recipe("v3", {**MONOTONE, "monotone_constraints": "(-1,-1,0,0,0,0,0)"}, code=sex_swapped),
)
GOOD = (
    Recipe("candidates/other_seed", {**MONOTONE, "seed": 21}),
    Recipe("candidates/deeper", {**MONOTONE, "max_depth": 4, "eta": 0.1}, rounds=60),
    Recipe("candidates/fewer_rows", MONOTONE, learn_from=nine_in_ten),
)
WRONG = (
    Recipe("candidates/columns_by_name", TREES, code=columns_by_name),
    Recipe("candidates/index_column", TREES, code=with_index),
    Recipe("candidates/unserved_feature", MONOTONE_OF_EIGHT, code=with_family),
    Recipe("candidates/scaled_in_training", MONOTONE, code=standardised),
    Recipe("candidates/ports_recoded", MONOTONE, code=ports_by_count),
    Recipe("candidates/median_ages", MONOTONE, code=median_ages),
    Recipe("candidates/only_men", MONOTONE, learn_from=only_men),
    Recipe("candidates/labels_mixed_up", MONOTONE, learn_from=labels_mixed_up),
    Recipe("candidates/overfit", GREEDY, rounds=20),
    Recipe("candidates/constant", {**MONOTONE, "gamma": 1e9}, rounds=1),
    Recipe("candidates/base_score_lost", AUTOMATIC, ship=without_base_score),
)
