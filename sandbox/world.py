"""The whole world on one machine: Valkey, local AWS, local Slack, and the product's own processes, started by hand.

The product is reached over its real wires only: environment variables, HTTP, WebSocket and Redis.
"""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Self

from sandbox.aws.seed import Seeded, seed
from sandbox.slack.client import SlackPeople
from sandbox.slack.directory import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET
from sandbox.valkey import EmbeddedValkey

ROOT = Path(__file__).resolve().parent.parent
CATALOG = ROOT / "sandbox" / "catalog" / "catalog.yaml"
REGION = "eu-west-1"
_START_SECONDS = 60.0
_STOP_SECONDS = 20.0
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


class NotStarted(Exception):
    """A process of the world did not come up; the message has the end of its log."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the world is to be.

    Attributes:
        scale_seconds: how long an endpoint takes to be created or updated.
        poll_seconds: how often the worker looks.
        workers: how many worker processes.
        bots: how many bot processes; none where the caller starts them.
        slack_port: port of the local Slack's page, 0 for a free one.
        catalog: the product's catalog file.
        sdk: SLUICE_SDK of the worker.
        http: whether Slack calls the bot (signed HTTP) instead of the bot dialling out (Socket Mode).
    """

    scale_seconds: float = 3.0
    poll_seconds: float = 0.5
    workers: int = 1
    slack_port: int = 0
    catalog: Path = CATALOG
    sdk: str = "auto"
    http: bool = False
    bots: int = 1


@dataclass(slots=True)
class Process:
    """A child process with its log file."""

    name: str
    popen: subprocess.Popen[str]
    log: Path
    health_port: int = 0

    @property
    def health_url(self) -> str:
        """Where a process of the product says how it is."""
        return f"http://127.0.0.1:{self.health_port}/healthz"

    def tail(self) -> str:
        """Return the last lines of the log."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:])

    def stop(self) -> int:
        """Ask the process to stop and return its exit code once it has; kill it if it will not."""
        self.popen.terminate()
        return self.stopped()

    def stopped(self) -> int:
        """Return the exit code of a process that was asked to stop, once it has; kill it if it will not."""
        try:
            return self.popen.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            return self.kill()

    def kill(self) -> int:
        """End the process as a crash would (SIGKILL) and return its exit code."""
        self.popen.kill()
        return self.popen.wait()


@dataclass(slots=True)
class World:
    """Everything that Sluice needs, running. Use it as a context manager."""

    recipe: Recipe = field(default_factory=Recipe)
    folder: Path = field(init=False)
    aws_url: str = field(init=False, default="")
    slack_url: str = field(init=False, default="")
    redis_url: str = field(init=False, default="")
    bot_url: str = field(init=False, default="")
    seeded: Seeded = field(init=False)
    valkey: EmbeddedValkey = field(init=False, default_factory=EmbeddedValkey)
    _processes: list[Process] = field(init=False, default_factory=list)

    def __enter__(self) -> Self:
        """Start everything, in the order of need."""
        self.folder = Path(tempfile.mkdtemp(prefix="sluice-world-"))
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_exc: object) -> None:
        """Stop the product, then the world around it."""
        product = [process for process in self._processes if process.health_port]
        _stop_together(product)
        _stop_together([process for process in self._processes if process not in product])
        self._processes.clear()
        self.valkey.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def journal(self) -> Path:
        """The file that has every call which the local AWS answered, one JSON object a line."""
        return self.folder / "aws.jsonl"

    @property
    def people(self) -> SlackPeople:
        """A client that acts as the people of the local Slack."""
        return SlackPeople(self.slack_url)

    def environment(self) -> dict[str, str]:
        """Return the product's environment; nothing of this person's AWS or Slack configuration is in it."""
        http = {"SLUICE_HTTP_PORT": self.bot_url.rpartition(":")[2]}
        front = http if self.bot_url else {"SLACK_APP_TOKEN": APP_TOKEN}
        return {
            **_plain_environment(),
            **front,
            "AWS_ENDPOINT_URL": self.aws_url,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_SIGNING_SECRET": SIGNING_SECRET,
            "SLACK_API_URL": f"{self.slack_url}/api/",
            "REDIS_URL": self.redis_url,
            "SLUICE_CATALOG": str(self.recipe.catalog),
            "SLUICE_POLL_SECONDS": str(self.recipe.poll_seconds),
            "SLUICE_SDK": self.recipe.sdk,
            "SLUICE_LOG_FORMAT": "console",
        }

    def process(self, name: str) -> Process:
        """Return the process of a name such as `aws`, `slack`, `bot` or `worker-1`."""
        return next(process for process in self._processes if process.name == name)

    def log_of(self, name: str) -> str:
        """Return the last lines of a process's log."""
        return self.process(name).tail()

    def start(self, command: str, name: str, **environment: str) -> Process:
        """Start one more `bot` or `worker` as `launch` does, and return it once it is well.

        Raises:
            NotStarted
        """
        process = self.launch(command, name, **environment)
        _wait_healthy(process)
        return process

    def launch(self, command: str, name: str, **environment: str) -> Process:
        """Start one more `bot` or `worker` under a name and return it at once; variables replace those of the world."""
        port = _free_port()
        full = {**self.environment(), "SLUICE_HEALTH_PORT": str(port), **environment}
        process = self._spawn(name, ["-m", "bot", command], full)
        process.health_port = port
        return process

    def _start(self) -> None:
        self.redis_url = self.valkey.start(self.folder / "valkey")
        if self.recipe.http:
            self.bot_url = f"http://127.0.0.1:{_free_port()}"
        aws = self._spawn_server(
            "aws", "--scale-seconds", str(self.recipe.scale_seconds), "--journal", str(self.journal)
        )
        slack = self._spawn_server("slack", *self._slack_arguments())
        self.aws_url, self.slack_url = _url_of(aws), _url_of(slack)
        product = [
            self.launch("bot", "bot" if number == 0 else f"bot-{number + 1}") for number in range(self.recipe.bots)
        ]
        product += [self.launch("worker", f"worker-{number + 1}") for number in range(self.recipe.workers)]
        self.seeded = seed(self.aws_url)
        for process in product:
            _wait_healthy(process)
        if self.recipe.bots:
            self.people.wait_online(_START_SECONDS)

    def _slack_arguments(self) -> list[str]:
        http = ["--http-url", f"{self.bot_url}/slack/events"] if self.bot_url else []
        return ["--manifest", str(ROOT / "manifest.yaml"), "--port", str(self.recipe.slack_port), *http]

    def _spawn_server(self, name: str, *arguments: str) -> Process:
        return self._spawn(name, ["-m", f"sandbox.{name}", *arguments], _plain_environment(), pipe=True)

    def _spawn(self, name: str, arguments: list[str], environment: Mapping[str, str], *, pipe: bool = False) -> Process:
        log = self.folder / f"{name}.log"
        with log.open("w") as sink:
            popen = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if pipe else sink,
                stderr=sink,
                text=True,
            )
        process = Process(name, popen, log)
        self._processes.append(process)
        return process


