"""Asks an endpoint within limits of time and requests, a slice at a time; never hangs, never retries."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Event, Lock
from types import TracebackType
from typing import Self

from services.ports import Clock, Invoker, PortError, Reply, SaidNo
from services.smoke.contract import ContractForm
from services.smoke.measurements import NoAnswer
from services.smoke.notebook import Answer, Spent
from services.smoke.questions import Manner, Question

UNANSWERED_ALLOWED = 3
"""After this many requests in a row without an answer there is nobody to ask."""
PATIENCE_SECONDS = 20.0
"""The longest that one request is waited for; it bounds a slice, and with it how long a dead worker is missed."""
LONGEST_WHY = 200
LONGEST_UNREAD = 2000
"""Characters kept of a reply in which no rows are read."""
LONGEST_OF_A_ROW = 25_000
"""Characters kept beyond them for each row that is read: a thousand numbers, written out."""
_HANGING_AT_MOST = 8


@dataclass(frozen=True, slots=True)
class Target:
    """The endpoint that is asked, through what and in what form; `gap` is the least seconds between requests."""

    invoker: Invoker
    endpoint: str
    contract: ContractForm
    gap: float = 0.0

    def invoke(self, question: Question, body: str) -> Reply:
        """Send one request, its body written already: that is no time of the endpoint's.

        Raises:
            PortError: no container answered.
        """
        form = question.content_type or self.contract.content_type
        reply = self.invoker.invoke(self.endpoint, body, form, self.contract.accept)
        return replace(reply, body=reply.body[: LONGEST_UNREAD + LONGEST_OF_A_ROW * len(question.rows)])


@dataclass(frozen=True, slots=True)
class Limits:
    """What asking one endpoint may cost in a whole run."""

    seconds: float
    requests: int

    @property
    def time_is_up(self) -> NoAnswer:
        """Why nothing is asked any more when the seconds are used up."""
        return NoAnswer(f"not asked: the {self.seconds:g} s of this run were up", not_sent=True)

    @property
    def requests_are_used(self) -> NoAnswer:
        """Why nothing is asked any more when the requests are used up."""
        return NoAnswer(f"not asked: all {self.requests} requests were used", not_sent=True)


class Slice:
    """The time until a run should pause; it grants one request whatever the time is, so that every slice is of use."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._until = clock.now() + timedelta(seconds=seconds)
        self._granted = False

    @property
    def left(self) -> float:
        """Seconds until its end."""
        return max(0.0, (self._until - self._clock.now()).total_seconds())

    def grants(self) -> bool:
        """Say whether one more request may begin."""
        granted = not self._granted or self.left > 0
        self._granted = True
        return granted


