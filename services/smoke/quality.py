"""How well the answers to the canary meet its labels: one measure for each question, by the kind of the reply."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from services.smoke.contract import CLASSIFYING, NUMBER, PROBABILITY, SCORES
from services.smoke.readings import Unit
from services.smoke.statistics import Confusion, Weighted, confused, ranked, summed, total
from services.smoke.wire import Answer

LEAST_PROBABILITY = 1e-15
"""What a probability of 0 counts as in the logarithmic loss, which would be infinite; scikit-learn long took this."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Answers that can all be read, the label of each as the canary writes it, and the names of the classes."""

    answers: Sequence[Answer]
    labels: Sequence[str]
    classes: Sequence[str] = ()

    @property
    def positives(self) -> list[bool]:
        """Which rows are labelled 1."""
        return [label == "1" for label in self.labels]

    @property
    def decided(self) -> list[str]:
        """The class of each answer."""
        return [answer.decided for answer in self.answers]

    @property
    def scores(self) -> list[float]:
        """The number of each answer."""
        return [answer.score for answer in self.answers]


@dataclass(frozen=True, slots=True)
class Quality:
    """A measure of answers against labels.

    Attributes:
        kinds: the kinds of reply it can be taken of.
        of: makes it, for any weights of the rows.
        registered: its names in ModelQuality statistics, the usual one first.
        lower_is_better: it measures errors.
        undefined: when it has no value.
    """

    unit: Unit
    kinds: tuple[str, ...]
    of: Callable[[Judged], Weighted]
    registered: tuple[str, ...]
    lower_is_better: bool = False
    undefined: str = "no row is labelled 1"


def _of_table(finish: Callable[[Confusion], float | None]) -> Callable[[Judged], Weighted]:
    return lambda judged: confused(judged.labels, judged.decided, finish)


def _accuracy(table: Confusion) -> float:
    return sum(rows for (truth, decided), rows in table.items() if truth == decided) / sum(table.values())


def _precision(table: Confusion) -> float:
    """Of the rows decided 1, the share that are; 0 where none is, as for scikit-learn."""
    decided = _decided(table, "1")
    return table.get(("1", "1"), 0) / decided if decided else 0.0


def _recall(table: Confusion) -> float | None:
    true = _true(table, "1")
    return table.get(("1", "1"), 0) / true if true else None


def _f1(table: Confusion) -> float | None:
    return _f1_of(table, "1") if _true(table, "1") else None


def _f1_of(table: Confusion, name: str) -> float:
    return 2 * table.get((name, name), 0) / (_true(table, name) + _decided(table, name))


def _balanced_accuracy(table: Confusion) -> float:
    """The mean, over the classes that are in the labels, of the share of their rows that is decided so."""
    shares = [table.get((name, name), 0) / rows for name in _names(table) if (rows := _true(table, name))]
    return math.fsum(shares) / len(shares)


def _macro_f1(table: Confusion) -> float:
    """The mean over all classes that are in the labels or the answers, each counting the same."""
    names = _names(table)
    return math.fsum(_f1_of(table, name) for name in names) / len(names)


def _weighted_f1(table: Confusion) -> float:
    """The mean over the classes, each counting as often as it is in the labels."""
    of_rows = math.fsum(_f1_of(table, name) * _true(table, name) for name in _names(table))
    return of_rows / sum(table.values())


def _names(table: Confusion) -> list[str]:
    return sorted({name for pair, rows in table.items() if rows for name in pair})


def _true(table: Confusion, name: str) -> int:
    return sum(rows for (truth, _), rows in table.items() if truth == name)


def _decided(table: Confusion, name: str) -> int:
    return sum(rows for (_, decided), rows in table.items() if decided == name)


def _mean_of(column: Sequence[float]) -> Weighted:
    return summed([column], lambda rows, sums: sums[0] / rows)


