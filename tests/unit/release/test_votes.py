"""A quorum: distinct people, bound to what was tested, while they may decide; a rollback never asks for one."""

from dataclasses import replace

import pytest
from fakes import builders as b
from hypothesis import given
from hypothesis import strategies as st

from services.release import events as e
from services.release.catalog import ModelEntry, People
from services.release.deciding import Allowed, Circumstances, approval
from services.release.lifecycle import MOVES, Advanced, Refused, decide
from services.release.model import Kind, Phase, Release
from services.release.policy import Denied, Groups
from services.release.terms import GateTerms, Vote
from services.release.votes import Missing, counting, missing, vote_of

ONE, TWO, THREE = "UONE", "UTWO", "UTHREE"
LEADS = "SLEADS"
PANEL = replace(b.ENTRY, approvers=People(frozenset({ONE, TWO, THREE}), frozenset({LEADS})))
READ: Groups = {LEADS: frozenset({TWO})}


def at_gate(quorum: int = 2, groups: tuple[str, ...] = ()) -> Release:
    release = b.awaiting()
    return replace(release, deployment=replace(release.deployment, terms=GateTerms(quorum, groups)))


def voted(release: Release, *people: str, groups: tuple[str, ...] = ()) -> Release:
    for person in people:
        moved = decide(release, e.VoteCast(person, groups=groups), b.after(1))
        assert isinstance(moved, Advanced)
        release = moved.release
    return release


def yes(entry: ModelEntry, release: Release, user: str, groups: Groups) -> e.Event | Denied:
    """Return what a click on Approve amounts to."""
    found = approval(release, "nonce-of-the-gate", e.VoteCast(user), Circumstances(entry, groups, b.after(2)))
    return found.event if isinstance(found, Allowed) else found


@pytest.mark.parametrize(
    ("release", "user", "counts_as"),
    [
        (at_gate(1), ONE, e.Approved(ONE)),
        (at_gate(2), ONE, e.VoteCast(ONE)),
        (voted(at_gate(2), ONE), TWO, e.Approved(TWO)),
        (voted(at_gate(2), ONE), ONE, Denied("already_voted", at=b.after(1), cites="gate.quorum: 2")),
        (voted(at_gate(3), ONE), TWO, e.VoteCast(TWO)),
        (at_gate(1, (LEADS,)), ONE, e.VoteCast(ONE)),
        (at_gate(1, (LEADS,)), TWO, e.Approved(TWO, groups=(LEADS,))),
        (voted(at_gate(2, (LEADS,)), ONE), THREE, e.VoteCast(THREE)),
        (voted(at_gate(2, (LEADS,)), ONE, THREE), TWO, e.Approved(TWO, groups=(LEADS,))),
        (voted(at_gate(2, (LEADS,)), TWO, groups=(LEADS,)), ONE, e.Approved(ONE)),
        (voted(at_gate(2, (LEADS,)), ONE, groups=(LEADS,)), THREE, e.VoteCast(THREE)),
        (voted(at_gate(2), "UGONE"), ONE, e.VoteCast(ONE)),
        (voted(at_gate(2), b.REQUESTER), ONE, e.VoteCast(ONE)),
    ],
)
def test_what_a_yes_amounts_to(release: Release, user: str, counts_as: object) -> None:
    assert yes(PANEL, release, user, READ) == counts_as


def test_a_required_group_that_cannot_be_read_lets_no_vote_through() -> None:
    refusal = yes(PANEL, at_gate(2, (LEADS,)), ONE, {LEADS: None})
    lead = People(groups=frozenset({LEADS}))
    assert refusal == Denied("group_unreadable", people=lead, cites="gate.groups_required")


