"""Who may decide what. Everything unknown is refused: no policy, unknown user, unreadable group."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.release.catalog import Membership, ModelEntry, People
from services.release.glass import ENDED_BY_SUITE, STILL_SERVED, ends_at, stands_open
from services.release.model import Decision, DecisionKind, Freeze, Gate, Lock, Phase, Release
from services.release.rules import RULES

Groups = Mapping[str, frozenset[str] | None]
"""User group id -> its members, or None when Slack could not tell them."""


@dataclass(frozen=True, slots=True)
class Permitted:
    """The person may; `rule` is the line of the policy that says so."""

    rule: str


@dataclass(frozen=True, slots=True)
class Denied:
    """The person may not, or it cannot be done now: a stable reason code and the facts behind it.

    The edge turns the code into a sentence. `reason` is text that a person wrote; `at` is when what stands in
    the way was done, `people` who may (or who did), `decision` how it was decided, where the code needs them.
    `cites` is the line of the policy that it rests on, where that says more than what every such refusal rests on.
    """

    code: str
    people: People = field(default_factory=People)
    at: datetime | None = None
    reason: str = ""
    decision: DecisionKind | None = None
    cites: str = ""

    @property
    def rule(self) -> str:
        """Return the rule that the refusal rests on."""
        return self.cites or RULES.get(self.code, "")


def admitted(
    allowed: Permitted | Denied, user: str, entry: ModelEntry | None, membership: Membership | None
) -> Permitted | Denied:
    """Refuse whom a policy permits without naming them, unless Slack says that they are a full member.

    A user group may hold guests and people of other companies; whoever is meant to decide all the same is listed by id.
    """
    listed = entry is not None and user in entry.listed
    if isinstance(allowed, Denied) or listed or membership is Membership.MEMBER:
        return allowed
    if membership is None:
        return Denied("identity_unreadable")
    return Denied("bot_or_guest", reason=membership.value)


def may_request(entry: ModelEntry, user: str, channel: str, membership: Membership | None) -> Permitted | Denied:
    """Say whether `user` may ask for a release from `channel`, which is empty outside any.

    Only who is known to be no member is refused: a release is decided about later, by people who have to be known.
    """
    if entry.channels and channel not in entry.channels:
        named = sorted(entry.channels)
        return Denied("wrong_channel", reason=" ".join(named), cites=f"channels: {', '.join(named)}")
    return admitted(Permitted("anyone"), user, entry, membership or Membership.MEMBER)


def may_decide(entry: ModelEntry | None, release: Release, user: str, groups: Groups) -> Permitted | Denied:
    """Say whether `user` may approve or reject `release`."""
    if entry is None or not entry.approvers:
        return Denied("no_policy")
    if user == release.requested_by and not entry.allow_self_approval:
        return Denied("self_approval", people=entry.approvers)
    return _among(entry.approvers, user, groups, "approvers")


def may_operate(entry: ModelEntry | None, user: str, groups: Groups) -> Permitted | Denied:
    """Say whether `user` may roll back, freeze and thaw: an operator or, with no such list, an approver."""
    people = (entry.operators or entry.approvers) if entry is not None else People()
    if not people:
        return Denied("no_policy")
    return _among(people, user, groups, "operators")


def may_hold(entry: ModelEntry | None, user: str, groups: Groups, membership: Membership | None) -> Permitted | Denied:
    """Say whether `user` may freeze and thaw."""
    return admitted(may_operate(entry, user, groups), user, entry, membership)


def may_roll_back(
    entry: ModelEntry | None, user: str, groups: Groups, membership: Membership | None
) -> Permitted | Denied:
    """Say whether `user` may roll back: an operator who is not known to be a guest, a bot or of another workspace.

    A rollback does not wait for Slack to tell what an operator is (invariant 5).
    """
    return admitted(may_operate(entry, user, groups), user, entry, membership or Membership.MEMBER)


def may_cancel(entry: ModelEntry | None, release: Release, user: str, groups: Groups) -> Permitted | Denied:
    """Say whether `user` may call `release` off: who asked for it, or an operator."""
    if user == release.requested_by:
        return Permitted("requester")
    return may_operate(entry, user, groups)


def may_run_again(entry: ModelEntry | None, release: Release, user: str, groups: Groups) -> Permitted | Denied:
    """Say whether `user` may have stale evidence gathered anew: who asked for the release, an approver, an operator."""
    if user == release.requested_by:
        return Permitted("requester")
    if entry is None or not (entry.approvers or entry.operators):
        return Denied("no_policy")
    users, members = (entry.approvers.users | entry.operators.users, entry.approvers.groups | entry.operators.groups)
    return _among(People(users, members), user, groups, "approvers or operators")


def may_break_glass(entry: ModelEntry | None, release: Release, user: str, groups: Groups) -> Permitted | Denied:
    """Say whether `user` may promote `release` past its gate: who is named for just that, whoever asked for it."""
    if entry is None or not entry.break_glass or release.deployment.terms.break_glass is None:
        return Denied("break_glass_off")
    found = _among(entry.break_glass, user, groups, "gate.break_glass")
    if isinstance(found, Denied) and found.code == "not_an_approver":
        return Denied("not_allowed_to_break_glass", people=entry.break_glass, cites="gate.break_glass")
    return found


def _among(people: People, user: str, groups: Groups, role: str) -> Permitted | Denied:
    if user in people.users:
        return Permitted(f"{role}.users has {user}")
    readable = {group: members for group in sorted(people.groups) if (members := groups.get(group)) is not None}
    for group, members in readable.items():
        if user in members:
            return Permitted(f"{role}.groups has {group}")
    if len(readable) < len(people.groups):
        return Denied("group_unreadable", people=people, cites=f"{role}.groups")
    return Denied("not_an_approver", people=people, cites=role)


def gate_refusal(release: Release, nonce: str, now: datetime) -> Denied | None:
    """Return why a click on this gate cannot count, or None if the gate is open to it."""
    if release.decision is not None:
        return _already_decided(release.decision)
    if release.phase is Phase.EVIDENCE_STALE and release.stale is not None:
        return Denied("evidence_stale", at=release.stale.since, reason=release.stale.detail)
    if release.phase is not Phase.AWAITING_APPROVAL or release.gate is None:
        return Denied("gate_not_open", reason=release.phase.value)
    return _gate_problem(release.gate, nonce, now)


def glass_refusal(release: Release, now: datetime) -> Denied | None:
    """Return why the glass of this release cannot be broken now, whoever wants to; None if it can."""
    if release.decision is not None:
        return _already_decided(release.decision)
    if release.phase not in ENDED_BY_SUITE | {Phase.AWAITING_APPROVAL, Phase.EVIDENCE_STALE}:
        return Denied("gate_not_open", reason=release.phase.value)
    if not stands_open(release):
        return Denied("break_glass_off")
    until = ends_at(release)
    if until is None or now >= until:
        return Denied("expired", at=until)
    if release.stale is not None and release.stale.code != STILL_SERVED:
        return Denied("evidence_stale", at=release.stale.since, reason=release.stale.detail)
    return None


def rerun_refusal(release: Release, nonce: str, now: datetime) -> Denied | None:
    """Return why a click on Run again cannot count, or None if the evidence of this gate is stale."""
    if release.decision is not None:
        return _already_decided(release.decision)
    if release.phase is Phase.EVIDENCE_STALE and release.gate is not None:
        return _gate_problem(release.gate, nonce, now)
    if release.rerun is not None:
        by = People(users=frozenset({release.rerun.by}))
        return Denied("already_run_again", people=by, at=release.rerun.at, reason=release.phase.value)
    return Denied("not_stale", reason=release.phase.value)


def _already_decided(decision: Decision) -> Denied:
    by = People(users=frozenset({decision.by}))
    if decision.kind is DecisionKind.SUPERSEDED:
        return Denied("superseded", people=by, at=decision.at, reason=decision.reason, decision=decision.kind)
    return Denied("already_decided", people=by, at=decision.at, reason=decision.reason, decision=decision.kind)


def _gate_problem(gate: Gate, nonce: str, now: datetime) -> Denied | None:
    if nonce != gate.nonce:
        return Denied("stale_button")
    if now >= gate.expires_at:
        return Denied("expired", at=gate.expires_at)
    return None


def in_force(freeze: Freeze, now: datetime) -> bool:
    """Say whether the freeze is not over yet."""
    return freeze.until is None or now < freeze.until


OLD = timedelta(days=7)
"""After so long a lock or a freeze is asked about: whoever placed it may have forgotten it."""


def is_old(hold: Lock | Freeze, now: datetime) -> bool:
    """Say whether the lock or freeze has stood for a week."""
    return now - hold.since >= OLD


def promotion_hold(lock: Lock | None, freezes: tuple[Freeze, ...], now: datetime) -> Denied | None:
    """Return what holds promotions back now, or None. Never consulted for a rollback (invariant 5)."""
    if lock is not None:
        return Denied("locked", people=People(users=frozenset({lock.by})), at=lock.since, reason=lock.reason)
    for freeze in freezes:
        if in_force(freeze, now):
            by = People(users=frozenset({freeze.by}))
            return Denied("frozen", people=by, at=freeze.since, reason=freeze.reason)
    return None
