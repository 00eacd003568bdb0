"""Which evidence people look at now."""

from collections.abc import Sequence

from services.release import events as e
from services.release.events import LogEntry
from services.release.model import Evidence, Phase, Release

_STAGING_SHOWN = frozenset(
    {
        Phase.OPENING_GATE,
        Phase.AWAITING_APPROVAL,
        Phase.SMOKE_FAILED,
        Phase.SMOKE_UNDECIDED,
        Phase.REJECTED,
        Phase.EXPIRED,
    },
)


def evidence_in_view(release: Release) -> Evidence | None:
    """Return the evidence that a decision rests on or that stopped the release; None while it is only a memory.

    What was stale when the release ended is one.
    """
    if release.stale is not None:
        return None
    if release.phase is Phase.PROD_UNHEALTHY:
        return release.prod_evidence
    return release.evidence if release.phase in _STAGING_SHOWN else None


def earlier_runs(release: Release, log: Sequence[LogEntry]) -> tuple[Evidence, ...]:
    """Return what runs of the suite on staging saw before the one that counts now, oldest first."""
    ended = (entry.event for entry in log)
    seen = [event.evidence for event in ended if isinstance(event, e.SmokePassed | e.SmokeFailed | e.SmokeUndecided)]
    return tuple(each for each in seen if each != release.evidence)
