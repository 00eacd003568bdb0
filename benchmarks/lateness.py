"""How late a look is taken while thousands of releases wait: Sluice's workers against two peers in the same run.

    python -m benchmarks.lateness [--releases 1000 3000] [--seconds 60] [--period 15] [--workers 2]

Every release is deploying to staging, and its endpoint is looked at once in a period. Real Valkey, real worker
processes of eight threads each; AWS answers out of the air after 60 ms, as nothing here is about AWS. The subjects take
turns, so that a noisy machine is noisy for all:
  sluice   the product's worker: lease, document, what is untold, three looks at AWS, the plan, the next due time
  index    the same worker and due index with a tick that only waits 60 ms: what the engine alone takes
  delay    plain Dramatiq: a message that waits 60 ms and sends itself again with `delay=`
"""

import argparse
import json
import logging
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import dramatiq
import redis
import structlog
from dramatiq.brokers.redis import RedisBroker
from typing_extensions import override

from bot.settings import Settings
from bot.worker import Worker
from sandbox.valkey import EmbeddedValkey
from services.adapters.redis_connection import connect
from services.adapters.redis_store import RedisStore
from services.adapters.system_clock import RandomIds, SystemClock
from services.ports import EndpointDescription, Pace, Ports, Told
from services.release import events as e
from services.release.events import LogEntry
from services.release.model import Deployment, EndpointSighting, Kind, ModelPackage, Phase, Release, UpdateIntent

ROOT = Path(__file__).resolve().parent.parent
SUBJECTS = ("sluice", "index", "delay")
AWS_SECONDS = 0.06
THREADS = 8
_WARM_UP_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Load:
    """How many releases wait, how often each is looked at (seconds), and by how many processes."""

    releases: int
    period: float
    workers: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Figures:
    """What a subject did: looks a second, seconds of lateness, looks nobody had asked for, and what it cost."""

    per_second: float
    late: list[float]
    needless: int
    processor: float
    commands: float


class Diary:
    """When each release was looked at, and when it was to be looked at next; written down when the process ends."""

    def __init__(self) -> None:
        self._entries: list[tuple[float, str, float | None]] = []

    def looked(self, key: str) -> None:
        """Note a look that begins now."""
        self._entries.append((time.time(), key, None))

    def due(self, key: str, at: float) -> None:
        """Note that the next one is asked for."""
        self._entries.append((time.time(), key, at))

    def close(self, path: Path) -> None:
        """Write everything down."""
        path.write_text("\n".join(map(json.dumps, list(self._entries))), encoding="utf-8")


class WatchedStore(RedisStore):
    """The product's store, with a diary of looks and due times."""

    def __init__(self, client: redis.Redis, diary: Diary) -> None:
        super().__init__(client)
        self._diary = diary

    @override
    def load(self, release_id: str) -> Release | None:
        self._diary.looked(release_id)
        return super().load(release_id)

    @override
    def reschedule(self, release: Release, due: datetime | None) -> None:
        super().reschedule(release, due)
        if due is not None:
            self._diary.due(release.id, due.timestamp())


class BareWorker(Worker):
    """The product's worker with nothing to do at its ticks."""

    @override
    def _run(self, due: str) -> None:
        release = self._store.load(due.partition(":")[2])
        time.sleep(AWS_SECONDS)
        if release is not None:
            self._store.reschedule(release, datetime.now(UTC) + timedelta(seconds=self._ports.pace.poll))


class Clouds:
    """AWS, where every endpoint is Updating for ever."""

    @contextmanager
    def acting(self, _behalf: object) -> Iterator[list[object]]:
        """Say nothing to anybody."""
        yield []

    def of(self, *_place: object) -> Any:
        """Return the ports of this cloud."""
        return SimpleNamespace(hosting=self)

    def model(self, _name: str) -> None:
        """Wait a third of the time."""
        time.sleep(AWS_SECONDS / 3)

    def config(self, _name: str) -> None:
        """Wait a third of the time."""
        time.sleep(AWS_SECONDS / 3)

    def endpoint(self, name: str) -> EndpointDescription:
        """Describe the endpoint."""
        time.sleep(AWS_SECONDS / 3)
        began = datetime(2026, 1, 1, tzinfo=UTC)
        return EndpointDescription(name, "arn", "Updating", "old", "new", "", "", began, began)


