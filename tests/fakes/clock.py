"""Time that stands still until it is told to move, and ids that count."""

from datetime import UTC, datetime, timedelta
from itertools import count

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class FakeClock:
    """The Clock port; `advance` is the only thing that moves it."""

    def __init__(self, at: datetime = START) -> None:
        self._at = at

    def now(self) -> datetime:
        """Return the fake time."""
        return self._at

    def advance(self, seconds: float) -> datetime:
        """Move on by `seconds` and return the new time."""
        self._at += timedelta(seconds=seconds)
        return self._at

    def advance_to(self, at: datetime) -> datetime:
        """Move on to `at`, never back, and return the new time."""
        self._at = max(self._at, at)
        return self._at


class SequentialIds:
    """The Ids port: r00000001, r00000002, … and nonce-1, nonce-2, …."""

    def __init__(self) -> None:
        self._releases = count(1)
        self._nonces = count(1)

    def release_id(self) -> str:
        """Return the next release id."""
        return f"r{next(self._releases):08d}"

    def nonce(self) -> str:
        """Return the next nonce."""
        return f"nonce-{next(self._nonces)}"
