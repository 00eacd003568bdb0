import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.smoke.statistics import (
    Weighted,
    alike,
    confused,
    paired_interval,
    percentile,
    plain,
    ranked,
    stability,
    summed,
    total,
)

Pairs = list[tuple[int, bool]]
Measure = Callable[[Pairs], Weighted]
PAIRS = st.lists(st.tuples(st.integers(-3, 3), st.booleans()), min_size=2, max_size=30)


def test_percentiles_are_values_that_were_seen() -> None:
    values = [float(n) for n in range(1, 101)]
    assert [percentile(values, share) for share in (0.5, 0.95, 1.0)] == [50, 95, 100]
    assert percentile([7.0], 0.5) == 7
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


def auc(scores: list[float], labels: list[bool]) -> float | None:
    return plain(ranked(scores, labels), len(labels))


@given(PAIRS)
def test_auc_is_the_share_of_pairs_in_order(pairs: list[tuple[int, bool]]) -> None:
    scores, labels = [float(s) for s, _ in pairs], [label for _, label in pairs]
    sides = [(a, b) for a, la in pairs for b, lb in pairs if la and not lb]
    seen = auc(scores, labels)
    if not sides:
        assert seen is None
        return
    expected = sum(1.0 if a > b else 0.5 if a == b else 0.0 for a, b in sides) / len(sides)
    assert seen == pytest.approx(expected)


@given(PAIRS, st.lists(st.integers(0, 3), min_size=30, max_size=30))
def test_a_weight_counts_a_row_so_often(pairs: list[tuple[int, bool]], weights: list[int]) -> None:
    weights = weights[: len(pairs)]
    drawn = [pair for pair, weight in zip(pairs, weights, strict=True) for _ in range(weight)]
    measures: list[Measure] = [
        lambda rows: ranked([float(s) for s, _ in rows], [label for _, label in rows]),
        lambda rows: confused(
            [str(b) for _, b in rows], [str(s > 0) for s, _ in rows], lambda t: t.get(("True",) * 2, 0)
        ),
        lambda rows: summed([[float(s) for s, _ in rows]], lambda count, sums: sums[0] / count if count else None),
    ]
    for of in measures:
        assert of(pairs)(weights) == pytest.approx(plain(of(drawn), len(drawn)))


@given(PAIRS)
def test_the_interval_of_a_difference_is_signed_and_repeatable(pairs: list[tuple[int, bool]]) -> None:
    scores, labels = [float(s) for s, _ in pairs], [label for _, label in pairs]
    perfect, seen = ranked([float(label) for label in labels], labels), ranked(scores, labels)
    apart = paired_interval(seen, perfect, len(labels), "seed")
    assert apart == paired_interval(seen, perfect, len(labels), "seed")
    if apart is None:
        assert auc(scores, labels) is None
        return
    assert -1 <= apart[0] <= apart[1] <= 0
    assert paired_interval(perfect, perfect, len(labels), "seed") == (0, 0)


def test_the_interval_of_a_difference_covers_it() -> None:
    labels = [n % 3 == 0 for n in range(400)]
    good = [(n % 3 == 0 and 0.6 + (n % 7) / 20) or (n % 11) / 14 for n in range(400)]
    worse = [score if n % 5 else 0.5 for n, score in enumerate(good)]
    apart = paired_interval(ranked(worse, labels), ranked(good, labels), 400, "seed")
    one, other = auc(worse, labels), auc(good, labels)
    assert apart is not None
    assert one is not None
    assert other is not None
    assert apart[0] < one - other < apart[1] < 0
    assert apart[1] - apart[0] < 0.1


def test_the_interval_is_the_middle_95_per_cent() -> None:
    half, all_ = (summed([[n % every == 0 for n in range(400)]], lambda rows, sums: sums[0] / rows) for every in (2, 1))
    apart = paired_interval(half, all_, 400, "seed")
    assert apart is not None
    assert paired_interval(half, half, 400, "seed") == (0, 0)
    # 1.96 times the standard error of a share of one half among 400.
    assert apart == pytest.approx((-0.5 - 1.96 * 0.025, -0.5 + 1.96 * 0.025), abs=0.006)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50))
def test_the_stability_index_of_the_same_numbers_is_nothing(values: list[float]) -> None:
    assert stability(values, values, (0.0, 1.0)) == 0
    assert stability(values, [1 - value for value in values], (0.0, 1.0)) >= 0


def test_what_is_too_large_for_a_float_is_infinite_or_nothing() -> None:
    assert total([0.1] * 10) == 1
    assert total([1e308, 1e308]) == math.inf
    assert math.isnan(total([math.inf, -math.inf]))
    assert stability([1e308, -1e308], [1e308, 1e308], (0.0, 1.0)) > 0
    assert stability([0.0], [1e308], (-1e308, 1e308)) > 0
    huge, small = (summed([[number, 1.0, 1.0]], lambda rows, sums: sums[0] / rows) for number in (math.inf, 1.0))
    apart = paired_interval(huge, small, 3, "seed")
    assert apart is not None
    assert all(map(math.isnan, apart))


def test_the_stability_index_counts_bins() -> None:
    old, new = [0.1] * 50 + [0.9] * 50, [0.1] * 25 + [0.9] * 75
    expected = (0.25 - 0.5) * math.log(0.25 / 0.5) + (0.75 - 0.5) * math.log(0.75 / 0.5)
    assert stability(old, new, (0.0, 1.0)) == pytest.approx(expected)


def test_numbers_are_alike_within_a_tolerance() -> None:
    alikes = [(1, 1.0000001), (math.nan, math.nan), (math.inf, math.inf), (2, 2), (250_000, 250_000.02)]
    assert all(alike(a, b, 1e-6) for a, b in alikes)
    assert not any(
        alike(a, b, 1e-6)
        for a, b in [(1, 1.1), (math.inf, math.nan), (math.inf, -math.inf), (1, math.nan), (math.inf, 1), (9, 9.001)]
    )
