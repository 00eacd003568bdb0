"""Calls that go wrong on the way: refused, answered with an error, or not answered; before or after their effect."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.aws.calls import read_call
from sandbox.aws.errors import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sandbox.aws.calls import Application, Call, Environ


@dataclass(slots=True)
class Outage:
    """What becomes of the next calls of an operation.

    Attributes:
        operation: its name, or `*` for any.
        status, code, message: the error that is answered; with status 0 the connection is cut without an answer.
        times: how many calls it meets.
        after: whether the call takes effect all the same.
        about: only calls whose parameters have this among their values.
    """

    operation: str
    status: int = 0
    code: str = ""
    message: str = ""
    times: int = 1
    after: bool = False
    about: str = ""

    def meets(self, call: Call) -> bool:
        """Say whether a call is one of those."""
        wanted = self.operation in {"*", call.operation} and self.times > 0
        return wanted and (not self.about or self.about in call.params.values())


class Outages:
    """A WSGI layer that lets calls go wrong as it was told."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._planned: list[Outage] = []
        self._lock = threading.Lock()

    def plan(self, outages: Iterable[Outage]) -> None:
        """Put these in the place of what was planned before."""
        with self._lock:
            self._planned = list(outages)

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Let the call go wrong if one was planned for it."""
        call = read_call(environ)
        outage = self._next(call)
        if outage is None:
            return self._application(environ, start_response)
        if outage.after:
            list(self._application(environ, lambda *_: None))
        if outage.status == 0:
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        return Refusal(outage.status or 500, outage.code, outage.message).answer(call, start_response)

    def _next(self, call: Call) -> Outage | None:
        with self._lock:
            found = next((each for each in self._planned if each.meets(call)), None)
            if found is not None:
                found.times -= 1
            return found
