"""How payloads reach the app: what a receipt is, and the event retries common to both wires."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Protocol

from sandbox.slack.inspector import Inspector
from sandbox.slack.wire import Json

SLASH = "slash_commands"
INTERACTIVE = "interactive"
EVENTS = "events_api"

OFFLINE = "app_offline"
TIMEOUT = "operation_timeout"
FAILED = "dispatch_failed"


@dataclass(frozen=True, slots=True)
class Receipt:
    """The app's acknowledgement: its body if any, or the error the user is told; ``ack_ms`` in milliseconds."""

    error: str | None
    ack_ms: float
    body: Json | str | None = None

    @property
    def ok(self) -> bool:
        """Whether the app acknowledged in time."""
        return self.error is None


class Wire(Protocol):
    """One way to reach the app: Socket Mode or signed HTTP."""

    @property
    def online(self) -> bool:
        """Whether the app can be reached now."""

    @property
    def connections(self) -> int:
        """How many sockets the app holds open."""

    async def attempt(self, kind: str, payload: Json, retry: int = 0, reason: str = "") -> Receipt:
        """Send one payload once and wait for its acknowledgement."""

    async def close(self) -> None:
        """Let go of the app."""


class Delivery:
    """Sends and logs payloads; commands and clicks are tried once, events again after each retry delay."""

    def __init__(self, wire: Wire, inspector: Inspector, retry_delays: tuple[float, ...]) -> None:
        """Events without an ack are sent again after each of ``retry_delays`` seconds."""
        self.wire = wire
        self._inspector = inspector
        self._retry_delays = retry_delays
        self._tasks: set[asyncio.Task[None]] = set()
        self.twice = 0
        self.late: list[float] = []

    async def deliver(self, kind: str, name: str, payload: Json, retry: int = 0, reason: str = "") -> Receipt:
        """Send one payload and log it; never raises, the receipt says what went wrong.

        The next ``twice`` payloads are sent once more after they were acknowledged. One that is ``late`` by some
        seconds is a timeout for its user, and sent after that.
        """
        if self.late:
            self._later(self._send_late(self.late.pop(0), kind, name, payload))
            return Receipt(TIMEOUT, 0.0)
        receipt = await self._send(kind, name, payload, retry, reason)
        if self.twice:
            self.twice -= 1
            await self._send(kind, f"{name} again", payload, retry, reason)
        return receipt

    async def _send_late(self, seconds: float, kind: str, name: str, payload: Json) -> None:
        await asyncio.sleep(seconds)
        await self._send(kind, f"{name} late", payload)

    async def _send(self, kind: str, name: str, payload: Json, retry: int = 0, reason: str = "") -> Receipt:
        crossing = self._inspector.open("to_app", kind, name, payload)
        receipt = await self.wire.attempt(kind, payload, retry, reason)
        status = receipt.error or f"ack {receipt.ack_ms:.0f} ms"
        self._inspector.close(crossing, status, ok=receipt.ok, answer=receipt.body)
        return receipt

    def publish(self, name: str, payload: Json) -> None:
        """Send an event in the background, again while the app does not acknowledge it."""
        self._later(self._publish(name, payload))

    def _later(self, sending: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(sending)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _publish(self, name: str, payload: Json) -> None:
        receipt = await self.deliver(EVENTS, name, payload)
        for number, delay in enumerate(self._retry_delays, start=1):
            if receipt.ok:
                return
            await asyncio.sleep(delay)
            reason = "http_timeout" if receipt.error == TIMEOUT else "http_error"
            receipt = await self.deliver(EVENTS, f"{name} retry {number}", payload, number, reason)

    async def close(self) -> None:
        """Stop the background sending and let go of the app."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.wire.close()
