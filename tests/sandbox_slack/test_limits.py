"""Trigger ids and response_urls end as Slack ends them."""

import json
from typing import Any

import pytest
from sandbox_slack.local_slack import Slack, StartSlack, fetch
from slack_sdk.errors import SlackApiError

from sandbox.slack.tickets import Limits, ResponseUrls, Triggers
from sandbox.slack.wire import ApiError

ROOM = "C0RELEASES"
MODAL = {"type": "modal", "title": {"type": "plain_text", "text": "T"}, "blocks": [{"type": "divider"}]}


def opened(slack: Slack, trigger_id: str) -> Any:
    try:
        return slack.web.views_open(trigger_id=trigger_id, view=MODAL)["ok"]
    except SlackApiError as refused:
        return refused.response["error"]


def test_a_trigger_opens_one_modal(slack: Slack) -> None:
    trigger = slack.emulator.triggers.issue("U0ANA")
    assert opened(slack, trigger) is True
    assert opened(slack, trigger) == "exchanged_trigger_id"
    assert opened(slack, "1.2.3") == "invalid_trigger_id"


def test_a_trigger_expires(start_slack: StartSlack) -> None:
    slack = start_slack(trigger_seconds=-1.0)
    assert opened(slack, slack.emulator.triggers.issue("U0ANA")) == "expired_trigger_id"
    assert Limits().trigger_seconds == 3.0


def test_an_invalid_view_leaves_the_trigger_usable_only_if_it_never_arrived(slack: Slack) -> None:
    with pytest.raises(SlackApiError, match="invalid_arguments"):
        slack.web.views_open(trigger_id=slack.emulator.triggers.issue("U0ANA"), view={**MODAL, "title": "T"})
    assert slack.people.state("U0ANA")["modals"] == []


def test_views_are_updated_by_id_external_id_and_hash(slack: Slack) -> None:
    trigger = slack.emulator.triggers.issue("U0ANA")
    view = slack.web.views_open(trigger_id=trigger, view={**MODAL, "external_id": "deploy"})["view"]
    updated = slack.web.views_update(external_id="deploy", view=MODAL, hash=view["hash"])["view"]
    assert updated["id"] == view["id"]
    with pytest.raises(SlackApiError, match="hash_conflict"):
        slack.web.views_update(view_id=view["id"], view=MODAL, hash=view["hash"])
    with pytest.raises(SlackApiError, match="not_found"):
        slack.web.views_update(view_id="V404", view=MODAL)


def test_at_most_three_modals_are_stacked(slack: Slack) -> None:
    for _ in range(3):
        slack.web.views_push(trigger_id=slack.emulator.triggers.issue("U0ANA"), view=MODAL)
    with pytest.raises(SlackApiError, match="push_limit_reached"):
        slack.web.views_push(trigger_id=slack.emulator.triggers.issue("U0ANA"), view=MODAL)


def respond(slack: Slack, code: str, body: dict[str, Any]) -> tuple[int, str]:
    status, text = fetch(f"{slack.url}/response/{code}", body)
    return status, text if status == 200 else json.loads(text)["error"]


def test_a_response_url_works_five_times(slack: Slack) -> None:
    code = slack.emulator.response_urls.issue("U0ANA", "C0GENERAL")
    assert [respond(slack, code, {"text": str(n)}) for n in range(5)] == [(200, "ok")] * 5
    assert respond(slack, code, {"text": "6"}) == (404, "used_url")
    assert respond(slack, "9/none", {"text": "x"}) == (404, "invalid_url")
    assert [m["text"] for m in slack.people.messages("C0GENERAL", "U0ANA")] == list("01234")
    assert slack.people.messages("C0GENERAL", "U0BRUNO") == []


def test_a_response_url_expires_after_thirty_minutes() -> None:
    assert Limits().response_url_seconds == 1800
    urls = ResponseUrls(Limits(response_url_seconds=-1.0))
    with pytest.raises(ApiError, match="expired_url"):
        urls.redeem(urls.issue("U0ANA", ROOM))
    with pytest.raises(ApiError, match="invalid_trigger_id"):
        Triggers(3.0).redeem("1.2.3")


def test_a_response_url_can_go_public_replace_and_delete(slack: Slack) -> None:
    posted = slack.web.chat_postMessage(channel=ROOM, text="card")["ts"]
    code = slack.emulator.response_urls.issue("U0BRUNO", ROOM, posted)
    respond(slack, code, {"text": "public", "response_type": "in_channel"})
    respond(slack, code, {"text": "changed", "replace_original": True})
    assert [m["text"] for m in slack.people.messages(ROOM, "U0DIEGO")] == ["changed", "public"]
    assert respond(slack, code, {"blocks": [{"type": "banner"}]}) == (400, "invalid_blocks")
    respond(slack, code, {"delete_original": True})
    assert [m["text"] for m in slack.people.messages(ROOM, "U0DIEGO")] == ["public"]
