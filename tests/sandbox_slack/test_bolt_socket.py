"""A real Bolt app over Socket Mode, driven as people drive it."""

from typing import Any

import pytest
from sandbox_slack.local_slack import Slack

pytestmark = pytest.mark.e2e
ROOM = "C0RELEASES"


def newest(slack: Slack, user: str) -> dict[str, Any]:
    return slack.people.messages(ROOM, user)[-1]


def card(slack: Slack, name: str) -> dict[str, Any]:
    slack.people.slash("U0ANA", ROOM, f"/card {name}")
    return slack.people.wait_for_message("U0ANA", ROOM, lambda m: m["text"] == name)


def open_form(slack: Slack, user: str) -> str:
    slack.people.slash(user, ROOM, "/form")
    return str(slack.people.wait_for(user, lambda state: state["modals"])[-1]["id"])


def test_an_ack_with_text_is_shown_to_its_user_only(echo: Slack) -> None:
    answer = echo.people.slash("U0ANA", ROOM, "/echo hello “there”")
    assert answer["ok"]
    shown = newest(echo, "U0ANA")
    assert (shown["text"], shown["ephemeral"], shown["user"]) == ("hello “there”", True, "U0SLUICE")
    assert shown["ts"] not in [m["ts"] for m in echo.people.messages(ROOM, "U0BRUNO")]


def test_a_click_answers_with_the_form_that_it_opened(echo: Slack) -> None:
    answer = echo.people.click("U0CARLA", card(echo, "asked"), "ask")
    assert (answer["said"], answer["view"]["callback_id"]) == ([], "form")
    sent = echo.people.submit("U0CARLA", answer["view"]["id"], {"why": {"text": "because"}})
    assert (sent["ok"], sent["view"]) == (True, None)


def test_an_undeclared_command_is_not_a_command(echo: Slack) -> None:
    answer = echo.people.slash("U0ANA", ROOM, "/ecko hello")
    assert answer["error"] == "not_a_command"
    assert "`/ecko` is not a valid command" in newest(echo, "U0ANA")["text"]


@pytest.mark.parametrize("command", ["/silent", "/crash"])
def test_a_command_without_an_ack_is_an_operation_timeout(echo: Slack, command: str) -> None:
    answer = echo.people.slash("U0ANA", ROOM, command)
    assert answer["error"] == "operation_timeout"
    shown = newest(echo, "U0ANA")
    assert shown["text"] == f"{command} failed with the error “operation_timeout”"
    assert shown["user"] == "USLACKBOT"


def test_in_channel_answers_are_public_and_should_escape_resolves_names(echo: Slack) -> None:
    echo.people.slash("U0ANA", ROOM, "/public ask @bruno in #general, not @nobody, of @ml-approvers")
    shown = newest(echo, "U0BRUNO")
    assert shown["text"] == (
        "ask <@U0BRUNO|bruno> in <#C0GENERAL|general>, not @nobody, of <!subteam^S0MLAPPROVERS|@ml-approvers>"
    )
    assert not shown["ephemeral"]


def test_an_ack_with_blocks_that_slack_refuses_fails_the_command(echo: Slack) -> None:
    answer = echo.people.slash("U0ANA", ROOM, "/bad")
    assert answer["error"] == "invalid_blocks"
    assert answer["errors"] == ["[ERROR] no more than 50 items allowed [json-pointer:/blocks]"]


def test_a_click_carries_what_slack_sends_and_respond_is_ephemeral(echo: Slack) -> None:
    posted = card(echo, "clicked")
    answer = echo.people.click("U0BRUNO", posted, "approve")
    assert (answer["ok"], answer["said"], answer["view"]) == (True, ["<@U0BRUNO> approved r-1"], None)
    reply = echo.people.wait_for_message("U0BRUNO", ROOM, lambda m: m["text"] == "<@U0BRUNO> approved r-1")
    assert reply["ephemeral"]
    sent = [e for e in echo.people.state("U0ANA")["inspector"] if e["name"] == "block_actions approve"][-1]
    body = sent["body"]
    assert body["container"] == {
        "type": "message",
        "message_ts": posted["ts"],
        "channel_id": ROOM,
        "is_ephemeral": False,
    }
    assert body["user"]["id"] == "U0BRUNO"
    assert body["channel"] == {"id": ROOM, "name": "ml-releases"}
    assert body["message"]["blocks"][1]["block_id"] == "gate"
    assert body["actions"][0]["value"] == "r-1"
    assert body["state"] == {"values": {"gate": {"version": {"type": "static_select", "selected_option": None}}}}


def test_a_click_on_what_is_not_there_reaches_nobody(echo: Slack) -> None:
    posted = card(echo, "absent")
    assert echo.people.click("U0BRUNO", posted, "detonate")["error"] == "action_not_found"
    assert echo.people.click("U0BRUNO", posted | {"ts": "1.000000"}, "approve")["error"] == "message_not_found"


