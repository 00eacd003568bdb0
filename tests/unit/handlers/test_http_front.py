"""The front door at the wire: only what Slack signed, lately and of a sane size, gets to anybody who acts."""

import hashlib
import hmac
import http.client
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import pytest
from fakes.polling import until
from unit.handlers.local_slack import CHANNEL
from unit.handlers.world import ANA, MODEL, World

from bot.http_front import LARGEST_BODY, HttpFront
from sandbox.slack.directory import SIGNING_SECRET
from services.adapters.system_clock import SystemClock

FORM = "application/x-www-form-urlencoded"
WINDOW_SECONDS = 300
CONNECTIONS = 40
"""More than the threads that answer."""


@pytest.fixture
def port(world: World) -> Iterator[int]:
    front = HttpFront(world.app, SIGNING_SECRET, SystemClock(), "127.0.0.1", 0)
    front.start()
    yield front.port
    front.stop()


def command(trigger_id: str, text: str = f"{MODEL} 7") -> bytes:
    fields = {"command": "/deploy", "text": text, "user_id": ANA, "channel_id": CHANNEL, "team_id": "T0SANDBOX"}
    return urlencode({**fields, "trigger_id": trigger_id}).encode()


def signed(body: bytes, secret: str = SIGNING_SECRET, age: float = 0) -> dict[str, str]:
    """Return the headers by which Slack vouches for a body (docs.slack.dev, verifying requests from Slack)."""
    stamp = str(int(time.time() - age))
    digest = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}", "Content-Type": FORM}


def send(
    port: int, body: bytes, headers: dict[str, str], method: str = "POST", path: str = "/slack/events"
) -> tuple[int, str]:
    """Send one request and return status and text of the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def raw(port: int, data: bytes) -> bytes:
    """Send bytes as they are and return the first line of the answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as wire:
        wire.sendall(data)
        return wire.makefile("rb").readline()


def test_what_slack_signed_acts(world: World, port: int) -> None:
    body = command("1.1")
    status, said = send(port, body, signed(body))
    assert (status, len(world.store.in_progress())) == (200, 1)
    assert "started" in said


@pytest.mark.parametrize("age", [WINDOW_SECONDS - 10, 10 - WINDOW_SECONDS])
def test_a_clock_may_differ_by_minutes(port: int, age: int) -> None:
    body = command("1.2", "help")
    assert send(port, body, signed(body, age=age))[0] == 200


@pytest.mark.parametrize(
    "headers",  # made when the test runs, perhaps long after it was gathered: a stamp lapses
    [
        dict,
        lambda: signed(command("2.1"), "another-secret"),
        lambda: signed(command("another body")),
        lambda: signed(command("2.1"), age=WINDOW_SECONDS + 1),
        lambda: signed(command("2.1"), age=-2 * WINDOW_SECONDS),
        lambda: {**signed(command("2.1")), "X-Slack-Request-Timestamp": "yesterday"},
        lambda: {**signed(command("2.1")), "X-Slack-Request-Timestamp": "9" * 5000},
        lambda: {**signed(command("2.1")), "X-Slack-Request-Timestamp": "-1"},
        lambda: {**signed(command("2.1")), "X-Slack-Signature": "v0=\xe9"},
        lambda: {**signed(command("2.1")), "X-Slack-Signature": ""},
    ],
    ids=["unsigned", "forged", "other-body", "stale", "future", "no-number", "long", "negative", "no-ascii", "empty"],
)
def test_what_slack_did_not_sign_does_not_act(
    world: World, port: int, headers: Callable[[], dict[str, str]], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        assert send(port, command("2.1"), headers()) == (401, "")
    assert not world.store.in_progress()
    assert caplog.text == "", "a stranger must not be able to fill the log"


@pytest.mark.parametrize("body", [b"\xff\xfe\x00", b"payload={", b"[1]", b"payload=null", b"ssl_check=1"])
def test_a_strangers_bytes_are_not_parsed(port: int, body: bytes, caplog: pytest.LogCaptureFixture) -> None:
    headers = {**signed(body, "another-secret"), "Content-Type": "application/json"}
    assert send(port, body, headers) == (401, "")
    assert caplog.text == ""


def test_the_same_signed_request_acts_once(world: World, port: int) -> None:
    body = command("3.1")
    headers = signed(body)
    assert "started" in send(port, body, headers)[1]
    world.store._tables.active.clear()  # as if the release had ended meanwhile
    assert send(port, body, headers)[0] == 200
    retried = {**signed(body, age=1), "X-Slack-Retry-Num": "1", "X-Slack-Retry-Reason": "http_timeout"}
    status, said = send(port, body, retried)
    assert (status, "arrived before" in said) == (200, True), "signed anew, as Slack would try again"
    assert len(world.store.recent(10)) == 1


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/slack/events"), ("POST", "/"), ("POST", "/slack/install"), ("GET", "/healthz")]
)
def test_nothing_else_is_there(port: int, method: str, path: str) -> None:
    assert send(port, b"", signed(b""), method, path) == (404, "")


def test_what_is_too_large_is_not_taken(world: World, port: int) -> None:
    body = command("4.1", "x" * LARGEST_BODY)
    begun = b"POST /slack/events HTTP/1.1\r\nHost: x\r\n"
    assert b" 413 " in raw(port, begun + b"Content-Length: %d\r\n\r\n" % len(body))
    chunk = b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"
    assert b" 413 " in raw(port, begun + b"Transfer-Encoding: chunked\r\n\r\n" + chunk)
    assert b" 431 " in raw(port, begun + b"X-Long: " + b"x" * 20_000 + b"\r\n\r\n")
    assert not world.store.in_progress()


def test_what_has_arrived_is_answered_before_the_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = threading.Event(), threading.Event()
    started = type(world.releases).request

    def slow(*arguments: Any) -> object:
        begun.set()
        assert go_on.wait(20)
        return started(*arguments)

    monkeypatch.setattr(type(world.releases), "request", slow)
    front = HttpFront(world.app, SIGNING_SECRET, SystemClock(), "127.0.0.1", 0)
    front.start()
    body = command("6.1")
    with ThreadPoolExecutor() as people:
        answer = people.submit(send, front.port, body, signed(body))
        assert begun.wait(20)
        stopping = people.submit(front.stop)
        until(lambda: refused(front.port), "the socket closed")
        assert front.connected() is False
        go_on.set()
        stopping.result(20)
        assert answer.result(20)[0] == 200
    assert len(world.store.in_progress()) == 1


def refused(port: int) -> bool:
    """Say whether nobody listens."""
    with socket.socket() as wire:
        return wire.connect_ex(("127.0.0.1", port)) != 0


def test_who_never_ends_a_request_keeps_nobody_waiting(port: int) -> None:
    held = [socket.create_connection(("127.0.0.1", port)) for _ in range(CONNECTIONS)]
    for wire in held:
        wire.sendall(b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n1")
    body = command("5.1", "help")
    assert send(port, body, signed(body))[0] == 200
    for wire in held:
        wire.close()
