"""Without an app token Slack calls the bot, over signed HTTP; who cannot sign gets nothing."""

import hashlib
import hmac
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from urllib.parse import urlencode

import pytest
from e2e.worlds import StartWorld, told_by
from fakes.story import ANA, BRUNO

from sandbox.slack.directory import SIGNING_SECRET
from sandbox.world import World

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

COMMAND = {
    "command": "/deploy",
    "text": "posted 1",
    "user_id": ANA,
    "channel_id": "C0RELEASES",
    "team_id": "T0SANDBOX",
    "trigger_id": "1.1",
    "response_url": "http://127.0.0.1:9/",
}
BODY = urlencode(COMMAND)
OLD_SECONDS = 6 * 60  # Slack's limit for the age of a request is five minutes


def test_commands_and_clicks_arrive_signed_and_forgeries_do_not(new_world: StartWorld) -> None:
    world = new_world({"posted": {}}, http=True)
    with told_by(world) as stories:
        story = stories("posted")
        assert "/deploy" in story.slash(ANA, "/deploy help")
        release, card = story.to_gate()
        assert story.click(BRUNO, card, "Reject") == ""
        assert story.submit(BRUNO, "Only to see the form")["ok"]
        story.until_phase(release, "rejected")
        assert _status(world, _signature(secret="someone-elses-secret")) == 401
        assert _status(world, _signature(BODY + "&text=other")) == 401, "the body was exchanged"
        assert _status(world, _signature(age=OLD_SECONDS)) == 401, "an old request, sent again"
        assert _status(world, {}) == 401
        assert story.newest() == release, "a forgery starts nothing"
        seized = _signature()
        assert _status(world, seized) == 200
        started = story.newest()
        assert started != release
        assert "cancelled" in story.slash(ANA, f"/release cancel {started}")
        assert _status(world, seized) == 200
        assert _status(world, _signature(age=1)) == 200, "the same request, signed anew, as a retry is"
        assert story.newest() == started, "what arrives again starts nothing"


def signed(world: World, fields: Mapping[str, str], secret: str = SIGNING_SECRET, age: float = 0) -> tuple[int, str]:
    """Send a command as Slack does, and return status and text of the bot's answer."""
    body = urlencode(fields)
    return _sent(world, _signature(body, secret, age), body)


def _signature(body: str = BODY, secret: str = SIGNING_SECRET, age: float = 0) -> dict[str, str]:
    """Return the headers by which Slack vouches for a body (docs.slack.dev, verifying requests from Slack)."""
    stamp = str(int(time.time() - age))
    digest = hmac.new(secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}


def _sent(world: World, headers: dict[str, str], body: str = BODY) -> tuple[int, str]:
    request = urllib.request.Request(f"{world.bot_url}/slack/events", body.encode(), headers)  # noqa: S310 - loopback
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, ""


def _status(world: World, headers: dict[str, str]) -> int:
    """Send the command and return the bot's status."""
    return _sent(world, headers)[0]
