"""Socket Mode: the bot dials out, and hangs up without losing what Slack is waiting for."""

import threading
from time import monotonic
from typing import Any

import structlog
from slack_bolt import App, BoltResponse
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.adapter.socket_mode.internals import run_bolt_app, send_response
from slack_sdk.errors import SlackApiError, SlackClientError, SlackClientNotConnectedError
from slack_sdk.socket_mode.interval_runner import IntervalRunner
from slack_sdk.socket_mode.request import SocketModeRequest
from typing_extensions import override

_PING_SECONDS = 2
_LOOK_SECONDS = 0.2
_DRAIN_SECONDS = 8.0
"""How long all of it may take; Slack waits three for each ack."""
_GOODBYE_SECONDS = 3.0
"""How long Slack may take to say goodbye too; what it sent before would be lost with the connection."""
_PAUSE_SECONDS = 0.01
_CALLS = 3
_CLOSE_FRAME = b"\x88\x80\x00\x00\x00\x00"
"""A masked close frame without a status (RFC 6455, 5.5.1); slack_sdk closes the TCP connection and sends none."""

log = structlog.get_logger()


class _Handler(SocketModeHandler):
    """Bolt's handler, which knows what it has not acknowledged yet.

    Between our goodbye and Slack's, envelopes may still arrive. Nothing may be sent after a close frame, so their acks
    go over one more connection, as Slack takes an ack on any. slack_sdk's own `close` would lose these, and whatever
    was at work.
    """

    def __init__(self, app: App, app_token: str, listeners: int) -> None:
        # A short ping interval finds a dead connection in seconds instead of a minute.
        super().__init__(app, app_token, ping_interval=_PING_SECONDS, concurrency=listeners)
        self._changed = threading.Condition()
        self._unanswered = 0
        self._deadline = 0.0
        self._hung_up = False
        self._unsent: list[tuple[SocketModeRequest, BoltResponse]] = []
        self.client.on_message_listeners.append(self._arrived)
        self._watcher = IntervalRunner(self._look, _LOOK_SECONDS)

    @override
    def handle(self, client: Any, req: SocketModeRequest) -> None:
        """Have an envelope's payload listened to, and acknowledge it."""
        try:
            response = run_bolt_app(self.app, req)
            with self._changed:
                if self._hung_up:
                    self._unsent.append((req, response))
                else:
                    send_response(client, req, response, 0.0)
        finally:
            with self._changed:
                self._unanswered -= 1
                self._changed.notify_all()

    def watch(self) -> None:
        """Begin to look after the connection."""
        self._watcher.start()

    def leave(self) -> None:
        """Look after it no more, and let go of everything."""
        self._watcher.event.set()
        self.client.close()

    def _look(self) -> None:
        """Dial anew when a ping could not be sent: slack_sdk waits for five that fail, and hears nothing meanwhile."""
        session = self.client.current_session
        if session is None or not session.consecutive_check_state_error_count or not self.client.auto_reconnect_enabled:
            return
        log.warning("connection cut, dialling anew")
        try:
            session.disconnect()
            self.client.connect_to_new_endpoint()
        except (SlackClientError, OSError) as error:
            log.warning("not connected", detail=str(error))  # slack_sdk goes on trying

    def drain(self) -> None:
        """Answer what has arrived and hang up; after some seconds in any case."""
        self._deadline = monotonic() + _DRAIN_SECONDS
        self._settle()
        self._hang_up()
        for _ in range(_CALLS):
            if not self._unsent:
                return
            self._call_back()
            self._hang_up()
        log.warning("not acknowledged", envelopes=len(self._unsent))

    def _arrived(self, message: str) -> None:
        if '"envelope_id"' in message:
            with self._changed:
                self._unanswered += 1

    def _settle(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._unanswered <= 0, max(0.0, self._deadline - monotonic()))

    def _hang_up(self) -> None:
        """Say goodbye, and listen until Slack has said it too."""
        session = self.client.current_session
        self.client.auto_reconnect_enabled = False
        with self._changed:
            self._hung_up = True
            if session is None or session.sock is None:
                return
            with session.sock_send_lock:
                session.sock.sendall(_CLOSE_FRAME)
        pause, most = threading.Event(), min(self._deadline, monotonic() + _GOODBYE_SECONDS)
        # slack_sdk lets go of the socket when Slack has closed it, and tells nobody.
        while self.client.is_connected() and monotonic() < most:
            pause.wait(_PAUSE_SECONDS)
        self._settle()

    def _call_back(self) -> None:
        """Connect once more to send the acks that are left."""
        try:
            self.client.connect_to_new_endpoint(force=True)
            with self._changed:
                self._hung_up = False
                while self._unsent:
                    send_response(self.client, *self._unsent[0], 0.0)
                    del self._unsent[0]
        except (SlackApiError, SlackClientNotConnectedError, OSError) as error:
            log.warning("acks not sent", detail=str(error))


class SocketFront:
    """Talks with Slack over Socket Mode: no address of ours has to be reachable."""

    def __init__(self, app: App, app_token: str, listeners: int) -> None:
        self._handler = _Handler(app, app_token, listeners)
        self._stopping = False

    def start(self) -> None:
        """Connect."""
        self._handler.client.connect()
        self._handler.watch()

    def connected(self) -> bool:
        """Say whether Slack can reach us now."""
        return bool(self._handler.client.is_connected()) and not self._stopping

    def stop(self) -> None:
        """Answer what has arrived, hang up, and return; Slack sends what follows to another bot."""
        self._stopping = True
        self._handler.drain()
        self._handler.leave()
