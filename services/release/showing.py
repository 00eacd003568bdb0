"""Which evidence people look at now."""

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
