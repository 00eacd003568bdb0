"""Socket Mode: each envelope goes to exactly one connection; acks are matched by envelope_id on any of them."""

import asyncio
import json
import secrets
import time
import uuid
from dataclasses import dataclass

from aiohttp import WSMsgType, web

from sandbox.slack.delivery import EVENTS, OFFLINE, TIMEOUT, Receipt
from sandbox.slack.directory import APP_ID
from sandbox.slack.inspector import Inspector
from sandbox.slack.tickets import Limits
from sandbox.slack.wire import Json


@dataclass(slots=True, eq=False)
class _Connection:
    socket: web.WebSocketResponse
    request: web.Request
    draining: bool = False
    lingering: bool = False


class SocketMode:
    """The app's open sockets (docs.slack.dev/apis/events-api/using-socket-mode)."""

    def __init__(self, inspector: Inspector, limits: Limits) -> None:
        """Accept up to ``limits.most_connections`` sockets; wait ``limits.ack_seconds`` for each ack."""
        self._inspector = inspector
        self._limits = limits
        self._tickets: set[str] = set()
        self._closing: set[asyncio.Task[bool]] = set()
        self._open: list[_Connection] = []
        self._waiting: dict[str, asyncio.Future[Json | None]] = {}

    @property
    def online(self) -> bool:
        """Whether at least one socket is open."""
        return bool(self._open)

    @property
    def connections(self) -> int:
        """How many sockets are open."""
        return len(self._open)

    def ticket(self) -> str:
        """Return a single-use ticket for one connection (apps.connections.open)."""
        ticket = secrets.token_urlsafe(24)
        self._tickets.add(ticket)
        return ticket

    async def link(self, request: web.Request) -> web.StreamResponse:
        """Serve one socket until it closes."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            raise web.HTTPForbidden(text="unknown ticket")
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        if len(self._open) >= self._limits.most_connections:
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await socket.close()
            return socket
        await self._serve(_Connection(socket, request))
        return socket

    async def _serve(self, connection: _Connection) -> None:
        self._open.append(connection)
        try:
            await connection.socket.send_json(_hello(len(self._open)))
            self._inspector.note("to_app", "socket", "hello")
            self._retire()
            async for message in connection.socket:
                if message.type is WSMsgType.TEXT:
                    self._receive(message.data)
        finally:
            self._open.remove(connection)
            self._inspector.note("from_app", "socket", "closed")

    def _receive(self, text: str) -> None:
        try:
            frame: Json = json.loads(text)
        except ValueError:
            return
        waiting = self._waiting.pop(str(frame.get("envelope_id")), None)
        if waiting is not None and not waiting.done():
            waiting.set_result(frame.get("payload"))

    async def attempt(self, kind: str, payload: Json, retry: int = 0, reason: str = "") -> Receipt:
        """Send one envelope to one connection and wait for its ack."""
        envelope_id = str(uuid.uuid4())
        text = json.dumps(_envelope(envelope_id, kind, payload, retry, reason))
        answer: asyncio.Future[Json | None] = asyncio.get_running_loop().create_future()
        self._waiting[envelope_id] = answer
        start = time.perf_counter()
        try:
            if not await self._send(text):
                return Receipt(OFFLINE, 0.0)
            body = await asyncio.wait_for(answer, self._limits.ack_seconds)
        except TimeoutError:
            return Receipt(TIMEOUT, _since(start))
        finally:
            self._waiting.pop(envelope_id, None)
        return Receipt(None, _since(start), body)

    async def _send(self, text: str) -> bool:
        """Give ``text`` to the next connection in turn; those asked to refresh come last."""
        for connection in sorted(self._open, key=lambda each: each.draining):
            self._open.remove(connection)
            self._open.append(connection)
            try:
                await connection.socket.send_str(text)
            except ConnectionError:
                continue
            return True
        return False

    def _retire(self) -> None:
        """Close a connection that was asked to refresh, now that its successor is there."""
        for connection in self._open:
            if connection.draining and not connection.lingering:
                connection.lingering = True
                closing = asyncio.get_running_loop().create_task(connection.socket.close(code=1000))
                self._closing.add(closing)
                closing.add_done_callback(self._closing.discard)
                return

    async def disconnect(self, reason: str, *, linger: bool = False) -> None:
        """Ask every open connection to come back on a new one.

        Each is closed when its successor says hello. With ``linger`` it is left to the app to close: the builtin
        client of slack_sdk 3.47 then processes nothing until its idle receive returns, for up to 3 s.
        """
        for connection in list(self._open):
            connection.draining, connection.lingering = True, linger
            await connection.socket.send_json({"type": "disconnect", "reason": reason})

    async def drop(self, *, reset: bool = False) -> None:
        """Close every socket; with ``reset`` cut the TCP connections without a close frame."""
        for connection in list(self._open):
            transport = connection.request.transport
            if reset and transport is not None:
                transport.abort()
            else:
                await connection.socket.close(code=1001)

    async def close(self) -> None:
        """Close the sockets."""
        await self.drop()


def _hello(connections: int) -> Json:
    return {
        "type": "hello",
        "num_connections": connections,
        "debug_info": {"host": "sandbox", "build_number": 1, "approximate_connection_time": 18060},
        "connection_info": {"app_id": APP_ID},
    }


def _envelope(envelope_id: str, kind: str, payload: Json, retry: int, reason: str) -> Json:
    envelope: Json = {"envelope_id": envelope_id, "type": kind, "payload": payload}
    envelope["accepts_response_payload"] = kind != EVENTS
    if kind == EVENTS:
        envelope |= {"retry_attempt": retry, "retry_reason": reason}
    return envelope


def _since(start: float) -> float:
    return round((time.perf_counter() - start) * 1000, 3)