def test_a_menu_sends_the_selected_option(echo: Slack) -> None:
    echo.people.click("U0DIEGO", card(echo, "menu"), "version", "2")
    assert echo.people.wait_for_message("U0DIEGO", ROOM, lambda m: m["text"] == "chose 2")["ephemeral"]


def test_replace_original_changes_the_public_message(echo: Slack) -> None:
    posted = card(echo, "strip me")
    echo.people.click("U0BRUNO", posted, "strip")
    changed = echo.people.wait_for_message("U0DIEGO", ROOM, lambda m: m["text"] == "stripped")
    assert changed["ts"] == posted["ts"]
    assert len(changed["blocks"]) == 1


def test_submission_errors_keep_the_modal_open(echo: Slack) -> None:
    view_id = open_form(echo, "U0ANA")
    refused = echo.people.submit("U0ANA", view_id, {"why": {"text": "errors"}})
    assert (refused["ok"], refused["errors"]) == (False, {"why": "not enough"})
    assert echo.people.state("U0ANA")["modals"][0]["errors"] == {"why": "not enough"}
    lost = echo.people.submit("U0ANA", view_id, {"why": {"text": "lost"}})
    assert lost["error"] == "invalid_response_errors"
    assert echo.people.submit("U0ANA", view_id, {"why": {"text": "fine"}})["ok"]
    assert echo.people.state("U0ANA")["modals"] == []


def test_an_empty_required_input_is_refused_before_the_app_sees_it(echo: Slack) -> None:
    view_id = open_form(echo, "U0CARLA")
    refused = echo.people.submit("U0CARLA", view_id, {})
    assert (refused["error"], list(refused["errors"])) == ("invalid_input", ["why"])


def test_modals_update_push_and_clear(echo: Slack) -> None:
    first = open_form(echo, "U0DIEGO")
    echo.people.submit("U0DIEGO", first, {"why": {"text": "update"}})
    (updated,) = echo.people.state("U0DIEGO")["modals"]
    assert (updated["id"], updated["view"]["private_metadata"]) == (first, "updated")
    echo.people.submit("U0DIEGO", first, {"why": {"text": "push"}})
    second = echo.people.state("U0DIEGO")["modals"][1]
    assert second["view"]["previous_view_id"] == second["view"]["root_view_id"] == first
    echo.people.submit("U0DIEGO", second["id"], {"why": {"text": "clear"}})
    assert echo.people.state("U0DIEGO")["modals"] == []


def test_closing_tells_the_app_that_asked(echo: Slack) -> None:
    echo.people.close("U0BRUNO", open_form(echo, "U0BRUNO"))
    direct = echo.people.wait_for_message("U0BRUNO", "D0U0BRUNO", lambda m: "closed" in m["text"])
    assert direct["text"] == "closed, cleared False"


def test_an_external_select_offers_what_the_app_suggests(echo: Slack) -> None:
    echo.people.slash("U0GUEST", ROOM, "/pick")
    view_id = echo.people.wait_for("U0GUEST", lambda state: state["modals"])[0]["id"]
    offered = echo.people.suggest("U0GUEST", view_id, "model", "my")
    assert offered["options"][0]["text"]["text"] == "my-titanic"
    assert echo.people.submit("U0GUEST", view_id, {"which": {"model": "titanic"}})["ok"]
    echo.people.wait_for_message("U0GUEST", "D0U0GUEST", lambda m: m["text"] == "picked titanic")


def test_the_home_tab_is_published_and_its_buttons_work(echo: Slack) -> None:
    echo.people.open_home("U0ANA")
    home = echo.people.wait_for("U0ANA", lambda state: state["home"])
    assert echo.people.state("U0BRUNO")["home"] is None
    assert echo.people.click_view("U0ANA", home["id"], "ask")["ok"]
    assert echo.people.wait_for("U0ANA", lambda state: state["modals"])


def test_a_mention_is_answered_in_its_thread(echo: Slack) -> None:
    said = echo.people.say("U0ANA", ROOM, "hello @echo")
    answer = echo.people.wait_for_message("U0BRUNO", ROOM, lambda m: m["text"] == "heard hello <@U0SLUICE>")
    assert answer["thread_ts"] == said["ts"]


def test_the_app_comes_back_after_a_refresh_request_and_loses_nothing(echo: Slack) -> None:
    echo.people.fault(disconnect="refresh_requested")
    answers = [echo.people.slash("U0ANA", ROOM, f"/echo {number}") for number in range(50)]
    assert all(answer["ok"] for answer in answers)
    assert echo.people.wait_for("U0ANA", lambda state: state["app"]["connections"] == 1)
