"""An audit log as rows that people and spreadsheets read: one line, one row."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from handlers.views.spreadsheet import safe
from services.release.audit import (
    Act,
    Announced,
    Attempted,
    AwsCall,
    Committed,
    Looked,
    OrderAnswered,
    OrderSent,
    Trail,
    parted,
)

HEADING = ("chain", "line", "at", "kind", "by", "known_as", "what", "about", "outcome", "rule", "detail", "hash")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a chain in plain words; one that cannot be read has no time, and its text as `detail`."""

    chain: str
    line: int
    at: datetime | None
    kind: str
    by: str = ""
    known_as: str = ""
    what: str = ""
    about: str = ""
    outcome: str = ""
    rule: str = ""
    detail: str = ""
    hash: str = ""

    def cells(self) -> tuple[str, ...]:
        """Return the cells under HEADING."""
        at = self.at.isoformat() if self.at is not None else ""
        written = (self.chain, str(self.line), at, self.kind, self.by, self.known_as, self.what, self.about)
        return tuple(map(_printable, (*written, self.outcome, self.rule, self.detail, self.hash)))


def rows_of(trail: Trail, since: datetime | None = None) -> Iterator[Row]:
    """Return the rows of a chain from a time on; what cannot be read is of any time."""
    for place, (written, act) in enumerate(zip(trail.lines, trail.acts, strict=True), start=1):
        line = parted(written)
        if line is None or act is None:
            yield Row(trail.name, place, None, "unreadable", detail=written)
        elif since is None or act.at >= since:
            yield _row(trail, line.number, line.hash, act)


def facts_of(trail: Trail, act: Committed) -> tuple[Mapping[str, object], ...]:
    """Return the facts that a line seals, as the log has them; what was tampered with may be missing or empty."""
    held = trail.facts[act.first - 1 : act.first - 1 + len(act.facts)] if act.facts else ()
    return tuple(map(_fact, held))


def to_csv(trails: Sequence[Trail], since: datetime | None = None) -> str:
    """Return chains as CSV with a heading (RFC 4180), each cell safe to open in a spreadsheet."""
    written = io.StringIO()
    sheet = csv.writer(written)
    sheet.writerow(HEADING)
    for trail in trails:
        sheet.writerows(map(safe, row.cells()) for row in rows_of(trail, since))
    return written.getvalue()


def to_jsonl(trails: Sequence[Trail], since: datetime | None = None) -> str:
    """Return chains as JSON, a line each: `text` is what `hash` was made of, `facts` are those that it seals."""
    written = []
    for trail in trails:
        for place, (whole, act) in enumerate(zip(trail.lines, trail.acts, strict=True), start=1):
            if since is None or act is None or act.at >= since:
                facts = facts_of(trail, act) if isinstance(act, Committed) else ()
                written.append(json.dumps({**_parts(trail, place, whole), "facts": facts}))
    return "".join(f"{each}\n" for each in written)


def _parts(trail: Trail, place: int, written: str) -> dict[str, object]:
    line = parted(written)
    number, hash_, text = (place, "", written) if line is None else (line.number, line.hash, line.text)
    return {"chain": trail.name, "line": number, "hash": hash_, "text": text}


def _row(trail: Trail, number: int, hash_: str, act: Act) -> Row:
    match act:
        case Attempted(at, by, what, about, code, rule, detail, name):
            outcome = f"refused: {code}" if code else "let through"
            return Row(trail.name, number, at, "attempt", by, name, what, about, outcome, rule, detail, hash_)
        case Committed(at=at, revision=revision):
            facts = facts_of(trail, act)
            kinds = ", ".join(str(fact.get("kind", "?")) for fact in facts)
            about = f"facts {act.first} to {act.first + len(facts) - 1}" if len(facts) > 1 else f"fact {act.first}"
            about = about if act.facts else f"revision {revision}"
            doer, name = _doer(facts)
            return Row(trail.name, number, at, "fact", doer, name, kinds, about, detail=_told(facts), hash=hash_)
        case OrderSent(at, order, arguments):
            about = ", ".join(f"{name}={value}" for name, value in arguments)
            return Row(trail.name, number, at, "order", "sluice", "", order, about, "sent", hash=hash_)
        case OrderAnswered(at, order, calls, error):
            told = ", ".join(map(_answered, calls))
            done = error or "done"
            return Row(trail.name, number, at, "answer", "aws", "", order, outcome=done, detail=told, hash=hash_)
        case Looked(at, by, what, about):
            return Row(trail.name, number, at, "look", by, "", what, about, hash=hash_)
        case Announced(at, where, fact, part, place):
            about = f"fact {fact}" + (f", part {part + 1}" if part else "")
            return Row(trail.name, number, at, "message", "sluice", "", where, about, detail=place, hash=hash_)


def _answered(call: AwsCall) -> str:
    by = f" by {call.session}" if call.session else ""
    return f"{call.operation} {call.status} request id {call.request_id}{by}"


def _fact(text: str) -> Mapping[str, object]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _event(fact: Mapping[str, object]) -> Mapping[str, object]:
    event = fact.get("event")
    return event if isinstance(event, dict) else {}


def _doer(facts: Sequence[Mapping[str, object]]) -> tuple[str, str]:
    """Return who brought the facts about, and the id that the catalog gave that person elsewhere."""
    events = map(_event, facts)
    found = ((str(by), str(event.get("known_as") or "")) for event in events if (by := event.get("by")))
    return next(found, ("sluice", ""))


def _told(facts: Sequence[Mapping[str, object]]) -> str:
    """Return what a fact itself says in a few words: a reason, a code with its detail, a config."""
    found = (str(_event(fact).get(name) or "") for fact in facts for name in ("code", "reason", "detail", "config"))
    return ": ".join(filter(None, found))


def _printable(text: str) -> str:
    """Return a text that can be written: a byte that is no UTF-8 was read as half a surrogate pair."""
    return text.encode("utf-8", "replace").decode()
