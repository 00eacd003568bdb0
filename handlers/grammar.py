"""What people type after a slash command, as typed commands. Pure and total: any text becomes a command or a mistake.

Phones and office programs turn quotes and dashes into typographic ones; they are understood all the same.
"""

import re
import shlex
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from services.release.naming import is_release_id

LONGEST_TEXT = 2_000
LONGEST_REASON = 1_000
LONGEST_WORD = 300
LATEST = "latest"

_STRAIGHT = str.maketrans(
    {
        "\N{LEFT DOUBLE QUOTATION MARK}": '"',
        "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
        "\N{DOUBLE LOW-9 QUOTATION MARK}": '"',
        "\N{LEFT SINGLE QUOTATION MARK}": "'",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
        "\N{NON-BREAKING HYPHEN}": "-",
        "\N{EN DASH}": "-",
        "\N{EM DASH}": "-",
        "\N{NO-BREAK SPACE}": " ",
    }
)
_SPAN = re.compile(r"([0-9]{1,4})\s*(m|min|minutes?|h|hours?|d|days?|w|weeks?)", re.IGNORECASE)
_SECONDS = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_MOMENT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]([0-9]{2}:[0-9]{2}))?Z?", re.IGNORECASE)
_BECAUSE = re.compile(r"(?:^|\s)because(?:\s+|$)", re.IGNORECASE)
_LONGEST_FREEZE = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Help:
    """Show how a command is used."""

    command: str


@dataclass(frozen=True, slots=True)
class Mistake:
    """The text is no command; `problem` says why, in plain text."""

    command: str
    problem: str


@dataclass(frozen=True, slots=True)
class OpenDeployForm:
    """Choose model and version in a form."""


@dataclass(frozen=True, slots=True)
class Deploy:
    """Release a version of a model; `wanted` is as typed."""

    model: str
    wanted: str = LATEST


@dataclass(frozen=True, slots=True)
class ListReleases:
    """Show what is in progress and what was."""


@dataclass(frozen=True, slots=True)
class ShowRelease:
    """Show one release."""

    release_id: str


@dataclass(frozen=True, slots=True)
class ShowEvidence:
    """Show what the smoke tests of a release saw."""

    release_id: str


@dataclass(frozen=True, slots=True)
class CancelRelease:
    """Call a release off."""

    release_id: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class BreakGlass:
    """Promote a release past its gate; what that takes beside the id is asked for in a form."""

    release_id: str


@dataclass(frozen=True, slots=True)
class LookBack:
    """Show what prod would go back to; an empty model means whichever there is."""

    model: str = ""


@dataclass(frozen=True, slots=True)
class ShowEndpoints:
    """Show what is live; an empty model means all."""

    model: str = ""


@dataclass(frozen=True, slots=True)
class ShowHolds:
    """Show what is locked and frozen."""


@dataclass(frozen=True, slots=True)
class FreezePromotions:
    """Hold promotions of a model, or of `all`, back."""

    scope: str
    reason: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ThawPromotions:
    """Lift the holds of a model, or of `all`."""

    scope: str


Command = (
    Help
    | Mistake
    | OpenDeployForm
    | Deploy
    | ListReleases
    | ShowRelease
    | ShowEvidence
    | CancelRelease
    | BreakGlass
    | LookBack
    | ShowEndpoints
    | ShowHolds
    | FreezePromotions
    | ThawPromotions
)
"""Everything that a slash command can mean."""


def parse(command: str, text: str, now: datetime) -> Command:
    """Return what `text` after `command` means at `now` (aware); never raises."""
    reader = _READERS.get(command)
    if reader is None:
        return Mistake(command, f"Sluice has no command {command[:40]}.")
    if len(text) > LONGEST_TEXT:
        return Mistake(command, f"That is {len(text):,} characters long; {LONGEST_TEXT:,} is the most.")
    straight = text.translate(_STRAIGHT).strip()
    words = _words(straight)
    if words and words[0].lower() in {"help", "-h", "--help", "?"}:
        return Help(command)
    if any(len(word) > LONGEST_WORD for word in words[:3]):
        return Mistake(command, f"{words[0][:40]}… is too long for a name.")
    return reader(straight, words, now)


def _words(text: str) -> list[str]:
    """Split as a shell would; an apostrophe in a sentence opens no quotation."""
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def _deploy(_text: str, words: list[str], _now: datetime) -> Command:
    match words:
        case []:
            return OpenDeployForm()
        case [model]:
            return Deploy(model)
        case [model, wanted]:
            return Deploy(model, wanted)
        case _:
            return Mistake("/deploy", f"A model and a version are two words; these are {len(words)}.")


