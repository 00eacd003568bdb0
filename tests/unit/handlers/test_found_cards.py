"""Cards are found again by what they carry, and by nothing that anybody else could have posted."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from fakes.builders import freeze
from unit.handlers.local_slack import CHANNEL, LocalSlack

from handlers.found_cards import SlackCards
from handlers.outbound import SlackAnnouncer
from handlers.views.samples import releases_by_phase
from services.ports import SaidNo, Unavailable

RELEASES = releases_by_phase()
AGES_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def test_cards_are_found_with_what_they_said_last(slack: LocalSlack, announcer: SlackAnnouncer) -> None:
    first = announcer.post_card(RELEASES["deploying_staging"])
    announcer.update_card(RELEASES["awaiting_approval"], first.place)
    second = announcer.post_card(replace(RELEASES["rolling_back"], model="fare-price"))
    found = SlackCards(slack.client()).cards(CHANNEL, AGES_AGO)
    assert [card.place for card in found] == [first.place, second.place]
    assert [(card.kind, card.phase) for card in found] == [
        ("deploy", "awaiting_approval"),
        ("rollback", "rolling_back"),
    ]
    waiting, back = RELEASES["awaiting_approval"], RELEASES["rolling_back"]
    assert waiting.package is not None
    assert (found[0].release_id, found[0].package) == (waiting.id, waiting.package.arn)
    assert (found[1].model, found[1].target) == ("fare-price", back.target_config)


def test_what_is_no_card_of_ours_is_passed_over(slack: LocalSlack, announcer: SlackAnnouncer) -> None:
    slack.people.say("U0ANA", CHANNEL, "Released, honestly")
    announcer.nag(CHANNEL, freeze())
    slack.client().chat_postMessage(
        channel=CHANNEL, text="old", metadata={"event_type": "sluice_release", "event_payload": {"release_id": "r1"}}
    )
    assert SlackCards(slack.client()).cards(CHANNEL, AGES_AGO) == ()


def test_many_cards_take_several_pages(slack: LocalSlack, announcer: SlackAnnouncer) -> None:
    for number in range(205):
        slack.people.say("U0ANA", CHANNEL, f"Hello {number}")
    posted = announcer.post_card(RELEASES["awaiting_approval"])
    slack.people.say("U0ANA", CHANNEL, "Hello")
    assert [card.place for card in SlackCards(slack.client()).cards(CHANNEL, AGES_AGO)] == [posted.place]
    assert SlackCards(slack.client()).cards(CHANNEL, datetime.now(UTC) + timedelta(days=9999)) == ()


@pytest.mark.parametrize(("code", "meant"), [("missing_scope", SaidNo), ("internal_error", Unavailable)])
def test_a_channel_that_may_not_be_read_is_told_from_one_that_cannot_be_now(
    slack: LocalSlack, code: str, meant: type[Exception]
) -> None:
    slack.people.fault(method="conversations.history", error=code, times=1)
    with pytest.raises(meant):
        SlackCards(slack.client()).cards(CHANNEL, AGES_AGO)
