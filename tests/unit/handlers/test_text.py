"""Words: escaped so that nothing pings, cut to a limit, and counted in words."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.views import text as t
from services.release.catalog import People


@given(st.text(), st.integers(2, 60))
def test_escaped_text_keeps_to_its_limit_and_holds_no_markup(text: str, limit: int) -> None:
    escaped = t.escape(text, limit)
    assert len(escaped) <= limit
    assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", escaped)


@given(st.text())
def test_code_is_one_line_with_two_backticks(text: str) -> None:
    shown = t.code(text)
    assert shown == "(nothing)" or (shown.count("`") == 2 and len(shown.splitlines()) == 1)


@given(st.text(max_size=40))
def test_only_ids_become_mentions(text: str) -> None:
    assert re.fullmatch(r"<@[UW][A-Z0-9]+>", t.mention(text)) or "<" not in t.mention(text)
    assert "<" not in t.people(People(groups=frozenset({"!" + text})))


def test_what_turns_the_writing_direction_around_is_left_out() -> None:
    assert t.escape("safe\u202eexe.txt\u2066") == "safeexe.txt"
    assert t.escape("\u061cca\u200bt\u2060\ufeff") == "cat"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\v", "\u2028", "\u2029", "\x85"])
def test_what_is_not_ours_begins_no_line_of_its_own(end: str) -> None:
    forged = f"no{end}✅ *Smoke tests on staging passed*"
    for shown in (t.escape(forged), t.prose(forged), t.code(forged)):
        assert len(shown.splitlines()) == 1
    assert all(line.startswith(">") for line in t.quote(forged).splitlines())


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(), "less than a second"),
        (timedelta(seconds=1), "1 second"),
        (timedelta(seconds=59.6), "1 minute"),
        (timedelta(minutes=2, seconds=5), "2 minutes 5 seconds"),
        (timedelta(minutes=12, seconds=5), "12 minutes"),
        (timedelta(hours=1, minutes=1), "1 hour 1 minute"),
        (timedelta(hours=5, seconds=5), "5 hours"),
        (timedelta(days=9, hours=4, minutes=3), "9 days 4 hours"),
        (timedelta(days=-3), "less than a second"),
    ],
)
def test_spans_are_told_in_words(span: timedelta, words: str) -> None:
    assert t.elapsed(span) == words


def test_lists_are_told_in_words() -> None:
    assert t.listing([]) == ""
    assert t.listing(["a"]) == "a"
    assert t.listing(["a", "b", "c"]) == "a, b or c"
    assert t.listing(map(str, range(10)), most=2, last="and") == "0, 1 and 8 more"


def test_time_is_shown_in_the_readers_zone_with_utc_beside() -> None:
    shown = t.slack_time(datetime(2026, 11, 23, 9, tzinfo=UTC))
    assert shown == "<!date^1795424400^{date_short_pretty} at {time}|2026-11-23 09:00 UTC>"


def test_a_channel_in_a_sentence_of_ours_stays_a_channel() -> None:
    assert t.prose("invite it to <#C0RELEASES>") == "Invite it to <#C0RELEASES>."
    assert t.prose("<!channel> look") == "&lt;!channel&gt; look."


def test_a_text_without_an_account_is_read_through_once() -> None:
    hostile = "sagemaker-" * 100_000 + "s3://" * 100_000  # minutes, were each of them followed to the end
    assert t.without_accounts(hostile) == hostile


@pytest.mark.parametrize("shown", [t.prose, t.code, t.quote, t.escape])
def test_the_account_in_an_arn_is_left_out(shown: Callable[[str], str]) -> None:
    said = shown("User: arn:aws:sts::123456789012:assumed-role/x may not read arn:aws-cn:s3:eu-west-1:123456789012:y")
    assert "123456789012" not in said
    assert "arn:aws:sts::…:assumed-role/x" in said
    assert "arn:aws-cn:s3:eu-west-1:…:y" in said
    assert "….dkr.ecr.eu-west-1" in shown("It is in 123456789012.dkr.ecr.eu-west-1.amazonaws.com/x")
    assert "123456789012" in shown("order:123456789012:1"), "no ARN"
    for bucket in ("sagemaker-eu-west-1-123456789012", "s3://ml.123456789012-data/x", "arn:aws:s3:::b-123456789012/x"):
        assert "123456789012" not in shown(f"cannot read {bucket}/m.json")
