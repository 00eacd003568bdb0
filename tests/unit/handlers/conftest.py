"""A local Slack, or a whole bot on one, for each test that asks for it."""

from collections.abc import Iterator

import pytest
from fakes.clock import FakeClock
from unit.handlers.local_slack import LocalSlack, local_slack
from unit.handlers.world import World, running_world

from handlers.outbound import SlackAnnouncer

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)  # slack_sdk would use it for 127.0.0.1 too


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    with local_slack() as running:
        yield running


@pytest.fixture
def announcer(slack: LocalSlack) -> SlackAnnouncer:
    return SlackAnnouncer(slack.client(), FakeClock())


@pytest.fixture(scope="module")
def shared_world() -> Iterator[World]:
    """One connection for a file."""
    with pytest.MonkeyPatch.context() as patch:
        for name in PROXIES:
            patch.delenv(name, raising=False)
        with running_world() as running:
            yield running


@pytest.fixture
def world(shared_world: World) -> World:
    shared_world.forget()
    return shared_world
