"""Requests to the bot as Slack signs them, and as others would."""

import hashlib
import hmac
import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from urllib.parse import urlencode

from sandbox.slack.wire import Json
from sandbox.world import World


def signed(secret: str, body: str, age: float = 0) -> dict[str, str]:
    """Return the headers by which Slack vouches for a body (docs.slack.dev, verifying requests from Slack)."""
    stamp = str(int(time.time() - age))
    digest = hmac.new(secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}


def form_of(payload: Json) -> str:
    """Return the body in which Slack sends a click."""
    return urlencode({"payload": json.dumps(payload)})


@dataclass(frozen=True)
class Reply:
    """What the bot answered to a request."""

    status: int
    text: str


def post(world: World, body: str, headers: dict[str, str]) -> Reply:
    """Send a body to the bot and return what it answers."""
    request = urllib.request.Request(f"{world.bot_url}/slack/events", body.encode(), headers)  # noqa: S310 - loopback
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=10) as answer:
            return Reply(answer.status, answer.read().decode())
    except urllib.error.HTTPError as error:
        with error:
            return Reply(error.code, "")