def _release(text: str, words: list[str], _now: datetime) -> Command:
    match [word.lower() for word in words[:1]]:
        case []:
            return ListReleases()
        case ["cancel"]:
            return _cancel(text, words[1:])
        case ["evidence"]:
            return _of_release(words[1:], ShowEvidence, "evidence")
        case ["break-glass"]:
            return _of_release(words[1:], BreakGlass, "break-glass")
        case _:
            return _of_release(words, ShowRelease, "")


def _of_release(words: list[str], make: type[ShowEvidence | ShowRelease | BreakGlass], verb: str) -> Command:
    match words:
        case [name] if is_release_id(name.lower()):
            return make(name.lower())
        case [name]:
            return Mistake("/release", f"{name} is no release id; one looks like r7k2m9x4q.")
        case _:
            return Mistake("/release", f"Name one release{' after ' + verb if verb else ''}; it looks like r7k2m9x4q.")


def _cancel(text: str, words: list[str]) -> Command:
    if not words or not is_release_id(words[0].lower()):
        return Mistake("/release", "Name the release to cancel; it looks like r7k2m9x4q.")
    parts = text.split(maxsplit=2)
    reason = _unquoted(parts[2]) if len(parts) > 2 else ""  # noqa: PLR2004 - cancel, id, reason
    if len(reason) > LONGEST_REASON:
        return Mistake("/release", f"The reason is {len(reason):,} characters long; {LONGEST_REASON:,} is the most.")
    return CancelRelease(words[0].lower(), reason)


def _rollback(_text: str, words: list[str], _now: datetime) -> Command:
    return LookBack(*words) if len(words) <= 1 else Mistake("/rollback", "Name one model, or none.")


def _endpoints(_text: str, words: list[str], _now: datetime) -> Command:
    return ShowEndpoints(*words) if len(words) <= 1 else Mistake("/endpoints", "Name one model, or none.")


def _thaw(_text: str, words: list[str], _now: datetime) -> Command:
    if len(words) != 1:
        return Mistake("/thaw", "Name one model, or all.")
    return ThawPromotions(_scope(words[0]))


def _freeze(text: str, words: list[str], now: datetime) -> Command:
    if not words:
        return ShowHolds()
    before, *after = _BECAUSE.split(text, maxsplit=1)
    reason = _unquoted(after[0]) if after else ""
    if not reason:
        return Mistake("/freeze", "A freeze needs a reason: end with “because” and say why.")
    if len(reason) > LONGEST_REASON:
        return Mistake("/freeze", f"The reason is {len(reason):,} characters long; {LONGEST_REASON:,} is the most.")
    head = _words(before)
    if not head:
        return Mistake("/freeze", "Name a model, or all, before the reason.")
    until = _until(head[1:], now)
    return until if isinstance(until, Mistake) else FreezePromotions(_scope(head[0]), reason, until)


def _until(words: list[str], now: datetime) -> datetime | Mistake | None:
    """Return the end of a freeze, None for one without end; times without a zone are UTC."""
    if not words:
        return None
    kind, rest = words[0].lower(), " ".join(words[1:])
    if kind == "for":
        end = _after_span(rest, now)
    elif kind == "until":
        end = _moment(rest)
    else:
        return Mistake("/freeze", f"After the model comes for, until or because; not {words[0]}.")
    if end is None:
        return Mistake("/freeze", f"{rest or 'Nothing'} is no time: write 2h, 3d, 2026-12-01 or 2026-12-01T08:00.")
    if not now < end <= now + _LONGEST_FREEZE:
        return Mistake("/freeze", f"{rest} has to be in the future, and within a year.")
    return end


def _after_span(text: str, now: datetime) -> datetime | None:
    found = _SPAN.fullmatch(text)
    return now + timedelta(seconds=int(found[1]) * _SECONDS[found[2][0].lower()]) if found else None


def _moment(text: str) -> datetime | None:
    found = _MOMENT.fullmatch(text)
    if found is None:
        return None
    try:
        return datetime.fromisoformat(f"{found[1]}T{found[2] or '00:00'}").replace(tzinfo=UTC)
    except ValueError:
        return None


def _scope(word: str) -> str:
    return "all" if word.lower() == "all" else word


def _unquoted(text: str) -> str:
    """Return a reason without the quotation marks around the whole of it."""
    stripped = text.strip()
    wrapped = len(stripped) > 1 and stripped[0] == stripped[-1] and stripped[0] in "\"'"
    return stripped[1:-1].strip() if wrapped else stripped


_READERS = {
    "/deploy": _deploy,
    "/release": _release,
    "/rollback": _rollback,
    "/endpoints": _endpoints,
    "/freeze": _freeze,
    "/thaw": _thaw,
}

COMMANDS = tuple(_READERS)
"""The slash commands; manifest.yaml declares exactly these."""
