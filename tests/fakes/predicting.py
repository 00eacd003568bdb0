"""An endpoint in memory: an Invoker whose model is a function, with the ways in which real ones go wrong."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock

from services.ports import PortError, Reply

Answer = Callable[[str, str], Reply]
"""(body, content type) -> what the container says."""


def score(row: str) -> float:
    """Women survive, and the first class more than the third: enough of a model for most tests."""
    cells = row.split(",")
    if len(cells) != 7:
        raise ValueError(f"expected: 7, got {len(cells)}")
    pclass, sex = float(cells[0]), float(cells[1])
    return round(0.15 + 0.6 * sex + 0.05 * (3 - pclass) + float(cells[5] or 0) / 10_000, 6)


def well(body: str, content_type: str) -> Reply:
    """Answer as the built-in XGBoost container does."""
    if content_type != "text/csv":
        return Reply(415, "Content type must be text/csv", 1.0)
    try:
        return Reply(200, "".join(f"{score(row)}\n" for row in body.splitlines()), 5.0)
    except ValueError as error:
        return Reply(400, f"Unable to evaluate payload provided: {error}", 1.0)


def of_rows(predict: Callable[[str], float | str]) -> Answer:
    """Return an endpoint that answers every row by itself, and refuses what `well` refuses."""

    def answer(body: str, content_type: str) -> Reply:
        reply = well(body, content_type)
        if reply.status != 200:
            return reply
        return Reply(200, "".join(f"{predict(row)}\n" for row in body.splitlines()), reply.ms)

    return answer


@dataclass
class FakeInvoker:
    """Counts requests; `fail` says with which error request number n (from 1) is lost."""

    answer: Answer = well
    fail: Callable[[int], PortError | None] = lambda _: None
    asked: list[str] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def invoke(self, endpoint: str, body: str, content_type: str, accept: str) -> Reply:
        with self._lock:
            self.asked.append(body)
            error = self.fail(len(self.asked))
        if error is not None:
            raise error
        return self.answer(body, content_type)


@dataclass
class TickingClock:
    """Moves on by `step` seconds whenever it is read."""

    step: float = 0.0
    time: datetime = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

    def now(self) -> datetime:
        self.time += timedelta(seconds=self.step)
        return self.time
