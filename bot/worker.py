"""The worker process: a pump that turns what is due into messages, threads that run them, and a slow chore."""

import threading

import dramatiq
import structlog
from dramatiq.brokers.redis import RedisBroker

from bot.settings import Settings
from services.adapters.redis_connection import available, connect
from services.adapters.redis_store import RedisStore
from services.inquiries import Inquiries
from services.leases import LEASE_SECONDS, RENEWAL_SECONDS
from services.nagging import nag
from services.ports import NewerDocument, PortError, Ports
from services.release.catalog import Catalog
from services.runner import Runner

_HEARTBEAT_MS = 15_000
_MAINTENANCE_CHANCE = 100_000  # of a million: a killed worker's messages are taken over within seconds
_POLL_MS = 100
_TIME_LIMIT_MS = 90_000  # a run of moves, of which one at most takes a minute; beyond that it is stuck
_STOP_MS = 60_000  # the longest move ends within it
_PUMP_SECONDS = 0.2
_TAKE_AT_MOST = 200
_CHORE_SECONDS = 30.0

log = structlog.get_logger()


class Worker:
    """Runs what is due until it is stopped; the queue holds hints only, the due index holds the truth."""

    def __init__(self, settings: Settings, store: RedisStore, ports: Ports, catalog: Catalog) -> None:
        self._store = store
        self._ports = ports
        self._catalog = catalog
        self._inquiries = Inquiries(catalog, ports)
        self._runner = Runner(ports)
        self._stopping = threading.Event()
        self._ended = threading.Event()
        self._threads = {
            name: threading.Thread(target=target, name=name, daemon=True)
            for name, target in (("pump", self._pump), ("chore", self._chore), ("leases", self._renew))
        }
        broker = RedisBroker(
            client=connect(settings.redis_url.get_secret_value()),
            namespace="sluice-queue",
            heartbeat_timeout=_HEARTBEAT_MS,
            maintenance_chance=_MAINTENANCE_CHANCE,
        )
        # No retries of the queue's own: what was not finished comes due again by itself.
        tick = dramatiq.actor(broker=broker, actor_name="tick", max_retries=0, time_limit=_TIME_LIMIT_MS)
        self._tick = tick(self._run)
        self._engine = dramatiq.Worker(broker, worker_timeout=_POLL_MS, worker_threads=settings.sluice_worker_threads)

    def start(self) -> None:
        """Begin to work, on threads."""
        self._engine.start()
        for thread in self._threads.values():
            thread.start()

    def stop(self) -> None:
        """Take nothing new, finish the moves that have begun, hand on the rest, and return; after a minute at most."""
        self._stopping.set()
        self._runner.stop()
        for name in ("pump", "chore"):
            self._threads[name].join(timeout=5)
        self._engine.stop(timeout=_STOP_MS)
        self._ended.set()
        self._threads["leases"].join(timeout=5)

    def alive(self) -> bool:
        """Say whether pump, chore and renewal still run."""
        return all(thread.is_alive() for thread in self._threads.values())

    def _run(self, due: str) -> None:
        """Do one due thing; a port that does not answer now is asked again when the thing comes due again."""
        kind, _, key = due.partition(":")
        try:
            if kind == "release":
                self._runner.run(key)
            elif kind == "inquiry":
                self._inquiries.run(key)
        except NewerDocument as error:
            log.warning("left to a newer Sluice", due=due, detail=str(error))
        except PortError as error:
            log.warning("not finished", due=due, detail=str(error))

    def _pump(self) -> None:
        while not self._stopping.wait(_PUMP_SECONDS):
            try:
                due = self._store.take(self._ports.clock.now(), LEASE_SECONDS, _TAKE_AT_MOST)
                with available():
                    for item in due:
                        self._tick.send(item)
            except (PortError, dramatiq.errors.ConnectionError) as error:
                log.warning("pump", detail=str(error))

    def _renew(self) -> None:
        """Keep what is at work from being taken over, as long as this process lives."""
        while not self._ended.wait(RENEWAL_SECONDS):
            try:
                self._runner.renew()
            except PortError as error:
                log.warning("leases not renewed", detail=str(error))

    def _chore(self) -> None:
        """Now and then, in one worker at a time: note versions, ask about old holds, rehearse ways back.

        Each worker says once, when it has started, where the store has lost what prod serves.
        """
        warned = False
        while True:
            try:
                if not warned:
                    self._inquiries.warn_where_behind()
                    warned = True
                if self._store.lease("chore:versions", "any", _CHORE_SECONDS / 2):
                    self._inquiries.note_versions()
                    self._inquiries.rehearse()
                    nag(self._catalog, self._ports)
            except PortError as error:
                log.warning("chore", detail=str(error))
            if self._stopping.wait(_CHORE_SECONDS):
                return
