"""Who has voted at a gate that asks for more than one person, and who is still missing."""

from handlers.views.text import count, listing, mention, people, quote, slack_time
from services.release.catalog import People
from services.release.model import Release
from services.release.terms import GateTerms
from services.release.votes import Missing, counting, missing


def asks_for_more(terms: GateTerms) -> bool:
    """Say whether one approver's yes is not always enough."""
    return terms.quorum > 1 or bool(terms.groups_required)


def demand(terms: GateTerms) -> str:
    """Return what an approval takes: `2 people have to approve, among them one of @leads`."""
    wanted = f"{count(terms.quorum, 'person has', 'people have')} to approve"
    return f"{wanted}, among them {_one_of(terms.groups_required)}" if terms.groups_required else wanted


def lacking(what: Missing) -> str:
    """Return what is still missing: `one more person and one of @leads`."""
    parts = [count(what.people, "more vote")] if what.people else []
    return listing([*parts, *filter(None, [_one_of(what.groups)])], last="and")


def _one_of(groups: tuple[str, ...]) -> str:
    return listing((f"one of {people(People(groups=frozenset({group})))}" for group in groups), last="and")


def tally(release: Release) -> str:
    """Return the votes that count, and what is still missing; empty where one yes is enough."""
    votes, terms = counting(release), release.deployment.terms
    if not asks_for_more(terms):
        return ""
    lines = [f"🗳️ *Votes: {len(votes)} of {terms.quorum}.* {demand(terms)}."]
    for vote in votes:
        lines += filter(None, [f"👍 {mention(vote.by)}, {slack_time(vote.at)}", quote(vote.reason, 300)])
    left = missing(release, votes)
    return "\n".join([*lines, f"Still missing: {lacking(left)}." if left else ""]).strip()
