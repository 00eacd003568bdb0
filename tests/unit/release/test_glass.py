"""Break-glass: who may, when, past what, and what it is bound to."""

from dataclasses import replace

import pytest
from fakes import builders as b

from services.release import events as e
from services.release.catalog import Membership, People
from services.release.deciding import Broken, Circumstances, GlassForm, breakable, breaking
from services.release.digest import gate_digest
from services.release.glass import PAST, holding, shown
from services.release.lifecycle import MOVES, Advanced, Refused, decide
from services.release.model import Cleanup, Decision, DecisionKind, Holds, Phase, Release, Staleness
from services.release.policy import Denied

BREAKER = "UBREAKER"
ENTRY = replace(b.ENTRY, break_glass=People(frozenset({BREAKER}), frozenset({"SONCALL"})))
GROUPS = {"SONCALL": frozenset({"UONCALL", "UGUEST"})}
AROUND = Circumstances(ENTRY, GROUPS, b.after(5))
WAITING = b.breakable(b.awaiting())
STALE = replace(
    b.breakable(b.stale()), stale=Staleness("recheck_failed", "Staging no longer passes its tests.", since=b.NOON)
)


def denied(release: Release, by: str = BREAKER, around: Circumstances = AROUND) -> str:
    found = breakable(release, by, around)
    assert isinstance(found, Denied)
    assert found.rule
    return found.code


def broken(release: Release, by: str = BREAKER, around: Circumstances = AROUND) -> Release:
    found = breakable(release, by, around)
    assert isinstance(found, Broken)
    moved = decide(release, replace(found.event, reason="prod is down"), around.now)
    assert isinstance(moved, Advanced)
    return moved.release


# --- who ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", [BREAKER, "UONCALL"])
def test_who_is_named_for_it_may(by: str) -> None:
    assert broken(b.failed(), by).broke_glass


def test_who_asked_for_the_release_may_if_named() -> None:
    assert broken(replace(b.failed(), requested_by=BREAKER)).broke_glass


@pytest.mark.parametrize("by", [b.APPROVER, b.OPERATOR, b.REQUESTER, b.STRANGER])
def test_no_other_role_gives_the_right(by: str) -> None:
    assert denied(b.failed(), by) == "not_allowed_to_break_glass"


def test_it_is_off_unless_the_catalog_and_the_release_turn_it_on() -> None:
    assert denied(b.failed(), around=replace(AROUND, entry=b.ENTRY)) == "break_glass_off"
    assert denied(b.failed(), around=replace(AROUND, entry=None)) == "break_glass_off"
    unaware = replace(b.failed(), deployment=b.DEPLOYMENT)
    assert denied(unaware) == "break_glass_off"
    moved = decide(unaware, e.GlassBroken(BREAKER, "x", ("smoke_failed",)), b.NOON)
    assert isinstance(moved, Refused)


def test_an_unreadable_group_lets_nobody_in() -> None:
    assert denied(b.failed(), "UONCALL", replace(AROUND, groups={"SONCALL": None})) == "group_unreadable"


@pytest.mark.parametrize("what", [Membership.BOT, Membership.GUEST, Membership.DEACTIVATED, Membership.STRANGER])
def test_a_group_lets_in_members_only(what: Membership) -> None:
    assert denied(b.failed(), "UGUEST", replace(AROUND, membership=what)) == "bot_or_guest"
    assert denied(b.failed(), "UGUEST", replace(AROUND, membership=None)) == "identity_unreadable"
    assert broken(b.failed(), BREAKER, replace(AROUND, membership=what)).broke_glass


# --- when -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", [phase for phase in Phase if (phase, e.GlassBroken) not in MOVES])
def test_nothing_else_can_be_taken_up(phase: Phase) -> None:
    assert denied(replace(b.failed(), phase=phase)) == "gate_not_open"


@pytest.mark.parametrize("kind", [kind for kind in DecisionKind if kind is not DecisionKind.SUPERSEDED])
def test_a_decision_stays_what_it_is(kind: DecisionKind) -> None:
    assert denied(replace(WAITING, decision=Decision(kind, b.APPROVER, b.NOON))) == "already_decided"


def test_it_is_too_late_when_the_gate_is_or_when_cleaning_up_begins() -> None:
    on_time, late = replace(AROUND, now=b.after(24 * 60 - 1)), replace(AROUND, now=b.after(24 * 60))
    for release in (WAITING, STALE, b.failed()):
        assert broken(release, around=on_time).broke_glass
        assert denied(release, around=late) == "expired"


def test_staging_that_serves_something_else_is_never_gone_past() -> None:
    for code in ("staging_gone", "staging_moved", "staging_not_in_service"):
        assert denied(replace(STALE, stale=Staleness(code, "x", since=b.NOON))) == "evidence_stale"
    assert broken(STALE).broke_glass


def test_what_a_suite_stopped_is_left_as_it_is_for_as_long_as_its_gate_would_have_been_open() -> None:
    for cleanup, seconds in ((Cleanup.AFTER_DECISION, 0), (Cleanup.AFTER_TTL, 48 * 3600)):
        terms = b.breakable(b.smoking()).deployment.terms
        where = replace(b.DEPLOYMENT, staging_cleanup=cleanup, staging_ttl_seconds=seconds, terms=terms)
        moved = decide(
            replace(b.smoking(), deployment=where), e.SmokeFailed(b.failed().evidence or b.evidence()), b.NOON
        )
        assert isinstance(moved, Advanced)
        assert moved.release.cleanup_due == b.after(max(seconds / 60, 24 * 60))


