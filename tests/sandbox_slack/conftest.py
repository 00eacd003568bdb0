"""A local Slack per test, and real Bolt apps in processes of their own."""

import contextlib
import socket
from collections.abc import Iterator

import pytest
from sandbox_slack.local_slack import Slack, StartSlack, bolt, started


@pytest.fixture
def start_slack() -> Iterator[StartSlack]:
    with contextlib.ExitStack() as stack:
        yield lambda **options: started(stack, **options)


@pytest.fixture
def slack(start_slack: StartSlack) -> Slack:
    return start_slack()


@pytest.fixture(scope="module")
def echo() -> Iterator[Slack]:
    """A Slack with the Bolt app on Socket Mode, shared by the tests of one file."""
    with contextlib.ExitStack() as stack, bolt(started(stack, ack_seconds=0.5)) as running_slack:
        yield running_slack


@pytest.fixture
def echo_over_http() -> Iterator[Slack]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with contextlib.ExitStack() as stack:
        slack = started(stack, http_url=f"http://127.0.0.1:{port}/slack/events")
        assert slack.people.slash("U0ANA", "C0RELEASES", "/echo early")["error"] == "app_offline"
        with bolt(slack, port) as running_slack:
            yield running_slack
