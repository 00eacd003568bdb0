"""Who may decide, and what holds promotions back: everything unknown is refused."""

from dataclasses import replace
from datetime import timedelta

import pytest
from fakes import builders as b
from hypothesis import example, given
from hypothesis import strategies as st

from services.release.catalog import ModelEntry, People
from services.release.model import Decision, DecisionKind, Freeze, Lock, Phase, Rerun
from services.release.policy import (
    Denied,
    Groups,
    Permitted,
    gate_refusal,
    may_cancel,
    may_decide,
    may_operate,
    may_run_again,
    promotion_hold,
    rerun_refusal,
)

NOBODY = replace(b.ENTRY, approvers=People(), operators=People())
TEAM = People(groups=frozenset({"SONE", "STWO"}))
GROUPED = replace(b.ENTRY, approvers=TEAM, operators=People())
ONLY_REQUESTER = replace(b.ENTRY, approvers=People(users=frozenset({b.REQUESTER})))
MEMBERS: Groups = {"SONE": frozenset({b.APPROVER}), "STWO": frozenset()}


@pytest.mark.parametrize(
    ("entry", "user", "groups", "code"),
    [
        (None, b.APPROVER, {}, "no_policy"),
        (NOBODY, b.APPROVER, {}, "no_policy"),
        (b.ENTRY, b.STRANGER, {}, "not_an_approver"),
        (b.ENTRY, "", {}, "not_an_approver"),
        (b.ENTRY, b.OPERATOR, {}, "not_an_approver"),
        (b.ENTRY, b.REQUESTER, {}, "self_approval"),
        (ONLY_REQUESTER, b.REQUESTER, {}, "self_approval"),
        (GROUPED, b.STRANGER, MEMBERS, "not_an_approver"),
        (GROUPED, b.STRANGER, {}, "group_unreadable"),
        (GROUPED, b.STRANGER, {"SONE": None, "STWO": frozenset()}, "group_unreadable"),
        (GROUPED, b.APPROVER, {"SONE": None, "STWO": None}, "group_unreadable"),
        (GROUPED, b.STRANGER, {"SOTHER": frozenset({b.STRANGER})}, "group_unreadable"),
    ],
)
def test_deciding_is_refused(entry: ModelEntry | None, user: str, groups: Groups, code: str) -> None:
    refusal = may_decide(entry, b.awaiting(), user, groups)
    assert isinstance(refusal, Denied)
    assert refusal.code == code


@pytest.mark.parametrize(
    ("entry", "user", "groups", "rule"),
    [
        (b.ENTRY, b.APPROVER, {}, "approvers.users has UAPPROVE"),
        (GROUPED, b.APPROVER, MEMBERS, "approvers.groups has SONE"),
        (GROUPED, b.APPROVER, {**MEMBERS, "STWO": None}, "approvers.groups has SONE"),
        (replace(ONLY_REQUESTER, allow_self_approval=True), b.REQUESTER, {}, "approvers.users has UREQUEST"),
    ],
)
def test_deciding_is_permitted_by_a_named_rule(entry: ModelEntry, user: str, groups: Groups, rule: str) -> None:
    assert may_decide(entry, b.awaiting(), user, groups) == Permitted(rule)


def test_self_approval_still_needs_to_be_an_approver() -> None:
    refusal = may_decide(replace(b.ENTRY, allow_self_approval=True), b.awaiting(), b.REQUESTER, {})
    assert isinstance(refusal, Denied)
    assert refusal.code == "not_an_approver"


IDS = st.sampled_from([b.REQUESTER, b.APPROVER, b.OPERATOR, b.STRANGER])
PEOPLE = st.builds(People, users=st.frozensets(IDS), groups=st.frozensets(st.sampled_from(["SONE", "STWO"])))
ENTRIES = st.builds(
    ModelEntry,
    name=st.just("titanic"),
    deployment=st.just(b.DEPLOYMENT),
    approvers=PEOPLE,
    operators=PEOPLE,
    allow_self_approval=st.booleans(),
)
READ: st.SearchStrategy[Groups] = st.dictionaries(
    st.sampled_from(["SONE", "STWO", "SOTHER"]), st.none() | st.frozensets(IDS)
)


@given(entry=ENTRIES, user=IDS, groups=READ)
def test_who_is_permitted_is_named_by_the_catalog(entry: ModelEntry, user: str, groups: Groups) -> None:
    named = user in entry.approvers.users or any(user in (groups.get(group) or ()) for group in entry.approvers.groups)
    may = named and (user != b.REQUESTER or entry.allow_self_approval)
    assert isinstance(may_decide(entry, b.awaiting(), user, groups), Permitted) == may


@given(entry=ENTRIES, user=IDS, groups=READ)
@example(entry=GROUPED, user=b.STRANGER, groups=MEMBERS)  # the core of it, which chance leaves out now and then
def test_knowing_less_of_a_group_never_permits_more(entry: ModelEntry, user: str, groups: Groups) -> None:
    if isinstance(may_decide(entry, b.awaiting(), user, {}), Permitted):
        assert isinstance(may_decide(entry, b.awaiting(), user, groups), Permitted)
    if isinstance(may_operate(entry, user, {}), Permitted):
        assert isinstance(may_operate(entry, user, groups), Permitted)


@pytest.mark.parametrize(
    ("entry", "user", "permitted"),
    [
        (None, b.OPERATOR, False),
        (NOBODY, b.OPERATOR, False),
        (b.ENTRY, b.OPERATOR, True),
        (b.ENTRY, b.STRANGER, False),
        (replace(b.ENTRY, operators=People()), b.APPROVER, True),
        (replace(b.ENTRY, operators=People()), b.OPERATOR, False),
        (replace(b.ENTRY, operators=People(users=frozenset({b.OPERATOR}))), b.APPROVER, False),
    ],
)
def test_operating(entry: ModelEntry | None, user: str, *, permitted: bool) -> None:
    assert isinstance(may_operate(entry, user, {}), Permitted) == permitted


