"""What a process says of itself, and that there is nothing else to ask it."""

import http.client
import json
from collections.abc import Iterator

import pytest

from bot.health import serve_health

WELL = {"redis": True, "slack": True}


@pytest.fixture
def port() -> Iterator[int]:
    server = serve_health("127.0.0.1", 0, "bot", {"redis": lambda: WELL["redis"], "slack": lambda: WELL["slack"]})
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def ask(port: int, method: str, path: str) -> tuple[int, str, str]:
    """Return status, server and text of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Server", ""), answer.read().decode()
    finally:
        connection.close()


def test_each_check_is_told(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    status, _, said = ask(port, "GET", "/healthz")
    assert (status, json.loads(said)) == (200, {"role": "bot", "ok": True, **WELL})
    monkeypatch.setitem(WELL, "slack", False)
    status, _, said = ask(port, "GET", "/healthz")
    assert (status, json.loads(said)) == (503, {"role": "bot", "ok": False, "redis": True, "slack": False})


@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("GET", "/healthz/x"), ("POST", "/healthz"), ("PUT", "/")])
def test_there_is_nothing_else(port: int, method: str, path: str) -> None:
    status, server, said = ask(port, method, path)
    assert status in {404, 501}
    assert server == "sluice"
    assert "Python" not in said
