"""A local Slack that knows our manifest, seen from the app's side and from its people's."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slack_sdk import WebClient

from sandbox.slack.client import SlackPeople
from sandbox.slack.directory import BOT_TOKEN
from sandbox.slack.emulator import Emulator, build
from sandbox.slack.manifest import read_manifest
from sandbox.slack.server import running
from sandbox.slack.tickets import Limits

MANIFEST = Path(__file__).parents[3] / "manifest.yaml"
CHANNEL = "C0RELEASES"


@dataclass(frozen=True)
class LocalSlack:
    """A running local Slack."""

    url: str
    emulator: Emulator
    people: SlackPeople

    def client(self) -> WebClient:
        """Return a Web API client with the bot's token."""
        return WebClient(token=BOT_TOKEN, base_url=f"{self.url}/api/")

    def seen(self, user: str = "U0ANA", channel: str = CHANNEL) -> list[dict[str, Any]]:
        """Return the messages that a person sees in a channel, oldest first."""
        return self.people.messages(channel, user)

    def modals(self, user: str) -> list[dict[str, Any]]:
        """Return the modals that a person has open."""
        found: list[dict[str, Any]] = self.people.state(user)["modals"]
        return found


@contextmanager
def local_slack(http_url: str | None = None) -> Iterator[LocalSlack]:
    """Run a local Slack; with `http_url` it sends signed requests there."""
    emulator = build(read_manifest(MANIFEST), Limits(), http_url)
    with running(emulator) as url:
        yield LocalSlack(url, emulator, SlackPeople(url))
