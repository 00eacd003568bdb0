"""The Web API through the official SDK: what works, and how Slack refuses the rest."""

import json
from typing import Any

import pytest
from sandbox_slack.local_slack import SCOPES, Slack, StartSlack, fetch
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

ROOM = "C0RELEASES"


def refusal(call: Any, **arguments: Any) -> dict[str, Any]:
    with pytest.raises(SlackApiError) as refused:
        call(**arguments)
    answer: dict[str, Any] = refused.value.response.data
    return answer


def test_auth_test_names_the_bot_whatever_the_content_type(slack: Slack) -> None:
    assert slack.web.auth_test()["user_id"] == "U0SLUICE"
    assert slack.web.api_call("auth.test", http_verb="GET")["bot_id"] == "B0SLUICE"
    assert slack.web.api_call("auth.test", data={"x": "y"})["team_id"] == "T0SANDBOX"


def test_tokens_are_told_apart(slack: Slack) -> None:
    base = f"{slack.url}/api/"
    assert refusal(WebClient(base_url=base).auth_test)["error"] == "not_authed"
    assert refusal(WebClient(token="xoxb-other", base_url=base).auth_test)["error"] == "invalid_auth"
    app = WebClient(token="xapp-sandbox", base_url=base)
    assert refusal(app.auth_test)["error"] == "not_allowed_token_type"
    assert app.apps_connections_open(app_token="xapp-sandbox")["url"].startswith("ws://127.0.0.1:")
    assert refusal(slack.web.apps_connections_open, app_token="xoxb-sandbox")["error"] == "not_allowed_token_type"


def test_scopes_come_from_the_manifest(start_slack: StartSlack) -> None:
    web = start_slack(scopes=SCOPES).web
    refused = refusal(web.conversations_history, channel=ROOM)
    assert refused["error"] == "missing_scope"
    assert refused["needed"].startswith("channels:history")
    assert refused["provided"] == ",".join(sorted(SCOPES))
    assert web.usergroups_users_list(usergroup="S0MLAPPROVERS")["users"] == ["U0BRUNO", "U0CARLA"]


def test_unknown_methods_and_broken_json(slack: Slack) -> None:
    assert refusal(lambda: slack.web.api_call("chat.shout"))["error"] == "unknown_method"
    assert json.loads(fetch(f"{slack.url}/api/chat.postMessage", b"{nope")[1])["error"] == "invalid_json"


def test_posting_needs_a_channel_the_bot_is_in(slack: Slack) -> None:
    assert refusal(slack.web.chat_postMessage, channel="C0GENERAL", text="x")["error"] == "not_in_channel"
    assert refusal(slack.web.chat_postMessage, channel="C0NOWHERE", text="x")["error"] == "channel_not_found"
    assert slack.people.slash("U0ANA", "C0GENERAL", "/invite @echo")["ok"]
    assert slack.web.chat_postMessage(channel="#general", text="thanks")["channel"] == "C0GENERAL"


