"""Who has voted at a gate that asks for more than one person, and who is still missing."""

from handlers.views.text import count, listing, mention, people, quote, slack_time
from services.release.catalog import People
from services.release.model import Release
from services.release.risk import quorum_of
from services.release.votes import Missing, counting, missing

_RISKS = {
    "first_release": "it is the first release to prod",
    "image": "the image changes",
    "environment": "the environment changes",
    "instance_type": "the instance type changes",
    "role": "the role changes",
    "schema": "what it takes or answers changes",
    "warnings": "warnings stand",
}


def asks_for_more(release: Release) -> bool:
    """Say whether one approver's yes is not always enough."""
    return quorum_of(release).people > 1 or bool(release.deployment.terms.groups_required)


def demand(release: Release) -> str:
    """Return what an approval takes: `2 people have to approve (the image changes), among them one of @leads`."""
    quorum, groups = quorum_of(release), release.deployment.terms.groups_required
    why = f" ({listing((_RISKS[name] for name in quorum.because), last='and')})" if quorum.because else ""
    wanted = f"{count(quorum.people, 'person has', 'people have')} to approve{why}"
    return f"{wanted}, among them {_one_of(groups)}" if groups else wanted


def lacking(what: Missing) -> str:
    """Return what is still missing: `one more person and one of @leads`."""
    parts = [count(what.people, "more vote")] if what.people else []
    return listing([*parts, *filter(None, [_one_of(what.groups)])], last="and")


def _one_of(groups: tuple[str, ...]) -> str:
    return listing((f"one of {people(People(groups=frozenset({group})))}" for group in groups), last="and")


def tally(release: Release) -> str:
    """Return the votes that count, and what is still missing; empty where one yes is enough."""
    votes = counting(release)
    if not asks_for_more(release):
        return ""
    lines = [f"🗳️ *Votes: {len(votes)} of {quorum_of(release).people}.* {demand(release)}."]
    for vote in votes:
        lines += filter(None, [f"👍 {mention(vote.by)}, {slack_time(vote.at)}", quote(vote.reason, 300)])
    left = missing(release, votes)
    return "\n".join([*lines, f"Still missing: {lacking(left)}." if left else ""]).strip()