def test_a_second_click_counts_once_something_has_changed_for_the_better() -> None:
    release = voted(at_gate(2), ONE, TWO)
    assert yes(PANEL, release, ONE, READ) == e.Approved(ONE)
    now_a_lead: Groups = {LEADS: frozenset({ONE})}
    alone = voted(at_gate(2, (LEADS,)), ONE)
    assert yes(PANEL, alone, ONE, now_a_lead) == e.VoteCast(ONE, groups=(LEADS,))


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (e.VoteCast(ONE), Denied("reason_required")),
        (e.VoteCast(ONE, "  ", ticked=("a", "b")), Denied("reason_required")),
        (e.VoteCast(ONE, "fine"), Denied("checklist_incomplete", reason="a")),
        (e.VoteCast(ONE, "fine", ticked=("a", "c")), Denied("checklist_incomplete", reason="b")),
        (e.VoteCast(ONE, "fine", ticked=("a", "b")), e.Approved(ONE, "fine", ticked=("a", "b"))),
        (e.VoteCast("UNOBODY"), Denied("not_an_approver", people=PANEL.approvers, cites="approvers")),
    ],
)
def test_where_words_are_wanted_a_bare_yes_is_none(said: e.VoteCast, found: object) -> None:
    release = replace(
        b.awaiting(), deployment=replace(b.DEPLOYMENT, terms=GateTerms(reason=True, checklist=("a", "b")))
    )
    answer = approval(release, "nonce-of-the-gate", said, Circumstances(PANEL, READ, b.after(2)))
    assert (answer.event if isinstance(answer, Allowed) else answer) == found


def test_votes_are_void_once_the_evidence_is_stale() -> None:
    moved = decide(voted(at_gate(2), ONE), e.EvidenceStale("staging_moved", "gone"), b.after(2))
    assert isinstance(moved, Advanced)
    assert moved.release.votes == ()


def test_a_vote_for_another_digest_does_not_count() -> None:
    other = replace(at_gate(2), votes=(Vote(ONE, b.NOON, "another digest"),))
    assert counting(other) == ()
    assert yes(PANEL, other, TWO, READ) == e.VoteCast(TWO)


def test_an_approval_that_an_older_sluice_recorded_counts_as_a_vote() -> None:
    assert [vote.by for vote in counting(b.approved())] == [b.APPROVER]
    assert not missing(b.approved(), counting(b.approved()))


PEOPLE = [ONE, TWO, THREE, "UFOUR", "UFIVE"]
CLICKS = st.lists(st.sampled_from(PEOPLE), max_size=12)


@given(quorum=st.integers(1, 4), lead_needed=st.booleans(), clicks=CLICKS, leads=st.frozensets(st.sampled_from(PEOPLE)))
def test_the_approval_comes_with_the_last_distinct_person_that_was_missing(
    *, quorum: int, lead_needed: bool, clicks: list[str], leads: frozenset[str]
) -> None:
    release, seen = at_gate(quorum, (LEADS,) if lead_needed else ()), set[str]()
    entry: ModelEntry = replace(b.ENTRY, approvers=People(frozenset(PEOPLE), frozenset({LEADS})))
    for click in clicks:
        event = yes(entry, release, click, {LEADS: leads})
        seen.add(click)
        enough = len(seen) >= quorum and (not lead_needed or bool(seen & leads))
        assert isinstance(event, e.Approved) == enough
        if isinstance(event, Denied):
            continue
        moved = decide(release, event, b.after(1))
        assert isinstance(moved, Advanced)
        release = moved.release
        if enough:
            assert release.phase is Phase.PROMOTING
            assert {vote.by for vote in release.votes} == seen
            return
    assert release.phase is Phase.AWAITING_APPROVAL


@given(quorum=st.integers(2, 5), before=st.lists(st.sampled_from(PEOPLE), unique=True, max_size=5))
def test_the_core_itself_refuses_an_approval_that_is_incomplete(quorum: int, before: list[str]) -> None:
    release = voted(at_gate(quorum), *before)
    outcome = decide(release, e.Approved("ULAST"), b.after(2))
    assert isinstance(outcome, Refused) == (len(before) + 1 < quorum)


def test_no_quorum_stands_before_a_rollback() -> None:
    rollback = replace(b.rolling_back(), deployment=at_gate(20, (LEADS,)).deployment)
    moved = decide(rollback, e.PromotionIntended(b.pointer(b.approved())), b.NOON)
    assert isinstance(moved, Advanced)
    assert rollback.kind is Kind.ROLLBACK
    assert not [phase for phase, kind in MOVES if kind is e.VoteCast and phase is not Phase.AWAITING_APPROVAL]


def test_what_is_missing_is_counted() -> None:
    release = at_gate(3, (LEADS, "SSEC"))
    vote = vote_of(release, e.VoteCast(ONE, groups=("SSEC",)), b.NOON)
    assert missing(release, (vote, vote)) == Missing(2, (LEADS,))
    assert missing(release, ()) == Missing(3, (LEADS, "SSEC"))
