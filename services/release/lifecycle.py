"""The release state machine: one table of moves, one pure function that decides, one that records.

`decide` says whether a fact may happen to a release now and, if so, what the release becomes. A refusal is a value:
a second click on Approve is an ordinary thing to happen.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from services.release import events as e
from services.release.glass import ENDED_BY_SUITE, gate_of, stands_open
from services.release.model import (
    Cleanup,
    Decision,
    DecisionKind,
    Evidence,
    Kind,
    Outcome,
    Phase,
    Release,
    Reminder,
    Rerun,
    Stage,
    Staleness,
    Verdict,
)
from services.release.votes import completes, vote_of, with_vote

_CANCELLABLE = (
    Phase.CHECKING_PACKAGE,
    Phase.DEPLOYING_STAGING,
    Phase.SMOKE_TESTING,
    Phase.OPENING_GATE,
    Phase.AWAITING_APPROVAL,
    Phase.EVIDENCE_STALE,
)

TERMINAL = frozenset(
    {
        Phase.RELEASED,
        Phase.PACKAGE_REFUSED,
        Phase.STAGING_FAILED,
        Phase.SMOKE_FAILED,
        Phase.SMOKE_UNDECIDED,
        Phase.REJECTED,
        Phase.EXPIRED,
        Phase.CANCELLED,
        Phase.SUPERSEDED,
        Phase.PROMOTION_REFUSED,
        Phase.PROMOTION_FAILED,
        Phase.SILENTLY_ROLLED_BACK,
        Phase.PROD_UNHEALTHY,
        Phase.ROLLED_BACK,
        Phase.ROLLBACK_FAILED,
        Phase.ERRORED,
    }
)
"""Phases in which a release has ended; only cleaning up is still to be done, unless somebody breaks the glass."""

FIRST_PHASE = MappingProxyType({Kind.DEPLOY: Phase.CHECKING_PACKAGE, Kind.ROLLBACK: Phase.ROLLING_BACK})

_OWN_MOVES: dict[tuple[Phase, type[e.Event]], Phase] = {
    (Phase.CHECKING_PACKAGE, e.Requested): Phase.CHECKING_PACKAGE,
    (Phase.CHECKING_PACKAGE, e.PackageChecked): Phase.CHECKING_PACKAGE,
    (Phase.CHECKING_PACKAGE, e.PackageApproved): Phase.DEPLOYING_STAGING,
    (Phase.CHECKING_PACKAGE, e.PackageRefused): Phase.PACKAGE_REFUSED,
    (Phase.DEPLOYING_STAGING, e.EndpointSeen): Phase.DEPLOYING_STAGING,
    (Phase.DEPLOYING_STAGING, e.StagingUpdateIntended): Phase.DEPLOYING_STAGING,
    (Phase.DEPLOYING_STAGING, e.StagingLive): Phase.SMOKE_TESTING,
    (Phase.DEPLOYING_STAGING, e.StagingFailed): Phase.STAGING_FAILED,
    (Phase.DEPLOYING_STAGING, e.UpdateRolledBack): Phase.SILENTLY_ROLLED_BACK,
    (Phase.SMOKE_TESTING, e.SmokePassed): Phase.OPENING_GATE,
    (Phase.SMOKE_TESTING, e.SmokeFailed): Phase.SMOKE_FAILED,
    (Phase.SMOKE_TESTING, e.SmokeUndecided): Phase.SMOKE_UNDECIDED,
    (Phase.SMOKE_TESTING, e.StagingFailed): Phase.STAGING_FAILED,
    (Phase.OPENING_GATE, e.StagingFailed): Phase.STAGING_FAILED,
    (Phase.OPENING_GATE, e.GateOpened): Phase.AWAITING_APPROVAL,
    (Phase.AWAITING_APPROVAL, e.Reminded): Phase.AWAITING_APPROVAL,
    (Phase.AWAITING_APPROVAL, e.VoteCast): Phase.AWAITING_APPROVAL,
    (Phase.AWAITING_APPROVAL, e.Approved): Phase.PROMOTING,
    (Phase.AWAITING_APPROVAL, e.GlassBroken): Phase.PROMOTING,
    (Phase.AWAITING_APPROVAL, e.Rejected): Phase.REJECTED,
    (Phase.AWAITING_APPROVAL, e.Expired): Phase.EXPIRED,
    (Phase.AWAITING_APPROVAL, e.Superseded): Phase.SUPERSEDED,
    (Phase.AWAITING_APPROVAL, e.EvidenceStale): Phase.EVIDENCE_STALE,
    (Phase.EVIDENCE_STALE, e.RerunRequested): Phase.DEPLOYING_STAGING,
    (Phase.EVIDENCE_STALE, e.GlassBroken): Phase.PROMOTING,
    (Phase.EVIDENCE_STALE, e.Expired): Phase.EXPIRED,
    (Phase.EVIDENCE_STALE, e.Superseded): Phase.SUPERSEDED,
    (Phase.SMOKE_FAILED, e.GlassBroken): Phase.PROMOTING,
    (Phase.SMOKE_UNDECIDED, e.GlassBroken): Phase.PROMOTING,
    (Phase.PROMOTING, e.EndpointSeen): Phase.PROMOTING,
    (Phase.PROMOTING, e.PromotionIntended): Phase.PROMOTING,
    (Phase.PROMOTING, e.PromotionRefused): Phase.PROMOTION_REFUSED,
    (Phase.PROMOTING, e.ProdLive): Phase.VERIFYING_PROD,
    (Phase.PROMOTING, e.ProdFailed): Phase.PROMOTION_FAILED,
    (Phase.PROMOTING, e.UpdateRolledBack): Phase.SILENTLY_ROLLED_BACK,
    (Phase.VERIFYING_PROD, e.ProdVerified): Phase.RELEASED,
    (Phase.VERIFYING_PROD, e.ProdUnverified): Phase.PROD_UNHEALTHY,
    (Phase.VERIFYING_PROD, e.ProdFailed): Phase.PROMOTION_FAILED,
    (Phase.ROLLING_BACK, e.Requested): Phase.ROLLING_BACK,
    (Phase.ROLLING_BACK, e.EndpointSeen): Phase.ROLLING_BACK,
    (Phase.ROLLING_BACK, e.PromotionIntended): Phase.ROLLING_BACK,
    (Phase.ROLLING_BACK, e.PromotionRefused): Phase.ROLLBACK_FAILED,
    (Phase.ROLLING_BACK, e.ProdLive): Phase.VERIFYING_ROLLBACK,
    (Phase.ROLLING_BACK, e.ProdFailed): Phase.ROLLBACK_FAILED,
    (Phase.ROLLING_BACK, e.UpdateRolledBack): Phase.ROLLBACK_FAILED,
    (Phase.VERIFYING_ROLLBACK, e.ProdVerified): Phase.ROLLED_BACK,
    (Phase.VERIFYING_ROLLBACK, e.ProdUnverified): Phase.PROD_UNHEALTHY,
    (Phase.VERIFYING_ROLLBACK, e.ProdFailed): Phase.ROLLBACK_FAILED,
}


def _moves() -> dict[tuple[Phase, type[e.Event]], Phase]:
    """Return the whole table: the moves of single phases and those that many phases share."""
    table = dict(_OWN_MOVES)
    for phase in _CANCELLABLE:
        table[phase, e.Cancelled] = Phase.CANCELLED
    for phase in Phase:
        table[phase, e.StepErrored] = phase
        table[phase, e.Recovered] = phase
        table[phase, e.RegistryNotMarked] = phase
        table[phase, e.GaveUp] = phase if phase in TERMINAL else Phase.ERRORED
        if phase in TERMINAL:
            table[phase, e.CleanedUp] = phase
            table[phase, e.Rebuilt] = phase
    return table


MOVES = MappingProxyType(_moves())
"""(phase, kind of event) -> next phase; a pair that is absent is refused."""


@dataclass(frozen=True, slots=True)
class Advanced:
    """The event may happen; `release` is what the release becomes."""

    release: Release
    entry: e.LogEntry


@dataclass(frozen=True, slots=True)
class Refused:
    """The event may not happen in this phase; nothing changes."""

    phase: Phase
    event: e.Event


def decide(release: Release, event: e.Event, at: datetime) -> Advanced | Refused:
    """Say what `release` becomes when `event` happens at `at` (aware UTC), or that it may not happen.

    An approval that lacks a part of what its gate asks for may not happen either, nor a break-glass where the release's
    terms do not know it.
    """
    target = MOVES.get((release.phase, type(event)))
    if target is None or not _is_complete(release, event, at):
        return Refused(release.phase, event)
    entry = e.LogEntry(seq=release.log_length + 1, at=at, event=event)
    return Advanced(_settle(release, target, _record(release, event, at), entry), entry)


def _is_complete(release: Release, event: e.Event, at: datetime) -> bool:
    match event:
        case e.Approved():
            return completes(release, event, at)
        case e.GlassBroken():
            return stands_open(release)
        case _:
            return True


def _settle(before: Release, target: Phase, recorded: Release, entry: e.LogEntry) -> Release:
    """Enter `target` and keep what every event changes: log length, error count, the time of cleaning up."""
    release = replace(recorded, phase=target, log_length=entry.seq)
    if not isinstance(entry.event, e.StepErrored):
        release = replace(release, errors_in_a_row=0, last_error="")
    if target is before.phase:
        return release
    release = replace(release, phase_since=entry.at)
    return replace(release, cleanup_due=_cleanup_due(release, entry.at)) if target in TERMINAL else release


def _cleanup_due(release: Release, at: datetime) -> datetime:
    """Return when cleaning up may begin: at once, or when staging's time to live is over.

    What a suite stopped is left as it is for as long as its gate would have been open, if the glass can be broken.
    """
    where, seconds = release.deployment, 0
    if where.staging_cleanup is Cleanup.AFTER_TTL:
        seconds = where.staging_ttl_seconds
    if release.phase in ENDED_BY_SUITE and where.terms.break_glass is not None:
        seconds = max(seconds, where.gate_lifetime_seconds)
    return at + timedelta(seconds=seconds)


def _record(release: Release, event: e.Event, at: datetime) -> Release:
    """Write what `event` carries into the document; the phase is none of its business."""
    match event:
        case e.Requested() | e.StagingLive() | e.ProdLive() | e.Recovered() | e.RegistryNotMarked():
            return release
        case e.Approved() | e.GlassBroken() | e.Rejected() | e.Expired() | e.Cancelled() | e.Superseded():
            return _record_decision(release, event, at)
        case e.SmokePassed() | e.SmokeFailed() | e.SmokeUndecided() | e.ProdVerified() | e.ProdUnverified():
            return _record_evidence(release, event)
        case e.PackageRefused() | e.StagingFailed() | e.PromotionRefused() | e.ProdFailed():
            return replace(release, outcome=Outcome(event.code, event.detail))
        case e.UpdateRolledBack(detail=detail):
            return replace(release, outcome=Outcome("silently_rolled_back", detail))
        case e.StepErrored(detail=detail, attempt=attempt):
            return replace(release, errors_in_a_row=attempt, last_error=detail)
        case e.GaveUp(detail=detail):
            return _record_giving_up(release, detail)
        case e.CleanedUp():
            return replace(release, cleaned_up=True)
        case e.GateOpened() | e.Reminded() | e.VoteCast() | e.EvidenceStale():
            return _record_waiting(release, event, at)
        case _:
            return _record_progress(release, event, at)


def _record_progress(
    release: Release,
    event: e.PackageChecked
    | e.PackageApproved
    | e.EndpointSeen
    | e.StagingUpdateIntended
    | e.RerunRequested
    | e.PromotionIntended
    | e.Rebuilt,
    at: datetime,
) -> Release:
    match event:
        case e.PackageChecked(package=package) | e.PackageApproved(package=package):
            return replace(release, package=package)
        case e.EndpointSeen(stage=Stage.STAGING, sighting=sighting):
            return replace(release, staging=sighting)
        case e.EndpointSeen(sighting=sighting):
            return replace(release, prod=sighting)
        case e.StagingUpdateIntended(intent=intent):
            return replace(release, staging_intent=release.staging_intent or intent)
        case e.RerunRequested(by=by):
            return _begun_again(release, Rerun(by, at))
        case e.PromotionIntended(pointer=pointer) | e.Rebuilt(pointer=pointer):
            # First writer wins: read after the update, "the previous config" would be the new one.
            return replace(release, pointer=release.pointer or pointer)


def _record_waiting(
    release: Release, event: e.GateOpened | e.Reminded | e.VoteCast | e.EvidenceStale, at: datetime
) -> Release:
    match event:
        case e.GateOpened(gate=gate):
            return replace(release, gate=gate, reminded=None)
        case e.Reminded(escalated_to=called):
            before = release.reminded is not None and release.reminded.escalated
            return replace(release, reminded=Reminder(at, escalated=before or bool(called)))
        case e.VoteCast():
            return with_vote(release, vote_of(release, event, at))
        case e.EvidenceStale(code=code, detail=detail):
            return replace(release, stale=Staleness(code, detail, since=at), votes=())


def _begun_again(release: Release, rerun: Rerun) -> Release:
    """Forget what the last run found: its intent would make the new update read as one that was taken back.

    The config that its update replaced is kept in mind for cleaning up; what the run saw stays in the log.
    """
    intent = release.staging_intent
    replaced = () if intent is None or intent.previous_config is None else (intent.previous_config,)
    return replace(
        release,
        rerun=rerun,
        replaced=tuple(dict.fromkeys((*release.replaced, *replaced))),
        staging_intent=None,
        evidence=None,
        gate=None,
        stale=None,
    )


def _record_decision(
    release: Release,
    event: e.Approved | e.GlassBroken | e.Rejected | e.Expired | e.Cancelled | e.Superseded,
    at: datetime,
) -> Release:
    match event:
        case e.GlassBroken():
            return _taken_up(release, event, at)
        case e.Approved(by=by, reason=reason, known_as=known_as):
            voted = with_vote(release, vote_of(release, event, at))
            return replace(voted, decision=Decision(DecisionKind.APPROVED, by, at, reason, (), known_as))
        case e.Rejected(by=by, reason=reason, known_as=known_as):
            return _ended(release, Decision(DecisionKind.REJECTED, by, at, reason, (), known_as), reason)
        case e.Expired():
            return _ended(release, Decision(DecisionKind.EXPIRED, "sluice", at), "Nobody decided in time.")
        case e.Cancelled(by=by, reason=reason, known_as=known_as):
            return _ended(release, Decision(DecisionKind.CANCELLED, by, at, reason, (), known_as), reason)
        case e.Superseded(by=by, release_id=successor, version=version):
            why = f"v{version} was asked for instead, as {successor}."
            return _ended(release, Decision(DecisionKind.SUPERSEDED, by, at, why), why)


def _taken_up(release: Release, broken: e.GlassBroken, at: datetime) -> Release:
    """Have a release that a suite may have ended go on: what was given up of its cleaning up is begun anew."""
    kind = DecisionKind.BREAK_GLASS
    decision = Decision(kind, broken.by, at, broken.reason, broken.past, broken.known_as, broken.holds)
    gate = gate_of(release, at)
    return replace(release, decision=decision, gate=gate, outcome=None, cleanup_due=None, cleaned_up=False)


def _ended(release: Release, decision: Decision, detail: str) -> Release:
    return replace(release, decision=decision, outcome=Outcome(decision.kind.value, detail))


def _record_evidence(
    release: Release,
    event: e.SmokePassed | e.SmokeFailed | e.SmokeUndecided | e.ProdVerified | e.ProdUnverified,
) -> Release:
    if isinstance(event, e.ProdVerified | e.ProdUnverified):
        release = replace(release, prod_evidence=event.evidence)
    else:
        release = replace(release, evidence=event.evidence)
    if isinstance(event, e.SmokePassed | e.ProdVerified):
        return release
    code = "prod_unhealthy" if isinstance(event, e.ProdUnverified) else f"smoke_{event.evidence.verdict.value}"
    return replace(release, outcome=Outcome(code, first_problem(event.evidence)))


def first_problem(evidence: Evidence) -> str:
    """Return the first check that did not pass, with what was seen and the rule it broke, in one line."""
    for check in evidence.checks:
        if check.blocking and check.verdict not in {Verdict.PASSED, Verdict.SKIPPED}:
            return f"{check.name}: saw {check.seen}, wanted {check.rule}"
    return "The suite did not finish."


def _record_giving_up(release: Release, detail: str) -> Release:
    if release.phase in TERMINAL:
        return replace(release, cleaned_up=True, last_error=detail)
    return replace(release, outcome=Outcome("errored", detail))
