"""The bot process: Slack's side of Sluice, over Socket Mode or signed HTTP."""

from concurrent.futures import ThreadPoolExecutor

from slack_bolt import App, BoltRequest, BoltResponse
from slack_sdk import WebClient
from typing_extensions import override

from bot.http_front import HttpFront
from bot.settings import Settings
from bot.socket_front import SocketFront
from handlers.registry import register_all
from services.adapters.redis_connection import answering_within
from services.adapters.system_clock import SystemClock
from services.releases import Releases

_LISTENERS = 32
_STORE_SECONDS = 2.2


class _TimelyApp(App):
    """Gives the store its share of the three seconds in which Slack wants an answer; Bolt listens on this thread."""

    @override
    def dispatch(self, req: BoltRequest) -> BoltResponse:
        """Answer a request, in time."""
        with answering_within(_STORE_SECONDS):
            return super().dispatch(req)


def build_app(client: WebClient, settings: Settings, releases: Releases) -> App:
    """Return the Bolt app with every listener.

    `process_before_response` sends the ack when the listener returns: after the command is in the store, and without
    Bolt's 10 ms poll for it (slack_bolt `listener/thread_runner.py`).
    """
    app = _TimelyApp(
        client=client,
        signing_secret=_signing_secret(settings),
        process_before_response=True,
        listener_executor=ThreadPoolExecutor(max_workers=_LISTENERS, thread_name_prefix="listener"),
    )
    register_all(app, releases)
    return app


def front_of(app: App, settings: Settings) -> SocketFront | HttpFront:
    """Return the connection that the settings ask for: Socket Mode where there is an app token."""
    if settings.slack_app_token is not None:
        return SocketFront(app, settings.slack_app_token.get_secret_value(), _LISTENERS)
    host, port = settings.sluice_http_host, settings.sluice_http_port
    return HttpFront(app, _signing_secret(settings), SystemClock(), host, port)


def _signing_secret(settings: Settings) -> str:
    """Return the secret that signed HTTP cannot be without; Socket Mode has no use for it."""
    return settings.slack_signing_secret.get_secret_value() if settings.slack_signing_secret is not None else ""
