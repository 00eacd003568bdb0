"""Stands between the product and the world on each process's own ports, sees every request, and can strike at one."""

import asyncio
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from aiohttp import ClientSession, ClientTimeout, TCPConnector, web
from multidict import CIMultiDictProxy

from benchmarks.kills.schedule import When

_HOP_BY_HOP = frozenset({"connection", "content-length", "expect", "host", "keep-alive", "te", "transfer-encoding"})
_LARGEST = 64 * 1024 * 1024
_PATIENCE_SECONDS = 90.0

Witness = Callable[[str, str, When], bool]
"""Is told of (process, operation, side) and answers whether that process was killed by it, and hears no answer."""


@dataclass(slots=True)
class Wires:
    """Proxies of AWS and Slack; a context manager.

    Attributes:
        witness: hears of every request before it is passed on, and before its answer is.
    """

    witness: Witness
    _loop: asyncio.AbstractEventLoop = field(init=False, default_factory=asyncio.new_event_loop)
    _runners: list[web.AppRunner] = field(init=False, default_factory=list)
    _session: ClientSession | None = field(init=False, default=None)
    _thread: threading.Thread = field(init=False)

    def __enter__(self) -> Self:
        """Begin to serve, in a thread."""
        # A client that dies in the middle of its request is what this is for, not an error.
        logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
        self._thread = threading.Thread(target=self._loop.run_forever, name="wires", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        """Stop."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def between(self, process: str, upstream: str) -> str:
        """Return the URL at which `process` reaches what is at `upstream`."""
        return asyncio.run_coroutine_threadsafe(self._listen(process, upstream), self._loop).result(30)

    async def _listen(self, process: str, upstream: str) -> str:
        app = web.Application(client_max_size=_LARGEST)

        async def passed_on(request: web.Request) -> web.StreamResponse:
            return await self._pass_on(process, upstream, request)

        app.router.add_route("*", "/{path:.*}", passed_on)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        self._runners.append(runner)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    async def _pass_on(self, process: str, upstream: str, request: web.Request) -> web.StreamResponse:
        body, operation = await request.read(), _operation(request)
        if self.witness(process, operation, When.BEFORE):
            raise web.HTTPServiceUnavailable
        session = self._opened()
        async with session.request(
            request.method, f"{upstream}{request.raw_path}", headers=_kept(request.headers), data=body
        ) as answer:
            content = await answer.read()
            if self.witness(process, operation, When.AFTER):
                raise web.HTTPServiceUnavailable
            return web.Response(status=answer.status, headers=_kept(answer.headers), body=content)

    def _opened(self) -> ClientSession:
        if self._session is None:
            self._session = ClientSession(
                connector=TCPConnector(limit=0),
                timeout=ClientTimeout(total=_PATIENCE_SECONDS),
                auto_decompress=False,
            )
        return self._session

    async def _close(self) -> None:
        if self._session is not None:
            await self._session.close()
        for runner in self._runners:
            await runner.cleanup()


def _operation(request: web.Request) -> str:
    """Return the name by which people know a request: `UpdateEndpoint`, `chat.postMessage`, `PUT object`."""
    target = request.headers.get("X-Amz-Target")
    if target:
        return target.rpartition(".")[2]
    if request.path.startswith("/api/"):
        return request.path.removeprefix("/api/")
    return "InvokeEndpoint" if request.path.endswith("/invocations") else f"{request.method} object"


def _kept(headers: CIMultiDictProxy[str]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers.items() if name.lower() not in _HOP_BY_HOP]
