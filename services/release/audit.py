"""The audit log of a release: every try, order and announcement, and a seal on every fact, chained by SHA-256.

A line is `<number> <hash> <text>`: the number counts from 1, and the hash is the SHA-256 of the line before's hash, the
number and the text. So a line cannot be changed, removed, added or moved without all that follow it being written
anew; the head, `<number> <hash>` of the last line, is kept beside the chain and shows where one was cut off.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

GENERAL = "general"
"""The chain of what concerns no release, such as a freeze; releases have one each, under their ids."""

LOOKS = "looks-"
"""How the chains begin that hold who looked at what: one a month (`looks-2026-11`), each kept for LOOKS_KEPT."""
LOOKS_KEPT = timedelta(days=400)
"""How long such a chain is kept after its last line: a year, and the month that the year is asked about in."""

ORIGIN = "0" * 64
"""What stands for the hash before the first."""

ARCHIVING = "ArchiveReport"
"""The order by which an ended release is put into the archive."""

_LINE = re.compile(r"([1-9][0-9]{0,8}) ([0-9a-f]{64}) (.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Attempted:
    """A person tried something. `code` is the reason code of a refusal, empty where it was let through.

    `what` names the use case, `about` what it was tried on, `rule` the line of the policy that decided it, `detail` the
    facts behind a refusal. `known_as` is the id that the catalog gives the person elsewhere.
    """

    at: datetime
    by: str
    what: str
    about: str = ""
    code: str = ""
    rule: str = ""
    detail: str = ""
    known_as: str = ""


@dataclass(frozen=True, slots=True)
class Committed:
    """The release's document was written, as `revision`, with the facts from number `first` on.

    `document` and `facts` are SHA-256 digests of what was stored: neither can be changed without its seal.
    """

    at: datetime
    revision: int
    document: str
    first: int
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OrderSent:
    """Written before AWS is asked to change something: an order that no answer follows may or may not have arrived."""

    at: datetime
    order: str
    arguments: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class AwsCall:
    """One call that changes something, as AWS answered it; CloudTrail has the same request id.

    `session` is the role and the session that made it, as its ARN ends; empty for the worker's own credentials.
    """

    operation: str
    request_id: str
    status: int
    session: str = ""


@dataclass(frozen=True, slots=True)
class OrderAnswered:
    """What became of the order before: the calls that it took, and the error that it ended in, if any."""

    at: datetime
    order: str
    calls: tuple[AwsCall, ...]
    error: str = ""


@dataclass(frozen=True, slots=True)
class Announced:
    """People were told: `where` is `card`, `thread` or `requester`, `fact` the number of the newest fact that was told.

    A word about a lock or a freeze is of no fact (0), and told in the `channel`. `part` counts the messages about one
    fact, `place` is the address in the announcer's own form.
    """

    at: datetime
    where: str
    fact: int
    part: int = 0
    place: str = ""


@dataclass(frozen=True, slots=True)
class Looked:
    """A person looked: at `what`, and at which model or release of it (`about`), empty for all."""

    at: datetime
    by: str
    what: str
    about: str = ""


Act = Attempted | Committed | OrderSent | OrderAnswered | Announced | Looked
"""Everything that a chain holds."""


@dataclass(frozen=True, slots=True)
class Trail:
    """A chain as it is stored, with what it vouches for.

    `acts` are the lines as read, None for one that cannot be. `facts` are the texts of the release's log, `document` is
    that of the release; both are empty for the general chain.
    """

    name: str
    lines: tuple[str, ...]
    acts: tuple[Act | None, ...]
    head: str = ""
    facts: tuple[str, ...] = ()
    document: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """Where the record of `chain` is not what was written: at a line, at a fact of the log, or beside both."""

    chain: str
    problem: str
    line: int | None = None
    fact: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A line in its parts."""

    number: int
    hash: str
    text: str


def looks(at: datetime) -> str:
    """Return the name of the chain that holds who looked at what in the month of `at` (UTC)."""
    return f"{LOOKS}{at:%Y-%m}"


def lapses(chain: str) -> bool:
    """Say whether a chain is kept for LOOKS_KEPT only; all others are kept for good."""
    return chain.startswith(LOOKS)


def news(trail: Trail) -> int:
    """Return how much there is to tell: it grows with each try, fact and order.

    It does not with a message, nor when a release that has ended is put into the archive.
    """
    told = (act for act in trail.acts if not isinstance(act, Announced | OrderAnswered))
    return sum(not (isinstance(act, OrderSent) and act.order == ARCHIVING) for act in told)


