"""Time, chance, and the bundle of all ports."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from services.ports.aws import Regions
from services.ports.people import Announcer, SmokeTester
from services.ports.store import Records, ReleaseStore
from services.release.model import Release


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""
        ...


class Ids(Protocol):
    """Draws identifiers that nobody can guess."""

    def release_id(self) -> str:
        """Return a new release id: `r` and eight characters of 0-9a-z."""
        ...

    def nonce(self) -> str:
        """Return a new nonce of at least 64 random bits, URL-safe."""
        ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How often to look while AWS works, and how to go on after errors; seconds.

    AWS publishes no rate limit for Describe calls; 10 to 30 s per endpoint is considerate.
    """

    poll: float = 15.0
    retry_first: float = 2.0
    retry_most: float = 60.0
    errors_allowed: int = 20


class Archive(Protocol):
    """Where an ended release is put away, out of reach of whoever can change the store."""

    def put_away(self, release: Release) -> None:
        """Put the report of a release to the place that its catalog names; again if asked again.

        Raises:
            SaidNo, Unavailable
        """
        ...


@dataclass(frozen=True, slots=True)
class Ports:
    """All that a step or the runner needs of the outside world; without an archive nothing is put away."""

    regions: Regions
    store: ReleaseStore
    records: Records
    announcer: Announcer
    tester: SmokeTester
    clock: Clock
    ids: Ids
    pace: Pace = field(default_factory=Pace)
    archive: Archive | None = None
