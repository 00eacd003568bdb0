"""Documents as text: JSON of the core's dataclasses, strict both ways.

A field that this version does not know is refused, never dropped: an old worker would erase what a new one wrote.
"""

import json
import typing
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from services.ports import NewerDocument
from services.release.events import Event, LogEntry
from services.release.model import SCHEMA_VERSION, Release

T = TypeVar("T")

EVENTS: dict[str, Any] = {kind.__name__: kind for kind in typing.get_args(Event)}
"""An event's name in the log -> its class."""


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def to_text(document: object) -> str:
    """Return a dataclass of the core as JSON."""
    kind: Any = type(document)
    return _adapter(kind).dump_json(document).decode()


def from_text(kind: type[T], text: str | bytes) -> T:
    """Read what `to_text` wrote.

    Raises:
        NewerDocument: it says something that this version does not know.
    """
    wanted: Any = kind
    try:
        document: T = _adapter(wanted).validate_json(text, extra="forbid")
    except ValidationError as error:
        raise NewerDocument(f"cannot read a stored {kind.__name__}: {error.errors()[0]['msg']}") from None
    return document


def release_from(text: str | bytes) -> Release:
    """Read a release.

    Raises:
        NewerDocument: a newer Sluice wrote it, or it says something that this version does not know.
    """
    schema = json.loads(text).get("schema_version")
    if not isinstance(schema, int) or schema > SCHEMA_VERSION:
        raise NewerDocument(f"the document has schema_version {schema}; this Sluice knows {SCHEMA_VERSION}")
    return from_text(Release, text)


def entry_to_text(entry: LogEntry) -> str:
    """Return a log entry as JSON, its event under the name of its class."""
    event = json.loads(to_text(entry.event))
    return json.dumps(
        {"seq": entry.seq, "at": entry.at.isoformat(), "kind": type(entry.event).__name__, "event": event}
    )


def entry_from(text: str | bytes) -> LogEntry:
    """Read a log entry.

    Raises:
        NewerDocument: it holds an event, or a field, that this version does not know.
    """
    wire = json.loads(text)
    kind = EVENTS.get(wire["kind"])
    if kind is None:
        raise NewerDocument(f"the log holds a {wire['kind']}, which this Sluice does not know")
    event = from_text(kind, json.dumps(wire["event"]))
    return LogEntry(seq=wire["seq"], at=datetime.fromisoformat(wire["at"]), event=event)
