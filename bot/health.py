"""`/healthz`: whether this process can do its work, for load balancers, containers and people."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from typing_extensions import override

Checks = dict[str, Callable[[], bool]]
"""What is checked -> whether it is well. A check must not raise."""

_PATIENCE_SECONDS = 5
"""Who has not asked by then loses the connection: each takes a thread."""


def serve_health(host: str, port: int, role: str, checks: Checks) -> ThreadingHTTPServer:
    """Answer `GET /healthz` on a thread of its own: 200 when every check holds, 503 otherwise.

    Raises:
        OSError: the port is taken.
    """

    class Handler(BaseHTTPRequestHandler):
        """Answers one request."""

        timeout = _PATIENCE_SECONDS

        @override
        def version_string(self) -> str:
            """Name no versions: whoever asks needs none."""
            return "sluice"

        @override
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: a line per probe would drown the log."""

        def do_GET(self) -> None:
            """Answer /healthz; anything else is not here."""
            if self.path != "/healthz":
                self.send_error(404)
                return
            results = {name: check() for name, check in checks.items()}
            body = json.dumps({"role": role, "ok": all(results.values()), **results}).encode()
            self.send_response(200 if all(results.values()) else 503)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer((host, port), Handler)
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
    return server
