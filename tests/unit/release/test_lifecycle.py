"""Every cell of the table of moves, and what holds of every path through it."""

from dataclasses import replace
from datetime import timedelta
from typing import get_args

import pytest
from fakes import builders as b

from services.release import events as e
from services.release.glass import ENDED_BY_SUITE
from services.release.lifecycle import FIRST_PHASE, MOVES, TERMINAL, Advanced, Refused, decide, first_problem
from services.release.model import (
    Cleanup,
    DecisionKind,
    Kind,
    Phase,
    Release,
    Rerun,
    Stage,
    Staleness,
    UpdateIntent,
    Verdict,
)

EVENTS = b.every_event()
CELLS = [(phase, event) for phase in Phase for event in EVENTS]


def advance(release: Release, *events: e.Event) -> Release:
    for event in events:
        moved = decide(release, event, b.after(1))
        assert isinstance(moved, Advanced)
        release = moved.release
    return release


def successors(phase: Phase, *, without: frozenset[type[e.Event]] = frozenset()) -> set[Phase]:
    return {target for (source, kind), target in MOVES.items() if source is phase and kind not in without}


def reachable(start: Phase, *, without: frozenset[type[e.Event]] = frozenset()) -> set[Phase]:
    found, edge = {start}, [start]
    while edge:
        fresh = successors(edge.pop(), without=without) - found
        found |= fresh
        edge.extend(fresh)
    return found


def test_the_examples_cover_every_event() -> None:
    assert [type(event) for event in EVENTS] == list(get_args(e.Event))


@pytest.mark.parametrize(("phase", "event"), CELLS)
def test_a_cell_is_in_the_table_or_refused(phase: Phase, event: e.Event) -> None:
    before = replace(b.breakable(b.awaiting()), phase=phase)
    outcome = decide(before, event, b.after(3))
    target = MOVES.get((phase, type(event)))
    if target is None:
        assert outcome == Refused(phase, event)
    else:
        assert isinstance(outcome, Advanced)
        assert outcome.release.phase is target
        assert outcome.entry == e.LogEntry(before.log_length + 1, b.after(3), event)
        assert outcome.release.log_length == outcome.entry.seq
        assert outcome.release.revision == before.revision


def test_every_phase_is_reachable() -> None:
    assert set().union(*(reachable(first) for first in FIRST_PHASE.values())) == set(Phase)


def test_terminal_phases_are_those_without_a_way_out_but_break_glass() -> None:
    without = frozenset({e.GlassBroken})
    assert {phase for phase in Phase if successors(phase, without=without) == {phase}} == TERMINAL
    assert {phase for phase in TERMINAL if successors(phase) != {phase}} == ENDED_BY_SUITE


def test_every_phase_under_way_has_an_end() -> None:
    for phase in Phase:
        assert reachable(phase) & TERMINAL


def test_every_path_into_promoting_goes_through_an_approval_or_a_break_glass() -> None:
    for first in FIRST_PHASE.values():
        assert Phase.PROMOTING not in reachable(first, without=frozenset({e.Approved, e.GlassBroken}))
    entering = {kind for (source, kind), to in MOVES.items() if to is Phase.PROMOTING and source is not Phase.PROMOTING}
    assert entering == {e.Approved, e.GlassBroken}


def test_no_glass_can_be_broken_before_something_was_tested() -> None:
    tested: frozenset[type[e.Event]] = frozenset({e.SmokePassed, e.SmokeFailed, e.SmokeUndecided})
    before = reachable(Phase.CHECKING_PACKAGE, without=tested)
    assert not before & {source for source, kind in MOVES if kind is e.GlassBroken}


def test_an_approval_needs_an_open_gate() -> None:
    assert [source for source, kind in MOVES if kind is e.Approved] == [Phase.AWAITING_APPROVAL]
    assert Phase.AWAITING_APPROVAL not in reachable(Phase.CHECKING_PACKAGE, without=frozenset({e.SmokePassed}))


def test_a_deploy_never_becomes_a_rollback_nor_a_rollback_a_deploy() -> None:
    under_way = {kind: reachable(first) - TERMINAL for kind, first in FIRST_PHASE.items()}
    assert not under_way[Kind.DEPLOY] & under_way[Kind.ROLLBACK]


def test_prod_is_beyond_cancelling_once_it_may_have_changed() -> None:
    cancellable = {source for source, kind in MOVES if kind is e.Cancelled}
    assert not cancellable & (reachable(Phase.PROMOTING) | reachable(Phase.ROLLING_BACK))


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase in TERMINAL])
def test_giving_up_cleaning_up_ends_the_cleaning_and_keeps_the_outcome(phase: Phase) -> None:
    release = advance(replace(b.promoting(), phase=phase), e.GaveUp("denied"))
    assert (release.phase, release.cleaned_up, release.outcome) == (phase, True, None)


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (e.Approved(b.APPROVER, "fine"), DecisionKind.APPROVED),
        (e.Rejected(b.APPROVER, "too slow"), DecisionKind.REJECTED),
        (e.Expired(), DecisionKind.EXPIRED),
        (e.Cancelled(b.REQUESTER, "never mind"), DecisionKind.CANCELLED),
    ],
)
def test_a_decision_is_recorded_with_its_author_and_time(event: e.Event, kind: DecisionKind) -> None:
    decision = advance(b.awaiting(), event).decision
    assert decision is not None
    assert decision.kind is kind
    assert decision.at == b.after(1)
    assert decision.by == getattr(event, "by", "sluice")
    assert decision.reason == getattr(event, "reason", "")


