"""A local Slack, or a whole bot on one, for each test that asks for it."""

from collections.abc import Iterator

import pytest
from fakes.clock import FakeClock
from unit.handlers.local_slack import LocalSlack, local_slack
from unit.handlers.world import World, running_world

from handlers.outbound import SlackAnnouncer


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)  # slack_sdk would use it for 127.0.0.1 too


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    with local_slack() as running:
        yield running


@pytest.fixture
def announcer(slack: LocalSlack) -> SlackAnnouncer:
    return SlackAnnouncer(slack.client(), FakeClock())


@pytest.fixture
def world() -> Iterator[World]:
    with running_world() as running:
        yield running
