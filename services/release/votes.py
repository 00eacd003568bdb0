"""Counting the votes of a gate: who has said yes to exactly what was tested, and who is still missing."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from services.release import events as e
from services.release.model import DecisionKind, Release
from services.release.risk import quorum_of
from services.release.terms import Vote


@dataclass(frozen=True, slots=True)
class Missing:
    """What an approval still lacks: so many people more, and a member of each of these user groups."""

    people: int = 0
    groups: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Say whether anything is missing."""
        return bool(self.people or self.groups)


def vote_of(release: Release, event: e.VoteCast | e.Approved, at: datetime) -> Vote:
    """Return the vote that `event` brings, bound to the digest of the gate that is open."""
    digest = release.gate.digest if release.gate is not None else ""
    return Vote(event.by, at, digest, event.reason, event.groups, event.ticked, event.known_as)


def with_vote(release: Release, vote: Vote) -> Release:
    """Add a vote; one person has one, and the newest counts."""
    return replace(release, votes=(*(each for each in release.votes if each.by != vote.by), vote))


def counting(release: Release) -> tuple[Vote, ...]:
    """Return the votes that are bound to the release's gate.

    The decision is one itself: an approval that an older Sluice recorded has no vote beside it.
    """
    gate, decision = release.gate, release.decision
    if gate is None:
        return ()
    votes = tuple(vote for vote in release.votes if vote.digest == gate.digest)
    if decision is None or decision.kind is not DecisionKind.APPROVED or decision.by in {vote.by for vote in votes}:
        return votes
    return (*votes, Vote(decision.by, decision.at, gate.digest, decision.reason, known_as=decision.known_as))


def missing(release: Release, votes: Iterable[Vote]) -> Missing:
    """Return what an approval of `release` by these votes would still lack."""
    counted = tuple(votes)
    terms = release.deployment.terms
    present = {group for vote in counted for group in vote.groups}
    return Missing(
        people=max(0, quorum_of(release).people - len({vote.by for vote in counted})),
        groups=tuple(group for group in terms.groups_required if group not in present),
    )


def completes(release: Release, event: e.Approved, at: datetime) -> bool:
    """Say whether the approval has, with the votes before it, all that the gate asks for."""
    return not missing(release, counting(with_vote(release, vote_of(release, event, at))))
