"""The bot process: Slack's side of Sluice, over Socket Mode or signed HTTP."""

from concurrent.futures import ThreadPoolExecutor

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from bot.http_front import HttpFront
from bot.settings import Settings
from handlers.registry import register_all
from services.adapters.system_clock import SystemClock
from services.releases import Releases

_LISTENERS = 32
_PING_SECONDS = 2


def build_app(client: WebClient, settings: Settings, releases: Releases) -> App:
    """Return the Bolt app with every listener.

    `process_before_response` sends the ack when the listener returns: after the command is in the store, and without
    Bolt's 10 ms poll for it (slack_bolt `listener/thread_runner.py`).
    """
    app = App(
        client=client,
        signing_secret=_signing_secret(settings),
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


def front_of(app: App, settings: Settings) -> SocketFront | HttpFront:
    """Return the connection that the settings ask for: Socket Mode where there is an app token."""
    if settings.slack_app_token is not None:
        return SocketFront(app, settings.slack_app_token.get_secret_value())
    host, port = settings.sluice_http_host, settings.sluice_http_port
    return HttpFront(app, _signing_secret(settings), SystemClock(), host, port)


def _signing_secret(settings: Settings) -> str:
    """Return the secret that signed HTTP cannot be without; Socket Mode has no use for it."""
    return settings.slack_signing_secret.get_secret_value() if settings.slack_signing_secret is not None else ""
