import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.smoke.statistics import auc, differing, percentile

PAIRS = st.lists(st.tuples(st.integers(-3, 3), st.booleans()), min_size=2, max_size=30)


def test_percentiles_are_values_that_were_seen() -> None:
    values = [float(n) for n in range(1, 101)]
    assert [percentile(values, share) for share in (0.5, 0.95, 1.0)] == [50, 95, 100]
    assert percentile([7.0], 0.5) == 7
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


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


def test_lists_differ_where_values_or_lengths_do() -> None:
    assert differing([1, 2, math.nan], [1, 2.0000001, math.nan], 1e-6) == 0
    assert differing([1, 2], [1, 3], 1e-6) == 1
    assert differing([1, 2, 3], [1], 1e-6) == 2
    assert differing([math.inf, 1], [math.inf, math.nan], 1e-6) == 1
