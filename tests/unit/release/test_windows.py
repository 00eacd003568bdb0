"""Deploy windows: by the clock on the wall, also on the days on which clocks change."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.release.windows import any_open, is_open, next_opening, read_window

OFFICE = "mon-fri 09:00-17:00 Europe/Madrid"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("window", "when", "open_then"),
    [
        (OFFICE, "2026-11-23T08:00:00Z", True),
        (OFFICE, "2026-11-23T07:59:59Z", False),
        (OFFICE, "2026-11-23T15:59:59Z", True),
        (OFFICE, "2026-11-23T16:00:00Z", False),
        (OFFICE, "2026-07-06T07:00:00Z", True),
        (OFFICE, "2026-11-22T10:00:00Z", False),
        ("sat-mon 00:00-24:00 UTC", "2026-11-22T23:59:59Z", True),
        ("sat-mon 00:00-24:00 UTC", "2026-11-24T00:00:00Z", False),
        ("tue,thu 10:00-11:00 Asia/Tokyo", "2026-11-24T01:30:00Z", True),
        ("daily 22:00-24:00 UTC", "2026-11-25T22:00:00Z", True),
    ],
)
def test_a_window_is_open_by_its_own_clock(window: str, when: str, *, open_then: bool) -> None:
    assert is_open(read_window(window), at(when)) == open_then


@pytest.mark.parametrize(
    ("windows", "when", "opening"),
    [
        ((OFFICE,), "2026-11-20T17:00:00Z", "2026-11-23T08:00:00Z"),
        ((OFFICE,), "2026-11-23T07:59:00Z", "2026-11-23T08:00:00Z"),
        ((OFFICE, "sat 10:00-12:00 UTC"), "2026-11-20T17:00:00Z", "2026-11-21T10:00:00Z"),
        (("mon 09:00-10:00 UTC",), "2026-11-23T09:00:00Z", "2026-11-30T09:00:00Z"),
        (("sun 03:00-04:00 Europe/Madrid",), "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z"),
        ((), "2026-11-23T09:00:00Z", None),
    ],
)
def test_the_next_opening_is_the_first_one(windows: tuple[str, ...], when: str, opening: str | None) -> None:
    assert next_opening(windows, at(when)) == (at(opening) if opening else None)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is no window"),
        ("mon-fri 09:00-17:00", "is no window"),
        ("mon-fri 9:00-17:00 UTC", "no time of day"),
        ("mon-fri 09:00-24:01 UTC", "no time of day"),
        ("mon-fri 17:00-09:00 UTC", "ends before it begins"),
        ("mon-fri 09:00-09:00 UTC", "ends before it begins"),
        ("monday 09:00-17:00 UTC", "no day of the week"),
        ("mon-fri 09:00-17:00 Mars/Olympus", "no time zone"),
        ("mon-fri 09:00-17:00 ../etc/passwd", "no time zone"),
    ],
)
def test_what_is_no_window_is_refused_with_a_reason(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        read_window(text)


def test_with_no_window_it_is_always_open() -> None:
    assert any_open((), at("2026-11-22T03:00:00Z"))


@given(text=st.text(max_size=40) | st.from_regex(r"\A[a-z]{3}(-[a-z]{3})? [0-9:]{5}-[0-9:]{5} UTC\Z"))
def test_any_text_is_a_window_or_refused(text: str) -> None:
    try:
        window = read_window(text)
    except ValueError:
        return
    assert window.days
    assert 0 <= window.begin < window.end <= 24 * 60


DAYS = st.sampled_from(["daily", "mon-fri", "sat,sun", "wed", "sat-mon"])
HOURS = st.tuples(st.integers(0, 23), st.integers(1, 24)).filter(lambda hours: hours[0] < hours[1])
ZONES = st.sampled_from(["UTC", "Europe/Madrid", "Asia/Kolkata", "America/New_York", "Australia/Lord_Howe"])
WINDOWS = st.builds(lambda d, h, z: f"{d} {h[0]:02}:00-{h[1]:02}:00 {z}", DAYS, HOURS, ZONES)
TIMES = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - made aware


@given(window=WINDOWS, when=TIMES)
def test_the_next_opening_is_ahead_within_eight_days_and_shut_just_before(window: str, when: datetime) -> None:
    opening = next_opening((window,), when)
    assert opening is not None
    assert when < opening <= when + timedelta(days=8, hours=2)
    local = opening.astimezone(read_window(window).zone)
    if local.hour == read_window(window).begin // 60:  # but for an hour that the clocks leap over
        assert is_open(read_window(window), opening)