def waiting(number: int, now: datetime) -> Release:
    """Return a release that waits for its staging endpoint, of which all is told."""
    name = f"model-{number}"
    deployment = Deployment(name, "eu-west-1", None, f"{name}-s", f"{name}-p", "ml.m5.large", 1, "role", "C0")
    return Release(
        id=f"r{number:08}",
        kind=Kind.DEPLOY,
        model=name,
        wanted="1",
        deployment=deployment,
        requested_by="U0",
        requested_at=now,
        phase=Phase.DEPLOYING_STAGING,
        phase_since=now,
        package=ModelPackage("arn", name, 1),
        staging=EndpointSighting("Updating", "old", "new", "", now, now),
        staging_intent=UpdateIntent("old", None),
        log_length=1,
    )


def fill(url: str, load: Load) -> None:
    """Store the releases, due one after the other over the first period."""
    now, chance = datetime.now(UTC), random.Random(1)
    with connect(url) as client:
        store = RedisStore(client)
        for number in range(load.releases):
            release = waiting(number, now)
            due = now + timedelta(seconds=_WARM_UP_SECONDS / 3 + chance.uniform(0, load.period))
            store.create(release, LogEntry(1, now, e.Requested("U0")), due)
            store.mark_told(release.id, Told(entries=1, card_entries=1, place="C0:1"))


def work(subject: str, url: str, period: float, path: Path) -> None:
    """Be one worker process until SIGTERM, then write the diary."""
    diary, ended = Diary(), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    if subject == "delay":
        _plain(url, period, diary)
    else:
        _product(subject, url, period, diary)
    ended.wait()
    diary.close(path)
    os._exit(0)


def _product(subject: str, url: str, period: float, diary: Diary) -> None:
    settings = Settings.model_validate(
        {"slack_bot_token": "x", "slack_signing_secret": "x", "redis_url": url, "sluice_worker_threads": THREADS}
    )
    store, clouds, nobody = WatchedStore(connect(url), diary), cast("Any", Clouds()), cast("Any", SimpleNamespace())
    ports = Ports(clouds, store, store, nobody, nobody, SystemClock(), RandomIds(), Pace(poll=period))
    kind = Worker if subject == "sluice" else BareWorker
    kind(settings, store, ports, {}).start()


def _plain(url: str, period: float, diary: Diary) -> None:
    broker = RedisBroker(url=url, namespace="plain")

    def tick(key: str) -> None:
        diary.looked(key)
        time.sleep(AWS_SECONDS)
        diary.due(key, time.time() + period)
        actor.send_with_options(args=(key,), delay=int(period * 1000))

    actor: Any = dramatiq.actor(broker=broker, actor_name="tick", max_retries=0)(tick)
    dramatiq.Worker(broker, worker_threads=THREADS).start()


def fill_plain(url: str, load: Load) -> None:
    """Send every message for the first time, with its delay."""
    broker, chance = RedisBroker(url=url, namespace="plain"), random.Random(1)
    actor: Any = dramatiq.actor(broker=broker, actor_name="tick")(lambda _key: None)
    for number in range(load.releases):
        seconds = _WARM_UP_SECONDS / 3 + chance.uniform(0, load.period)
        actor.send_with_options(args=(f"r{number:08}",), delay=int(seconds * 1000))


def measured(subject: str, load: Load) -> Figures:
    """Run a subject on a Valkey of its own."""
    with tempfile.TemporaryDirectory(prefix="sluice-lateness-") as folder:
        valkey = EmbeddedValkey()
        url = valkey.start(Path(folder) / "valkey")
        try:
            return _measured(subject, url, Path(folder), load)
        finally:
            valkey.stop()


