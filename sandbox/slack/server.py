"""The aiohttp application, and two ways to run it: until interrupted, or in a thread of the caller's process."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox.slack import api_files, control, replies, web_api
from sandbox.slack.emulator import EMULATOR, Emulator
from sandbox.slack.http_mode import HttpMode

HOST = "127.0.0.1"
PAGE = Path(__file__).parent / "page"
FOR_THE_APP = ("/api/", "/link", "/response/", "/upload/")
LARGEST_UPLOAD = 32 * 1024 * 1024


def build_app(emulator: Emulator) -> web.Application:
    """Return the application that serves one emulator."""
    app = web.Application(middlewares=[_local_only, _away], client_max_size=LARGEST_UPLOAD)
    app[EMULATOR] = emulator
    router = app.router
    router.add_route("*", "/api/{method}", web_api.handle_method)
    if emulator.socket is not None:
        router.add_get("/link", emulator.socket.link)
    router.add_post("/response/{code:.+}", replies.handle_response_url)
    router.add_post("/upload/{id}", api_files.handle_upload)
    router.add_get("/files/{id}/{name}", api_files.handle_file)
    router.add_get("/sandbox/state", control.handle_state)
    router.add_get("/sandbox/events", control.handle_events)
    router.add_get("/sandbox/messages", control.handle_messages)
    router.add_get("/sandbox/wait", control.handle_wait)
    router.add_post("/sandbox/{act}", control.handle_act)
    router.add_get("/", _index)
    router.add_get("/archives/{rest:.*}", _index)
    router.add_static("/page/", PAGE)
    return app


async def _index(_request: web.Request) -> web.StreamResponse:
    return web.FileResponse(PAGE / "index.html", headers={"Cache-Control": "no-cache"})


@web.middleware
async def _local_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse other hosts' pages: a site open in the browser must not press buttons here."""
    origin = request.headers.get("Origin")
    own = {f"http://{name}" for name in (HOST, "localhost")}
    if origin is not None and origin.rpartition(":")[0] not in own:
        raise web.HTTPForbidden(text="another site")
    if request.host.partition(":")[0] not in (HOST, "localhost"):
        raise web.HTTPForbidden(text="another host")
    return await handler(request)


@web.middleware
async def _away(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer the app as a Slack that is down does: with a page for people where it wants JSON."""
    if request.app[EMULATOR].away and request.path.startswith(FOR_THE_APP):
        raise web.HTTPServiceUnavailable(text="<html><h1>Slack is down</h1></html>", content_type="text/html")
    return await handler(request)


async def run(emulator: Emulator, port: int, ready: Callable[[str], None]) -> None:
    """Serve on loopback until cancelled; ``ready`` is told the origin once requests are accepted."""
    runner = web.AppRunner(build_app(emulator), access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    try:
        site = web.TCPSite(runner, HOST, port)
        await site.start()
        emulator.origin = f"http://{HOST}:{runner.addresses[0][1]}"
        if isinstance(emulator.delivery.wire, HttpMode):
            emulator.delivery.wire.start()
        ready(emulator.origin)
        await asyncio.Event().wait()
    finally:
        await emulator.delivery.close()
        await runner.cleanup()


@contextlib.contextmanager
def running(emulator: Emulator, port: int = 0) -> Iterator[str]:
    """Serve from a thread while the ``with`` block runs; yields the origin ``http://127.0.0.1:PORT``."""
    loop = asyncio.new_event_loop()
    origins: list[str] = []
    accepting = threading.Event()

    def ready(origin: str) -> None:
        origins.append(origin)
        accepting.set()

    serving = loop.create_task(run(emulator, port, ready))
    serving.add_done_callback(lambda _task: accepting.set())
    thread = threading.Thread(target=_until_cancelled, args=(loop, serving), daemon=True)
    thread.start()
    accepting.wait()
    try:
        if not origins:
            raise OSError(f"the local Slack did not start on port {port}") from serving.exception()
        yield origins[0]
    finally:
        with contextlib.suppress(RuntimeError):  # its loop is closed already when it could not start
            loop.call_soon_threadsafe(serving.cancel)
        thread.join()


def _until_cancelled(loop: asyncio.AbstractEventLoop, serving: asyncio.Task[None]) -> None:
    loop.run_until_complete(asyncio.wait([serving]))
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()
