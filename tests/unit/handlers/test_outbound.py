"""The announcer, on the local Slack: what people see, and what is made of Slack's refusals."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from fakes.clock import FakeClock
from slack_sdk import WebClient
from unit.handlers.local_slack import CHANNEL, LocalSlack

from handlers.found_cards import card_metadata
from handlers.outbound import SlackAnnouncer, Supplies
from handlers.reply_address import ReplyAddress
from handlers.views.samples import REQUEST, STORIES, played, releases_by_phase
from services.ports import (
    Answer,
    ConfigDescription,
    EndpointDescription,
    EndpointsAnswer,
    EndpointView,
    Inquiry,
    NoAnswer,
    RollbackAnswer,
    SaidNo,
    Unavailable,
)
from services.release.catalog import ModelEntry, People
from services.release.events import LogEntry, PackageRefused, Requested

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
IN_CHANNEL = ReplyAddress("U0ANA", CHANNEL).encode()
ASKED = LogEntry(1, NOON, Requested("U0ANA"))
AWAITING = releases_by_phase()["awaiting_approval"]


def test_a_card_is_posted_and_redrawn_in_place(slack: LocalSlack, announcer: SlackAnnouncer) -> None:
    posted = announcer.post_card(AWAITING)
    place, link = posted.place, posted.link
    announcer.update_card(releases_by_phase()["released"], place)

    [card] = slack.seen()
    assert place == f"{CHANNEL}:{card['ts']}"
    assert card["ts"].replace(".", "") in link
    assert card["metadata"]["event_type"] == "sluice_release"
    assert card["metadata"]["event_payload"] == card_metadata(releases_by_phase()["released"]).event_payload
    assert "Released" in card["text"]


def test_a_workspace_without_tables_gets_the_card_without(slack: LocalSlack, announcer: SlackAnnouncer) -> None:
    slack.people.fault(method="chat.postMessage", error="invalid_blocks", times=1)
    place = announcer.post_card(AWAITING).place
    slack.people.fault(method="chat.update", error="invalid_blocks", times=1)
    announcer.update_card(AWAITING, place)

    [card] = slack.seen()
    assert "table" not in {block["type"] for block in card["blocks"]}


def test_a_whole_story_is_told_in_the_thread_and_its_end_in_the_channel(
    slack: LocalSlack, announcer: SlackAnnouncer
) -> None:
    release, log = played(*STORIES["released"])
    place = announcer.post_card(release).place
    for entry in log:
        announcer.tell(release, entry, place)

    card, *replies = slack.seen()
    assert {reply["thread_ts"] for reply in replies} == {card["ts"]}
    assert [reply["broadcast"] for reply in replies] == [False] * (len(replies) - 1) + [True]
    assert "released to prod" in replies[-1]["text"]


def test_those_who_may_decide_are_called_when_the_gate_opens(slack: LocalSlack) -> None:
    approvers = People(users=frozenset({"U0BRUNO", REQUEST.requested_by}), groups=frozenset({"S0MLAPPROVERS"}))
    entry = ModelEntry(REQUEST.model, REQUEST.deployment, approvers=approvers)
    announcer = SlackAnnouncer(slack.client(), FakeClock(), {REQUEST.model: entry})
    release, log = played(*STORIES["awaiting_approval"])
    place = announcer.post_card(release).place
    announcer.tell(release, log[-1], place)

    told = slack.seen()[-1]["text"]
    assert "<!subteam^S0MLAPPROVERS> or <@U0BRUNO>, please decide" in told
    assert REQUEST.requested_by not in told


def test_the_requester_is_told_where_the_card_is(slack: LocalSlack, announcer: SlackAnnouncer) -> None:
    announcer.tell_requester(replace(AWAITING, reply_to=IN_CHANNEL), ASKED, "https://sandbox.slack.com/archives/C/p1")

    [note] = slack.seen()
    assert note["ephemeral"]
    assert "https://sandbox.slack.com/archives/C/p1" in note["text"]
    assert slack.seen("U0BRUNO") == []


def test_the_requester_is_told_why_there_is_no_card(slack: LocalSlack, announcer: SlackAnnouncer) -> None:
    refused = LogEntry(2, NOON, PackageRefused("no_such_version", "there is no version 9"))
    release = replace(releases_by_phase()["package_refused"], reply_to=IN_CHANNEL)
    announcer.tell_requester(release, ASKED, "")
    announcer.tell_requester(release, refused, "")

    [note] = slack.seen()
    assert "There is no version 9." in note["text"]


def test_a_spent_response_url_gives_way_to_an_ephemeral_message(slack: LocalSlack) -> None:
    announcer = SlackAnnouncer(
        slack.client(), FakeClock(), supplies=Supplies(answer_url=lambda request: f"{slack.url}/response/{request}")
    )
    gone = ReplyAddress("U0ANA", CHANNEL, "none").encode()
    announcer.tell_requester(replace(AWAITING, reply_to=gone), ASKED, "https://sandbox.slack.com/archives/C/p1")
    assert [note["ephemeral"] for note in slack.seen()] == [True]


@pytest.mark.parametrize(
    "reply_to", ["", "nonsense", ReplyAddress("U0ANA").encode(), ReplyAddress("U0ANA", "C0GENERAL").encode()]
)
def test_who_cannot_be_answered_stops_nothing(announcer: SlackAnnouncer, reply_to: str) -> None:
    announcer.tell_requester(replace(AWAITING, reply_to=reply_to), ASKED, "https://sandbox.slack.com/archives/C/p1")


def test_a_channel_without_the_bot_is_said_no_with_what_to_do(slack: LocalSlack, announcer: SlackAnnouncer) -> None:
    elsewhere = replace(AWAITING, deployment=replace(AWAITING.deployment, channel="C0GENERAL"))
    with pytest.raises(SaidNo, match="Invite @Sluice"):
        announcer.post_card(elsewhere)


def test_a_deleted_card_is_said_no(announcer: SlackAnnouncer) -> None:
    with pytest.raises(SaidNo, match="message_not_found"):
        announcer.update_card(AWAITING, f"{CHANNEL}:1.000001")


@pytest.mark.parametrize("error", ["internal_error", "token_revoked", "invalid_auth"])
def test_what_passes_is_unavailable(slack: LocalSlack, announcer: SlackAnnouncer, error: str) -> None:
    slack.people.fault(method="chat.postMessage", error=error, times=1)
    with pytest.raises(Unavailable):
        announcer.post_card(AWAITING)


def test_a_slack_that_does_not_answer_is_unavailable() -> None:
    away = "http://127.0.0.1:9"
    client = WebClient(token="xoxb", base_url=f"{away}/api/", timeout=1)
    nowhere = SlackAnnouncer(
        client, FakeClock(), supplies=Supplies(answer_url=lambda request: f"{away}/response/{request}")
    )
    with pytest.raises(Unavailable):
        nowhere.post_card(AWAITING)
    gone = ReplyAddress("U0ANA", CHANNEL, "x").encode()
    with pytest.raises(Unavailable):
        nowhere.tell_requester(replace(AWAITING, reply_to=gone), ASKED, "https://x.example")


def test_a_rate_limit_is_waited_out(slack: LocalSlack, announcer: SlackAnnouncer) -> None:
    slack.people.fault(method="chat.postMessage", retry_after=0, times=1)
    announcer.post_card(AWAITING)
    assert len(slack.seen()) == 1


def _answered(slack: LocalSlack, announcer: SlackAnnouncer, answer: Answer) -> dict[str, Any]:
    announcer.answer(Inquiry("q1", "rollback", "titanic-survival", "U0ANA", IN_CHANNEL, NOON), answer)
    return slack.seen()[-1]


def test_endpoints_are_shown_to_who_asked(slack: LocalSlack, announcer: SlackAnnouncer) -> None:
    live = EndpointDescription("titanic-prod", "arn", "InService", "titanic-v6-cfg", None, "", "", NOON, NOON, None)
    config = ConfigDescription("titanic-v6-cfg", "m", "AllTraffic", "ml.m5.large", 2, NOON)
    views = (
        EndpointView("titanic", "prod", "titanic-prod", live, config, 6, "r00000009"),
        EndpointView("titanic", "staging", "titanic-staging", None, None, None, None),
        EndpointView("fare", "prod", "fare-prod", None, None, None, None, error="AccessDenied"),
    )
    note = _answered(slack, announcer, EndpointsAnswer(views, (), NOON))
    text = str(note["blocks"])
    for words in ("*v6*", "InService", "ml.m5.large, 2 instances", "no endpoint", "AccessDenied"):
        assert words in text


def test_a_rollback_is_offered_or_its_refusal_told(slack: LocalSlack, announcer: SlackAnnouncer) -> None:
    pointer = releases_by_phase()["released"].pointer
    offer = RollbackAnswer("titanic-survival", "titanic-survival-prod", "cfg", 7, pointer)
    assert "rollback_start" in str(_answered(slack, announcer, offer)["blocks"])
    refused = replace(offer, refusal="first_release")
    assert "rollback_start" not in str(_answered(slack, announcer, refused)["blocks"])


def test_a_question_without_an_answer_is_told_so(slack: LocalSlack, announcer: SlackAnnouncer) -> None:
    late = str(_answered(slack, announcer, NoAnswer())["blocks"])
    assert "`/rollback` of *titanic-survival* could not be answered" in late
    assert "newer Sluice" in str(_answered(slack, announcer, NoAnswer("schema_version 9"))["blocks"])
