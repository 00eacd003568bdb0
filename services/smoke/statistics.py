"""The few statistics that a suite needs, on plain lists."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import mul
from random import Random
from typing import TypeAlias

RESAMPLES = 1000
MOST_DRAWN = 500_000
"""Rows that a bootstrap draws, so that it takes about a second at most: with more than 500 rows it draws less often."""


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that at least `share` (0..1) of the values do not exceed (nearest rank).

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("no values")
    rank = max(1, math.ceil(share * len(values)))
    return sorted(values)[rank - 1]


def total(values: Iterable[float]) -> float:
    """Return the sum, rounded once; infinite or NaN where it is too large for a float."""
    parts = list(values)
    try:
        return math.fsum(parts)
    except (OverflowError, ValueError):
        return sum(parts)


Weighted: TypeAlias = Callable[[Sequence[int]], float | None]
"""A measure of rows, each of which counts as often as its weight says; None where it is undefined.

With all weights 1 it is the measure itself, with those of a draw what the bootstrap needs.
"""


def plain(measure: Weighted, rows: int) -> float | None:
    """Return a measure of rows that count once each."""
    return measure([1] * rows)


def ranked(scores: Sequence[float], labels: Sequence[bool]) -> Weighted:
    """Return the area under the ROC curve; ties count half. None when one class is missing.

    It is the Mann-Whitney statistic: the share of (positive, negative) pairs that the scores put in order.
    """
    groups = _tied(scores)

    def auc(weights: Sequence[int]) -> float | None:
        below = positives = 0
        ordered = 0.0
        for group in groups:
            high = low = 0
            for row in group:
                if labels[row]:
                    high += weights[row]
                else:
                    low += weights[row]
            ordered += high * (below + low / 2)
            below, positives = below + low, positives + high
        return ordered / (positives * below) if positives and below else None

    return auc


def _tied(scores: Sequence[float]) -> list[list[int]]:
    """Return the rows from the lowest score to the highest, those of one score together."""
    groups: dict[float, list[int]] = {}
    for row in sorted(range(len(scores)), key=scores.__getitem__):
        groups.setdefault(scores[row], []).append(row)
    return list(groups.values())


def summed(columns: Sequence[Sequence[float]], finish: Callable[[int, Sequence[float]], float | None]) -> Weighted:
    """Return what `finish` makes of the number of rows and of the sum of each column."""

    def of_sums(weights: Sequence[int]) -> float | None:
        return finish(sum(weights), [total(map(mul, weights, column)) for column in columns])

    return of_sums


Confusion: TypeAlias = Mapping[tuple[str, str], int]
"""How many rows of each (truth, decided class)."""


def confused(truths: Sequence[str], decided: Sequence[str], finish: Callable[[Confusion], float | None]) -> Weighted:
    """Return what `finish` makes of the confusion table."""
    pairs = list(zip(truths, decided, strict=True))

    def of_table(weights: Sequence[int]) -> float | None:
        table: dict[tuple[str, str], int] = dict.fromkeys(pairs, 0)
        for pair, weight in zip(pairs, weights, strict=True):
            table[pair] += weight
        return finish(table)

    return of_table


def paired_interval(left: Weighted, right: Weighted, rows: int, seed: str) -> tuple[float, float] | None:
    """Return the 95 % bootstrap interval of left - right on the same rows; None where one of them is undefined.

    Rows are drawn with replacement, and both sides are judged on the same draw, as their errors are alike. The same
    `seed` gives the same interval. Where numbers are too large to be told apart, both ends are NaN.
    """
    if plain(left, rows) is None or plain(right, rows) is None:
        return None
    apart = sorted(_redrawn(left, right, rows, Random(seed)))  # noqa: S311 - no secret, but repeatable
    if any(map(math.isnan, apart)):
        return math.nan, math.nan
    return (percentile(apart, 0.025), percentile(apart, 0.975)) if apart else None


def _redrawn(left: Weighted, right: Weighted, rows: int, random: Random) -> Iterator[float]:
    for _ in range(min(RESAMPLES, MOST_DRAWN // rows)):
        weights = [0] * rows
        for row in random.choices(range(rows), k=rows):
            weights[row] += 1
        one, other = left(weights), right(weights)
        if one is not None and other is not None:
            yield one - other


def stability(expected: Sequence[float], seen: Sequence[float], bounds: tuple[float, float]) -> float:
    """Return the population stability index of two lists of numbers, on five bins of one width within `bounds`.

    Fixed bins: on quantiles, tied scores of trees make it jump (measured 0.03 to 0.89 among equal models). An empty
    bin counts as half a row.
    """
    shares = zip(_binned(expected, bounds), _binned(seen, bounds), strict=True)
    return sum((new - old) * math.log(new / old) for old, new in shares)


BINS = 5


def _binned(values: Sequence[float], bounds: tuple[float, float]) -> list[float]:
    low, high = bounds
    counts = [0.0] * BINS
    for value in values:
        # By halves, as the difference of two floats may be larger than any float.
        share = (value / 2 - low / 2) / (high / 2 - low / 2)
        counts[min(int(min(max(share, 0.0), 1.0) * BINS), BINS - 1)] += 1
    return [max(count, 0.5) / len(values) for count in counts]


def alike(left: float, right: float, tolerance: float) -> bool:
    """Say whether two numbers differ by `tolerance` at most, beyond 1 as a share of them; NaN is like NaN.

    Answers have about seven digits (float32): two that are the same may be 0.02 apart at 250,000.
    """
    near = math.isclose(left, right, rel_tol=tolerance, abs_tol=tolerance)
    return near or (math.isnan(left) and math.isnan(right))
