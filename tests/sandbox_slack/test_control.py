"""What the page and the tests see: privacy, waiting, server-sent events, the page itself, and the process."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from sandbox_slack.local_slack import Slack, fetch, manifest, streamed

from sandbox.slack.client import SlackPeople
from sandbox.slack.inspector import bounded

ROOM = "C0RELEASES"


def test_the_state_is_what_one_user_sees(slack: Slack) -> None:
    slack.web.chat_postEphemeral(channel=ROOM, user="U0ANA", text="for Ana")
    slack.web.chat_postMessage(channel="U0ANA", text="direct")
    ana, bruno = slack.people.state("U0ANA"), slack.people.state("U0BRUNO")
    assert [m["text"] for m in ana["messages"][ROOM]] == ["for Ana"]
    assert bruno["messages"][ROOM] == []
    assert [c["id"] for c in bruno["channels"]] == ["C0RELEASES", "C0GENERAL"]
    assert [c["unread"] for c in ana["channels"]] == [1, 0, 1]
    app = {
        "id": "A0SLUICE",
        "name": "Echo",
        "user_id": "U0SLUICE",
        "online": False,
        "connections": 0,
        "scopes_used": ["chat:write"],
    }
    assert ana["app"] == app
    assert ana["commands"][0] == {"command": "/echo", "description": "", "usage_hint": ""}


def test_of_a_channel_one_can_read_what_is_new_only(slack: Slack) -> None:
    old = slack.web.chat_postMessage(channel=ROOM, text="old")["ts"]
    slack.web.chat_postEphemeral(channel=ROOM, user="U0ANA", text="for Ana")
    slack.web.chat_postMessage(channel=ROOM, text="new", thread_ts=old)
    assert [m["text"] for m in slack.people.messages(ROOM, "U0ANA", after=old)] == ["for Ana", "new"]
    assert [(m["text"], m["reply_count"]) for m in slack.people.messages(ROOM, "U0BRUNO")] == [("old", 1), ("new", 0)]


def test_waiting_ends_with_a_change_or_says_that_there_was_none(slack: Slack) -> None:
    slack.web.chat_postMessage(channel=ROOM, text="x")
    with pytest.raises(TimeoutError):
        slack.people.wait_for("U0ANA", lambda _state: None, timeout=0.05)
    assert slack.people.wait_for_message("U0ANA", ROOM, lambda m: m["text"] == "x")["user"] == "U0SLUICE"


def test_server_sent_events_begin_with_the_state_and_follow_it(slack: Slack) -> None:
    with streamed(f"{slack.url}/sandbox/events?as=U0BRUNO") as stream:
        assert stream.headers["Content-Type"] == "text/event-stream"
        assert stream.readline() == b"event: state\n"
        first = json.loads(stream.readline().removeprefix(b"data: "))
        assert first["me"] == "U0BRUNO"
        slack.web.chat_postMessage(channel=ROOM, text="news")
        stream.readline()
        stream.readline()
        latest = json.loads(stream.readline().removeprefix(b"data: "))
        assert latest["seq"] > first["seq"]


def test_reading_clears_unread(slack: Slack) -> None:
    slack.web.chat_postMessage(channel=ROOM, text="x")
    slack.people._post("read", {"user": "U0ANA", "channel": ROOM})
    assert [c["unread"] for c in slack.people.state("U0ANA")["channels"]] == [0, 0]


def test_mistakes_are_answered_not_raised(slack: Slack) -> None:
    assert slack.people._post("slash", {"user": "U0ANA"})["missing"] == "channel"
    assert slack.people.slash("U0NOBODY", ROOM, "/echo")["error"] == "user_not_found"
    assert slack.people.slash("U0BRUNO", "D0U0ANA", "/echo")["error"] == "channel_not_found"
    assert slack.people.state("U0NOBODY")["error"] == "user_not_found"
    assert slack.people.submit("U0ANA", "V404", {})["error"] == "not_found"


@pytest.mark.parametrize("header", [{"Origin": "https://evil.example"}, {"Host": "evil.example"}])
def test_other_sites_cannot_press_buttons_here(slack: Slack, header: dict[str, str]) -> None:
    assert fetch(f"{slack.url}/sandbox/state", headers=header)[0] == 403


@pytest.mark.parametrize("path", ["/", "/archives/C0RELEASES/p1234567890123456", "/page/index.html"])
def test_the_page_is_served(slack: Slack, path: str) -> None:
    assert "<html" in fetch(slack.url + path)[1]


def test_the_inspector_is_bounded_and_keeps_no_token(slack: Slack) -> None:
    assert bounded({"token": "xoxb", "text": "x" * 700, "rows": list(range(70))}) == {
        "token": "…",
        "text": "x" * 600 + "… (700 characters)",
        "rows": [*range(60), "… (70 items)"],
    }
    for _ in range(310):
        slack.web.auth_test()
    state = slack.people.state("U0ANA")
    assert len(state["inspector"]) == 300
    last = state["inspector"][-1]
    assert (last["direction"], last["kind"], last["name"], last["status"]) == ("from_app", "web_api", "auth.test", "ok")


def test_the_command_line_announces_its_address_and_stops_when_told(tmp_path: Path) -> None:
    declared, port_file = tmp_path / "manifest.yaml", tmp_path / "port"
    declared.write_text(yaml.safe_dump(manifest()), encoding="utf-8")
    command = [sys.executable, "-m", "sandbox.slack", "--manifest", str(declared), "--port-file", str(port_file)]
    root = str(Path(__file__).parents[2])
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root, env=os.environ | {"PYTHONPATH": root}) as server:
        assert server.stdout is not None
        url = json.loads(server.stdout.readline())["url"]
        assert url == f"http://127.0.0.1:{port_file.read_text(encoding='utf-8')}"
        assert SlackPeople(url).state("U0ANA")["app"]["name"] == "Echo"
        server.terminate()
        assert server.wait(10) == 0
