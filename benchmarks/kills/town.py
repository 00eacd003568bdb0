"""The product's processes under a supervisor that starts again what died, and the hand that kills them on schedule."""

import signal
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from typing import Self

from benchmarks.kills.schedule import Blow, Kill, Victim, When
from benchmarks.kills.wires import Wires
from sandbox.world import Process, World

_LOOK_SECONDS = 0.05
_MOMENT_SECONDS = 8.0
"""How long a kill waits for its moment; after that it strikes at any."""
_ANY_BOT = "bot"
"""Which bot a person's click goes to is Slack's to choose."""
_IN_HAND_SECONDS = 0.01
_AGAIN_SECONDS = 0.5
"""A process that ended by itself (it may not start without its store) is started again so much later."""


@dataclass(frozen=True, slots=True)
class Struck:
    """What was done: the planned kill, to which processes, at which event, and when (seconds since the start)."""

    kill: Kill
    at: float
    processes: tuple[str, ...]
    operation: str
    when: str
    in_time: bool
    in_flight: int

    def as_json(self) -> dict[str, object]:
        """Return it as one line of the report."""
        return {**asdict(self.kill), **{key: value for key, value in asdict(self).items() if key != "kill"}}


@dataclass(slots=True)
class Slot:
    """One place of the product that is to be filled by a process at all times."""

    name: str
    command: str
    urls: dict[str, str]
    process: Process | None = None
    starts: int = 0
    start_at: float = 0.0
    continue_at: float = 0.0

    @property
    def running(self) -> bool:
        """Say whether there is a process, stopped or not."""
        return self.process is not None and self.process.popen.poll() is None


