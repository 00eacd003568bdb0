"""The store and the due index in one process's memory."""

import copy
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TypeVar

from fakes.clock import FakeClock
from services.adapters.audit_lines import acts_from, chained_acts, sealed
from services.adapters.redis_documents import entry_to_text, to_text
from services.ports import Clock, Commit, Conflict, Inquiry, Listed, NewerDocument, Told
from services.release.audit import GENERAL, Act, Trail, lapses
from services.release.events import LogEntry
from services.release.lifecycle import TERMINAL
from services.release.model import SCHEMA_VERSION, Evidence, Freeze, Kind, Lock, Release, RollbackPointer

POINTERS_KEPT = 50
INQUIRY_SECONDS = 3600
_AT_ONCE = datetime.fromtimestamp(0, UTC)
T = TypeVar("T")


@dataclass
class _Tables:
    """Everything stored; keys are ids and names, times are when a thing lapses."""

    releases: dict[str, Release] = field(default_factory=dict)
    logs: dict[str, list[LogEntry]] = field(default_factory=dict)
    told: dict[str, Told] = field(default_factory=dict)
    due: dict[str, datetime] = field(default_factory=dict)
    open: set[str] = field(default_factory=set)
    active: dict[str, str] = field(default_factory=dict)
    pointers: dict[str, dict[str, RollbackPointer]] = field(default_factory=dict)
    locks: dict[str, Lock] = field(default_factory=dict)
    freezes: dict[str, Freeze] = field(default_factory=dict)
    inquiries: dict[str, tuple[Inquiry, datetime]] = field(default_factory=dict)
    notes: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    leases: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    records: dict[str, str] = field(default_factory=dict)
    chains: dict[str, list[str]] = field(default_factory=dict)
    heads: dict[str, str] = field(default_factory=dict)


