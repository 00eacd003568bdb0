"""The use cases: what a person can ask of Sluice. Each reads and writes the store only; the worker does the rest."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

import structlog

from services.circumstances import Surroundings
from services.commits import apply
from services.looking import Looking
from services.ports import Clock, Conflict, Directory, Ids, ReleaseStore
from services.release import events as e
from services.release.audit import GENERAL, Attempted
from services.release.catalog import Catalog, ModelEntry, known_as
from services.release.deciding import (
    Allowed,
    Broken,
    Circumstances,
    GlassForm,
    approval,
    breakable,
    breaking,
    cancellation,
    rejection,
    rerun,
    signed,
    superseding,
)
from services.release.events import LogEntry
from services.release.lifecycle import FIRST_PHASE, Refused
from services.release.model import Freeze, Holds, Kind, Release
from services.release.policy import Denied, Permitted, in_force, may_hold, may_request, may_roll_back
from services.release.wanted import Unreadable, read_wanted
from services.requests import remember
from services.results import (
    Asked,
    Asker,
    Breakable,
    Decided,
    Detail,
    InProgress,
    Listing,
    Refusal,
    Started,
    Thawed,
    UnknownModel,
    told_of,
    unknown_model,
)

_CAS_TRIES = 20
ALL_MODELS = "all"

__all__ = [
    "ALL_MODELS",
    "Asked",
    "Asker",
    "Breakable",
    "Decided",
    "Detail",
    "InProgress",
    "Listing",
    "Releases",
    "Started",
    "Thawed",
    "UnknownModel",
]

log = structlog.get_logger()


_Check = Callable[[Release, Circumstances], Allowed | Denied]
_R = TypeVar("_R", bound=Refusal)


class Releases:
    """Everything that the Slack edge may call."""

    def __init__(self, catalog: Catalog, store: ReleaseStore, directory: Directory, clock: Clock, ids: Ids) -> None:
        self.catalog = catalog
        self._store = store
        self._directory = directory
        self._clock = clock
        self._ids = ids
        self.looking = Looking(catalog, store, clock, ids)

    # --- arriving ---------------------------------------------------------------------------------------------------

    def admit(self, request: str, asker: Asker, what: str, answer_url: str = "") -> Denied | None:
        """Say why a request must not act: it has arrived before, here or elsewhere."""
        if remember(self._store, self._ids, request, answer_url):
            return None
        return self._refused(asker, "arrive", what, Denied("arrived_before"))

    # --- asking -----------------------------------------------------------------------------------------------------

    def request(
        self, model: str, wanted: str, asker: Asker
    ) -> Started | UnknownModel | Unreadable | InProgress | Denied:
        """Start a release of `model`; `wanted` is a version, `latest` or an ARN. Nothing is started otherwise.

        A newer version takes the place of a release that waits at its gate.
        """
        entry, about = self.catalog.get(model), f"{model} {wanted}"
        if entry is None:
            return self._refused(asker, "deploy", about, unknown_model(model, self.catalog))
        allowed = may_request(entry, asker.user, asker.channel, self._surroundings.membership(entry, asker.user))
        if isinstance(allowed, Denied):
            return self._refused(asker, "deploy", about, allowed)
        target = read_wanted(wanted, entry.deployment)
        if isinstance(target, Unreadable):
            return self._refused(asker, "deploy", about, target)
        return self._start(self._new(entry, Kind.DEPLOY, target, asker), asker, allowed.rule)

    def roll_back(self, undone_id: str, asker: Asker, reason: str = "") -> Started | InProgress | Denied:
        """Start a rollback to what prod served before the release `undone_id` changed it. Locks do not hold it."""
        undone = self._store.load(undone_id)
        pointer = undone.pointer if undone is not None else None
        if undone is None or pointer is None or pointer.previous_config is None:
            return self._refused(asker, "rollback", undone_id, Denied("no_pointer"), undone)
        entry = self.catalog.get(undone.model)
        allowed = may_roll_back(
            entry, asker.user, self._surroundings.groups(entry), self._surroundings.membership(entry, asker.user)
        )
        if entry is None or isinstance(allowed, Denied):
            denied = allowed if isinstance(allowed, Denied) else Denied("no_policy")
            return self._refused(asker, "rollback", undone_id, denied, undone)
        # A release that only a newer Sluice can read holds no rollback up: invariant 5.
        for other in self._store.listed(0).in_progress:
            if other.kind is Kind.ROLLBACK and other.model == undone.model:
                under_way = InProgress(other, self._store.told(other.id).link)
                return self._refused(asker, "rollback", undone_id, under_way, undone)
        rollback = replace(
            self._new(entry, Kind.ROLLBACK, str(pointer.previous_version or pointer.previous_config), asker),
            # Prod is where it was; whose rights bring it back is today's: roles of then may be gone, or have been none.
            deployment=replace(undone.deployment, roles=entry.deployment.roles),
            reason=reason,
            target_config=pointer.previous_config,
            target_version=pointer.previous_version,
            undone_config=pointer.new_config,
        )
        return self._start(rollback, asker, allowed.rule)

    # --- deciding ---------------------------------------------------------------------------------------------------

    def asks_to_approve(self, release_id: str, nonce: str, asker: Asker) -> Release | None:
        """Return the release if `asker` may approve it and its gate wants more than a bare yes, else None."""
        release = self._store.load(release_id)
        if release is None or not release.deployment.terms.asks_for_words:
            return None
        yes = e.VoteCast(asker.user, "-", ticked=release.deployment.terms.checklist)
        found = approval(release, nonce, yes, self._surroundings.around(release, asker.user))
        return release if isinstance(found, Allowed) else None

    def approve(
        self, release_id: str, nonce: str, asker: Asker, reason: str = "", ticked: tuple[str, ...] = ()
    ) -> Decided | Denied:
        """Approve exactly what the gate's digest names, if the policy lets `asker` and nothing holds prod.

        Where the gate asks for more people, it is a vote; the one that completes what is asked for is the approval.
        `ticked` is what of the gate's checklist the person says is so.
        """
        yes = e.VoteCast(asker.user, reason, ticked=ticked)
        return self._decide(release_id, asker, "approve", lambda release, around: approval(release, nonce, yes, around))

    def reject(self, release_id: str, nonce: str, asker: Asker, reason: str) -> Decided | Denied:
        """Reject the release for good, with a reason."""
        by = asker.user
        return self._decide(
            release_id, asker, "reject", lambda release, around: rejection(release, nonce, by, reason, around)
        )

    def may_reject(self, release_id: str, nonce: str, asker: Asker) -> Denied | None:
        """Say why `asker` could not reject now, or None; asked before the person writes a reason."""
        release = self._store.load(release_id)
        if release is None:
            return self._refused(asker, "reject", release_id, Denied("unknown_release"))
        found = rejection(release, nonce, asker.user, "", self._surroundings.around(release, asker.user))
        return self._refused(asker, "reject", release_id, found, release) if isinstance(found, Denied) else None

    def cancel(self, release_id: str, asker: Asker, reason: str = "") -> Decided | Denied:
        """Call a release off before prod is touched."""
        by = asker.user
        return self._decide(
            release_id, asker, "cancel", lambda release, around: cancellation(release, by, reason, around)
        )

    def run_again(self, release_id: str, nonce: str, asker: Asker) -> Decided | Denied:
        """Have staging brought back to the tested config and tested again, where the gate's evidence is stale."""
        by = asker.user
        return self._decide(release_id, asker, "run_again", lambda release, around: rerun(release, nonce, by, around))

    def may_break_glass(self, release_id: str, asker: Asker) -> Breakable | Denied:
        """Say what breaking the glass of a release would go past, or why `asker` could not; nothing is changed."""
        release = self._store.load(release_id)
        if release is None:
            return self._refused(asker, "break_glass", release_id, Denied("unknown_release"))
        found = self._glass(breakable(release, asker.user, self._surroundings.around(release, asker.user)), release)
        if isinstance(found, Denied):
            return self._refused(asker, "break_glass", release_id, found, release)
        return Breakable(release, found.event)

    def break_glass(self, release_id: str, form: GlassForm, asker: Asker) -> Decided | Denied:
        """Promote exactly what the form showed, past the gate that did not let it through."""
        by = asker.user
        return self._decide(
            release_id,
            asker,
            "break_glass",
            lambda release, around: self._glass(breaking(release, by, form, around), release),
        )

    def _glass(self, found: Broken | Denied, release: Release) -> Broken | Denied:
        """Refuse what would take a place that a later release of the model has."""
        if isinstance(found, Denied):
            return found
        # One that only a newer Sluice can read stops nobody here; where it has the place, the store refuses.
        others = (other for other in self._store.listed(0).in_progress if other.kind is Kind.DEPLOY)
        taken = next((other for other in others if other.model == release.model and other.id != release.id), None)
        return found if taken is None else Denied("place_taken", reason=taken.id)

    # --- holding ----------------------------------------------------------------------------------------------------

    def now(self) -> datetime:
        """Return the time by which the end of a freeze is reckoned, aware, in UTC."""
        return self._clock.now()

    def freeze(self, scope: str, asker: Asker, reason: str, until: datetime | None) -> Freeze | UnknownModel | Denied:
        """Hold promotions of a model, or of `all`, back; rollbacks go on."""
        allowed = self._may_hold(scope, asker)
        if not isinstance(allowed, Permitted):
            return self._refused(asker, "freeze", scope, allowed)
        freeze = Freeze(scope, asker.user, reason, self._clock.now(), until)
        self._store.freeze(freeze)
        tried = self._tried(asker, freeze.since, "freeze", scope, rule=allowed.rule, detail=reason)
        self._store.witness(GENERAL, tried)
        log.info("frozen", scope=scope, by=asker.user, reason=reason, until=until.isoformat() if until else None)
        return freeze

    def thaw(self, scope: str, asker: Asker) -> Thawed | UnknownModel | Denied:
        """Lift the freeze of a scope and, for a model, the lock that a rollback left; say what still holds."""
        allowed = self._may_hold(scope, asker)
        if not isinstance(allowed, Permitted):
            return self._refused(asker, "thaw", scope, allowed)
        now = self._clock.now()
        self._store.witness(GENERAL, self._tried(asker, now, "thaw", scope, rule=allowed.rule))
        lock = None if scope == ALL_MODELS else self._store.lift_lock(scope)
        freeze = self._store.thaw(scope)
        lifted = freeze if freeze is not None and in_force(freeze, now) else None
        held = lifted or lock
        if held is not None:
            log.info("thawed", scope=scope, by=asker.user, reason=held.reason)
        return Thawed(lock, lifted, self._holds_on(self.catalog if scope == ALL_MODELS else (scope,)))

    def holds(self) -> Holds:
        """Return every lock and every freeze in force."""
        return self._holds_on(self.catalog)

    # --- the rest ---------------------------------------------------------------------------------------------------

    def _holds_on(self, models: Iterable[str]) -> Holds:
        now, names = self._clock.now(), sorted(models)
        locks = (self._store.lock_of(model) for model in names)
        freezes = {freeze for model in names for freeze in self._store.freezes(model) if in_force(freeze, now)}
        return Holds(tuple(filter(None, locks)), tuple(sorted(freezes, key=lambda freeze: freeze.scope)))

    def _may_hold(self, scope: str, asker: Asker) -> Permitted | UnknownModel | Denied:
        if scope != ALL_MODELS and scope not in self.catalog:
            return unknown_model(scope, self.catalog)
        allowed: Permitted | Denied = Denied("no_policy")
        for model in sorted(self.catalog) if scope == ALL_MODELS else [scope]:
            entry = self.catalog[model]
            allowed = may_hold(
                entry,
                asker.user,
                self._surroundings.groups(entry),
                self._surroundings.membership(entry, asker.user),
            )
            if isinstance(allowed, Denied):
                break
        return allowed

    def _new(self, entry: ModelEntry, kind: Kind, wanted: str, asker: Asker) -> Release:
        now = self._clock.now()
        return Release(
            id=self._ids.release_id(),
            kind=kind,
            model=entry.name,
            wanted=wanted,
            deployment=entry.deployment,
            requested_by=asker.user,
            requested_at=now,
            phase=FIRST_PHASE[kind],
            phase_since=now,
            reply_to=asker.reply_to,
            log_length=1,
        )

    def _start(self, release: Release, asker: Asker, rule: str, replaced: str = "") -> Started | InProgress:
        """Store a release, in the place of an older one that waits at its gate if it is newer."""
        first = LogEntry(1, release.requested_at, e.Requested(release.requested_by, replaced))
        what, about = release.kind.value, f"{release.model} {release.wanted}"
        tried = self._tried(asker, release.requested_at, what, about, rule=rule, detail=release.reason)
        holder = self._store.create(release, first, release.requested_at, (tried,))
        if holder is None:
            log.info("recorded", release=release.id, fact="Requested", by=release.requested_by, rule=rule)
            return Started(release, replaced)
        other = self._store.load(holder)
        if other is None:  # it ended and was removed between the two calls
            return self._start(release, asker, rule, replaced)
        version = superseding(other, release.wanted, self.looking.known_versions(release.model))
        if version is None:
            return self._refused(asker, what, about, InProgress(other, self._store.told(holder).link), other)
        superseded = e.Superseded(release.requested_by, release.id, version)
        try:
            apply(self._store, other, superseded, release.requested_at, tried)
        except Conflict:  # somebody decided meanwhile
            return self._start(release, asker, rule, replaced)
        return self._start(release, asker, rule, other.id)

    def _refused(self, asker: Asker, what: str, about: str, refusal: _R, release: Release | None = None) -> _R:
        """Witness a try that is refused, in the log of the release that it was about, and return the refusal.

        Raises:
            Unavailable: it cannot be witnessed. Nothing else was done either.
        """
        code, rule, detail = told_of(refusal)
        chain, now = release.id if release is not None else GENERAL, self._clock.now()
        self._store.witness(chain, self._tried(asker, now, what, about, code=code, rule=rule, detail=detail))
        return refusal

    def _tried(self, asker: Asker, at: datetime, what: str, about: str, **more: str) -> Attempted:
        """Return what the audit log is to say of a try, with the name that the catalog has for the person."""
        return Attempted(at, asker.user, what, about, known_as=known_as(self.catalog, asker.user), **more)

    @property
    def _surroundings(self) -> Surroundings:
        return Surroundings(self.catalog, self._store, self._directory, self._clock)

    def _decide(self, release_id: str, asker: Asker, what: str, check: _Check) -> Decided | Denied:
        """Let exactly one click win: whoever finds the document changed looks at it afresh."""
        release = None
        for _ in range(_CAS_TRIES):
            release = self._store.load(release_id)
            if release is None:
                return self._refused(asker, what, release_id, Denied("unknown_release"))
            around = self._surroundings.around(release, asker.user)
            allowed = check(release, around)
            if isinstance(allowed, Denied):
                log.info("refused", release=release_id, code=allowed.code, by=asker.user, rule=allowed.rule)
                return self._refused(asker, what, release_id, allowed, release)
            tried = self._tried(asker, around.now, what, release_id, rule=allowed.rule)
            try:
                decided = apply(self._store, release, signed(allowed.event, tried.known_as), around.now, tried)
            except Conflict:
                continue
            if isinstance(decided, Refused):
                too_late = Denied("too_late", reason=release.phase.value)
                return self._refused(asker, what, release_id, too_late, release)
            fact = type(allowed.event).__name__
            log.info("recorded", release=release_id, fact=fact, by=asker.user, rule=allowed.rule)
            return Decided(decided)
        return self._refused(asker, what, release_id, Denied("contended"), release)
