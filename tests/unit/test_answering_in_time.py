"""The time in which a command has to be answered binds what is done for it, and nothing that comes after."""

import pytest

from services.adapters.redis_connection import answering_within, available
from services.ports import Unavailable


def test_a_time_limit_ends_with_what_it_was_set_for() -> None:
    with answering_within(-1), pytest.raises(Unavailable, match="too slowly"), available():
        pass
    with available():
        pass
