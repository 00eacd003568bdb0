"""Documents as text: JSON of the core's dataclasses, strict both ways.

A field that this version does not know is refused, never dropped: an old worker would erase what a new one wrote.
Whatever the core can hold can be read again: NaN and infinities stay (as Python and pydantic write them), and half a
surrogate pair, which UTF-8 has no form for, becomes a question mark.
"""

import json
import typing
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from services.ports import NewerDocument
from services.release.audit import Act
from services.release.events import Event, LogEntry
from services.release.model import SCHEMA_VERSION, Release
from services.release.record import RECORD_VERSION, EvidenceRecord

T = TypeVar("T")

EVENTS: dict[str, Any] = {kind.__name__: kind for kind in typing.get_args(Event)}
"""An event's name in the log -> its class."""

ACTS: dict[str, Any] = {kind.__name__: kind for kind in typing.get_args(Act)}
"""An act's name in an audit log -> its class."""


@dataclass(frozen=True, slots=True)
class _Envelope:
    """A log entry on the wire; `event` is read by the class that `kind` names."""

    seq: int
    at: datetime
    kind: str
    event: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Deed:
    """An act on the wire; `act` is read by the class that `kind` names."""

    kind: str
    act: dict[str, Any]


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def to_text(document: object) -> str:
    """Return a dataclass of the core as JSON."""
    return _written(_plain(document))


def from_text(kind: type[T], text: str | bytes) -> T:
    """Read what `to_text` wrote.

    Raises:
        NewerDocument: it says something that this version does not know.
    """
    wanted: Any = kind
    try:
        document: T = _adapter(wanted).validate_json(text, strict=True, extra="forbid")
    except ValidationError as error:
        raise _unreadable(kind.__name__, error) from None
    return document


def release_from(text: str | bytes) -> Release:
    """Read a release.

    Raises:
        NewerDocument: a newer Sluice wrote it, or it says something that this version does not know.
    """
    _refuse_newer(text, SCHEMA_VERSION)
    return from_text(Release, text)


def release_if_known(text: str | bytes) -> Release | None:
    """Read a release, None where only a newer Sluice can."""
    try:
        return release_from(text)
    except NewerDocument:
        return None


def record_from(text: str | bytes) -> EvidenceRecord:
    """Read an evidence record.

    Raises:
        NewerDocument: a newer Sluice wrote it, or it says something that this version does not know.
    """
    _refuse_newer(text, RECORD_VERSION)
    return from_text(EvidenceRecord, text)


def entry_to_text(entry: LogEntry) -> str:
    """Return a log entry as JSON, its event under the name of its class."""
    envelope = _plain(_Envelope(entry.seq, entry.at, type(entry.event).__name__, {}))
    return _written({**envelope, "event": _plain(entry.event)})


def entry_from(text: str | bytes) -> LogEntry:
    """Read a log entry.

    Raises:
        NewerDocument: it holds an event, or a field, that this version does not know.
    """
    envelope = from_text(_Envelope, text)
    kind = EVENTS.get(envelope.kind)
    if kind is None:
        raise NewerDocument(f"the log holds a {envelope.kind}, which this Sluice does not know")
    event = from_text(kind, json.dumps(envelope.event))
    return LogEntry(seq=envelope.seq, at=envelope.at, event=event)


def act_to_text(act: Act) -> str:
    """Return an act of an audit log as JSON, under the name of its class."""
    return _written({"kind": type(act).__name__, "act": _plain(act)})


def act_from(text: str) -> Act:
    """Read an act of an audit log.

    Raises:
        NewerDocument: it holds an act, or a field, that this version does not know.
    """
    deed = from_text(_Deed, text)
    if deed.kind not in ACTS:
        raise NewerDocument(f"the audit log holds a {deed.kind}, which this Sluice does not know")
    act: Act = from_text(ACTS[deed.kind], json.dumps(deed.act))
    return act


def _plain(document: object) -> dict[str, Any]:
    """Return a document as what JSON knows, but for numbers that it does not."""
    kind: Any = type(document)
    # By its declared type and not dump_json: both other ways write NaN as null, which no float field reads again.
    plain: dict[str, Any] = _adapter(kind).dump_python(document, mode="json")
    return plain


def _written(plain: dict[str, Any]) -> str:
    text = json.dumps(plain, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace").decode()


def _refuse_newer(text: str | bytes, known: int) -> None:
    schema = _schema_version(text)
    if not isinstance(schema, int) or schema > known:
        raise NewerDocument(f"the document has schema_version {schema}; this Sluice knows {known}")


def _schema_version(text: str | bytes) -> object:
    try:
        wire = json.loads(text)
    except ValueError:
        return None
    return wire.get("schema_version") if isinstance(wire, dict) else None


def _unreadable(name: str, error: ValidationError) -> NewerDocument:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "the whole"
    return NewerDocument(f"cannot read a stored {name}: {where}: {first['msg']}")
