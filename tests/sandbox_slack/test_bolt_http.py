"""The same Bolt app over signed HTTP."""

import pytest
from sandbox_slack.local_slack import Slack, fetch

from sandbox.slack.http_mode import HttpMode

pytestmark = pytest.mark.e2e
ROOM = "C0RELEASES"


def test_commands_clicks_and_events_travel_signed(echo_over_http: Slack) -> None:
    slack = echo_over_http
    assert slack.people.slash("U0ANA", ROOM, "/echo hello")["ok"]
    assert slack.people.messages(ROOM, "U0ANA")[-1]["text"] == "hello"
    assert slack.people.slash("U0ANA", ROOM, "/crash")["error"] == "dispatch_failed"
    slack.people.slash("U0ANA", ROOM, "/card over http")
    card = slack.people.wait_for_message("U0ANA", ROOM, lambda m: m["text"] == "over http")
    slack.people.click("U0BRUNO", card, "approve")
    slack.people.wait_for_message("U0BRUNO", ROOM, lambda m: "approved r-1" in m["text"])
    slack.people.open_home("U0ANA")
    assert slack.people.wait_for("U0ANA", lambda state: state["home"])
    with pytest.raises(Exception, match="socket_mode_not_enabled"):
        slack.web.apps_connections_open(app_token="xapp-sandbox")


def test_the_app_itself_refuses_what_is_not_signed(echo_over_http: Slack) -> None:
    wire = echo_over_http.emulator.delivery.wire
    assert isinstance(wire, HttpMode)
    url = wire._url
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert fetch(url, b"command=%2Fecho", form)[0] == 401
