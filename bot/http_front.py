"""Signed HTTP: what stands between the network and Bolt when Slack calls the bot."""

import hashlib
import hmac
import io
import logging
import re
import threading
from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING

import waitress
from slack_bolt import App
from slack_bolt.adapter.wsgi import SlackRequestHandler
from waitress import wasyncore

from services.ports import Clock

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

PATH = "/slack/events"
LARGEST_BODY = 1 << 20
"""Bytes. Slack publishes no limit; a click carries its message and a form its fields, some 100 kB at most."""
_STAMP = re.compile("[0-9]{1,12}")
_WINDOW_SECONDS = 300
"""How old, or how much in the future, a request may be: docs.slack.dev, verifying requests from Slack."""
_LARGEST_HEADERS = 16 << 10
_THREADS = 32
_IDLE_SECONDS = 30
_CONNECTIONS = 200
_DRAIN_SECONDS = 5
"""Slack waits three for an answer."""


class Signed:
    """Lets through only what Slack has signed within five minutes, before anything of it is read.

    Bolt checks the same, but parses the body first: a stranger's bytes would reach that parser, and its errors the log.
    """

    def __init__(self, app: "WSGIApplication", signing_secret: str, clock: Clock) -> None:
        self._app = app
        self._secret = signing_secret.encode()
        self._clock = clock

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer 404 to another place, 401 to who is not Slack, else what the app answers."""
        if (environ["REQUEST_METHOD"], environ["PATH_INFO"]) != ("POST", PATH):
            return _only(HTTPStatus.NOT_FOUND, start_response)
        body = environ["wsgi.input"].read()
        if not self._signed(body, environ):
            return _only(HTTPStatus.UNAUTHORIZED, start_response)
        return self._app({**environ, "wsgi.input": io.BytesIO(body)}, start_response)

    def _signed(self, body: bytes, environ: "WSGIEnvironment") -> bool:
        # Slack's recipe, on bytes: slack_sdk's verifier raises on a timestamp that is no number, a signature that is
        # no ASCII and a body that is no UTF-8, and a stranger may send any of them.
        stamp, signature = environ.get("HTTP_X_SLACK_REQUEST_TIMESTAMP", ""), environ.get("HTTP_X_SLACK_SIGNATURE", "")
        if not _STAMP.fullmatch(stamp) or abs(self._clock.now().timestamp() - int(stamp)) > _WINDOW_SECONDS:
            return False
        digest = hmac.new(self._secret, f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(f"v0={digest}".encode(), signature.encode("latin-1"))


def _only(status: HTTPStatus, start_response: "StartResponse") -> Iterable[bytes]:
    start_response(f"{status.value} {status.phrase}", [("Content-Type", "text/plain"), ("Content-Length", "0")])
    return []


class HttpFront:
    """Listens for Slack's signed requests at `/slack/events`, and for nothing else."""

    def __init__(self, app: App, signing_secret: str, clock: Clock, host: str, port: int) -> None:
        # It warns of each request that has to wait, whoever sent it: a stranger could fill the log.
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        self._sockets: dict[int, wasyncore.dispatcher] = {}
        self._server = waitress.create_server(
            Signed(SlackRequestHandler(app, PATH), signing_secret, clock),
            map=self._sockets,
            host=host,
            port=port,
            threads=_THREADS,
            connection_limit=_CONNECTIONS,
            channel_timeout=_IDLE_SECONDS,
            max_request_body_size=LARGEST_BODY,
            max_request_header_size=_LARGEST_HEADERS,
            ident=None,
        )
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="http", daemon=True)

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return int(self._server.effective_port)

    def start(self) -> None:
        """Listen."""
        self._thread.start()

    def connected(self) -> bool:
        """Say whether Slack can reach us now, as far as this process knows."""
        return not self._stopping.is_set()

    def stop(self) -> None:
        """Take no more requests, answer those that have arrived, and return; after some seconds in any case."""
        self._server.trigger.pull_trigger(self._hang_up)
        self._thread.join(_DRAIN_SECONDS)

    def _hang_up(self) -> None:
        """Listen no more. By the thread that polls: it would fail on a socket that is gone, and its end closes all."""
        self._stopping.set()
        wasyncore.dispatcher.close(self._server)

    def _serve(self) -> None:
        while not self._stopping.is_set() or self._answering():
            wasyncore.loop(timeout=1, map=self._sockets, count=1)
        wasyncore.close_all(self._sockets)

    def _answering(self) -> bool:
        return any(each.requests or each.total_outbufs_len for each in self._server.active_channels.values())
