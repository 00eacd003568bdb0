"""The right panel: what the model answers, row by row, beside what prod answers or what the labels say."""

from collections import Counter
from collections.abc import Sequence

from handlers.picture.facts import (
    Pair,
    answers,
    beside_prod,
    beside_truth,
    gravest,
    names,
    scored,
    threshold,
)
from handlers.picture.histogram import class_bars, mirrored, plain_histogram
from handlers.picture.matrix import class_matrix
from handlers.picture.panel import PANEL, heading, nothing
from handlers.picture.scale import even_range, score_range
from handlers.picture.scatter import classes_scatter, numbers_scatter
from handlers.picture.words import against_labels, against_prod, correctness, unanswered_rows
from services.release.record import EvidenceRecord, Task

RIGHT = 1460
TITLE = "Answers"
_COMPARING = ("flipped", "mean_abs_diff", "mean_shift")


def answers_panel(record: EvidenceRecord) -> str:
    """Return the right half of the picture: beside prod, else beside the labels, else alone."""
    gaps = unanswered_rows(record)
    if pairs := beside_prod(record):
        lines = against_prod(record, pairs), gaps or correctness(record, pairs)
        return heading(PANEL, TITLE, *lines, grave=gravest(record, *_COMPARING)) + _compared(record, pairs)
    if pairs := beside_truth(record):
        lines = "No prod to compare with", gaps or against_labels(record, pairs)
        return heading(PANEL, TITLE, *lines) + _labelled(record, pairs)
    return heading(PANEL, TITLE, "No prod, no labels to compare with", gaps) + _alone(record)


def _compared(record: EvidenceRecord, pairs: Sequence[Pair]) -> str:
    now, was = names(record)
    if record.task is Task.REGRESSION:
        return numbers_scatter(pairs, now, was)
    points = scored(pairs) if record.task is Task.BINARY else []
    return classes_scatter(points, threshold(record), now, was) if points else class_matrix(pairs, now, was)


def _labelled(record: EvidenceRecord, pairs: Sequence[Pair]) -> str:
    now, _ = names(record)
    if record.task is Task.REGRESSION:
        return numbers_scatter(pairs, now, "label")
    points = scored(pairs) if record.task is Task.BINARY else []
    if not points:
        return class_matrix(pairs, now, "label")
    positive = [pair.score for pair in points if pair.old_score > 0]
    negative = [pair.score for pair in points if pair.old_score <= 0]
    return mirrored(positive, negative, threshold(record), now)


def _alone(record: EvidenceRecord) -> str:
    now, _ = names(record)
    classes, scores = answers(record)
    if record.task is Task.BINARY and scores:
        return plain_histogram(scores, score_range(scores), f"{now}: P(1)")
    if record.task is Task.REGRESSION and scores:
        return plain_histogram(scores, even_range(scores), f"{now}: answer")
    if classes:
        return class_bars(Counter(classes), f"{now}: rows of each class")
    return nothing(PANEL, RIGHT, "No answers to draw", "The suite asked for none, or got none")
