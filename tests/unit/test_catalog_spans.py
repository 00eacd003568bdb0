"""Lengths of time in the catalog, as a release gets them."""

from pathlib import Path

import pytest
from fakes.builders import LEAST
from pydantic import ValidationError

from bot.catalog.entry import ModelSpec


def recheck(**gate: str) -> int:
    return ModelSpec(**LEAST, gate=gate).entry("churn", Path()).deployment.gate_recheck_seconds


def test_staging_is_looked_at_again_every_ten_minutes_or_as_the_catalog_says() -> None:
    assert (recheck(), recheck(recheck="30s"), recheck(recheck="2h")) == (600, 30, 7200)


@pytest.mark.parametrize("span", ["29s", "1s", "0m", "often"])
def test_staging_is_not_looked_at_all_the_time(span: str) -> None:
    with pytest.raises(ValidationError, match="recheck"):
        recheck(recheck=span)