# --- past what ------------------------------------------------------------------------------------------------------


def test_what_it_goes_past_is_named_and_kept() -> None:
    shut = replace(WAITING.deployment.terms, windows=("sat 00:00-00:01 UTC",))
    closed = replace(WAITING, deployment=replace(WAITING.deployment, terms=shut))
    held = replace(AROUND, lock=b.lock(), freezes=(b.freeze(),))
    cases = {
        ("smoke_failed",): broken(b.failed()),
        ("smoke_undecided",): broken(replace(b.failed(), phase=Phase.SMOKE_UNDECIDED)),
        ("quorum_incomplete",): broken(WAITING),
        ("evidence_stale", "quorum_incomplete"): broken(STALE),
        ("quorum_incomplete", "outside_window", "locked", "frozen"): broken(closed, around=held),
    }
    for past, release in cases.items():
        assert set(past) <= set(PAST)
        holds = Holds((b.lock(),), (b.freeze(),)) if "locked" in past else Holds()
        kind = DecisionKind.BREAK_GLASS
        assert release.decision == Decision(kind, BREAKER, b.after(5), "prod is down", past, holds=holds)
        assert release.phase is Phase.PROMOTING


def test_a_freeze_that_is_over_is_not_gone_past() -> None:
    over = replace(AROUND, freezes=(b.freeze(until=b.after(1)),))
    assert "frozen" not in (broken(WAITING, around=over).decision or Decision(DecisionKind.EXPIRED, "", b.NOON)).past


def test_a_lock_or_a_freeze_placed_afterwards_holds_all_the_same() -> None:
    before = (b.lock(), (b.freeze(),))
    release = broken(b.failed(), around=replace(AROUND, lock=before[0], freezes=before[1]))
    assert holding(release, *before) == (None, ())
    for minutes in (6, -6):  # the clock of the host that placed it may be behind
        later = (replace(b.lock(), since=b.after(minutes)), (replace(b.freeze(), since=b.after(minutes)),))
        assert holding(release, *later) == later
    assert holding(broken(b.failed()), *before) == before
    assert holding(b.approved(), *before) == before


# --- bound to what ----------------------------------------------------------------------------------------------------


def test_what_ended_without_a_gate_is_bound_as_one_would_have_been() -> None:
    release = broken(b.failed())
    assert release.gate is not None
    assert release.gate.digest == gate_digest(b.failed())
    assert release.gate.staging_config == b.staging().config
    assert release.gate.prod_config == b.OLD_CONFIG
    assert (release.outcome, release.cleanup_due) == (None, None)
    unknown = broken(b.failed(prod=None)).gate
    assert unknown is not None
    assert unknown.prod_config is None


def test_an_open_gate_stays_what_it_is_bound_to() -> None:
    assert broken(WAITING).gate == WAITING.gate
    assert broken(STALE).gate == STALE.gate


def sent(release: Release, **changed: str) -> Broken | Denied:
    found = breakable(release, BREAKER, AROUND)
    assert isinstance(found, Broken)
    given = {
        "shown": shown(release, found.event.past, Holds()),
        "reason": "prod is down",
        "typed": release.id,
        **changed,
    }
    return breaking(release, BREAKER, GlassForm(**given), AROUND)


@pytest.mark.parametrize("typed", [b.RELEASE_ID, "titanic", " titanic "])
def test_a_form_wants_the_name_and_the_reason(typed: str) -> None:
    done = sent(b.failed(), typed=typed)
    assert isinstance(done, Broken)
    assert done.event == e.GlassBroken(BREAKER, "prod is down", ("smoke_failed",), ("SONCALL",))
    assert "gate.break_glass" in done.rule
    for changed, code in (
        ({"typed": "titanik"}, "not_confirmed"),
        ({"typed": ""}, "not_confirmed"),
        ({"reason": "  "}, "reason_required"),
        ({"shown": "0" * 64}, "not_as_shown"),
    ):
        refused = sent(b.failed(), **changed)
        assert isinstance(refused, Denied)
        assert refused.code == code


def test_a_form_holds_only_for_what_it_showed() -> None:
    seen = {
        shown(b.failed(), ("smoke_failed",), Holds()),
        shown(b.failed(), ("smoke_failed", "frozen"), Holds(freezes=(b.freeze(),))),
        shown(b.failed(), ("smoke_failed", "frozen"), Holds(freezes=(replace(b.freeze(), since=b.after(1)),))),
        shown(b.failed(prod="other"), ("smoke_failed",), Holds()),
        shown(replace(b.failed(), evidence=b.evidence()), ("smoke_failed",), Holds()),
        shown(WAITING, ("quorum_incomplete",), Holds()),
        shown(replace(WAITING, evidence=replace(b.evidence(), started_at=b.after(1))), ("quorum_incomplete",), Holds()),
    }
    assert len(seen) == 7
