"""What the use cases answer with: what was done, what was found, and why something was not done."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field

from services.ports import Inquiry, Told
from services.release.events import GlassBroken, LogEntry
from services.release.model import Freeze, Holds, Lock, Release
from services.release.policy import Denied
from services.release.wanted import Unreadable


@dataclass(frozen=True, slots=True)
class Asker:
    """Who sent a command or a click, where they can be answered privately (in the edge's own form), and from where."""

    user: str
    reply_to: str = ""
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Started:
    """A release is stored and the worker has been told; `replaced` is the waiting one whose place it took, if any."""

    release: Release
    replaced: str = ""


@dataclass(frozen=True, slots=True)
class UnknownModel:
    """The catalog has no such model; `nearest` are names like it."""

    asked: str
    nearest: tuple[str, ...]
    known: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InProgress:
    """Another release of the model is under way; nothing was started."""

    release: Release
    link: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A question is stored; the worker will answer it privately."""

    inquiry: Inquiry


@dataclass(frozen=True, slots=True)
class Decided:
    """What the person decided is stored; nobody else's decision of the same thing can be any more."""

    release: Release


@dataclass(frozen=True, slots=True)
class Breakable:
    """The person may break the release's glass; `event` is what would happen, without the reason yet."""

    release: Release
    event: GlassBroken


@dataclass(frozen=True, slots=True)
class Detail:
    """One release with its whole log."""

    release: Release
    log: tuple[LogEntry, ...]
    told: Told


@dataclass(frozen=True, slots=True)
class Listing:
    """The releases under way, and the newest ones whether ended or not; each with its link (may be empty).

    `newer` are the ids of those that only a newer Sluice can read.
    """

    in_progress: tuple[tuple[Release, str], ...]
    recent: tuple[tuple[Release, str], ...]
    newer: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Thawed:
    """What was lifted: a lock, a freeze, both, or nothing; and what still holds promotions of the scope back."""

    lock: Lock | None
    freeze: Freeze | None
    left: Holds = field(default_factory=Holds)


Refusal = Denied | UnknownModel | Unreadable | InProgress
"""Why nothing was done."""


def told_of(refusal: Refusal) -> tuple[str, str, str]:
    """Return the reason code of a refusal, the rule of the policy that it rests on, and the facts behind it."""
    match refusal:
        case Denied(code=code, reason=reason):
            return code, refusal.rule, reason
        case UnknownModel(asked=asked):
            return "unknown_model", "", asked
        case Unreadable(code=code, expected=expected):
            return code, "", expected
        case InProgress(release=other):
            return "in_progress", "", other.id


def unknown_model(asked: str, known: Iterable[str]) -> UnknownModel:
    """Return that `known` models do not have the one that was asked for, with those of a like name."""
    names = tuple(sorted(known))
    return UnknownModel(asked, tuple(difflib.get_close_matches(asked, names, n=3, cutoff=0.5)), names)