def _log_loss(judged: Judged) -> Weighted:
    """The mean of -ln(the probability of the true class)."""
    if judged.classes:
        places = [judged.classes.index(label) for label in judged.labels]
        right = [answer.numbers[place] for answer, place in zip(judged.answers, places, strict=True)]
    else:
        right = [p if true else 1 - p for p, true in zip(judged.scores, judged.positives, strict=True)]
    return _mean_of([-math.log(min(max(p, LEAST_PROBABILITY), 1.0)) for p in right])


def _brier(judged: Judged) -> Weighted:
    return _mean_of([(p - true) * (p - true) for p, true in zip(judged.scores, judged.positives, strict=True)])


def _errors(judged: Judged) -> list[float]:
    return [answer - float(label) for answer, label in zip(judged.scores, judged.labels, strict=True)]


def _mae(judged: Judged) -> Weighted:
    return _mean_of([abs(error) for error in _errors(judged)])


def _mse(judged: Judged) -> Weighted:
    return _mean_of([error * error for error in _errors(judged)])


def _rmse(judged: Judged) -> Weighted:
    squares = [error * error for error in _errors(judged)]
    return summed([squares], lambda rows, sums: math.sqrt(sums[0] / rows))


def _r2(judged: Judged) -> Weighted:
    """1 less the share of the labels' variance that the errors leave; None where the labels do not vary."""
    labels = [float(label) for label in judged.labels]
    # Taken from their mean, so that large labels of small variance lose no digits.
    middle = total(labels) / len(labels)
    apart = [label - middle for label in labels]
    squares, spread = [error * error for error in _errors(judged)], [part * part for part in apart]

    def finish(rows: int, sums: Sequence[float]) -> float | None:
        left, linear, square = sums
        varies = square - linear * linear / rows
        return 1 - left / varies if varies > 0 else None

    return summed([squares, apart, spread], finish)


_BINARY, _NUMBER, _CLASSES = (PROBABILITY,), (NUMBER,), CLASSIFYING
_SAME_LABELS = "all labels are the same"

QUALITY: Mapping[str, Quality] = {
    "auc": Quality(Unit.SCORE, _BINARY, lambda it: ranked(it.scores, it.positives), ("auc",), undefined=_SAME_LABELS),
    "accuracy": Quality(Unit.SHARE, (*_BINARY, *_CLASSES), _of_table(_accuracy), ("accuracy",)),
    "precision": Quality(Unit.SHARE, _BINARY, _of_table(_precision), ("precision",)),
    "recall": Quality(Unit.SHARE, _BINARY, _of_table(_recall), ("recall",)),
    "f1": Quality(Unit.SCORE, _BINARY, _of_table(_f1), ("f1",)),
    "log_loss": Quality(Unit.SCORE, (*_BINARY, SCORES), _log_loss, ("log_loss",), lower_is_better=True),
    "brier": Quality(Unit.SCORE, _BINARY, _brier, ("brier_score", "brier"), lower_is_better=True),
    "balanced_accuracy": Quality(Unit.SHARE, _CLASSES, _of_table(_balanced_accuracy), ("balanced_accuracy",)),
    "f1.macro": Quality(Unit.SCORE, _CLASSES, _of_table(_macro_f1), ("f1_macro", "macro_f1")),
    "f1.weighted": Quality(Unit.SCORE, _CLASSES, _of_table(_weighted_f1), ("weighted_f1", "f1_weighted")),
    "mae": Quality(Unit.SCORE, _NUMBER, _mae, ("mae",), lower_is_better=True),
    "mse": Quality(Unit.SCORE, _NUMBER, _mse, ("mse",), lower_is_better=True),
    "rmse": Quality(Unit.SCORE, _NUMBER, _rmse, ("rmse",), lower_is_better=True),
    "r2": Quality(Unit.SCORE, _NUMBER, _r2, ("r2",), undefined=_SAME_LABELS),
}
"""Name -> measure. The registered names are those of SageMaker Model Monitor (`weighted_f1`, `mse`), of Autopilot
(`f1_macro`) or, where neither has the measure, those that public pipelines write."""
