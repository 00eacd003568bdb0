"""Without an app token Slack calls the bot, over signed HTTP; who cannot sign gets nothing."""

import hashlib
import hmac
import time
import urllib.error
import urllib.request
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
        assert _status(world, _signed("someone-elses-secret")) == 401
        assert _status(world, _signed(SIGNING_SECRET, BODY + "&text=other")) == 401, "the body was exchanged"
        assert _status(world, _signed(SIGNING_SECRET, age=OLD_SECONDS)) == 401, "an old request, sent again"
        assert _status(world, {}) == 401
        assert story.newest() == release, "a forgery starts nothing"
        seized = _signed(SIGNING_SECRET)
        assert _status(world, seized) == 200
        started = story.newest()
        assert started != release
        assert "cancelled" in story.slash(ANA, f"/release cancel {started}")
        assert _status(world, seized) == 200
        assert _status(world, _signed(SIGNING_SECRET, age=1)) == 200, "the same request, signed anew, as a retry is"
        assert story.newest() == started, "what arrives again starts nothing"


def _signed(secret: str, body: str = BODY, age: float = 0) -> dict[str, str]:
    """Return the headers by which Slack vouches for a body (docs.slack.dev, verifying requests from Slack)."""
    stamp = str(int(time.time() - age))
    digest = hmac.new(secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}


def _status(world: World, headers: dict[str, str]) -> int:
    """Send the command and return the bot's status."""
    request = urllib.request.Request(f"{world.bot_url}/slack/events", BODY.encode(), headers)  # noqa: S310 - loopback
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=10) as answer:
            status: int = answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    return status
