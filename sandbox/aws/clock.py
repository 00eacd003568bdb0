"""Time for the local SageMaker: injectable, so that a test moves an endpoint on without waiting."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

_PING_PATIENCE = 5.0
_LEAST_PING_LIMIT = 15.0


class Clock(Protocol):
    """Two readings of time."""

    def monotonic(self) -> float:
        """Return seconds that only ever grow; transitions are measured in them."""

    def now(self) -> datetime:
        """Return the UTC time that stands in descriptions."""


class SystemClock:
    """The machine's own clock."""

    def monotonic(self) -> float:
        """Return `time.monotonic()`."""
        return time.monotonic()

    def now(self) -> datetime:
        """Return the current UTC time."""
        return datetime.now(UTC)


class ManualClock:
    """A clock that moves when it is told to; its `now` can be put off, as when two machines do not agree."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._skew = 0.0
        self._start = datetime.now(UTC)

    def monotonic(self) -> float:
        """Return the seconds that it was advanced by."""
        return self._seconds

    def now(self) -> datetime:
        """Return the time of its start, moved on and put off."""
        return self._start + timedelta(seconds=self._seconds + self._skew)

    def advance(self, seconds: float) -> None:
        """Move on."""
        self._seconds += seconds

    def skew(self, seconds: float) -> None:
        """Put the time that descriptions show off by so much, from now on."""
        self._skew = seconds


@dataclass(frozen=True, slots=True)
class Pace:
    """How long the sandbox takes for what takes AWS minutes.

    Attributes:
        scale: seconds that Creating, Updating and Deleting last.
    """

    scale: float = 3.0

    @property
    def launch(self) -> float:
        """Seconds for which an update says it launches instances."""
        return 0.6 * self.scale

    @property
    def ping_limit(self) -> float:
        """Seconds after which a container that never answered /ping with 200 has failed (AWS: 4 minutes and more)."""
        return max(_PING_PATIENCE * self.scale, _LEAST_PING_LIMIT)

    def bake(self, termination_wait: int) -> float:
        """Return the seconds a bake of `termination_wait` seconds lasts here."""
        return min(float(termination_wait), self.scale)
