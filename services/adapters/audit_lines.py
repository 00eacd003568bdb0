"""Acts as lines of an audit log, the same for every store."""

from collections.abc import Sequence
from datetime import datetime

from services.adapters.redis_documents import act_from, act_to_text
from services.ports import NewerDocument
from services.release.audit import Act, Committed, chained, digest, parted
from services.release.events import LogEntry


def chained_acts(head: str, acts: Sequence[Act]) -> tuple[tuple[str, ...], str]:
    """Return the lines that continue the chain whose head is `head`, and the new head."""
    return chained(head, map(act_to_text, acts))


def sealed(revision: int, document: str, entries: Sequence[LogEntry], facts: Sequence[str], at: datetime) -> Committed:
    """Return the seal of a commit; `facts` are its `entries` as they are stored."""
    first = entries[0].seq if entries else 0
    return Committed(at, revision, digest(document), first, tuple(map(digest, facts)))


def acts_from(lines: Sequence[str]) -> tuple[Act | None, ...]:
    """Return what the lines say, None for one that cannot be read."""
    return tuple(map(_act_from, lines))


def _act_from(line: str) -> Act | None:
    found = parted(line)
    if found is None:
        return None
    try:
        return act_from(found.text)
    except (NewerDocument, UnicodeEncodeError):
        return None
