"""What was asked of an endpoint and what came back, before anything is concluded from it."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from services.ports import Reply

OK = 200
LONGEST_WORDS = 160


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """A request that no container answered; `not_sent` when the budget was used up before its turn came."""

    why: str
    not_sent: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: its reply, or why there is none. Exactly one of the two is set."""

    body: str
    reply: Reply | None = None
    nothing: NoAnswer | None = None

    @property
    def status(self) -> int:
        """The container's HTTP status; 0 without a reply."""
        return self.reply.status if self.reply else 0

    @property
    def well(self) -> bool:
        """Say whether the container answered with 200: 204 is an answer without predictions."""
        return self.status == OK

    @property
    def words(self) -> str:
        """The status, and what the container said when it was not 200."""
        if self.reply is None or self.well:
            return str(self.status)
        return f"HTTP {self.status}: {self.reply.body}"[:LONGEST_WORDS].rstrip(": \n")


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows sent as one request, and the numbers of the reply in the same order."""

    rows: tuple[str, ...]
    asked: Asked

    @property
    def values(self) -> tuple[float, ...]:
        """The numbers of a 200 reply, empty for any other; what is not a number is NaN."""
        return numbers(self.asked.reply.body) if self.asked.reply and self.asked.well else ()


def numbers(body: str) -> tuple[float, ...]:
    """Read a CSV reply: the built-in containers answer one number a line, older ones all in one line."""
    return tuple(_number(cell) for cell in re.split(r"[,\n]", body.strip())) if body.strip() else ()


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


@dataclass(frozen=True, slots=True)
class Measurements:
    """All that a run saw.

    `data` is the canary, or the very `payload` where the suite has none; `again` the same rows once more; `singles`
    the first of them, each alone; `timed` the load sent one at a time; `load` the whole of it, `timed` included.
    """

    payload: Batch
    data: Batch
    again: Batch
    singles: tuple[Batch, ...]
    golden: Batch
    cases: tuple[Batch, ...]
    rejects: Mapping[str, Asked]
    timed: tuple[Asked, ...]
    load: tuple[Asked, ...]
    started_at: datetime
    seconds: float
    requests_sent: int
    per_row: int = 1
    bounds: tuple[float, float] | None = None
    labels: tuple[float, ...] = ()
    threshold: float = 0.5
    golden_answers: tuple[float, ...] = field(default=())

    @property
    def batches(self) -> tuple[Batch, ...]:
        """The payload, and the data where these are other rows."""
        return (self.payload,) if self.data is self.payload else (self.payload, self.data)

    @property
    def latencies(self) -> tuple[float, ...]:
        """Milliseconds of the answers that came one at a time and were 200."""
        return tuple(asked.reply.ms for asked in self.timed if asked.reply and asked.well)
