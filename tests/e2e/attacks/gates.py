"""Releases that wait at their gates, and what an attacker or an unlucky person does there."""

import os
import secrets
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from e2e.attacks.signing import form_of, signed
from e2e.worlds import TITANIC, Models
from fakes.story import CHANNEL, Story
from pydantic import SecretStr
from slack_bolt import BoltRequest
from slack_sdk import WebClient

from bot.catalog.reading import read_catalog
from bot.settings import Settings
from bot.slack_app import build_app
from handlers.directory import SlackDirectory
from sandbox.slack.directory import BOT_TOKEN, SIGNING_SECRET
from sandbox.slack.wire import Json
from sandbox.world import World
from services.adapters.redis_store import RedisStore
from services.adapters.system_clock import RandomIds
from services.ports import Clock
from services.releases import Releases

MODELS: Models = {
    "gate": {},
    "other": {},
    "raced": {},
    "doubled": {},
    "late": {},
    "withdrawn": {},
    "moved": {},
    "retested": {},
    "panel": {"gate": {"quorum": 2}},
    "overtaken": {},
    "told": {},
    "approved": {},
    "rejected": {},
    "shouting": TITANIC,
}

Gates = Callable[[str], tuple[Story, str, Json]]
"""Model -> its story, the id of its release, and the card that asks for a decision."""


def value_of(story: Story, release: str) -> str:
    """Return what the buttons of the release's gate carry."""
    return f"{release}:{story.document(release)['gate']['nonce']}"


def click_of(story: Story, user: str, action: str, value: str) -> Json:
    """Return a click as Slack would send it, with a fresh address for the answer, made from one of the person's."""
    said = story.press_old(user, "button_of_last_year", "r00000000")
    assert "older message" in said, said
    crossings = reversed(story.people.state(user)["inspector"])
    sent = next(each["body"] for each in crossings if "button_of_last_year" in each["name"])
    pressed = {**sent["actions"][0], "action_id": action, "value": value}
    payload: Json = {**sent, "actions": [pressed], "trigger_id": secrets.token_hex(8)}
    return payload


def approve_elsewhere(story: Story, store: RedisStore, user: str, release: str, clock: Clock) -> str:
    """Click Approve through a bot that has just started and goes by `clock`; return the answer. All wires are real."""
    client = WebClient(token=BOT_TOKEN, base_url=f"{story.world.slack_url}/api/")
    catalog = read_catalog(story.world.recipe.catalog)
    releases = Releases(catalog, store, SlackDirectory(client), clock, RandomIds())
    settings = Settings(slack_bot_token=SecretStr(BOT_TOKEN), slack_signing_secret=SecretStr(SIGNING_SECRET))
    app = build_app(client, settings, releases)
    body = form_of(click_of(story, user, "gate_approve", value_of(story, release)))
    request = BoltRequest(body=body, headers={**signed(SIGNING_SECRET, body)})
    with ThreadPoolExecutor(1) as listener:  # what a click gives the store to answer counts for its own thread
        return answer_to(story, user, lambda: listener.submit(app.dispatch, request).result())


def answer_to(story: Story, user: str, send: Callable[[], object]) -> str:
    """Return what only `user` sees in the channel after something was sent."""
    before = _private(story, user)
    send()
    return _private(story, user).removeprefix(before)


def _private(story: Story, user: str) -> str:
    return "".join(each["text"] for each in story.people.messages(CHANNEL, user) if each["ephemeral"])


@contextmanager
def stopped_worker(world: World) -> Iterator[None]:
    """Hold the worker still: what is clicked meanwhile is in the store, and nothing comes of it yet."""
    pid = world.process("worker-1").popen.pid
    os.kill(pid, signal.SIGSTOP)
    yield
    os.kill(pid, signal.SIGCONT)
