"""Whether the way back of a model's prod would work, as a rehearsal found: whole, broken, or not seen lately."""

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime


@dataclass(frozen=True, slots=True)
class WayBack:
    """Where a rollback would go: `release_id` is the release that it would undo, `target` the config it returns to."""

    model: str
    release_id: str
    target: str
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What is known of a way back.

    `looked_at` is the last look, `verified_at` the last one that found it whole (None: none did). `problems` are what
    would have a rollback fail; `error` is why the last look saw nothing, which is no problem and takes none away.
    `unchecked` names what no look can see. `told` says that the channel knows of the problems, `drawn` that the card
    of the release shows the rehearsal for good. `change` is the newest change of prod when it was looked at.
    """

    way: WayBack
    looked_at: datetime
    verified_at: datetime | None = None
    problems: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = ()
    error: str = ""
    told: bool = False
    drawn: bool = False
    change: str = ""

    @property
    def is_broken(self) -> bool:
        """Say whether a look found problems, and none since found them gone."""
        return bool(self.problems)

    @property
    def is_verified(self) -> bool:
        """Say whether the last look found it whole."""
        return not self.problems and not self.error

    def encode(self) -> str:
        """Return it as text."""
        return json.dumps(asdict(self), default=datetime.isoformat)


def read_rehearsal(text: str | None) -> Rehearsal | None:
    """Return what `encode` wrote, None for nothing, and for what another Sluice wrote in a form of its own."""
    if not text:
        return None
    try:
        held = json.loads(text)
        verified = held.pop("verified_at")
        return Rehearsal(
            way=WayBack(**held.pop("way")),
            looked_at=datetime.fromisoformat(held.pop("looked_at")),
            verified_at=datetime.fromisoformat(verified) if verified else None,
            problems=tuple(held.pop("problems")),
            unchecked=tuple(held.pop("unchecked")),
            **held,
        )
    except (KeyError, TypeError, ValueError):
        return None


Seen = tuple[tuple[str, ...], tuple[str, ...]]
"""What a look saw: the problems, and what no look can see."""


def looked(known: Rehearsal | None, way: WayBack, seen: Seen, at: datetime) -> Rehearsal:
    """Return what is known after a look."""
    problems, unchecked = seen
    before = _of(known, way, at)
    verified = before.verified_at if problems else at
    return replace(before, looked_at=at, verified_at=verified, problems=problems, unchecked=unchecked, error="")


def unseen(known: Rehearsal | None, way: WayBack, error: str, at: datetime) -> Rehearsal:
    """Return what is known after a look that was kept from seeing: it finds nothing broken, and nothing whole."""
    return replace(_of(known, way, at), looked_at=at, error=error)


def _of(known: Rehearsal | None, way: WayBack, at: datetime) -> Rehearsal:
    """Return what was known of just this way; of another one nothing is."""
    return known if known is not None and known.way == way else Rehearsal(way, at)


def owes_word(rehearsal: Rehearsal) -> bool:
    """Say whether the channel is to be told: that the way back broke, or that what was told as broken is whole."""
    return rehearsal.is_broken if not rehearsal.told else rehearsal.is_verified
