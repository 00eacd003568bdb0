"""`POST /sandbox/…`: how tests have AWS misbehave. AWS has nothing like it, and nothing in the product knows it."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from sandbox.aws.backend import LocalSageMakerBackend
from sandbox.aws.clock import ManualClock
from sandbox.aws.outages import Outage, Outages
from sandbox.aws.wire import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sandbox.aws.calls import Application, Environ
    from sandbox.aws.clock import Clock
    from sandbox.aws.wire import Wire

_PREFIX = "/sandbox/"


class Control:
    """A WSGI layer that answers `/sandbox/…` and lets all else through.

    - `outages`: `{"outages": [...]}` with the fields of `Outage`, in the place of those planned before.
    - `advance`, `skew`: `{"seconds": n}`, on a manual clock.
    - `maintain`: `{"endpoint": name}`: SystemUpdating, as AWS does by itself.
    """

    def __init__(self, application: Application, outages: Outages, clock: Clock) -> None:
        self._application = application
        self._outages = outages
        self._clock = clock

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Do what is told, or let AWS answer."""
        path: str = environ["PATH_INFO"]
        if not path.startswith(_PREFIX):
            return self._application(environ, start_response)
        body = json.loads(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)) or b"{}")
        status, told = self._do(path.removeprefix(_PREFIX), body)
        start_response(f"{status.value} {status.phrase}", [("Content-Type", "application/json")])
        return [json.dumps({"told": told}).encode()]

    def _do(self, what: str, body: Wire) -> tuple[HTTPStatus, str]:
        try:
            match what, self._clock:
                case "outages", _:
                    self._outages.plan(Outage(**each) for each in body["outages"])
                case "advance", ManualClock() as clock:
                    clock.advance(float(body["seconds"]))
                case "skew", ManualClock() as clock:
                    clock.skew(float(body["seconds"]))
                case "maintain", _:
                    _maintain(body["endpoint"])
                case _:
                    return HTTPStatus.NOT_FOUND, f"there is no {what} here"
        except (AwsError, KeyError, TypeError) as error:
            return HTTPStatus.BAD_REQUEST, repr(error)
        return HTTPStatus.OK, ""


def _maintain(name: str) -> None:
    for backend in LocalSageMakerBackend.born:
        with backend.lock:
            endpoint = backend.hosting.find(name)
            if endpoint is not None:
                endpoint.maintain()
                return
    raise KeyError(name)