@dataclass(slots=True)
class Town:
    """A context manager: the world with supervised bots and workers.

    Attributes:
        world: the sandbox, started without bots and workers.
        bots: how many.
        workers: how many.
        struck_at: when the last blow fell (monotonic seconds).
        in_flight: how many releases are in flight now, for the report; the schedule does not depend on it.
        done: set when every kill of the schedule has struck and everything runs again.
    """

    world: World
    bots: int
    workers: int
    done: threading.Event = field(init=False, default_factory=threading.Event)
    struck: list[Struck] = field(init=False, default_factory=list)
    ended_alone: list[str] = field(init=False, default_factory=list)
    in_flight: int = 0
    struck_at: float = field(init=False, default=0.0)
    slots: dict[str, Slot] = field(init=False, default_factory=dict)
    _waiting: list[Kill] = field(init=False, default_factory=list)
    _events_left: int = field(init=False, default=0)
    _armed_at: float = field(init=False, default=0.0)
    _valkey_at: float = field(init=False, default=0.0)
    _lock: threading.RLock = field(init=False, default_factory=threading.RLock)
    _ending: threading.Event = field(init=False, default_factory=threading.Event)
    _supervisor: threading.Thread = field(init=False)
    _open: ExitStack = field(init=False, default_factory=ExitStack)
    _begun: float = field(init=False, default_factory=time.monotonic)

    def __enter__(self) -> Self:
        """Start the processes and the supervisor."""
        wires = self._open.enter_context(Wires(self.witness))
        names = [("bot", f"bot-{n + 1}") for n in range(self.bots)]
        names += [("worker", f"worker-{n + 1}") for n in range(self.workers)]
        for command, name in names:
            urls = {
                "AWS_ENDPOINT_URL": wires.between(name, self.world.aws_url),
                "SLACK_API_URL": f"{wires.between(name, self.world.slack_url)}/api/",
            }
            self.slots[name] = Slot(name, command, urls)
        self._supervisor = threading.Thread(target=self._supervise, name="supervisor", daemon=True)
        self._supervisor.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        """End the supervisor; the world ends the processes."""
        self._ending.set()
        self._supervisor.join()
        for slot in self.slots.values():
            if slot.running and slot.process is not None:
                slot.process.popen.send_signal(signal.SIGCONT)
        self._open.close()

    def begin(self, kills: Sequence[Kill]) -> None:
        """Let the schedule begin."""
        with self._lock:
            self._begun = time.monotonic()
            self._waiting = list(kills)
            self._arm()

    def strike_now(self, kill: Kill) -> float:
        """Strike at once, outside any schedule, and return when that was (monotonic seconds)."""
        with self._lock:
            self._waiting = [kill]
            self._strike(kill, "", "", "")
            return self.struck_at

    def witness(self, process: str, operation: str, when: When) -> bool:
        """Count an event of `process`; strike if the schedule says so; say whether `process` is dead by it."""
        with self._lock:
            if not self._waiting:
                return False
            kill = self._waiting[0]
            self._events_left -= when is When.BEFORE
            if self._events_left > 0 or not self._is_time(kill, process, operation, when):
                return False
            struck = self._strike(kill, process, operation, when)
            return kill.blow is Blow.KILL and process in struck

    def hand(self, operation: str) -> None:
        """Count what a person does: now, and when a bot has it in hand."""
        self.witness(_ANY_BOT, operation, When.BEFORE)
        threading.Timer(_IN_HAND_SECONDS, self.witness, (_ANY_BOT, operation, When.AFTER)).start()

    def _is_time(self, kill: Kill, process: str, operation: str, when: When) -> bool:
        if kill.victim is Victim.BOT and not process.startswith("bot"):
            return kill.moment is None
        if kill.moment is None:
            return True
        return (operation, when) == (kill.moment.operation, kill.moment.when)

    def _strike(self, kill: Kill, process: str, operation: str, when: str) -> set[str]:
        """Carry a kill out; an empty `process` means that its moment did not come."""
        self._waiting.pop(0)
        now = time.monotonic()
        chosen = self._chosen(kill, process)
        for slot in chosen:
            self._hit(slot, kill, now)
        if kill.victim is Victim.VALKEY:
            self.world.valkey.kill()
            self._valkey_at = now + kill.seconds
        names = tuple(f"{slot.name}.{slot.starts}" for slot in chosen) or (kill.victim.value,)
        self.struck_at, at = now, round(now - self._begun, 2)
        self.struck.append(Struck(kill, at, names, operation, when, bool(process), self.in_flight))
        self._arm()
        return {slot.name for slot in chosen}

    def _chosen(self, kill: Kill, process: str) -> list[Slot]:
        if kill.victim is Victim.VALKEY:
            return []
        command = Victim.BOT.value if kill.victim is Victim.BOT else Victim.WORKER.value
        there = [slot for slot in self.slots.values() if slot.command == command and slot.running]
        if kill.victim is Victim.WORKERS:
            return there
        asked = [slot for slot in there if slot.name == process and kill.moment is not None]
        return asked or there[kill.which % len(there) :][:1] if there else []

    def _hit(self, slot: Slot, kill: Kill, now: float) -> None:
        if slot.process is None:
            return
        slot.process.popen.send_signal(signal.SIGKILL if kill.blow is Blow.KILL else signal.SIGSTOP)
        if kill.blow is Blow.KILL:
            slot.process.popen.wait()
            slot.process, slot.continue_at, slot.start_at = None, 0.0, now + kill.seconds
        else:
            slot.continue_at = now + kill.seconds

    def _arm(self) -> None:
        self._armed_at = time.monotonic()
        self._events_left = self._waiting[0].gap if self._waiting else 0

    def _supervise(self) -> None:
        while not self._ending.wait(_LOOK_SECONDS):
            with self._lock:
                now = time.monotonic()
                if self._valkey_at and now >= self._valkey_at:
                    self._valkey_at = 0.0
                    self.world.valkey.restart()
                for slot in self.slots.values():
                    self._look_after(slot, now)
                if self._waiting and now - self._armed_at > _MOMENT_SECONDS and not self._valkey_at:
                    self._strike(self._waiting[0], "", "", "")
                if self.struck and not self._waiting and self.all_run():
                    self.done.set()

    def _look_after(self, slot: Slot, now: float) -> None:
        if slot.continue_at and now >= slot.continue_at and slot.process is not None:
            slot.continue_at = 0.0
            slot.process.popen.send_signal(signal.SIGCONT)
        if slot.process is not None and not slot.running:
            self.ended_alone.append(f"{slot.name}.{slot.starts} ended with {slot.process.popen.returncode}")
            slot.process, slot.start_at = None, now + _AGAIN_SECONDS
        if slot.process is None and now >= slot.start_at:
            slot.starts += 1
            slot.process = self.world.launch(slot.command, f"{slot.name}.{slot.starts}", **slot.urls)

    def all_run(self) -> bool:
        """Say whether every process is there, and none is stopped."""
        return not self._valkey_at and all(slot.running and not slot.continue_at for slot in self.slots.values())
