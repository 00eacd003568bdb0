"""The reference page of the audit log, made from the acts that it holds and the words for each field."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any, get_args, get_origin, get_type_hints

from markdown_pages import code, page, table

from handlers.report.rows import HEADING
from services.release.audit import GENERAL, LOOKS_KEPT, ORIGIN, Act, AwsCall
from services.release.naming import archive_address

KINDS = (*get_args(Act), AwsCall)
_PLAIN: Mapping[object, str] = {str: "text", int: "whole number", datetime: "time, ISO 8601"}
_INTRODUCTION = (
    "Every release has one, and so has what concerns no release. It holds each try of a person, refused ones too, each "
    "order to AWS with the request ids of its calls, each message, and a seal on every fact of the release's log. "
    "[What it proves](../explanation/the-record.md) is told elsewhere."
)
_COMMANDS = (
    ("sluice audit verify [RELEASE]", "Holds every audit log, or one, against its hashes. Exit 1 if one was changed."),
    ("… --against FILE", "And against the JSON report of a release that was made earlier and kept elsewhere."),
    ("sluice audit export [RELEASE]", "Prints audit logs, a JSON object a line; `facts` are those that a line seals."),
    ("… --format csv", f"The same as rows for a spreadsheet: {', '.join(HEADING)}. No cell becomes a formula."),
    ("… --since DATE", "Only from a date on, or a time, in ISO 8601; UTC unless it says otherwise."),
    (
        "sluice audit report RELEASE",
        "Prints the report of a release as an HTML page, with its pictures and account ids.",
    ),
    ("… --format json", "The same for programs: all that is stored, word for word."),
)
_LINE = (
    "A line is `<number> <hash> <text>`. The hash is the SHA-256, in hex, of `<hash of the line before> <number> "
    f"<text>`; before the first line stands {code(ORIGIN[:4] + '…')}, 64 zeros. The head is `<number> <hash>` of the "
    'last line. The text is JSON, `{"kind": …, "act": …}`, with one of the kinds below. Anyone can verify an export '
    "with nothing but SHA-256."
)


def act_field_names() -> Iterator[str]:
    """Yield the names that need words: `Attempted.code`."""
    for kind in KINDS:
        yield from (f"{kind.__name__}.{field.name}" for field in fields(kind))


def audit_log(words: Mapping[str, str]) -> str:
    """Render the commands, the form of a line, and every kind of act."""
    address = archive_address("<evidence>", "<model>", "<release>.report.html")
    places = (
        ("lines", f"in Redis, {code('sluice:audit:<release>')}, a list; of what concerns no release, {code(GENERAL)}"),
        ("head", f"in Redis, {code('sluice:audit:<release>:head')}"),
        (
            "who looked",
            f"in Redis, {code('sluice:audit:looks-<year>-<month>')}; kept {LOOKS_KEPT.days} days, all else for good",
        ),
        ("a copy", f"in S3, once the release has ended: {code(address)}, and the JSON beside it"),
    )
    parts = [
        _INTRODUCTION,
        "## Commands",
        "They need `REDIS_URL` and nothing else.",
        table(("Command", "What it does"), ((code(command), what) for command, what in _COMMANDS)),
        "## A line",
        _LINE,
        table(("What", "Where"), places),
    ]
    for kind in KINDS:
        hints = get_type_hints(kind)
        rows = (
            (code(each.name), _form(hints[each.name]), words[f"{kind.__name__}.{each.name}"]) for each in fields(kind)
        )
        meaning = (kind.__doc__ or "").split("\n\n")[0].strip()
        parts += [f"## {kind.__name__}", meaning, table(("Field", "Form", "What it is"), rows)]
    return page("The audit log", *parts)


def _form(hint: Any) -> str:
    """Return a type as a reader of JSON knows it."""
    if get_origin(hint) is tuple:
        inside = get_args(hint)
        return f"list of {_form(inside[0])}" if inside[-1] is Ellipsis else f"[{', '.join(map(_form, inside))}]"
    return f"[{hint.__name__}](#{hint.__name__.lower()})" if hint in KINDS else _PLAIN[hint]
