"""The few statistics that a suite needs, on plain lists."""

import math
from collections.abc import Sequence


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least `share` (0..1) of the values do not exceed (nearest rank).

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("no values")
    rank = max(1, math.ceil(share * len(values)))
    return sorted(values)[rank - 1]


def auc(scores: Sequence[float], labels: Sequence[bool]) -> float | None:
    """Return the area under the ROC curve; ties count half. None when one class is missing.

    It is the Mann-Whitney statistic: the share of (positive, negative) pairs that the scores put in order.
    """
    positives = sum(labels)
    negatives = len(labels) - positives
    if not positives or not negatives:
        return None
    of_positives = sum(rank for rank, label in zip(_ranks(scores), labels, strict=True) if label)
    return (of_positives - positives * (positives + 1) / 2) / (positives * negatives)


def _ranks(values: Sequence[float]) -> list[float]:
    """Return each value's rank from 1; equal values share the mean of theirs."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end < len(order) and values[order[end]] == values[order[start]]:
            end += 1
        for index in order[start:end]:
            ranks[index] = (start + 1 + end) / 2
        start = end
    return ranks


def differing(left: Sequence[float], right: Sequence[float], tolerance: float) -> int:
    """Count the places where two lists differ by more than `tolerance`; a missing value differs, NaN equals NaN."""
    apart = sum(not _alike(a, b, tolerance) for a, b in zip(left, right, strict=False))
    return apart + abs(len(left) - len(right))


def _alike(left: float, right: float, tolerance: float) -> bool:
    return abs(left - right) <= tolerance or left == right or (math.isnan(left) and math.isnan(right))
