"""Break-glass: what it may go past, what it never does, and what it is bound to.

A person in an incident may bring to prod what the gate did not let through. Everything that would have stopped an
approval is named, shown before and kept for ever; what the release's integrity rests on is not among it.
"""

import hashlib
import json
from datetime import datetime

from services.release.digest import gate_digest
from services.release.model import Freeze, Gate, Holds, Lock, Phase, Release

ENDED_BY_SUITE = frozenset({Phase.SMOKE_FAILED, Phase.SMOKE_UNDECIDED})
"""The endings that break-glass alone can take up again, until what they left is cleaned up."""

STILL_SERVED = "recheck_failed"
"""The one reason for stale evidence after which staging still serves what was tested."""

PAST = ("smoke_failed", "smoke_undecided", "evidence_stale", "quorum_incomplete", "outside_window", "locked", "frozen")
"""Everything that break-glass can go past, by the reason codes that it has elsewhere."""


def stands_open(release: Release) -> bool:
    """Say whether the release's own terms let it be promoted by break-glass: allowed, tested, and not decided."""
    allowed = release.deployment.terms.break_glass is not None
    return allowed and release.evidence is not None and release.package is not None and release.decision is None


def ends_at(release: Release) -> datetime | None:
    """Return when it is too late: when the gate closes or, where it never opened, when cleaning up begins."""
    if release.phase in ENDED_BY_SUITE:
        return release.cleanup_due
    return release.gate.expires_at if release.gate is not None else None


def gone_past(release: Release, holds: Holds, *, window_open: bool) -> tuple[str, ...]:
    """Return what would stop an approval of the release now, in the order of PAST."""
    found = {
        "smoke_failed": release.phase is Phase.SMOKE_FAILED,
        "smoke_undecided": release.phase is Phase.SMOKE_UNDECIDED,
        "evidence_stale": release.stale is not None,
        "quorum_incomplete": release.phase not in ENDED_BY_SUITE,
        "outside_window": not window_open,
        "locked": bool(holds.locks),
        "frozen": bool(holds.freezes),
    }
    return tuple(code for code in PAST if found[code])


def gate_of(release: Release, at: datetime) -> Gate:
    """Return the gate that was open or, where a suite ended the release before, the one that it would have had.

    Prod on the card is what the suite was compared with. Where that is not known, it counts as no prod at all: the
    promotion is then refused, as prod is not what was shown.
    """
    if release.gate is not None:
        return release.gate
    evidence = release.evidence
    prod = evidence.prod if evidence is not None else None
    return Gate(
        nonce="",
        opened_at=at,
        expires_at=at,
        staging_config=evidence.config if evidence is not None else "",
        prod_config=prod.config if prod is not None else None,
        digest=gate_digest(release),
    )


def shown(release: Release, past: tuple[str, ...], holds: Holds) -> str:
    """Return a digest (hex) of what the form shows: what was tested, what prod serves, and what is gone past."""
    gate = gate_of(release, release.phase_since)
    each: tuple[Lock | Freeze, ...] = (*holds.locks, *holds.freezes)
    since = [(hold.by, hold.reason, hold.since.isoformat()) for hold in each]
    held = [release.id, gate.digest, gate_digest(release), gate.staging_config, gate.prod_config, past, since]
    return hashlib.sha256(json.dumps(held).encode()).hexdigest()


def holding(release: Release, lock: Lock | None, freezes: tuple[Freeze, ...]) -> tuple[Lock | None, tuple[Freeze, ...]]:
    """Return the lock and the freezes that hold the promotion back: after a break-glass, all but those that it showed.

    Any other may be that of a rollback. No times are compared: two hosts placed them, each by its own clock.
    """
    past = release.decision.holds if release.decision is not None else Holds()
    left = None if lock in past.locks else lock
    return left, tuple(freeze for freeze in freezes if freeze not in past.freezes)
