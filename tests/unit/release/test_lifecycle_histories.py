"""Random histories: whatever is thrown at a release, its log tells the whole of it."""

from dataclasses import replace
from datetime import timedelta

from fakes import builders as b
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.release import events as e
from services.release.lifecycle import MOVES, TERMINAL, Advanced, Refused, decide
from services.release.model import Decision, DecisionKind, Kind, Phase, Release, RollbackPointer
from services.release.terms import BreakGlass, GateTerms
from services.release.votes import counting, missing

RIVAL_POINTER = replace(b.pointer(b.approved()), previous_config="read-too-late", saved_at=b.after(9))
SAMPLES = [
    *b.every_event(),
    e.PromotionIntended(RIVAL_POINTER),
    e.Approved("USECOND"),
    e.VoteCast("USECOND"),
    e.VoteCast("UTHIRD", groups=("SLEADS",)),
]
EVENTS = st.sampled_from(SAMPLES)


TERMS = st.builds(
    GateTerms,
    st.integers(1, 3),
    st.sampled_from([(), ("SLEADS",)]),
    break_glass=st.sampled_from([None, BreakGlass(), BreakGlass(("SONCALL",))]),
)


ENDINGS = (e.Approved, e.GlassBroken, e.Rejected, e.Expired, e.Cancelled, e.Superseded)


def unborn(kind: Kind, terms: GateTerms | None = None) -> Release:
    deployment = replace(b.DEPLOYMENT, terms=terms or GateTerms())
    return replace(b.asked(kind), deployment=deployment, log_length=0)


def fold(unborn: Release, log: list[e.LogEntry]) -> Release:
    release = unborn
    for entry in log:
        moved = decide(release, entry.event, entry.at)
        assert isinstance(moved, Advanced)
        assert moved.entry == entry
        release = moved.release
    return release


class History(RuleBasedStateMachine):
    """A release to which things happen: mostly what may, sometimes what may not."""

    unborn: Release
    release: Release
    log: list[e.LogEntry]
    first_decision: Decision | None
    first_pointer: RollbackPointer | None

    @initialize(kind=st.sampled_from(Kind), terms=TERMS)
    def begin(self, kind: Kind, terms: GateTerms) -> None:
        self.unborn = self.release = unborn(kind, terms)
        self.log = []
        self.first_decision = self.first_pointer = None
        self.happen(e.Requested(b.REQUESTER))

    @rule(event=EVENTS)
    def anything(self, event: e.Event) -> None:
        self.happen(event)

    @rule(data=st.data())
    def something_possible(self, data: st.DataObject) -> None:
        possible = [event for event in SAMPLES if (self.release.phase, type(event)) in MOVES]
        self.happen(data.draw(st.sampled_from(possible)))

    @precondition(lambda self: self.release.phase not in TERMINAL)
    @rule(data=st.data())
    def something_that_leads_on(self, data: st.DataObject) -> None:
        phase = self.release.phase
        onward = [event for event in SAMPLES if MOVES.get((phase, type(event)), Phase.ERRORED) not in TERMINAL]
        self.happen(data.draw(st.sampled_from(onward)))

    def happen(self, event: e.Event) -> None:
        outcome = decide(self.release, event, b.NOON + timedelta(seconds=len(self.log)))
        if isinstance(outcome, Refused):
            early = isinstance(event, e.Approved) and bool(missing(self.release, counting(self.release)))
            shut = isinstance(event, e.GlassBroken) and self.release.deployment.terms.break_glass is None
            assert early or shut or (self.release.phase, type(event)) not in MOVES
            return
        self.release = outcome.release
        self.log.append(outcome.entry)
        self.first_decision = self.first_decision or self.release.decision
        self.first_pointer = self.first_pointer or self.release.pointer

    @invariant()
    def the_log_is_the_document(self) -> None:
        assert fold(self.unborn, self.log) == self.release

    @invariant()
    def the_log_is_numbered_without_gaps(self) -> None:
        assert [entry.seq for entry in self.log] == list(range(1, self.release.log_length + 1))

    @invariant()
    def the_first_decision_and_the_first_pointer_stay(self) -> None:
        assert self.release.decision == self.first_decision
        assert self.release.pointer == self.first_pointer

    @invariant()
    def a_promotion_rests_on_evidence_a_gate_and_an_approval_or_a_break_glass(self) -> None:
        if self.release.phase in {Phase.PROMOTING, Phase.VERIFYING_PROD, Phase.RELEASED} and not self.glass_is_broken():
            kinds = [type(entry.event) for entry in self.log]
            reruns = [number for number, kind in enumerate(kinds) if kind is e.RerunRequested]
            of_this_run = kinds[max(reruns, default=0) :]
            assert {e.StagingLive, e.SmokePassed, e.GateOpened, e.Approved} <= set(of_this_run)
            assert e.EvidenceStale not in of_this_run

    def glass_is_broken(self) -> bool:
        return any(isinstance(entry.event, e.GlassBroken) for entry in self.log)

    @invariant()
    def a_broken_glass_is_marked_for_ever_and_bound_to_what_was_tested(self) -> None:
        assert self.glass_is_broken() == self.release.broke_glass
        if self.release.broke_glass:
            assert self.release.deployment.terms.break_glass is not None
            assert self.release.gate is not None
            assert self.release.gate.digest
            assert self.release.decision is not None
            assert self.release.decision.past
            suites = (e.SmokePassed, e.SmokeFailed, e.SmokeUndecided)
            assert any(isinstance(entry.event, suites) for entry in self.log)

    @invariant()
    def an_approval_has_everybody_that_its_gate_asks_for(self) -> None:
        if self.release.decision is not None and self.release.decision.kind is DecisionKind.APPROVED:
            gate, terms = self.release.gate, self.release.deployment.terms
            assert gate is not None
            assert {vote.digest for vote in self.release.votes} == {gate.digest}
            assert len({vote.by for vote in self.release.votes}) >= terms.quorum
            assert set(terms.groups_required) <= {group for vote in self.release.votes for group in vote.groups}

    @invariant()
    def an_end_has_its_reason(self) -> None:
        if self.release.phase in TERMINAL - {Phase.RELEASED, Phase.ROLLED_BACK}:
            assert self.release.outcome is not None


TestHistory = History.TestCase


@given(kind=st.sampled_from(Kind), terms=TERMS, events=st.lists(EVENTS, max_size=40))
def test_at_most_one_decision_is_ever_logged(kind: Kind, terms: GateTerms, events: list[e.Event]) -> None:
    release, decided = unborn(kind, terms), 0
    for event in events:
        outcome = decide(release, event, b.NOON)
        if isinstance(outcome, Advanced):
            release = outcome.release
            decided += isinstance(event, ENDINGS)
    assert decided <= 1
