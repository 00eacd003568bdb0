"""Deploy windows: the times of the week at which prod may be changed, as `mon-fri 09:00-17:00 Europe/Madrid`."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_MINUTES = 24 * 60
_WINDOW = re.compile(r"(?P<days>\S+) (?P<begin>[0-9:]+)-(?P<end>[0-9:]+) (?P<zone>\S+)")
_CLOCK = re.compile(r"(?P<hour>[0-9]{2}):(?P<minute>[0-5][0-9])")


@dataclass(frozen=True, slots=True)
class Window:
    """Days of the week (Monday is 0), the minutes of the day from `begin` to before `end`, and whose clock it is."""

    days: frozenset[int]
    begin: int
    end: int
    zone: ZoneInfo


def read_window(text: str) -> Window:
    """Read a window.

    Raises:
        ValueError: it is none, and what about it is wrong.
    """
    found = _WINDOW.fullmatch(" ".join(text.split()))
    if found is None:
        raise ValueError(f"{text!r} is no window; write `mon-fri 09:00-17:00 Europe/Madrid`")
    begin, end = _minute(found["begin"]), _minute(found["end"])
    if begin >= end:
        raise ValueError(f"{text!r} ends before it begins; a night needs two windows, up to 24:00 and from 00:00")
    return Window(_days(found["days"]), begin, end, _zone(found["zone"]))


def _minute(text: str) -> int:
    found = _CLOCK.fullmatch(text)
    minute = int(found["hour"]) * 60 + int(found["minute"]) if found else _DAY_MINUTES + 1
    if minute > _DAY_MINUTES:
        raise ValueError(f"{text!r} is no time of day; write 00:00 to 24:00")
    return minute


def _days(text: str) -> frozenset[int]:
    """Read `mon-fri`, `mon,wed`, `sat-mon` or `daily`."""
    if text == "daily":
        return frozenset(range(7))
    days: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        if first not in _DAYS or (last or first) not in _DAYS:
            raise ValueError(f"{part!r} is no day of the week; write {', '.join(_DAYS)} or daily")
        begin = _DAYS.index(first)
        days |= {(begin + step) % 7 for step in range((_DAYS.index(last or first) - begin) % 7 + 1)}
    return frozenset(days)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{name!r} is no time zone that this machine knows; write one as Europe/Madrid") from None


def is_open(window: Window, at: datetime) -> bool:
    """Say whether the window is open at `at`, an aware time."""
    local = at.astimezone(window.zone)
    return local.weekday() in window.days and window.begin <= local.hour * 60 + local.minute < window.end


def any_open(windows: Iterable[str], at: datetime) -> bool:
    """Say whether one of the windows is open at `at`; with no window at all, always."""
    read = [read_window(text) for text in windows]
    return not read or any(is_open(window, at) for window in read)


def next_opening(windows: Iterable[str], at: datetime) -> datetime | None:
    """Return the first moment after `at`, in UTC, at which one of the windows opens; None if there is none."""
    return min((opening for text in windows if (opening := _opening(read_window(text), at)) is not None), default=None)


def _opening(window: Window, at: datetime) -> datetime | None:
    """Look through eight days: a week, and the rest of today's weekday in the next one."""
    midnight = at.astimezone(window.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    for ahead in range(9):
        day = midnight + timedelta(days=ahead)
        if day.weekday() not in window.days:
            continue
        # Wall time: on the days on which clocks change, the window opens by the clock on the wall.
        opening = (day + timedelta(minutes=window.begin)).astimezone(UTC)
        if opening > at:
            return opening
    return None
