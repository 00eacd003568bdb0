"""What tests of suites share."""

import pytest

from services.smoke import asking


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Record how long an endpoint is left alone, and wait for nothing."""
    recorded: list[float] = []

    class Recorded:
        def wait(self, seconds: float) -> None:
            recorded.append(seconds)

    monkeypatch.setattr(asking, "Event", Recorded)
    return recorded