def test_the_first_pointer_stays() -> None:
    release = b.approved()
    first, late = b.pointer(release), b.pointer(release, previous="titanic-survival-v7-r0000000a-prod")
    assert advance(release, e.PromotionIntended(first), e.PromotionIntended(late)).pointer == first


def test_the_first_staging_intent_stays() -> None:
    release = b.deploying()
    first, late = UpdateIntent(b.OLD_STAGING, b.NOON), UpdateIntent("other", b.after(1))
    events = (e.StagingUpdateIntended(first), e.StagingUpdateIntended(late))
    assert advance(release, *events).staging_intent == first


def test_stale_evidence_is_never_approved_and_never_loses_its_place() -> None:
    leaving = {kind for (source, kind), to in MOVES.items() if source is Phase.EVIDENCE_STALE and to is not source}
    assert leaving == {e.RerunRequested, e.GlassBroken, e.Expired, e.Cancelled, e.Superseded, e.GaveUp}
    assert Phase.EVIDENCE_STALE not in TERMINAL
    entering = [source for (source, _), to in MOVES.items() if to is Phase.EVIDENCE_STALE and source is not to]
    assert entering == [Phase.AWAITING_APPROVAL]
    anew = reachable(Phase.EVIDENCE_STALE, without=frozenset({e.GateOpened, e.GlassBroken}))
    assert Phase.PROMOTING not in anew


def test_why_and_since_when_evidence_is_stale_is_recorded() -> None:
    release = advance(b.awaiting(), e.EvidenceStale("staging_gone", "The staging endpoint is gone."))
    assert release.stale == Staleness("staging_gone", "The staging endpoint is gone.", since=b.after(1))
    assert (release.gate, release.evidence) == (b.awaiting().gate, b.awaiting().evidence)


def test_running_again_forgets_what_the_last_run_found_but_not_what_it_replaced() -> None:
    release = advance(b.stale(), e.RerunRequested(b.APPROVER))
    assert (release.phase, release.rerun) == (Phase.DEPLOYING_STAGING, Rerun(b.APPROVER, b.after(1)))
    assert (release.evidence, release.gate, release.stale, release.staging_intent) == (None,) * 4
    assert release.replaced == (b.OLD_STAGING,)
    second = replace(b.stale(), replaced=release.replaced, staging_intent=UpdateIntent("theirs", b.NOON))
    assert advance(second, e.RerunRequested(b.APPROVER)).replaced == (b.OLD_STAGING, "theirs")
    third = replace(b.stale(), replaced=release.replaced, staging_intent=None)
    assert advance(third, e.RerunRequested(b.APPROVER)).replaced == (b.OLD_STAGING,)


def test_errors_are_counted_until_something_works() -> None:
    erring = advance(b.deploying(), e.StepErrored("throttled", 3, b.after(2)))
    assert (erring.errors_in_a_row, erring.last_error) == (3, "throttled")
    well = advance(erring, e.Recovered(3))
    assert (well.errors_in_a_row, well.last_error) == (0, "")


def test_a_sighting_goes_to_its_own_endpoint() -> None:
    staging = advance(b.deploying(), e.EndpointSeen(Stage.STAGING, b.sighting()))
    prod = advance(b.promoting(), e.EndpointSeen(Stage.PROD, b.sighting()))
    assert (staging.staging, staging.prod) == (b.sighting(), None)
    assert (prod.staging, prod.prod) == (None, b.sighting())


def test_the_time_of_a_phase_is_when_it_was_entered() -> None:
    release = b.deploying()
    seen = advance(release, e.EndpointSeen(Stage.STAGING, b.sighting()))
    assert seen.phase_since == release.phase_since
    assert advance(seen, e.StagingLive("x")).phase_since == b.after(1)


def test_cleaning_up_is_due_at_once_or_after_stagings_time_to_live() -> None:
    after_ttl = replace(b.DEPLOYMENT, staging_cleanup=Cleanup.AFTER_TTL, staging_ttl_seconds=600)
    rejected = e.Rejected(b.APPROVER, "no")
    assert advance(b.awaiting(), rejected).cleanup_due == b.after(1)
    waiting = replace(b.awaiting(), deployment=after_ttl)
    assert advance(waiting, rejected).cleanup_due == b.after(1) + timedelta(seconds=600)


def test_a_failed_suite_names_the_first_blocking_problem() -> None:
    release = advance(b.smoking(), e.SmokeFailed(b.evidence(Verdict.FAILED)))
    assert release.outcome is not None
    assert (release.outcome.code, release.outcome.detail) == (
        "smoke_failed",
        "accuracy: saw 0.81, wanted at least 0.78",
    )
    empty = replace(b.evidence(Verdict.ERRORED), checks=())
    assert first_problem(empty) == "The suite did not finish."


def test_evidence_of_prod_does_not_replace_the_evidence_that_was_approved() -> None:
    release = replace(b.promoting(), phase=Phase.VERIFYING_PROD)
    seen = replace(b.evidence(), endpoint=b.DEPLOYMENT.prod_endpoint)
    verified = advance(release, e.ProdVerified(seen))
    assert (verified.evidence, verified.prod_evidence) == (release.evidence, seen)