@pytest.mark.parametrize(
    ("entry", "user", "permitted"),
    [
        (None, b.REQUESTER, True),
        (None, b.OPERATOR, False),
        (b.ENTRY, b.OPERATOR, True),
        (b.ENTRY, b.STRANGER, False),
    ],
)
def test_cancelling_is_for_the_requester_and_operators(entry: ModelEntry | None, user: str, *, permitted: bool) -> None:
    assert isinstance(may_cancel(entry, b.awaiting(), user, {}), Permitted) == permitted


@pytest.mark.parametrize(
    ("entry", "user", "answer"),
    [
        (None, b.REQUESTER, Permitted("requester")),
        (None, b.APPROVER, Denied("no_policy")),
        (NOBODY, b.APPROVER, Denied("no_policy")),
        (b.ENTRY, b.APPROVER, Permitted("approvers or operators.users has UAPPROVE")),
        (b.ENTRY, b.OPERATOR, Permitted("approvers or operators.users has UOPERATE")),
        (
            b.ENTRY,
            b.STRANGER,
            Denied(
                "not_an_approver", people=People(frozenset({b.APPROVER, b.OPERATOR})), cites="approvers or operators"
            ),
        ),
        (
            GROUPED,
            b.STRANGER,
            Denied("group_unreadable", people=GROUPED.approvers, cites="approvers or operators.groups"),
        ),
    ],
)
def test_running_again_is_for_the_requester_approvers_and_operators(
    entry: ModelEntry | None, user: str, answer: Permitted | Denied
) -> None:
    assert may_run_again(entry, b.stale(), user, {}) == answer


def test_a_gate_over_stale_evidence_says_why_and_since_when() -> None:
    refusal = Denied("evidence_stale", at=b.NOON, reason="Staging serves theirs.")
    assert gate_refusal(b.stale(), "nonce-of-the-gate", b.NOON) == refusal


def test_stale_evidence_is_renewed_by_the_button_of_its_own_gate_until_the_gate_is_over() -> None:
    release = b.stale()
    assert release.gate is not None
    ends, nonce = release.gate.expires_at, release.gate.nonce
    assert rerun_refusal(release, nonce, ends - timedelta(microseconds=1)) is None
    assert rerun_refusal(release, nonce, ends) == Denied("expired", at=ends)
    assert rerun_refusal(release, "another", b.NOON) == Denied("stale_button")


def test_who_comes_late_to_run_it_again_hears_who_was_first_or_how_it_ended() -> None:
    rerun = Rerun(b.APPROVER, b.after(1))
    again = replace(b.deploying(), rerun=rerun)
    first = People(users=frozenset({b.APPROVER}))
    assert rerun_refusal(again, "old", b.after(2)) == Denied(
        "already_run_again", first, b.after(1), reason="deploying_staging"
    )
    assert rerun_refusal(b.awaiting(), "old", b.NOON) == Denied("not_stale", reason="awaiting_approval")
    decision = Decision(DecisionKind.CANCELLED, b.REQUESTER, b.after(3))
    cancelled = replace(b.stale(), phase=Phase.CANCELLED, decision=decision)
    refusal = rerun_refusal(cancelled, "nonce-of-the-gate", b.after(4))
    assert refusal == Denied(
        "already_decided", People(frozenset({b.REQUESTER})), b.after(3), "", DecisionKind.CANCELLED
    )


def test_an_open_gate_takes_its_own_nonce_until_its_very_end() -> None:
    release = b.awaiting()
    assert release.gate is not None
    ends, nonce = release.gate.expires_at, release.gate.nonce
    assert gate_refusal(release, nonce, ends - timedelta(microseconds=1)) is None
    assert gate_refusal(release, nonce, ends) == Denied("expired", at=ends)
    assert gate_refusal(release, "another", b.NOON) == Denied("stale_button")
    assert gate_refusal(release, "", b.NOON) == Denied("stale_button")


def test_a_decided_gate_says_who_how_when_and_why() -> None:
    decision = Decision(DecisionKind.REJECTED, b.APPROVER, b.after(1), "too slow")
    refusal = gate_refusal(replace(b.awaiting(), phase=Phase.REJECTED, decision=decision), "whatever", b.after(2))
    by = People(users=frozenset({b.APPROVER}))
    assert refusal == Denied("already_decided", by, b.after(1), "too slow", DecisionKind.REJECTED)


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.AWAITING_APPROVAL])
def test_a_gate_is_closed_in_every_other_phase(phase: Phase) -> None:
    release = replace(b.awaiting(), phase=phase)
    assert gate_refusal(release, "nonce-of-the-gate", b.NOON) == Denied("gate_not_open", reason=phase.value)


@pytest.mark.parametrize(
    ("lock", "freezes", "code"),
    [
        (None, (), None),
        (b.lock(), (), "locked"),
        (b.lock(), (b.freeze(),), "locked"),
        (None, (b.freeze(),), "frozen"),
        (None, (b.freeze("all"),), "frozen"),
        (None, (b.freeze(until=b.after(5)),), "frozen"),
        (None, (b.freeze(until=b.after(4)),), None),
        (None, (b.freeze(until=b.after(3)), b.freeze("all")), "frozen"),
    ],
)
def test_what_holds_promotions_back(lock: Lock | None, freezes: tuple[Freeze, ...], code: str | None) -> None:
    held = promotion_hold(lock, freezes, b.after(4))
    assert (held.code if held is not None else None) == code
