"""What a person's decision about a release amounts to: the event that is to happen, or why not; pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.release import events as e
from services.release.catalog import Membership, ModelEntry, People
from services.release.glass import gone_past, shown
from services.release.model import Freeze, Holds, Lock, Phase, Release
from services.release.policy import (
    Denied,
    Groups,
    Permitted,
    admitted,
    gate_refusal,
    glass_refusal,
    in_force,
    may_break_glass,
    may_cancel,
    may_decide,
    may_run_again,
    promotion_hold,
    rerun_refusal,
)
from services.release.risk import quorum_of
from services.release.terms import GateTerms, Vote
from services.release.votes import counting, missing, vote_of
from services.release.wanted import LATEST, version_asked
from services.release.windows import any_open, next_opening


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a decision depends on beside the release: the catalog, who is in which group, the time, the holds.

    `membership` is what the person who decides is to the workspace, None if that cannot be read now.
    """

    entry: ModelEntry | None
    groups: Groups
    now: datetime
    lock: Lock | None = None
    freezes: tuple[Freeze, ...] = ()
    membership: Membership | None = Membership.MEMBER


@dataclass(frozen=True, slots=True)
class Allowed:
    """The event that is to happen; `rule` is the line of the policy that lets it."""

    event: e.Event
    rule: str


def signed(event: e.Event, name: str) -> e.Event:
    """Return what a person decided with the id, perhaps empty, by which they are known elsewhere."""
    match event:
        case e.VoteCast() | e.Approved() | e.GlassBroken() | e.Rejected() | e.Cancelled():
            return replace(event, known_as=name)
        case _:
            return event


def approval(release: Release, nonce: str, yes: e.VoteCast, around: Circumstances) -> Allowed | Denied:
    """Say what a click on Approve amounts to: a vote or, with the votes before it, the approval."""
    allowed = _at_gate(release, nonce, yes.by, around)
    if isinstance(allowed, Denied):
        return allowed
    held = promotion_hold(around.lock, around.freezes, around.now) or _window_closed(release, around.now)
    counted = held or _counted(release, yes, around)
    return counted if isinstance(counted, Denied) else Allowed(counted, allowed.rule)


@dataclass(frozen=True, slots=True)
class Broken(Allowed):
    """The glass may be broken; the event names what that goes past."""

    event: e.GlassBroken


@dataclass(frozen=True, slots=True)
class GlassForm:
    """What a person gave to break the glass: the digest of what was shown, the reason, and the name typed once more."""

    shown: str
    reason: str
    typed: str


def breakable(release: Release, by: str, around: Circumstances) -> Broken | Denied:
    """Say whether the person may break the release's glass now, before they have given a reason."""
    allowed = _admitted(may_break_glass(around.entry, release, by, around.groups), by, around)
    if isinstance(allowed, Denied):
        return allowed
    refusal = glass_refusal(release, around.now)
    if refusal is not None:
        return refusal
    terms = release.deployment.terms
    freezes = tuple(freeze for freeze in around.freezes if in_force(freeze, around.now))
    holds = Holds((around.lock,) if around.lock is not None else (), freezes)
    past = gone_past(release, holds, window_open=any_open(terms.windows, around.now))
    called = terms.break_glass.escalate_to if terms.break_glass is not None else ()
    return Broken(e.GlassBroken(by, "", past, called, holds=holds), allowed.rule)


def breaking(release: Release, by: str, form: GlassForm, around: Circumstances) -> Broken | Denied:
    """Say what a sent form amounts to: exactly what it showed, confirmed by name, with a reason."""
    found = breakable(release, by, around)
    if isinstance(found, Denied):
        return found
    if form.shown != shown(release, found.event.past, found.event.holds):
        return Denied("not_as_shown")
    if not form.reason.strip():
        return Denied("reason_required", cites="gate.break_glass: a reason")
    if form.typed.strip() not in {release.id, release.model}:
        return Denied("not_confirmed", reason=release.model)
    return replace(found, event=replace(found.event, reason=form.reason))


def rejection(release: Release, nonce: str, by: str, reason: str, around: Circumstances) -> Allowed | Denied:
    """Say what a rejection amounts to."""
    allowed = _at_gate(release, nonce, by, around)
    return allowed if isinstance(allowed, Denied) else Allowed(e.Rejected(by, reason), allowed.rule)