def test_content_is_checked(slack: Slack) -> None:
    post = slack.web.chat_postMessage
    bare = {"channel": ROOM}
    assert refusal(lambda: slack.web.api_call("chat.postMessage", json=bare))["error"] == "no_text"
    assert refusal(post, channel=ROOM, text="x" * 40_001)["error"] == "msg_too_long"
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3000}}
    assert refusal(post, channel=ROOM, text="x", blocks=[section] * 5)["error"] == "msg_blocks_too_long"
    section["text"] = {"type": "mrkdwn", "text": "x" * 3001}
    refused = refusal(post, channel=ROOM, text="x", blocks=[section])
    assert refused["error"] == "invalid_blocks"
    assert refused["response_metadata"]["messages"] == [
        "[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    ]


def test_only_the_bots_own_public_messages_can_be_changed(slack: Slack) -> None:
    said = slack.people.say("U0ANA", ROOM, "mine")
    assert refusal(slack.web.chat_update, channel=ROOM, ts=said["ts"], text="x")["error"] == "cant_update_message"
    assert refusal(slack.web.chat_delete, channel=ROOM, ts=said["ts"])["error"] == "cant_delete_message"
    whispered = slack.web.chat_postEphemeral(channel=ROOM, user="U0ANA", text="psst")["message_ts"]
    assert refusal(slack.web.chat_update, channel=ROOM, ts=whispered, text="x")["error"] == "message_not_found"
    posted = slack.web.chat_postMessage(channel=ROOM, text="v1")
    too_long = refusal(slack.web.chat_update, channel=ROOM, ts=posted["ts"], text="x" * 4001)
    assert too_long["error"] == "msg_too_long"


def test_an_update_keeps_the_blocks_it_does_not_mention(slack: Slack) -> None:
    posted = slack.web.chat_postMessage(channel=ROOM, text="v1", blocks=[{"type": "divider"}])
    slack.web.chat_update(channel=ROOM, ts=posted["ts"], text="v2")
    (shown,) = slack.people.messages(ROOM, "U0ANA")
    assert (shown["text"], shown["blocks"][0]["type"], shown["edited"]) == ("v2", "divider", True)
    slack.web.chat_update(channel=ROOM, ts=posted["ts"], text="v3", blocks=[])
    assert slack.people.messages(ROOM, "U0ANA")[0]["blocks"] == []


def test_threads_broadcasts_and_metadata(slack: Slack) -> None:
    metadata = {"event_type": "release", "event_payload": {"id": "r-1"}}
    parent = slack.web.chat_postMessage(channel=ROOM, text="card", metadata=metadata, unfurl_links=False)
    reply = slack.web.chat_postMessage(channel=ROOM, text="detail", thread_ts=parent["ts"])
    slack.web.chat_postMessage(channel=ROOM, text="live", thread_ts=reply["ts"], reply_broadcast=True)
    shown = slack.people.messages(ROOM, "U0ANA")
    assert (shown[0]["reply_count"], shown[0]["latest_reply"]) == (2, shown[2]["ts"])
    assert [m["thread_ts"] for m in shown] == [None, parent["ts"], parent["ts"]]
    plain = slack.web.conversations_history(channel=ROOM)["messages"]
    assert [m["text"] for m in plain] == ["live", "card"]
    assert "metadata" not in plain[1]
    full = slack.web.conversations_replies(channel=ROOM, ts=parent["ts"], include_all_metadata=True)["messages"]
    assert [m["text"] for m in full] == ["card", "detail", "live"]
    assert full[0]["metadata"] == metadata


@pytest.mark.parametrize(("thread_ts", "error"), [(1234.5678, "invalid_thread_ts"), ("1.000000", "thread_not_found")])
def test_a_thread_ts_is_the_string_of_a_message(slack: Slack, thread_ts: Any, error: str) -> None:
    call = {"channel": ROOM, "text": "x", "thread_ts": thread_ts}
    assert refusal(lambda: slack.web.api_call("chat.postMessage", json=call))["error"] == error


def test_a_deleted_parent_leaves_a_tombstone_for_its_thread(slack: Slack) -> None:
    parent = slack.web.chat_postMessage(channel=ROOM, text="card")
    slack.web.chat_postMessage(channel=ROOM, text="detail", thread_ts=parent["ts"])
    slack.web.chat_delete(channel=ROOM, ts=parent["ts"])
    assert slack.people.messages(ROOM, "U0ANA")[0]["text"] == "This message was deleted."
    alone = slack.web.chat_postMessage(channel=ROOM, text="alone")
    slack.web.chat_delete(channel=ROOM, ts=alone["ts"])
    assert refusal(slack.web.chat_update, channel=ROOM, ts=alone["ts"], text="x")["error"] == "message_not_found"


def test_history_is_paged(slack: Slack) -> None:
    for number in range(5):
        slack.web.chat_postMessage(channel=ROOM, text=str(number))
    pages = [page["messages"] for page in slack.web.conversations_history(channel=ROOM, limit=2)]
    assert [[m["text"] for m in page] for page in pages] == [["4", "3"], ["2", "1"], ["0"]]


def test_ephemerals_direct_messages_and_permalinks(slack: Slack) -> None:
    post = slack.web.chat_postEphemeral
    assert refusal(post, channel=ROOM, user="U0NOBODY", text="x")["error"] == "user_not_in_channel"
    direct = slack.web.conversations_open(users="U0ANA")["channel"]["id"]
    posted = slack.web.chat_postMessage(channel="U0ANA", text="hi")
    assert posted["channel"] == direct == "D0U0ANA"
    assert slack.people.messages(direct, "U0BRUNO") == []
    link = slack.web.chat_getPermalink(channel=direct, message_ts=posted["ts"])["permalink"]
    assert link == f"{slack.url}/archives/{direct}/p{posted['ts'].replace('.', '')}"


def test_an_app_without_a_messages_tab_cannot_write_direct_messages(start_slack: StartSlack) -> None:
    web = start_slack(messages_tab=False).web
    assert refusal(web.chat_postMessage, channel="U0ANA", text="hi")["error"] == "messages_tab_disabled"


def test_people_groups_and_places(slack: Slack) -> None:
    assert slack.web.users_info(user="U0BRUNO")["user"]["profile"]["title"] == "Release approver"
    assert slack.web.users_lookupByEmail(email="carla@sandbox.example")["user"]["id"] == "U0CARLA"
    assert refusal(slack.web.users_info, user="U0NOBODY")["error"] == "user_not_found"
    assert len(slack.web.users_list()["members"]) == 7
    assert slack.web.usergroups_list()["usergroups"][0]["handle"] == "ml-approvers"
    assert refusal(slack.web.usergroups_users_list, usergroup="S0")["error"] == "no_such_subteam"
    assert not slack.web.conversations_info(channel="C0GENERAL")["channel"]["is_member"]
    assert "U0ANA" in slack.web.conversations_members(channel="C0GENERAL")["members"]
    assert [c["name"] for c in slack.web.conversations_list()["channels"]] == ["ml-releases", "general"]
    assert refusal(slack.web.conversations_join, channel="C0GENERAL")["needed"] == "channels:join"
    assert slack.web.team_info()["team"]["domain"] == "sandbox"
    assert slack.web.bots_info(bot="B0SLUICE")["bot"]["user_id"] == "U0SLUICE"
    slack.people.deactivate("U0DIEGO")
    assert slack.web.users_info(user="U0DIEGO")["user"]["deleted"]


def test_reactions(slack: Slack) -> None:
    posted = slack.web.chat_postMessage(channel=ROOM, text="card")
    item = {"channel": ROOM, "timestamp": posted["ts"], "name": "eyes"}
    slack.web.reactions_add(**item)
    assert refusal(slack.web.reactions_add, **item)["error"] == "already_reacted"
    assert slack.people.messages(ROOM, "U0ANA")[0]["reactions"][0]["name"] == "eyes"
    slack.web.reactions_remove(**item)
    assert refusal(slack.web.reactions_remove, **item)["error"] == "no_reaction"


def test_rate_limits_name_the_wait_and_the_sdk_can_retry(slack: Slack) -> None:
    slack.people.fault(method="chat.postMessage", retry_after=7, times=1)
    with pytest.raises(SlackApiError) as limited:
        slack.web.chat_postMessage(channel=ROOM, text="x")
    assert limited.value.response.status_code == 429
    assert limited.value.response.headers["Retry-After"] == "7"
    slack.people.fault(method="chat.postMessage", retry_after=0, times=2)
    web = slack.web
    web.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=2))
    assert web.chat_postMessage(channel=ROOM, text="third time lucky")["ok"]