class Asker:
    """Sends requests to one endpoint until its limits are reached, the slice is over or nobody answers.

    Every request runs on a thread of a pool, so that one that never returns costs what it is waited for and no more.
    It runs in the context of who asks, as the adapter knows from it for which release it calls.
    Latency is measured inside the invoker and does not see the threads.
    """

    def __init__(self, target: Target, limits: Limits, spent: Spent, clock: Clock, until: Slice) -> None:
        self._target = target
        self._limits = limits
        self._clock = clock
        self._slice = until
        self._lock = Lock()
        self._spent = spent
        self._since: datetime | None = None
        self._cold = True
        # Alone, there are as many threads as may hang and one to ask with: what hangs keeps its thread.
        self._pool = ThreadPoolExecutor(_HANGING_AT_MOST, thread_name_prefix="smoke")

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Let go of the threads without waiting for a request that hangs."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    @property
    def spent(self) -> Spent:
        """What asking has cost, former slices included."""
        return self._spent

    def one(self, question: Question) -> Answer | None:
        """Ask and wait for the answer; None if the slice ended, or `spent.over` says why it is asked no more."""
        if not self._admit():
            return None
        if self._cold and question.manner is Manner.TIMED:
            self._warm_up(question)
        self._cold = False
        return self._ask(question) if self._spent.over is None else None

    def many(self, questions: Sequence[Question], at_once: int) -> Mapping[str, Answer]:
        """Ask questions, so many at once; return what was answered, by key. The rest as for `one`."""
        if self._is_over():
            return {}  # nobody is asking yet, so no lock is needed
        pool = ThreadPoolExecutor(at_once, thread_name_prefix="smoke-load")
        try:
            with self._counted():
                futures = {
                    question.key: pool.submit(copy_context().run, self._admitted, question) for question in questions
                }
                most, left = self._slice.left + PATIENCE_SECONDS, self._left
                wait(futures.values(), timeout=min(most, left))
                found = {key: self._outcome(each, to_the_end=left <= most) for key, each in futures.items()}
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        return {key: answer for key, answer in found.items() if answer is not None}

    def _warm_up(self, question: Question) -> None:
        """Send one request that counts for nothing: the pause is ours, so its cost in time is not the endpoint's."""
        seconds = self._spent.seconds
        self._ask(question)
        with self._lock:
            self._spent = replace(self._spent, seconds=seconds, requests=self._spent.requests + 1)

    def _ask(self, question: Question) -> Answer | None:
        body = question.body.text
        with self._counted():
            self._leave_gap()
            future: Future[Answer | None] = self._pool.submit(copy_context().run, self._send, question, body)
            left = self._left
            wait([future], timeout=min(PATIENCE_SECONDS, left))
            return self._outcome(future, to_the_end=left <= PATIENCE_SECONDS)

    def _leave_gap(self) -> None:
        if self._target.gap and self._spent.last_at is not None:
            since = (self._clock.now() - self._spent.last_at).total_seconds()
            # What another worker's clock wrote may lie ahead of ours.
            pause = self._target.gap - max(0.0, since)
            # Nothing sets this event: it is a wait that ends with the seconds allowed at the latest.
            Event().wait(max(0.0, min(pause, self._left)))

    @contextmanager
    def _counted(self) -> Iterator[None]:
        self._since = self._clock.now()
        try:
            yield
        finally:
            now = self._clock.now()
            with self._lock:
                self._spent = replace(self._spent, seconds=self._seconds_until(now), last_at=now)
            self._since = None

    def _seconds_until(self, now: datetime) -> float:
        return self._spent.seconds + ((now - self._since).total_seconds() if self._since is not None else 0.0)

    @property
    def _left(self) -> float:
        return max(0.0, self._limits.seconds - self._seconds_until(self._clock.now()))

    def _admitted(self, question: Question) -> Answer | None:
        """Run on a thread of a pool."""
        return self._send(question, question.body.text) if self._admit() else None

    def _send(self, question: Question, body: str) -> Answer:
        """Run on a thread of a pool."""
        try:
            reply = self._target.invoke(question, body)
        except PortError as error:
            return self._lost(str(error)[:LONGEST_WHY], hopeless=isinstance(error, SaidNo))
        with self._lock:
            self._spent = replace(self._spent, unanswered=0)
        return reply

    def _admit(self) -> bool:
        with self._lock:
            granted = not self._is_over() and self._slice.grants()
            self._spent = replace(self._spent, requests=self._spent.requests + granted)
            return granted

    def _is_over(self) -> bool:
        self._spent = replace(self._spent, over=self._spent.over or self._limit_reached())
        return self._spent.over is not None

    def _limit_reached(self) -> NoAnswer | None:
        if self._left <= 0:
            return self._limits.time_is_up
        return self._limits.requests_are_used if self._spent.requests >= self._limits.requests else None

    def _lost(self, why: str, *, hopeless: bool = False) -> NoAnswer:
        lost = NoAnswer(why)
        with self._lock:
            unanswered = self._spent.unanswered + 1
            over = lost if hopeless or unanswered >= UNANSWERED_ALLOWED else self._spent.over
            self._spent = replace(self._spent, unanswered=unanswered, over=over)
        return lost

    def _outcome(self, future: Future[Answer | None], *, to_the_end: bool) -> Answer | None:
        """Return what a request came to that was waited for, perhaps until the seconds were used up."""
        if future.done():
            return future.result()
        if future.cancel():
            return None
        if not to_the_end:
            return self._lost(f"no answer within {PATIENCE_SECONDS:g} s")
        with self._lock:
            self._spent = replace(self._spent, over=self._limits.time_is_up)
        return NoAnswer(f"no answer before the {self._limits.seconds:g} s of this run were up")
