"""Where releases live, and the timer of everything."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.release.audit import Act, Trail
from services.release.events import LogEntry
from services.release.model import Freeze, Lock, Release, RollbackPointer


@dataclass(frozen=True, slots=True)
class Commit:
    """One atomic change: the new document, the facts it rests on, when to look again, and what else must hold with it.

    `release.revision` is the revision that the change was computed from; the stored one becomes revision + 1.
    `due` None means that nothing is left to do. `pointer` is kept in the endpoint's history, first writer wins.
    `lock` takes the place of one that stands. `acts` are what led to it: they enter the release's audit log
    before the seal of the commit itself. With `goes_on` a deploy that may have ended takes its model's place again.
    """

    release: Release
    entries: tuple[LogEntry, ...]
    due: datetime | None
    ended: bool = False
    pointer: RollbackPointer | None = None
    lock: Lock | None = None
    acts: tuple[Act, ...] = ()
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """The picture of an evidence record: its place in the announcer's own form, empty before it was brought there.

    `alt` is the picture in words. `shown` says that the card shows it; `problem` why it never will. `attempts` counts
    how often it was tried to show it.
    """

    record: str
    place: str = ""
    alt: str = ""
    shown: bool = False
    problem: str = ""
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """How much of a release has reached Slack: log entries told in the thread, and what the card shows.

    `parts` counts the messages about the next entry that were sent already: a suite's report takes several. `place` is
    the card's address in the announcer's own form, empty before it is posted; `link` opens it. `picture` is that of the
    evidence that the card shows. `unsure`: a message may have been sent that is not recorded here. `barred_since` is
    when the requester was told that the way to the channel is barred, None while it is open.
    """

    entries: int = 0
    card_entries: int = 0
    place: str = ""
    link: str = ""
    picture: Picture | None = None
    parts: int = 0
    unsure: bool = False
    barred_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A question that needs a look at AWS: a command was acknowledged, and the answer goes to `reply_to`.

    `topic` is `endpoints`, `rollback` or `evidence`; an empty `model` means all of them. `release_id` is that of the
    release whose evidence is asked for.
    """

    id: str
    topic: str
    model: str
    by: str
    reply_to: str
    asked_at: datetime
    release_id: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """Releases to be shown to people; `newer` are the ids of those that only a newer Sluice can read."""

    in_progress: tuple[Release, ...]
    recent: tuple[Release, ...]
    newer: tuple[str, ...] = ()


class ReleaseStore(Protocol):
    """Where releases live. Every method raises Unavailable when the store does not answer."""

    def create(self, release: Release, entry: LogEntry, due: datetime, acts: Sequence[Act] = ()) -> str | None:
        """Store a new release with revision 1, its first log entry, and an audit log that `acts` begin.

        A deploy takes its model's place as the one in progress; return the id of the one that already has it, and
        store nothing, or return None. A rollback takes no place and is always stored; nor does a release that has
        ended, as one that is rebuilt has.

        Raises:
            Conflict: there is a release of that id.
        """
        ...

    def load(self, release_id: str) -> Release | None:
        """Return the document, or None.

        Raises:
            NewerDocument
        """
        ...

    def commit(self, commit: Commit) -> Release:
        """Apply a change and return the document as stored.

        Raises:
            Conflict: the stored revision is another one, or another release has the place; nothing was changed.
        """
        ...

    def reschedule(self, release: Release, due: datetime | None) -> None:
        """Set when to look again; a document that has moved on from `release.revision` meanwhile is due at once."""
        ...

    def log(self, release_id: str, after: int = 0) -> Sequence[LogEntry]:
        """Return the log entries with seq > `after`, in order."""
        ...

    def recent(self, limit: int, model: str | None = None) -> Sequence[Release]:
        """Return the newest releases first."""
        ...

    def in_progress(self) -> Sequence[Release]:
        """Return all releases that have not ended, oldest first.

        Raises:
            NewerDocument: one of them cannot be read, so nobody can say what it needs.
        """
        ...

    def listed(self, limit: int) -> Listed:
        """Return those in progress, oldest first, and the newest `limit`, newest first, as far as they can be read."""
        ...

    def told(self, release_id: str) -> Told:
        """Return how much of the release has reached Slack."""
        ...

    def links(self, release_ids: Sequence[str]) -> Sequence[str]:
        """Return the links to the cards of these releases, in their order, each empty where no card stands."""
        ...

    def mark_told(self, release_id: str, told: Told, acts: Sequence[Act] = ()) -> None:
        """Record how much of the release has reached Slack, with the announcements that brought it there."""
        ...

    def witness(self, chain: str, *acts: Act) -> None:
        """Add acts that change no document to an audit log: a release's, under its id, or one that concerns none.

        A log that lapses (services/release/audit.py) is kept for so long from its last line on.
        """
        ...

    def pointers(self, endpoint: str) -> Sequence[RollbackPointer]:
        """Return the rollback pointers of an endpoint, newest first; a bounded history."""
        ...

    def lock_of(self, model: str) -> Lock | None:
        """Return the lock on a model's prod, or None."""
        ...

    def lift_lock(self, model: str) -> Lock | None:
        """Remove the lock and return it, or None if there was none."""
        ...

    def freezes(self, model: str) -> tuple[Freeze, ...]:
        """Return the freezes of the model and those of all models."""
        ...

    def freeze(self, freeze: Freeze) -> None:
        """Put a freeze in force, replacing one of the same scope."""
        ...

    def thaw(self, scope: str) -> Freeze | None:
        """Lift the freeze of a scope and return it, or None."""
        ...

    def ask(self, inquiry: Inquiry) -> None:
        """Keep an inquiry, due at once."""
        ...

    def inquiry(self, inquiry_id: str) -> Inquiry | None:
        """Return an inquiry that has not been answered yet."""
        ...

    def answered(self, inquiry_id: str) -> None:
        """Forget an inquiry."""
        ...

    def keep_note(self, name: str, text: str, seconds: int) -> None:
        """Keep a small text under a name for some seconds: caches that may be lost without harm."""
        ...

    def keep_first_note(self, name: str, text: str, seconds: int) -> bool:
        """Keep a small text unless another one is kept under the name; say whether it is this one that is kept now."""
        ...

    def note(self, name: str) -> str | None:
        """Return what `keep_note` or `keep_first_note` kept, or None."""
        ...

    def lease(self, name: str, holder: str, seconds: float) -> bool:
        """Take or renew a lease; False if someone else holds it. Leases are manners; safety is compare-and-set."""
        ...

    def release_lease(self, name: str, holder: str) -> None:
        """Give a lease back, if `holder` still has it."""
        ...


class Records(Protocol):
    """Where evidence records live, beside the releases. Every method raises Unavailable when the store is away."""

    def keep_record(self, name: str, text: str) -> None:
        """Keep a record; the same name again replaces it, as a repeat after a crash does."""
        ...

    def record(self, name: str) -> str | None:
        """Return the text of a record, or None."""
        ...


class AuditTrail(Protocol):
    """What was witnessed, for those who look into it. Every method raises Unavailable when the store is away."""

    def chains(self) -> Sequence[str]:
        """Return the names of all audit logs: the general one, those of who looked, the releases', oldest first."""
        ...

    def trail(self, chain: str) -> Trail:
        """Return an audit log and what it vouches for, all of one instant; empty if there is none."""
        ...


class DueIndex(Protocol):
    """The timer of everything: ids with the time at which each wants to be looked at."""

    def take(self, now: datetime, lease_seconds: float, limit: int) -> Sequence[str]:
        """Return ids that are due and push each to now + lease, so that one that is never finished comes again."""
        ...
