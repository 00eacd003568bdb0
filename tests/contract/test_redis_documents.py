"""Documents on the wire: all that the core can hold comes back, and nothing unknown is read."""

import dataclasses
import json
import math
import types
import typing
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import pytest
from fakes.builders import NOON, every_event, evidence, freeze, lock, pointer, promoting
from hypothesis import given
from hypothesis import strategies as st

from services.adapters.redis_documents import (
    EVENTS,
    entry_from,
    entry_to_text,
    from_text,
    record_from,
    release_from,
    to_text,
)
from services.ports import Inquiry, NewerDocument, Told
from services.release.events import LogEntry, Requested
from services.release.model import SCHEMA_VERSION, Evidence, Freeze, Lock, Release, RollbackPointer
from services.release.record import RECORD_VERSION, EvidenceRecord

pytestmark = pytest.mark.contract

Values = st.SearchStrategy[Any]
_PLAIN: dict[Any, Values] = {
    str: st.text(max_size=20),
    int: st.integers(-(2**53), 2**53),
    bool: st.booleans(),
    float: st.floats(allow_nan=False),
    type(None): st.none(),
    datetime: st.datetimes(timezones=st.just(UTC)),
}


def of(kind: Any) -> Values:
    """Return a strategy for whatever a field of the core may be declared as."""
    if kind in _PLAIN:
        return _PLAIN[kind]
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in {types.UnionType, typing.Union}:
        return st.one_of(*map(of, arguments))
    if origin is tuple and arguments[-1] is Ellipsis:
        return st.lists(of(arguments[0]), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*map(of, arguments))
    if origin is dict:
        return st.dictionaries(of(arguments[0]), of(arguments[1]), max_size=2)
    if issubclass(kind, Enum):
        return st.sampled_from(list(kind))
    return document(kind)


def document(kind: Any) -> Values:
    hints = typing.get_type_hints(kind)
    return st.builds(kind, **{field.name: of(hints[field.name]) for field in dataclasses.fields(kind)})


def releases() -> st.SearchStrategy[Release]:
    return document(Release).map(lambda release: dataclasses.replace(release, schema_version=SCHEMA_VERSION))


@given(releases())
def test_every_release_comes_back_as_it_was(release: Release) -> None:
    assert release_from(to_text(release)) == release


@given(document(EvidenceRecord))
def test_every_record_comes_back_as_it_was(record: EvidenceRecord) -> None:
    written = dataclasses.replace(record, schema_version=RECORD_VERSION)
    assert record_from(to_text(written)) == written


@pytest.mark.parametrize("text", ["", "[]", "{}", json.dumps({"schema_version": RECORD_VERSION + 1})])
def test_what_is_no_record_of_ours_is_refused(text: str) -> None:
    with pytest.raises(NewerDocument):
        record_from(text)


@given(st.sampled_from(sorted(EVENTS)).flatmap(lambda name: document(EVENTS[name])), st.integers(1, 2**31))
def test_every_log_entry_comes_back_as_it_was(event: Any, seq: int) -> None:
    entry = LogEntry(seq, NOON, event)
    assert entry_from(entry_to_text(entry)) == entry


@pytest.mark.parametrize("kind", [RollbackPointer, Lock, Freeze, Inquiry, Told])
def test_everything_else_that_is_stored_comes_back_as_it_was(kind: Any) -> None:
    @given(document(kind))
    def check(value: object) -> None:
        assert from_text(kind, to_text(value)) == value

    check()


def test_every_class_of_event_has_its_name_on_the_wire() -> None:
    assert {type(event).__name__ for event in every_event()} == set(EVENTS)


def test_an_entry_is_written_with_its_class_beside_it() -> None:
    wire = json.loads(entry_to_text(LogEntry(1, NOON, Requested("U1"))))
    assert wire == {
        "seq": 1,
        "at": "2026-11-23T12:00:00Z",
        "kind": "Requested",
        "event": {"by": "U1", "supersedes": ""},
    }


def test_numbers_that_json_has_no_form_for_come_back_too() -> None:
    seen = dataclasses.replace(evidence(), seconds=math.inf, latency_ms={"p50": math.nan})
    back = from_text(Evidence, to_text(seen))
    assert math.isnan(back.latency_ms["p50"])
    assert back.seconds == math.inf


def test_half_a_surrogate_pair_does_not_stop_a_release() -> None:
    assert from_text(Lock, to_text(Lock("m", "U1", "why \ud83d", NOON))).reason == "why ?"


def altered(text: str, *path: str, **fields: object) -> str:
    """Return a document with `fields` set in the object at `path`."""
    wire = json.loads(text)
    target = wire
    for step in path:
        target = target[step]
    target.update(fields)
    return json.dumps(wire)


@pytest.mark.parametrize("path", [(), ("deployment",), ("gate",), ("pointer",), ("decision",)])
def test_a_field_that_is_not_known_is_refused_at_any_depth(path: tuple[str, ...]) -> None:
    with pytest.raises(NewerDocument, match="shadow_endpoint"):
        release_from(altered(to_text(promoting()), *path, shadow_endpoint="x"))


def test_a_newer_schema_is_refused_before_anything_else_is_read() -> None:
    with pytest.raises(NewerDocument, match="schema_version"):
        release_from(json.dumps({"schema_version": SCHEMA_VERSION + 1, "all": "different"}))


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "{}", '{"schema_version": null}', '{"schema_version": 1}'])
def test_what_is_no_release_is_refused(text: str) -> None:
    with pytest.raises(NewerDocument):
        release_from(text)


def test_a_value_of_another_kind_is_not_bent_into_shape() -> None:
    with pytest.raises(NewerDocument, match="revision"):
        release_from(altered(to_text(promoting()), revision="7"))
    with pytest.raises(NewerDocument, match="phase"):
        release_from(altered(to_text(promoting()), phase="meditating"))


@pytest.mark.parametrize(
    "change",
    [{"kind": "Teleported"}, {"event": {"by": "U1", "mood": "good"}}, {"event": {}}, {"mood": "good"}, {"at": "noon"}],
)
def test_an_entry_that_says_something_unknown_is_refused(change: dict[str, object]) -> None:
    text = entry_to_text(LogEntry(1, NOON, Requested("U1")))
    with pytest.raises(NewerDocument):
        entry_from(altered(text, **change))


def test_an_older_document_without_the_fields_added_since_is_read() -> None:
    wire = json.loads(to_text(promoting()))
    del wire["reply_to"], wire["cleaned_up"]
    assert release_from(json.dumps(wire)) == promoting()


def test_the_other_documents_are_as_strict() -> None:
    for value in (lock(), freeze(), pointer(promoting())):
        with pytest.raises(NewerDocument):
            from_text(type(value), altered(to_text(value), mood="good"))
