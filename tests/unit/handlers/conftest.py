"""A local Slack for each test that asks for one."""

from collections.abc import Iterator

import pytest
from unit.handlers.local_slack import LocalSlack, StillClock, local_slack

from handlers.outbound import SlackAnnouncer


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalSlack]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)  # slack_sdk would use it for 127.0.0.1 too
    with local_slack() as running:
        yield running


@pytest.fixture
def announcer(slack: LocalSlack) -> SlackAnnouncer:
    return SlackAnnouncer(slack.client(), StillClock())
