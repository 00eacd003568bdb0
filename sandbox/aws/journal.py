"""An append-only record of the calls the local AWS answered, one JSON object a line."""

from __future__ import annotations

import json
import threading
from typing import IO, TYPE_CHECKING, Any

from sandbox.aws.calls import read_call
from sandbox.aws.principals import principal_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from sandbox.aws.calls import Application, Environ
    from sandbox.aws.clock import Clock


class Journal:
    """A WSGI layer that writes `{"time", "service", "operation", "params", "by", "status"}` per call.

    `by` is the ARN of the role's session or the user that called, "" for keys that belong to neither. Bodies of
    inference requests and objects are not written, only their size.

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
        call = read_call(environ)
        caller = principal_of(call.access_key)
        return {
            "time": self._clock.now().isoformat(),
            "service": call.service,
            "operation": call.operation,
            "params": call.params,
            "by": caller.arn if caller else "",
        }

    def _write(self, entry: dict[str, object]) -> None:
        with self._lock:
            if not self._file.closed:
                self._file.write(json.dumps(entry) + "\n")
                self._file.flush()