def cancellation(release: Release, by: str, reason: str, around: Circumstances) -> Allowed | Denied:
    """Say what calling a release off amounts to."""
    allowed = _admitted(may_cancel(around.entry, release, by, around.groups), by, around)
    return allowed if isinstance(allowed, Denied) else Allowed(e.Cancelled(by, reason), allowed.rule)


def rerun(release: Release, nonce: str, by: str, around: Circumstances) -> Allowed | Denied:
    """Say what a click on Run again amounts to."""
    refusal = rerun_refusal(release, nonce, around.now)
    allowed = refusal or _admitted(may_run_again(around.entry, release, by, around.groups), by, around)
    return allowed if isinstance(allowed, Denied) else Allowed(e.RerunRequested(by), allowed.rule)


_WAITING = frozenset({Phase.AWAITING_APPROVAL, Phase.EVIDENCE_STALE})


def superseding(waiting: Release, wanted: str, known: Sequence[int]) -> int | None:
    """Return the version that takes the place of `waiting`, or None if what was asked for has to stand back.

    Only a gate that waits makes way, never anything that moves an endpoint, and only for a newer version that the
    worker has seen in the registry (`known`): a slip of the finger must not close a gate on which people have voted.
    """
    if waiting.phase not in _WAITING or waiting.package is None:
        return None
    asked = max(known, default=0) if wanted == LATEST else version_asked(wanted)
    return asked if asked in known and asked > waiting.package.version else None


def _at_gate(release: Release, nonce: str, by: str, around: Circumstances) -> Permitted | Denied:
    """Say whether the gate is open to this click and the policy lets the person decide."""
    refusal = gate_refusal(release, nonce, around.now)
    return refusal or _admitted(may_decide(around.entry, release, by, around.groups), by, around)


def _admitted(allowed: Permitted | Denied, by: str, around: Circumstances) -> Permitted | Denied:
    return admitted(allowed, by, around.entry, around.membership)


def _window_closed(release: Release, now: datetime) -> Denied | None:
    windows = release.deployment.terms.windows
    if any_open(windows, now):
        return None
    return Denied("outside_window", at=next_opening(windows, now), cites=f"gate.windows: {', '.join(windows)}")


def _counted(release: Release, yes: e.VoteCast, around: Circumstances) -> e.VoteCast | e.Approved | Denied:
    """Count the yes of a person who may decide.

    A vote before it counts only while its voter may still decide, and for a group only while the voter is in it.
    """
    terms = release.deployment.terms
    unreadable = frozenset(group for group in terms.groups_required if around.groups.get(group) is None)
    if unreadable:
        return Denied("group_unreadable", people=People(groups=unreadable), cites="gate.groups_required")
    cast = replace(yes, groups=_among(terms.groups_required, yes.by, around.groups))
    votes = counting(release)
    others = tuple(vote for vote in votes if vote.by != yes.by and _stands(release, vote, around))
    complete = not missing(release, (*others, vote_of(release, cast, around.now)))
    own = next((vote for vote in votes if vote.by == yes.by), None)
    if not complete and own is not None and own.groups == cast.groups:
        return Denied("already_voted", at=own.at, cites=f"gate.quorum: {quorum_of(release).people}")
    unsaid = _unsaid(terms, cast)
    if unsaid is not None:
        return unsaid
    return e.Approved(cast.by, cast.reason, cast.groups, cast.ticked) if complete else cast


def _unsaid(terms: GateTerms, yes: e.VoteCast) -> Denied | None:
    if terms.reason and not yes.reason.strip():
        return Denied("reason_required")
    unticked = [item for item in terms.checklist if item not in yes.ticked]
    return Denied("checklist_incomplete", reason=unticked[0]) if unticked else None


def _stands(release: Release, vote: Vote, around: Circumstances) -> bool:
    allowed = may_decide(around.entry, release, vote.by, around.groups)
    return isinstance(allowed, Permitted) and set(vote.groups) <= set(_among(vote.groups, vote.by, around.groups))


def _among(wanted: tuple[str, ...], user: str, groups: Groups) -> tuple[str, ...]:
    return tuple(group for group in wanted if user in (groups.get(group) or ()))
