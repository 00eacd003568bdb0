"""An append-only record of the calls the local AWS answered, one JSON object a line."""

from __future__ import annotations

import io
import json
import re
import threading
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from sandbox.aws.clock import Clock

    Environ = dict[str, Any]
    Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

_INVOCATION = re.compile(r"/endpoints/(?P<name>[^/]+)/invocations$")
_MAX_TEXT = 2_000


class Journal:
    """A WSGI layer that writes `{"time", "service", "operation", "params", "status"}` per call.

    Bodies of inference requests and objects are not written, only their size.

    Args:
        application: what answers.
        path: the file to append to.
        clock: says when.
    """

    def __init__(self, application: Application, path: Path, clock: Clock) -> None:
        self._application = application
        self._file: IO[str] = path.open("a", encoding="utf-8")
        self._clock = clock
        self._lock = threading.Lock()

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer, and write the call down."""
        entry = self._entry(environ)

        def start(status: str, *rest: object) -> object:
            self._write({**entry, "status": int(status[:3])})
            return start_response(status, *rest)

        return self._application(environ, start)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _entry(self, environ: Environ) -> dict[str, object]:
        entry: dict[str, object] = {"time": self._clock.now().isoformat(), "service": _service(environ)}
        target = environ.get("HTTP_X_AMZ_TARGET")
        if target:
            return {**entry, "operation": target.rsplit(".", 1)[-1], "params": _json_body(environ)}
        size = int(environ.get("CONTENT_LENGTH") or 0)
        invoked = _INVOCATION.search(environ["PATH_INFO"])
        if invoked:
            params = {"EndpointName": invoked["name"], "BodyBytes": size}
            return {**entry, "operation": "InvokeEndpoint", "params": params}
        operation = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
        return {**entry, "operation": operation, "params": {"BodyBytes": size}}

    def _write(self, entry: dict[str, object]) -> None:
        with self._lock:
            if not self._file.closed:
                self._file.write(json.dumps(entry) + "\n")
                self._file.flush()


def _service(environ: Environ) -> str:
    scope = re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", environ.get("HTTP_AUTHORIZATION", ""))
    return scope[1] if scope else ""


def _json_body(environ: Environ) -> object:
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    try:
        return json.loads(body) if len(body) <= _MAX_TEXT else {"BodyBytes": len(body)}
    except json.JSONDecodeError:
        return {"BodyBytes": len(body)}