def test_one_post_per_second_and_channel_when_switched_on(start_slack: StartSlack) -> None:
    slack = start_slack(seconds_between_posts=60)
    slack.web.chat_postMessage(channel=ROOM, text="one")
    assert refusal(slack.web.chat_postMessage, channel=ROOM, text="two")["error"] == "ratelimited"
    assert slack.web.chat_postMessage(channel="U0ANA", text="elsewhere")["ok"]


def test_injected_errors(slack: Slack) -> None:
    slack.people.fault(method="usergroups.users.list", error="fatal_error", times=1)
    assert refusal(slack.web.usergroups_users_list, usergroup="S0MLAPPROVERS")["error"] == "fatal_error"
    slack.people.fault(method="auth.test", times=9)
    slack.people.fault(clear=True)
    assert slack.web.auth_test()["ok"]


def test_blocks_validate(slack: Slack) -> None:
    validate = "blocks.validate"
    assert slack.web.api_call(validate, json={"blocks": [{"type": "divider"}]})["ok"]
    bad = [{"type": "section", "text": {"type": "invalid", "text": "x"}}]
    refused = refusal(lambda: slack.web.api_call(validate, data={"blocks": json.dumps(bad)}))
    assert (refused["error"], refused["errors"][0]["pointer"]) == ("invalid_blocks", "/blocks/0/text/type")
    view = {"type": "modal", "blocks": []}
    assert refusal(lambda: slack.web.api_call(validate, json={"view": view}))["error"] == "invalid_view"
    assert refusal(lambda: slack.web.api_call(validate, json={}))["error"] == "invalid_arguments"