def digest(text: str) -> str:
    """Return the SHA-256 of a text in hex; bytes that are no UTF-8 are taken as `surrogateescape` reads them."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def chained(head: str, texts: Iterable[str]) -> tuple[tuple[str, ...], str]:
    """Return the lines that continue a chain whose head is `head` (empty for a new one), and the new head."""
    number, _, previous = head.partition(" ") if head else ("0", "", ORIGIN)
    lines = []
    for place, text in enumerate(texts, start=int(number) + 1):
        previous = _hash(previous, place, text)
        head = f"{place} {previous}"
        lines.append(f"{head} {text}")
    return tuple(lines), head


def parted(line: str) -> Line | None:
    """Return a line in its parts, or None for what is no line."""
    found = _LINE.fullmatch(line)
    return None if found is None else Line(int(found[1]), found[2], found[3])


def covered_from(trail: Trail) -> int | None:
    """Return the number of the first fact that the chain vouches for; None if it vouches for none.

    Facts before it were written by a Sluice that kept no chain.
    """
    return next((act.first for act in trail.acts if isinstance(act, Committed) and act.facts), None)


def faults(trail: Trail) -> tuple[Fault, ...]:
    """Return everything that is wrong with a trail; of a broken chain only the place where it first breaks."""
    broken = _broken(trail)
    return (broken,) if broken is not None else tuple(_unsealed(trail))


def departure(trail: Trail, copy: Sequence[str]) -> Fault | None:
    """Return where a chain departs from a copy of its lines that was made earlier; None if it goes on from there.

    Only numbers and hashes are compared: a copy may have left something out of its texts.
    """
    for place, (written, copied) in enumerate(zip(trail.lines, copy, strict=False), start=1):
        if written.split(" ")[:2] != copied.split(" ")[:2]:
            return Fault(trail.name, "it is not the line of the copy: the chain was written anew from here", place)
    if len(copy) > len(trail.lines):
        return Fault(trail.name, "the copy has it, and the chain does not", len(trail.lines) + 1)
    return None


def _hash(previous: str, number: int, text: str) -> str:
    return digest(f"{previous} {number} {text}")


def _broken(trail: Trail) -> Fault | None:
    head = ""
    for place, written in enumerate(trail.lines, start=1):
        line = parted(written)
        if line is None:
            return Fault(trail.name, "it is no line of a chain: it was changed", place)
        if line.number != place:
            return Fault(trail.name, f"line {line.number} stands in its place", place)
        if chained(head, (line.text,))[0] != (written,):
            return Fault(trail.name, "its hash is not that of its text after the line before: it was changed", place)
        head = f"{line.number} {line.hash}"
    return _cut(trail, head) or _unread(trail)


def _cut(trail: Trail, head: str) -> Fault | None:
    """Hold the end of the chain against the head that is kept beside it."""
    if trail.head == head:
        return None
    kept = parted(f"{trail.head} ")
    if kept is None:
        return Fault(trail.name, "the head beside the chain is missing or was changed")
    if kept.number > len(trail.lines):
        lines = f"line {kept.number}" if kept.number == len(trail.lines) + 1 else f"all to line {kept.number}"
        return Fault(trail.name, f"it was cut off: {lines}", len(trail.lines) + 1)
    return Fault(trail.name, "the head beside the chain is not that of the last line", len(trail.lines) or None)


def _unread(trail: Trail) -> Fault | None:
    unread = (place for place, act in enumerate(trail.acts, start=1) if act is None)
    return next((Fault(trail.name, "this Sluice cannot read it; a newer one may", place) for place in unread), None)


def _unsealed(trail: Trail) -> Iterator[Fault]:
    """Hold the log and the document against the seals of a chain that is whole."""
    commits = [act for act in trail.acts if isinstance(act, Committed)]
    for number, seal in sorted(_seals(commits)):
        if number > len(trail.facts):
            yield Fault(trail.name, "it is missing from the log", fact=number)
        elif digest(trail.facts[number - 1]) != seal:
            yield Fault(trail.name, "it is not what was written: it was changed or moved", fact=number)
    known = max((act.first + len(act.facts) for act in commits), default=len(trail.facts) + 1)
    for number in range(known, len(trail.facts) + 1):
        yield Fault(trail.name, "no line of the chain knows it: it was added", fact=number)
    if commits and digest(trail.document) != commits[-1].document:
        yield Fault(trail.name, f"the release's document is not the one of revision {commits[-1].revision}")


def _seals(commits: Sequence[Committed]) -> Iterator[tuple[int, str]]:
    for act in commits:
        yield from enumerate(act.facts, start=act.first)
