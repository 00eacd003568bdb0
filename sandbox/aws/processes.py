"""Model containers as processes: untar the artifact, start the server, watch /ping, forward invocations."""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import os
import subprocess
import sys
import tarfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from sandbox.aws.endpoints import Health

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_ROOT = Path(__file__).resolve().parent.parent.parent
_PING_TIMEOUT = 2.0  # seconds, as SageMaker's
_PING_PAUSE = 0.02
_INVOKE_TIMEOUT = 60.0  # seconds a container has to answer, as SageMaker's
_STOP_GRACE = 5.0


class ContainerGoneError(Exception):
    """The container did not answer: it is dead, or the connection broke."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a container answered."""

    status: int
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Artifact:
    """A model.tar.gz and where it came from. No bytes: there was no such object."""

    url: str
    archive: bytes

    def unpack(self, into: Path) -> None:
        """Extract into a new folder, refusing members that would land outside it.

        Raises:
            OSError, tarfile.TarError, EOFError: not a sound gzip-compressed tar.
        """
        into.mkdir(parents=True)
        with tarfile.open(fileobj=io.BytesIO(self.archive), mode="r:gz") as tar:
            tar.extractall(into, filter="data")


class Container:
    """One model-server process.

    Args:
        artifact: the model.
        folder: an empty folder of its own; the model goes to `model/`, the log to `container.log`.
        arguments: further command line of the model server.
        ship_log: takes what the container printed, once it has ended.
    """

    def __init__(
        self, artifact: Artifact, folder: Path, arguments: Sequence[str], ship_log: Callable[[str], None]
    ) -> None:
        self._log = folder / "container.log"
        self._ship_log = ship_log
        self._health = Health.STARTING
        self._failure = ""
        self._port = 0
        self._process: subprocess.Popen[bytes] | None = None
        model_dir = folder / "model"
        try:
            artifact.unpack(model_dir)
        except (tarfile.TarError, OSError, EOFError) as error:
            self._die(f"Failed to extract model data archive from URL {artifact.url}: {error}")
            return
        self._process = _start(model_dir, self._log, arguments)
        threading.Thread(target=self._watch, args=(self._process,), daemon=True).start()

    @property
    def health(self) -> Health:
        """How the container is, as far as its /ping has told."""
        return self._health

    @property
    def failure(self) -> str:
        """Why it could not start, when that is known; AWS does not tell why a container ended."""
        return self._failure

    def invoke(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Forward one request to /invocations.

        Raises:
            ContainerGoneError: no answer came.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_INVOKE_TIMEOUT)
        try:
            connection.request("POST", "/invocations", body, dict(headers))
            response = connection.getresponse()
            return Answer(response.status, response.getheader("Content-Type", ""), response.read())
        except (OSError, http.client.HTTPException) as error:
            raise ContainerGoneError(str(error)) from error
        finally:
            connection.close()

    def stop(self) -> None:
        """SIGTERM, and SIGKILL after a grace; returns at once."""
        process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
            threading.Thread(target=_reap, args=(process,), daemon=True).start()

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        self._port = _announced_port(process)
        while process.poll() is None:
            if self._health is Health.STARTING and self._ping():
                self._health = Health.READY
            pause = _PING_PAUSE if self._health is Health.STARTING else None
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(pause)
        with contextlib.suppress(FileNotFoundError):  # its folder is gone when the whole sandbox is
            self._ship_log(self._log.read_text(encoding="utf-8", errors="replace"))
        self._health = Health.DEAD
        _close(process)

    def _ping(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_PING_TIMEOUT)
        try:
            connection.request("GET", "/ping")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _die(self, reason: str) -> None:
        self._ship_log(reason)
        self._failure = reason
        self._health = Health.DEAD


class ProcessFleet:
    """The containers of one deployment, by variant."""

    def __init__(self, containers: Mapping[str, Container]) -> None:
        self._containers = containers

    def health(self) -> Health:
        """Dead if one is dead, ready if all are."""
        found = {container.health for container in self._containers.values()}
        if Health.DEAD in found:
            return Health.DEAD
        return Health.READY if found == {Health.READY} else Health.STARTING

    def failure(self) -> str:
        """Return the first reason that is known."""
        return next((one.failure for one in self._containers.values() if one.failure), "")

    def stop(self) -> None:
        """End all."""
        for container in self._containers.values():
            container.stop()

    def container(self, variant: str) -> Container:
        """Return the container of a variant."""
        return self._containers[variant]


def _start(model_dir: Path, log: Path, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    # -S and a small environment: the server needs the standard library only, and starts in a third of the time.
    command = [sys.executable, "-S", "-m", "sandbox.aws.model_server", "--exit-with-parent"]
    with log.open("wb") as stderr:
        return subprocess.Popen(
            [*command, "--model-dir", str(model_dir), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env={"PYTHONPATH": str(_ROOT), "PATH": os.environ.get("PATH", ""), "PYTHONDONTWRITEBYTECODE": "1"},
            start_new_session=True,
        )


def _reap(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(_STOP_GRACE)
    except subprocess.TimeoutExpired:
        process.kill()


def _announced_port(process: subprocess.Popen[bytes]) -> int:
    line = _pipe(process.stdout).readline()
    return int(json.loads(line)["port"]) if line else 0


def _close(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        _pipe(pipe).close()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise AssertionError("the process was started with pipes")
    return pipe
