"""Weeks of a model's life, as chance would have them; `make torture` plays many more, and longer ones."""

import pytest
from fakes.histories import History

pytestmark = pytest.mark.crash


@pytest.mark.parametrize("seed", range(40))
def test_whatever_happens_nothing_is_lost_and_prod_is_only_where_people_wanted_it(seed: int) -> None:
    assert not list(History(seed).live(acts=60).wrong())
