"""The reference page of the evidence record, made from its dataclasses and the words for each field."""

import types
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import datetime
from enum import Enum
from typing import Any, get_args, get_origin, get_type_hints

from markdown_pages import code, page, table

from services.release.model import CheckResult, Evidence, Serving
from services.release.naming import archive_address
from services.release.record import MOST_ROWS, RECORD_VERSION, EvidenceRecord, Exchange, RowAnswers
from services.smoke.recording import LONGEST_TEXT, MOST_EXCHANGES

KINDS = (EvidenceRecord, Evidence, CheckResult, Serving, RowAnswers, Exchange)
_PLAIN: Mapping[object, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    datetime: "time, ISO 8601",
}
_INTRODUCTION = (
    "Everything that a run of a smoke suite saw and concluded, as one JSON document. It is written when the run is "
    "judged and never changed. What a person needs of it is on the card and in the thread; "
    "[how a suite runs](../explanation/how-a-suite-runs.md) tells what a run is."
)
_ADDRESS = archive_address("<evidence>", "<model>", "<name>.json")
_PLACES = (
    ("Redis", f"{code('sluice:record:<name>')}, compressed with zlib. Nothing removes it."),
    ("S3", f"{code(_ADDRESS)}, where {code('<evidence>')} is `evidence` of the [catalog](catalog.md)."),
    ("Slack", "the JSON file in the release's thread."),
)
_NAME_AND_DIGEST = (
    "The name is `<release>.<stage>.<time>`: when the phase began in which the suite ran, in UTC. The evidence in the "
    "release's own document names the record and holds the SHA-256 of its text, and the approval is bound to that: so "
    "anybody can check that a record is the one that was decided on. The record cannot hold what is known only once "
    "it is written: its digest, its address in S3, and why it could not be put there, are empty in it."
)
_LIMITS = (
    f"`schema_version` is {RECORD_VERSION}. Sluice refuses to read a record with a higher one, or with a field that it "
    f"does not know. A record has at most {MOST_ROWS} rows and {MOST_EXCHANGES} exchanges: the first requests of "
    f"each kind and what went wrong first, each text cut at {LONGEST_TEXT} characters."
)


def field_names() -> Iterator[str]:
    """Yield the names that need words: `EvidenceRecord.rules`."""
    for kind in KINDS:
        yield from (f"{kind.__name__}.{field.name}" for field in fields(kind))


def evidence_record(words: Mapping[str, str]) -> str:
    """Render the record and everything in it."""
    parts = [_INTRODUCTION, table(("Where", "How to find it"), _PLACES), _NAME_AND_DIGEST, _LIMITS]
    for kind in KINDS:
        hints = get_type_hints(kind)
        rows = (
            (code(each.name), _form(hints[each.name]), words[f"{kind.__name__}.{each.name}"]) for each in fields(kind)
        )
        parts += [f"## {kind.__name__}", table(("Field", "Form", "What it is"), rows)]
    return page("The evidence record", *parts)


def _form(hint: Any) -> str:
    """Return a type as a reader of JSON knows it."""
    origin, inside = get_origin(hint), get_args(hint)
    if origin is types.UnionType:
        return " or ".join("`null`" if each is type(None) else _form(each) for each in inside)
    if origin is tuple:
        return f"list of {_form(inside[0])}" if inside[-1] is Ellipsis else f"[{', '.join(map(_form, inside))}]"
    if origin is dict:
        return f"{_form(inside[1])} by name"
    if hint in KINDS:
        return f"[{hint.__name__}](#{hint.__name__.lower()})"
    if isinstance(hint, type) and issubclass(hint, Enum):
        return ", ".join(code(each.value) for each in hint)
    return _PLAIN[hint]
