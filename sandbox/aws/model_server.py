"""One model container as a process: `python -m sandbox.aws.model_server --model-dir D --port P`.

It answers what SageMaker's built-in XGBoost container answers, with the standard library alone:

- `GET /ping`: 503 while the model loads, then 200. A model that cannot be read ends the process with exit code 1.
- `POST /invocations`: CSV in, one number a line out. 204 for an empty body, 415 for another type or unreadable CSV,
  406 for an Accept it cannot serve, 400 when the model refuses the row.

Source: aws/sagemaker-xgboost-container, and "Use your own inference code" of the SageMaker developer guide.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import signal
import sys
import threading
import time
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from sandbox.aws.booster import UnreadableModelError, load_booster
from sandbox.aws.inference import Inference, Reply, inference_of
from sandbox.aws.misbehaviour import MISBEHAVIOURS

CSV = "text/csv"
ACCEPTED = frozenset({"", "*/*", "text/*", CSV})
CRASHED = 137
_STOP_POLL = 0.05
SHOUT = "<!channel> <@U0BRUNO> <http://127.0.0.1:9/|look here>\n"
"""An answer that would call people and hide an address, if it came to Slack as it is."""


@dataclass(frozen=True, slots=True)
class Faults:
    """Misbehaviour asked for on the command line. Zero means none.

    Attributes:
        startup_delay: seconds for which /ping says 503.
        latency_ms: milliseconds added to every answer.
        slower_each: microseconds added to every answer for each that went before.
        crash_after: answers after which the process is gone.
        error_every: every n-th answer is a 500.
        shout_every: every n-th answer is a text that Slack would take for mentions.
        misbehave: what is wrong with the answers themselves.
    """

    startup_delay: float = 0.0
    latency_ms: int = 0
    slower_each: int = 0
    crash_after: int = 0
    error_every: int = 0
    shout_every: int = 0
    misbehave: tuple[str, ...] = ()


class ModelServer(ThreadingHTTPServer):
    """Serves one model on loopback; the model loads in the background while /ping says 503."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, model_dir: Path, port: int, faults: Faults) -> None:
        super().__init__(("127.0.0.1", port), Invocations)
        self.faults = faults
        self.inference: Inference | None = None
        self._model_dir = model_dir
        self._answers = itertools.count(1)

    def load(self) -> None:
        """Read the model; on failure say why on stderr and end the process."""
        try:
            inference = inference_of(load_booster(model_file(self._model_dir)))
        except (UnreadableModelError, OSError) as error:
            print(f"Loading the model failed: {error}", file=sys.stderr, flush=True)
            os._exit(1)
        for word in self.faults.misbehave:
            inference = MISBEHAVIOURS[word](inference)
        time.sleep(self.faults.startup_delay)
        self.inference = inference

    def next_answer(self) -> int:
        """Count this answer and carry out the faults that depend on the count."""
        number = next(self._answers)
        if self.faults.crash_after and number > self.faults.crash_after:
            os._exit(CRASHED)
        time.sleep(self.faults.latency_ms / 1000 + self.faults.slower_each * number / 1_000_000)
        return number


def model_file(model_dir: Path) -> Path:
    """Return the file the built-in container would load: the first that does not start with a dot.

    Raises:
        FileNotFoundError: the folder holds none.
    """
    for path in sorted(model_dir.iterdir()):
        if path.is_file() and not path.name.startswith("."):
            return path
    raise FileNotFoundError("model.tar.gz holds no model file")


class Invocations(BaseHTTPRequestHandler):
    """The two routes of the container contract."""

    server: ModelServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        """Answer the health check."""
        if self.path != "/ping":
            self._answer(HTTPStatus.NOT_FOUND, "")
            return
        self._answer(HTTPStatus.OK if self.server.inference else HTTPStatus.SERVICE_UNAVAILABLE, "")

    def do_POST(self) -> None:
        """Answer an inference request."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path != "/invocations":
            self._answer(HTTPStatus.NOT_FOUND, "")
            return
        number = self.server.next_answer()
        if self.server.faults.error_every and number % self.server.faults.error_every == 0:
            self._answer(HTTPStatus.INTERNAL_SERVER_ERROR, "Unable to evaluate payload")
            return
        if self.server.faults.shout_every and number % self.server.faults.shout_every == 0:
            self._answer(HTTPStatus.OK, SHOUT)
            return
        self._answer(*self._infer(body))

    def _infer(self, body: bytes) -> Reply:
        inference = self.server.inference
        if inference is None:
            return HTTPStatus.SERVICE_UNAVAILABLE, "The model is still loading"
        if not body:
            return HTTPStatus.NO_CONTENT, ""
        if _media_type(self.headers.get("Content-Type")) != CSV:
            return inference.refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Content type must be {CSV}")
        if _media_type(self.headers.get("Accept")) not in ACCEPTED:
            return inference.refuse(HTTPStatus.NOT_ACCEPTABLE, f"Accept must be {CSV}")
        return inference.answer(body)

    def _answer(self, status: HTTPStatus, text: str) -> None:
        payload = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{CSV}; charset=utf-8")
        if status is not HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)


def _media_type(header: str | None) -> str:
    return (header or "").split(";")[0].strip().lower()


def _die_with_parent() -> None:
    # Holds even when the parent is killed with -9: the kernel closes its end of the pipe.
    sys.stdin.buffer.read()
    os._exit(0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.aws.model_server", description="Serve one model.")
    parser.add_argument("--model-dir", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--startup-delay", type=float, default=0.0)
    parser.add_argument("--latency-ms", type=int, default=0)
    parser.add_argument("--slower-each", type=int, default=0, help="microseconds")
    parser.add_argument("--crash-after", type=int, default=0)
    parser.add_argument("--error-every", type=int, default=0)
    parser.add_argument("--shout-every", type=int, default=0)
    parser.add_argument("--misbehave", action="append", default=[], choices=sorted(MISBEHAVIOURS))
    parser.add_argument("--exit-with-parent", action="store_true", help="end when stdin closes")
    return parser.parse_args()


def main() -> None:
    """Serve until SIGTERM; the first line on stdout is `{"port": N}`."""
    options = _arguments()
    faults = Faults(
        startup_delay=options.startup_delay,
        latency_ms=options.latency_ms,
        slower_each=options.slower_each,
        crash_after=options.crash_after,
        error_every=options.error_every,
        shout_every=options.shout_every,
        misbehave=tuple(options.misbehave),
    )
    server = ModelServer(options.model_dir, options.port, faults)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    if options.exit_with_parent:
        threading.Thread(target=_die_with_parent, daemon=True).start()
    threading.Thread(target=server.load, daemon=True).start()
    print(json.dumps({"port": server.server_address[1]}), flush=True)
    server.serve_forever(_STOP_POLL)


if __name__ == "__main__":
    main()
