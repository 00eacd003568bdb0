"""The bot process: Slack's side of Sluice, over Socket Mode or signed HTTP."""

import threading
from concurrent.futures import ThreadPoolExecutor

import waitress
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.adapter.wsgi import SlackRequestHandler
from slack_sdk import WebClient

from bot.settings import Settings
from handlers.registry import register_all
from services.releases import Releases

_LISTENERS = 32
_PING_SECONDS = 2
_LARGEST_BODY = 1 << 20


def build_app(client: WebClient, signing_secret: str | None, releases: Releases) -> App:
    """Return the Bolt app with every listener.

    `process_before_response` sends the ack when the listener returns: after the command is in the store, and without
    Bolt's 10 ms poll for it (slack_bolt `listener/thread_runner.py`).
    """
    app = App(
        client=client,
        signing_secret=signing_secret or "",
        process_before_response=True,
        listener_executor=ThreadPoolExecutor(max_workers=_LISTENERS, thread_name_prefix="listener"),
    )
    register_all(app, releases)
    return app


class SocketFront:
    """Talks with Slack over Socket Mode: no address of ours has to be reachable."""

    def __init__(self, app: App, app_token: str) -> None:
        # A short ping interval finds a dead connection in seconds instead of a minute.
        self._handler = SocketModeHandler(app, app_token, ping_interval=_PING_SECONDS, concurrency=_LISTENERS)

    def start(self) -> None:
        """Connect."""
        self._handler.connect()

    def connected(self) -> bool:
        """Say whether Slack can reach us now."""
        return bool(self._handler.client.is_connected())

    def stop(self) -> None:
        """Close the connection; Slack sends what follows to another one."""
        self._handler.close()


class HttpFront:
    """Listens for Slack's signed requests at `/slack/events`; Bolt checks signature and age of each."""

    def __init__(self, app: App, host: str, port: int) -> None:
        self._server = waitress.create_server(
            SlackRequestHandler(app), host=host, port=port, threads=_LISTENERS, max_request_body_size=_LARGEST_BODY
        )

    def start(self) -> None:
        """Listen."""
        threading.Thread(target=self._server.run, name="http", daemon=True).start()

    def connected(self) -> bool:
        """Say whether Slack can reach us now, as far as this process knows."""
        return True

    def stop(self) -> None:
        """Stop listening."""
        self._server.close()


def front_of(app: App, settings: Settings) -> SocketFront | HttpFront:
    """Return the connection that the settings ask for: Socket Mode where there is an app token."""
    if settings.slack_app_token is not None:
        return SocketFront(app, settings.slack_app_token.get_secret_value())
    return HttpFront(app, settings.sluice_http_host, settings.sluice_http_port)
