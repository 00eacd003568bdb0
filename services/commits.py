"""From a decided event to the one atomic change of the store that it means."""

from datetime import datetime

from services.ports import Commit, ReleaseStore
from services.release import events as e
from services.release.audit import Act
from services.release.lifecycle import TERMINAL, Advanced, Refused, decide
from services.release.model import Kind, Lock, Release


def commit_for(advanced: Advanced, due: datetime | None, acts: tuple[Act, ...] = ()) -> Commit:
    """Return the change that `advanced` means, with what must be kept in the same transaction; `acts` led to it.

    An intended promotion keeps the rollback pointer; an intended rollback keeps it too and locks prod.
    """
    release, event = advanced.release, advanced.entry.event
    pointer = event.pointer if isinstance(event, e.PromotionIntended | e.Rebuilt) else None
    return Commit(
        release=release,
        entries=(advanced.entry,),
        due=due,
        ended=release.phase in TERMINAL,
        pointer=pointer,
        lock=_lock(release, advanced.entry.at) if pointer is not None and release.kind is Kind.ROLLBACK else None,
        acts=acts,
        goes_on=isinstance(event, e.GlassBroken),
    )


def _lock(release: Release, at: datetime) -> Lock:
    reason = f"rolled back to {release.target_config}"
    if release.reason:
        reason = f"{reason}: {release.reason}"
    return Lock(release.model, by=release.requested_by, reason=reason, since=at, release_id=release.id)


def apply(store: ReleaseStore, release: Release, event: e.Event, at: datetime, *acts: Act) -> Release | Refused:
    """Let `event` happen to `release` in the store, due to be looked at again at once; `acts` led to it.

    Raises:
        Conflict: the release has moved on; load it again.
        Unavailable: the store does not answer.
    """
    match decide(release, event, at):
        case Refused() as refused:
            return refused
        case Advanced() as advanced:
            return store.commit(commit_for(advanced, due=at, acts=acts))