def _measured(subject: str, url: str, folder: Path, load: Load) -> Figures:
    (fill_plain if subject == "delay" else fill)(url, load)
    paths = [folder / f"diary-{number}" for number in range(load.workers)]
    command = [sys.executable, "-m", "benchmarks.lateness", "--work", subject, url, str(load.period)]
    children = [subprocess.Popen([*command, str(path)], cwd=ROOT) for path in paths]
    with connect(url) as client:
        time.sleep(_WARM_UP_SECONDS + load.period)
        first, began, used = _commands(client), time.time(), _processor(children)
        time.sleep(load.seconds)
        commands, ended, used = _commands(client) - first, time.time(), _processor(children) - used
    for child in children:
        child.terminate()
    for child in children:
        child.wait(60)
    late, needless = read(paths, began, ended)
    seconds = ended - began
    return Figures((len(late) + needless) / seconds, late, needless, used / seconds / load.workers, commands / seconds)


def _commands(client: Any) -> float:
    return float(client.info("stats")["total_commands_processed"])


def _processor(children: Sequence["subprocess.Popen[bytes]"]) -> float:
    """Return the processor seconds that the children have used (Linux)."""
    ticks = 0
    for child in children:
        fields = Path(f"/proc/{child.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def read(paths: Sequence[Path], began: float, ended: float) -> tuple[list[float], int]:
    """Return by how many seconds each look was late, and how many looks nobody had asked for.

    A look is needless if another one has come since it was asked for. The first at a release is not counted.
    """
    entries = [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines() if line]
    asked, known = dict[str, float](), set[str]()
    late, needless = [], 0
    for at, key, due in sorted(entries, key=lambda entry: float(entry[0])):
        if due is not None:
            asked[key] = due
            continue
        wanted = asked.pop(key, None)
        if began <= at < ended and key in known:
            needless += wanted is None
            late += [at - wanted] if wanted is not None else []
        known.add(key)
    return late, needless


def table(found: Sequence[tuple[str, Load, Figures]]) -> str:
    """Write the figures as a Markdown table; the ratio is of the same run."""
    bare = {load: statistics.median(figures.late) for subject, load, figures in found if subject == "index"}
    lines = [
        "| | Releases | Looks a second (wanted) | p50 | p99 | max | p50 against index | Needless | Processor | Redis |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for subject, load, figures in found:
        late = sorted(figures.late)
        p50, p99 = statistics.median(late), late[int(len(late) * 0.99)]
        ratio = f"{p50 / bare[load]:.2f}x" if load in bare else ""
        cells = [
            f"{load.releases:,}",
            f"{figures.per_second:.1f} ({load.releases / load.period:.1f})",
            f"{p50:.2f} s",
            f"{p99:.2f} s",
            f"{late[-1]:.2f} s",
            ratio,
            f"{figures.needless:,}",
            f"{figures.processor:.0%}",
            f"{figures.commands:,.0f}/s",
        ]
        lines.append(f"| {subject} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> int:
    """Run the benchmark, or be one of its worker processes."""
    if sys.argv[1:2] == ["--work"]:
        subject, url, period, path = sys.argv[2:]
        work(subject, url, float(period), Path(path))
        return 0
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--releases", type=int, nargs="*", default=[1000, 3000])
    parser.add_argument("--seconds", type=float, default=60.0, help="how long each subject is measured")
    parser.add_argument("--period", type=float, default=15.0, help="seconds between two looks at a release")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--subjects", nargs="*", choices=SUBJECTS, default=SUBJECTS)
    options = parser.parse_args()
    found = []
    for releases in options.releases:
        load = Load(releases, options.period, options.workers, options.seconds)
        for subject in options.subjects:
            figures = measured(subject, load)
            found.append((subject, load, figures))
    print(table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
