"""Slack hears that a command was taken only once it is stored: a bot that dies before has acknowledged nothing."""

import threading
from collections.abc import Sequence
from datetime import datetime

import pytest
from fakes.clock import SequentialIds
from fakes.directory import FakeDirectory
from fakes.store import MemoryStore
from slack_bolt import BoltRequest
from typing_extensions import override
from unit.handlers.local_slack import CHANNEL, local_slack

from bot.settings import Settings
from bot.slack_app import build_app
from handlers.views.samples import DEPLOYMENT
from services.adapters.system_clock import SystemClock
from services.release.audit import Act
from services.release.catalog import ModelEntry
from services.release.events import LogEntry
from services.release.model import Release
from services.releases import Releases

pytestmark = pytest.mark.crash
MODEL = "titanic-survival"


class SlowStore(MemoryStore):
    """A store that is in no hurry: whoever does not wait for it is answered meanwhile."""

    def __init__(self) -> None:
        super().__init__(SystemClock())
        self.acknowledged = threading.Event()
        self.stored = False

    @override
    def create(self, release: Release, entry: LogEntry, due: datetime, acts: Sequence[Act] = ()) -> str | None:
        self.acknowledged.wait(0.2)
        found = super().create(release, entry, due, acts)
        self.stored = True
        return found


def test_a_command_is_stored_before_slack_hears_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    store = SlowStore()
    catalog = {MODEL: ModelEntry(MODEL, DEPLOYMENT)}
    releases = Releases(catalog, store, FakeDirectory(), SystemClock(), SequentialIds())
    fields = {
        "command": "/deploy",
        "text": f"{MODEL} 7",
        "user_id": "U0ANA",
        "channel_id": CHANNEL,
        "trigger_id": "1.1",
    }
    with local_slack() as slack:
        app = build_app(
            slack.client(), Settings(_env_file=None, slack_bot_token="xoxb-1", slack_app_token="xapp-1"), releases
        )
        answer = app.dispatch(BoltRequest(body={**fields, "type": "slash_commands"}, mode="socket_mode"))
        stored_by_then = store.stored
        store.acknowledged.set()
    assert answer.status == 200
    assert stored_by_then