class MemoryStore:
    """ReleaseStore, AuditTrail, DueIndex and Records.

    Documents are frozen and shared, but for the one mutable part of theirs.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or FakeClock()
        self._lock = threading.RLock()
        self._tables = _Tables()

    def backup(self) -> object:
        """Return a copy of everything, for `bring_back`."""
        with self._lock:
            return copy.deepcopy(self._tables)

    def bring_back(self, backup: object) -> None:
        """Have everything be as it was when a backup was made; all that came after it is lost."""
        with self._lock:
            assert isinstance(backup, _Tables)
            self._tables = copy.deepcopy(backup)

    def wipe(self) -> None:
        """Lose everything."""
        self.bring_back(_Tables())

    # --- releases ---------------------------------------------------------------------------------------------------

    def create(self, release: Release, entry: LogEntry, due: datetime, acts: Sequence[Act] = ()) -> str | None:
        """Store a new release, unless it is a deploy and its model's place is taken: then return who has it."""
        with self._lock:
            tables = self._tables
            if release.id in tables.releases:
                raise Conflict(f"release {release.id} exists")
            ended = release.phase in TERMINAL
            if release.kind is Kind.DEPLOY and not ended:
                holder = tables.active.setdefault(release.model, release.id)
                if holder != release.id:
                    return holder
            stored = replace(release, revision=1)
            tables.releases[release.id] = _unshared(stored)
            tables.logs[release.id] = [entry]
            self._write_acts(release.id, (*acts, _seal(stored, (entry,), entry.at)))
            if not ended:
                tables.open.add(release.id)
            tables.due[f"release:{release.id}"] = due
            return None

    def load(self, release_id: str) -> Release | None:
        """Return the document, or None."""
        with self._lock:
            found = self._tables.releases.get(release_id)
            return None if found is None else _read(found)

    def commit(self, commit: Commit) -> Release:
        """Apply a change if the stored revision is the one it was computed from."""
        with self._lock:
            release = commit.release
            stored = self._tables.releases.get(release.id)
            if stored is None or stored.revision != release.revision:
                raise Conflict(f"release {release.id} is not at revision {release.revision}")
            if commit.goes_on and self._tables.active.get(release.model, release.id) != release.id:
                raise Conflict(f"another release has the place of {release.model}")
            written = _unshared(replace(release, revision=release.revision + 1, schema_version=SCHEMA_VERSION))
            self._tables.releases[release.id] = written
            self._tables.logs[release.id].extend(commit.entries)
            at = commit.entries[-1].at if commit.entries else release.phase_since
            self._write_acts(release.id, (*commit.acts, _seal(written, commit.entries, at)))
            self._set_due(release.id, commit.due)
            self._keep_with(commit)
            return _unshared(written)

    def reschedule(self, release: Release, due: datetime | None) -> None:
        """Set when to look again; at once if the document has moved on."""
        with self._lock:
            stored = self._tables.releases.get(release.id)
            if stored is not None:
                self._set_due(release.id, due if stored.revision == release.revision else _AT_ONCE)

    def log(self, release_id: str, after: int = 0) -> Sequence[LogEntry]:
        """Return the log entries with seq > `after`, in order."""
        with self._lock:
            return self._tables.logs.get(release_id, [])[max(0, after) :]

    def recent(self, limit: int, model: str | None = None) -> Sequence[Release]:
        """Return the newest releases first."""
        with self._lock:
            wanted = [r for r in self._tables.releases.values() if model is None or r.model == model]
            wanted.sort(key=_age, reverse=True)
            return [_read(release) for release in wanted[: max(0, limit)]]

    def in_progress(self) -> Sequence[Release]:
        """Return all releases that have not ended, oldest first."""
        with self._lock:
            found = sorted((self._tables.releases[release_id] for release_id in self._tables.open), key=_age)
            return [_read(release) for release in found]

    def listed(self, limit: int) -> Listed:
        """Return those in progress and the newest, as far as they can be read."""
        with self._lock:
            under_way = sorted((self._tables.releases[release_id] for release_id in self._tables.open), key=_age)
            newest = sorted(self._tables.releases.values(), key=_age, reverse=True)[: max(0, limit)]
        newer = dict.fromkeys(release.id for release in (*under_way, *newest) if _is_newer(release))
        return Listed(
            tuple(release for release in under_way if release.id not in newer),
            tuple(release for release in newest if release.id not in newer),
            tuple(newer),
        )

    def _set_due(self, release_id: str, due: datetime | None) -> None:
        if due is None:
            self._tables.due.pop(f"release:{release_id}", None)
        else:
            self._tables.due[f"release:{release_id}"] = due

    def _keep_with(self, commit: Commit) -> None:
        """Keep what must hold with the document: the end, the pointer, the lock."""
        tables, release = self._tables, commit.release
        if commit.goes_on:
            tables.open.add(release.id)
            tables.active[release.model] = release.id
        if commit.ended:
            tables.open.discard(release.id)
            if tables.active.get(release.model) == release.id:
                del tables.active[release.model]
        if commit.pointer is not None:
            kept = tables.pointers.setdefault(commit.pointer.endpoint, {})
            kept.setdefault(release.id, commit.pointer)
            while len(kept) > POINTERS_KEPT:
                del kept[next(iter(kept))]
        if commit.lock is not None:
            tables.locks[commit.lock.model] = commit.lock

    # --- what was told ----------------------------------------------------------------------------------------------

    def told(self, release_id: str) -> Told:
        """Return how much of the release has reached Slack."""
        with self._lock:
            return self._tables.told.get(release_id, Told())

    def links(self, release_ids: Sequence[str]) -> Sequence[str]:
        """Return the links to the cards of these releases."""
        return [self.told(release_id).link for release_id in release_ids]

    def mark_told(self, release_id: str, told: Told, acts: Sequence[Act] = ()) -> None:
        """Record how much of the release has reached Slack."""
        with self._lock:
            self._tables.told[release_id] = told
            self._write_acts(release_id, acts)

    # --- the audit log ----------------------------------------------------------------------------------------------

    def witness(self, chain: str, *acts: Act) -> None:
        """Add acts to an audit log."""
        with self._lock:
            self._write_acts(chain, acts)

    def chains(self) -> Sequence[str]:
        """Return the names of all audit logs."""
        with self._lock:
            looked = sorted(filter(lapses, self._tables.chains))
            return [GENERAL, *looked, *(release.id for release in sorted(self._tables.releases.values(), key=_age))]

    def trail(self, chain: str) -> Trail:
        """Return an audit log and what it vouches for."""
        with self._lock:
            lines = tuple(self._tables.chains.get(chain, ()))
            facts = tuple(map(entry_to_text, self._tables.logs.get(chain, ())))
            document = self._tables.releases.get(chain)
            text = to_text(document) if document is not None else ""
            return Trail(chain, lines, tuple(map(_act_from, lines)), self._tables.heads.get(chain, ""), facts, text)

    def _write_acts(self, chain: str, acts: Sequence[Act]) -> None:
        lines, self._tables.heads[chain] = chained_acts(self._tables.heads.get(chain, ""), acts)
        self._tables.chains.setdefault(chain, []).extend(lines)

    # --- pointers, locks, freezes -----------------------------------------------------------------------------------

    def pointers(self, endpoint: str) -> Sequence[RollbackPointer]:
        """Return the newest rollback pointers of an endpoint, newest first."""
        with self._lock:
            return list(reversed(self._tables.pointers.get(endpoint, {}).values()))

    def lock_of(self, model: str) -> Lock | None:
        """Return the lock on a model's prod, or None."""
        with self._lock:
            return self._tables.locks.get(model)

    def lift_lock(self, model: str) -> Lock | None:
        """Remove the lock and return it, or None."""
        with self._lock:
            return self._tables.locks.pop(model, None)

    def freezes(self, model: str) -> tuple[Freeze, ...]:
        """Return the freezes of the model and those of all models."""
        with self._lock:
            found = (self._tables.freezes.get(scope) for scope in dict.fromkeys((model, "all")))
            return tuple(freeze for freeze in found if freeze is not None)

    def freeze(self, freeze: Freeze) -> None:
        """Put a freeze in force, replacing one of the same scope."""
        with self._lock:
            self._tables.freezes[freeze.scope] = freeze

    def thaw(self, scope: str) -> Freeze | None:
        """Lift the freeze of a scope and return it, or None."""
        with self._lock:
            return self._tables.freezes.pop(scope, None)

    # --- evidence records -------------------------------------------------------------------------------------------

    def keep_record(self, name: str, text: str) -> None:
        """Keep a record; the same name again replaces it."""
        with self._lock:
            self._tables.records[name] = text

    def record(self, name: str) -> str | None:
        """Return the text of a record, or None."""
        with self._lock:
            return self._tables.records.get(name)

    # --- inquiries, notes, leases -----------------------------------------------------------------------------------

    def ask(self, inquiry: Inquiry) -> None:
        """Keep an inquiry, due at once."""
        with self._lock:
            self._tables.inquiries[inquiry.id] = (inquiry, self._after(INQUIRY_SECONDS))
            self._tables.due[f"inquiry:{inquiry.id}"] = inquiry.asked_at

    def inquiry(self, inquiry_id: str) -> Inquiry | None:
        """Return an inquiry that has not been answered yet."""
        with self._lock:
            return self._unlapsed(self._tables.inquiries.get(inquiry_id))

    def answered(self, inquiry_id: str) -> None:
        """Forget an inquiry."""
        with self._lock:
            self._tables.inquiries.pop(inquiry_id, None)
            self._tables.due.pop(f"inquiry:{inquiry_id}", None)

    def keep_note(self, name: str, text: str, seconds: int) -> None:
        """Keep a small text for some seconds."""
        with self._lock:
            self._tables.notes[name] = (text, self._after(seconds))

    def keep_first_note(self, name: str, text: str, seconds: int) -> bool:
        """Keep a small text unless another one is kept under the name."""
        with self._lock:
            if self._unlapsed(self._tables.notes.get(name)) not in {None, text}:
                return False
            self.keep_note(name, text, seconds)
            return True

    def note(self, name: str) -> str | None:
        """Return what `keep_note` kept, or None."""
        with self._lock:
            return self._unlapsed(self._tables.notes.get(name))

    def lease(self, name: str, holder: str, seconds: float) -> bool:
        """Take or renew a lease; False if someone else holds it."""
        with self._lock:
            if self._unlapsed(self._tables.leases.get(name)) not in {None, holder}:
                return False
            self._tables.leases[name] = (holder, self._after(seconds))
            return True

    def release_lease(self, name: str, holder: str) -> None:
        """Give a lease back, if `holder` still has it."""
        with self._lock:
            if self._unlapsed(self._tables.leases.get(name)) == holder:
                del self._tables.leases[name]

    def leases(self) -> dict[str, tuple[str, datetime]]:
        """Return who holds which lease until when, for tests that look inside."""
        with self._lock:
            return dict(self._tables.leases)

    def _after(self, seconds: float) -> datetime:
        return self._clock.now() + timedelta(seconds=seconds)

    def _unlapsed(self, kept: tuple[T, datetime] | None) -> T | None:
        return kept[0] if kept is not None and self._clock.now() < kept[1] else None

    # --- the due index ----------------------------------------------------------------------------------------------

    def take(self, now: datetime, lease_seconds: float, limit: int) -> Sequence[str]:
        """Return ids that are due, earliest first, and push each to now + lease; drop inquiries that have lapsed."""
        with self._lock:
            ripe = sorted((at, member) for member, at in self._tables.due.items() if at <= now)[: max(0, limit)]
            taken = [member for _, member in ripe if self._exists(member)]
            for _, member in ripe:
                del self._tables.due[member]
            self._tables.due.update(dict.fromkeys(taken, now + timedelta(seconds=lease_seconds)))
            return taken

    def due_at(self, member: str) -> datetime | None:
        """Return when `release:<id>` or `inquiry:<id>` is due, for tests that look inside."""
        with self._lock:
            return self._tables.due.get(member)

    def next_due(self) -> datetime | None:
        """Return when anything is due next, for tests that move the clock."""
        with self._lock:
            return min(self._tables.due.values(), default=None)

    def _exists(self, member: str) -> bool:
        kind, _, name = member.partition(":")
        return name in self._tables.releases if kind == "release" else self.inquiry(name) is not None


def _seal(written: Release, entries: Sequence[LogEntry], at: datetime) -> Act:
    return sealed(written.revision, to_text(written), entries, [entry_to_text(entry) for entry in entries], at)


@lru_cache(maxsize=16_384)
def _act_from(line: str) -> Act | None:
    """Return what a line says; the thousands of forks of one world have most lines in common."""
    return acts_from([line])[0]


def _age(release: Release) -> tuple[datetime, str]:
    return release.requested_at, release.id


def _is_newer(release: Release) -> bool:
    return release.schema_version > SCHEMA_VERSION


def _read(release: Release) -> Release:
    if _is_newer(release):
        raise NewerDocument(f"release {release.id} has schema version {release.schema_version}, newer than this Sluice")
    return _unshared(release)


def _unshared(release: Release) -> Release:
    """Give a document latency tables of its own: the only part of one that could be changed in place."""
    if release.evidence is None and release.prod_evidence is None:
        return release
    return replace(release, evidence=_copied(release.evidence), prod_evidence=_copied(release.prod_evidence))


def _copied(evidence: Evidence | None) -> Evidence | None:
    return None if evidence is None else replace(evidence, latency_ms=dict(evidence.latency_ms))
