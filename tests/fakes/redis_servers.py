"""Real servers for tests of the store, and a wire on which replies get lost."""

import select
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sandbox.valkey import EmbeddedValkey

SERVERS = ("valkey", "redis")
"""The embedded Valkey, and the distribution's own redis-server where one is installed."""


def server(kind: str, fsync: str = "everysec") -> EmbeddedValkey | None:
    """Return a server that is not started yet, or None where this machine has none of that kind."""
    if kind == "valkey":
        return EmbeddedValkey(fsync)
    found = shutil.which("redis-server")
    return EmbeddedValkey(fsync, Path(found)) if found else None


class LossyWire:
    """A proxy before a server. After `lose_reply`, the next request reaches the server and its reply reaches nobody."""

    def __init__(self, port: int) -> None:
        self._server = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lose = threading.Event()
        self.lost = 0
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """The address on this side of the wire."""
        return f"redis://127.0.0.1:{self._listener.getsockname()[1]}/0"

    def lose_reply(self) -> None:
        """Cut the connection at the next reply, once."""
        self._lose.set()

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        with client, socket.create_connection(self._server) as server, suppress(OSError):
            while True:
                ready, _, _ = select.select([client, server], [], [])
                data = ready[0].recv(65536)
                if not data or (ready[0] is server and self._loses()):
                    return
                (server if ready[0] is client else client).sendall(data)

    def _loses(self) -> bool:
        if not self._lose.is_set():
            return False
        self._lose.clear()
        self.lost += 1
        return True


@contextmanager
def lossy_wire(port: int) -> Iterator[LossyWire]:
    """Run a LossyWire before the server at `port`."""
    wire = LossyWire(port)
    try:
        yield wire
    finally:
        wire.close()
