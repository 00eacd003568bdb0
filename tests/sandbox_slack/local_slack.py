"""Starting a local Slack in this process, and a real Bolt app in a process of its own."""

import contextlib
import http.client
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from slack_sdk import WebClient

from sandbox.slack.client import SlackPeople
from sandbox.slack.directory import BOT_TOKEN
from sandbox.slack.emulator import Emulator, build
from sandbox.slack.manifest import manifest_of
from sandbox.slack.server import running
from sandbox.slack.tickets import Limits

BOT = Path(__file__).with_name("bolt_app.py")
COMMANDS = ("/echo", "/public", "/bad", "/silent", "/crash", "/card", "/form", "/pick")
SCOPES = ("chat:write", "commands", "app_mentions:read", "usergroups:read", "users:read", "files:write")
READING = ("channels:read", "channels:history", "im:write", "reactions:write", "users:read.email", "team:read")


@dataclass(frozen=True)
class Slack:
    """A running local Slack."""

    url: str
    emulator: Emulator
    people: SlackPeople

    @property
    def web(self) -> WebClient:
        """The Web API with the bot's token."""
        return WebClient(token=BOT_TOKEN, base_url=f"{self.url}/api/")


StartSlack = Callable[..., Slack]


def manifest(scopes: tuple[str, ...] = SCOPES + READING, *, messages_tab: bool = True) -> dict[str, Any]:
    commands = [{"command": name, "should_escape": name == "/public"} for name in COMMANDS]
    return {
        "display_information": {"name": "Echo"},
        "features": {
            "app_home": {"home_tab_enabled": True, "messages_tab_enabled": messages_tab},
            "bot_user": {"display_name": "Echo"},
            "slash_commands": commands,
        },
        "oauth_config": {"scopes": {"bot": list(scopes)}},
        "settings": {
            "event_subscriptions": {"bot_events": ["app_home_opened", "app_mention", "message.channels"]},
            "interactivity": {"is_enabled": True},
        },
    }


def started(stack: contextlib.ExitStack, http_url: str | None = None, **limits: Any) -> Slack:
    declared = manifest(limits.pop("scopes", SCOPES + READING), messages_tab=limits.pop("messages_tab", True))
    emulator = build(manifest_of(declared), Limits(**limits), http_url)
    url = stack.enter_context(running(emulator))
    return Slack(url, emulator, SlackPeople(url))


@contextlib.contextmanager
def bolt(slack: Slack, port: int | None = None) -> Iterator[Slack]:
    """Run the Bolt app against ``slack``: over Socket Mode, or over HTTP on ``port``."""
    env = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    env |= {"SLACK_API_URL": f"{slack.url}/api/", "BOT_PORT": str(port or "")}
    process = subprocess.Popen([sys.executable, str(BOT)], env=env)
    try:
        slack.people.wait_online(20)
        yield slack
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def streamed(
    url: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> Iterator[http.client.HTTPResponse]:
    """GET ``url``, or POST ``body`` to it, and read the answer as it comes; a refusal is an answer too."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=20)
    try:
        target = f"{parts.path}?{parts.query}"
        connection.request("GET" if body is None else "POST", target, body, headers or {})
        yield connection.getresponse()
    finally:
        connection.close()


def fetch(url: str, body: object = None, headers: dict[str, str] | None = None) -> tuple[int, str]:
    """Return the status and text of a GET, or of a POST with ``body`` (bytes as they are, else as JSON)."""
    sent = body if isinstance(body, bytes | None) else json.dumps(body).encode()
    with streamed(url, sent, {"Content-Type": "application/json"} | (headers or {})) as answer:
        return answer.status, answer.read().decode()
