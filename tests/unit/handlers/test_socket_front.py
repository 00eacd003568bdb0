"""Hanging up on Slack: whoever has typed or clicked gets their answer, from a bot that is leaving as from any other."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fakes.clock import FakeClock, SequentialIds
from fakes.polling import until
from fakes.store import MemoryStore
from unit.handlers.local_slack import CHANNEL, LocalSlack
from unit.handlers.world import ANA, CATALOG, MODEL, build_app

from bot.socket_front import SocketFront
from handlers.directory import SlackDirectory
from sandbox.slack.directory import APP_TOKEN
from services.releases import Releases


class Held:
    """Use cases whose `request` waits until it is let go on."""

    def __init__(self, releases: Releases, patch: pytest.MonkeyPatch) -> None:
        self.begun, self.go_on = threading.Event(), threading.Event()
        request = releases.request

        def held(*arguments: Any) -> object:
            self.begun.set()
            assert self.go_on.wait(20)
            return request(*arguments)

        patch.setattr(releases, "request", held)


@pytest.fixture
def releases(slack: LocalSlack) -> Releases:
    store = MemoryStore(FakeClock())
    return Releases(CATALOG, store, SlackDirectory(slack.client()), FakeClock(), SequentialIds())


@pytest.fixture
def front(slack: LocalSlack, releases: Releases) -> Iterator[SocketFront]:
    front = SocketFront(build_app(slack, releases), APP_TOKEN, 4)
    front.start()
    slack.people.wait_online()
    yield front
    front.stop()


@pytest.fixture
def people() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as pool:
        yield pool


def test_what_is_at_work_is_acknowledged_first(
    slack: LocalSlack,
    releases: Releases,
    front: SocketFront,
    people: ThreadPoolExecutor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    held = Held(releases, monkeypatch)
    answer = people.submit(slack.people.slash, ANA, CHANNEL, f"/deploy {MODEL} 7")
    assert held.begun.wait(20)
    stopping = people.submit(front.stop)
    until(lambda: not front.connected(), "it says that it is leaving")
    held.go_on.set()
    assert answer.result(20)["ok"], "acknowledged in time"
    stopping.result(20)
    assert not slack.people.state(ANA)["app"]["online"]


def test_what_arrives_after_the_goodbye_is_acknowledged_over_another_connection(
    slack: LocalSlack, front: SocketFront, people: ThreadPoolExecutor
) -> None:
    front._handler._hung_up = True  # the goodbye is on its way, and Slack has not heard it
    answer = people.submit(slack.people.slash, ANA, CHANNEL, f"/deploy {MODEL} 7")
    until(lambda: front._handler._unsent, "an ack that may not be sent any more")
    front.stop()
    assert "started" in str(answer.result(20)["response"])
    assert not slack.people.state(ANA)["app"]["online"]


def test_a_connection_that_is_gone_keeps_nobody_from_leaving(slack: LocalSlack, front: SocketFront) -> None:
    front._handler.client.auto_reconnect_enabled = False
    slack.people.fault(drop="reset")
    until(lambda: not slack.people.state(ANA)["app"]["online"], "the connection is gone")
    front.stop()
    assert not front.connected()


def test_a_connection_that_was_cut_is_dialled_anew_after_one_ping(slack: LocalSlack, front: SocketFront) -> None:
    cut = front._handler.client.current_session
    slack.people.fault(drop="reset")
    until(lambda: front._handler.client.current_session is not cut, "another connection")
    slack.people.wait_online()
    assert cut is not None
    assert cut.consecutive_check_state_error_count <= 2, "slack_sdk alone waits for the fifth"
    assert slack.people.slash(ANA, CHANNEL, "/deploy help")["ok"]


def test_a_bot_that_leaves_dials_no_more(slack: LocalSlack, front: SocketFront) -> None:
    front.stop()
    before = slack.people.state(ANA)["app"]["connections"]
    front._handler._look()
    assert slack.people.state(ANA)["app"]["connections"] == before == 0