def _stop_together(processes: list[Process]) -> None:
    for process in processes:
        process.popen.terminate()
    for process in processes:
        process.stopped()


def _plain_environment() -> dict[str, str]:
    """Return what a child needs of ours; Slack's SDK would send even loopback traffic to a proxy."""
    dropped = {*_PROXIES, *(name.lower() for name in _PROXIES)}
    ours = ("AWS_", "SLACK_", "SLUICE_", "REDIS_")
    return {name: value for name, value in os.environ.items() if name not in dropped and not name.startswith(ours)}


def _url_of(process: Process) -> str:
    """Read the line in which a sandbox server says where it listens, and let the rest of its output go by."""
    stdout = process.popen.stdout
    line = stdout.readline() if stdout is not None else ""
    if stdout is None or not line:
        raise NotStarted(f"{process.name} did not start:\n{process.tail()}")
    threading.Thread(target=_drain, args=(stdout,), daemon=True).start()
    url: str = json.loads(line)["url"]
    return url


def _drain(stream: IO[str]) -> None:
    with stream:
        for _line in stream:
            pass


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait_healthy(process: Process) -> None:
    """Ask /healthz until it is well.

    Raises:
        NotStarted: the process ended, or is not well in time.
    """
    deadline = time.monotonic() + _START_SECONDS
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < deadline and process.popen.poll() is None:
        with contextlib.suppress(urllib.error.URLError, OSError):
            opener.open(process.health_url, timeout=2).close()
            return
        time.sleep(0.05)
    raise NotStarted(f"{process.name} is not well:\n{process.tail()}")
