"""Asks an endpoint within a budget of time and requests; never hangs, never retries."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event, Lock
from types import TracebackType
from typing import Self

from services.ports import Clock, Invoker, PortError, Reply, SaidNo
from services.smoke.form import BudgetForm, ContractForm
from services.smoke.measurements import Asked, NoAnswer

UNANSWERED_ALLOWED = 3
"""After this many requests in a row without an answer there is nobody to ask."""
LONGEST_WHY = 200


@dataclass(frozen=True, slots=True)
class Target:
    """The endpoint that is asked, through what and in what form; `gap` is the least seconds between requests."""

    invoker: Invoker
    endpoint: str
    contract: ContractForm
    gap: float = 0.0

    def invoke(self, body: str, content_type: str) -> Reply:
        """Send one request.

        Raises:
            PortError: no container answered.
        """
        return self.invoker.invoke(
            self.endpoint, body, content_type or self.contract.content_type, self.contract.accept
        )


class Asker:
    """Sends requests to one endpoint until the budget is used up or nobody answers.

    Every request runs on a thread of its own pool, so that one that never returns costs the rest of the budget and
    no more. Latency is measured inside the invoker and does not see the threads.
    """

    def __init__(self, target: Target, budget: BudgetForm, at_once: int, clock: Clock) -> None:
        self._target = target
        self._budget = budget
        self._clock = clock
        self._lock = Lock()
        self._unanswered = 0
        self._last_at: float | None = None
        self._over: NoAnswer | None = None
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="smoke")
        self.started_at = clock.now()
        self.sent = 0

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Let go of the threads without waiting for a request that hangs."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    @property
    def seconds(self) -> float:
        """How long it has been asking."""
        return (self._clock.now() - self.started_at).total_seconds()

    def one(self, body: str, content_type: str = "") -> Asked:
        """Send one request, in the contract's form unless another is given, and wait as long as the budget allows."""
        self._leave_gap()
        return self._wait(body, self._pool.submit(self._send, body, content_type))

    def many(self, bodies: Sequence[str]) -> tuple[Asked, ...]:
        """Send requests, as many at once as there are threads; the answers stand in the order of the bodies."""
        futures = [self._pool.submit(self._send, body, "") for body in bodies]
        return tuple(self._wait(body, future) for body, future in zip(bodies, futures, strict=True))

    def _leave_gap(self) -> None:
        if self._target.gap and self._last_at is not None:
            # Nothing sets this event: it is a wait that ends with the budget at the latest.
            Event().wait(max(0.0, min(self._last_at + self._target.gap, self._budget.seconds) - self.seconds))
        self._last_at = self.seconds

    def _send(self, body: str, content_type: str) -> Asked:
        """Run on a thread of the pool."""
        if refused := self._admit():
            return Asked(body, nothing=refused)
        try:
            reply = self._target.invoke(body, content_type)
        except PortError as error:
            return Asked(body, nothing=self._lost(error))
        self._unanswered = 0
        return Asked(body, reply=reply)

    def _admit(self) -> NoAnswer | None:
        with self._lock:
            if self._over is None and self.seconds >= self._budget.seconds:
                self._over = NoAnswer(f"not asked: the {self._budget.seconds:g} s of this run were up", not_sent=True)
            if self._over is None and self.sent >= self._budget.requests:
                self._over = NoAnswer(f"not asked: all {self._budget.requests} requests were used", not_sent=True)
            if self._over is None:
                self.sent += 1
            return self._over

    def _lost(self, error: PortError) -> NoAnswer:
        why = str(error)[:LONGEST_WHY]
        with self._lock:
            self._unanswered += 1
            if isinstance(error, SaidNo) or self._unanswered >= UNANSWERED_ALLOWED:
                self._over = NoAnswer(why)
        return NoAnswer(why)

    def _wait(self, body: str, future: Future[Asked]) -> Asked:
        left = 0.0 if self._over and self._over.not_sent else max(0.0, self._budget.seconds - self.seconds)
        try:
            return future.result(timeout=left)
        except TimeoutError:
            up = f"the {self._budget.seconds:g} s of this run were up"
            self._over = NoAnswer(f"not asked: {up}", not_sent=True)
            return Asked(body, nothing=self._over if future.cancel() else NoAnswer(f"no answer before {up}"))
