"""What was asked of an endpoint and what came back, before anything is concluded from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from services.ports import Reply
from services.release.model import Verdict
from services.smoke.contract import ReplyForm
from services.smoke.readings import NO_PACKAGE, NO_PROD, Missing
from services.smoke.wire import NOTHING, Answer, Answers, Body

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

    body: Body
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
    """Rows sent as one request, and what a 200 reply holds for them, nothing for any other."""

    rows: tuple[str, ...]
    asked: Asked
    answers: Answers = NOTHING

    @property
    def each(self) -> tuple[Answer, ...]:
        """What each row of a 200 reply got; empty for any other."""
        return self.answers.each

    @property
    def scores(self) -> tuple[float, ...]:
        """The number that each row got; NaN where there is none."""
        return tuple(answer.score for answer in self.each)


@dataclass(frozen=True, slots=True)
class Trial:
    """A case: its rows as they stand, and the same rows changed; `changed` has no rows where nothing is changed."""

    rows: Batch
    changed: Batch


@dataclass(frozen=True, slots=True)
class Beside:
    """What prod answered: the same `data`, and some of the load, sent in turn with that of the endpoint under test."""

    data: Batch
    timed: tuple[Asked, ...]


def missing(reply: NoAnswer) -> Missing:
    """Turn a request without an answer into the verdict on what it was sent for."""
    return Missing(Verdict.INCONCLUSIVE if reply.not_sent else Verdict.ERRORED, reply.why)


def answered(*batches: Batch) -> Missing | None:
    """Return what is missing when one of the batches was not answered well, the model's own mistakes first."""
    refused = [Missing(Verdict.FAILED, b.asked.words) for b in batches if b.asked.reply and not b.asked.well]
    refused += [Missing(Verdict.FAILED, b.answers.problem) for b in batches if b.answers.problem]
    silent = [missing(b.asked.nothing) for b in batches if b.asked.nothing]
    return next(iter(refused + silent), None)


def usable(batch: Batch) -> Missing | None:
    """Return what is missing when not every row got an answer that can be read."""
    if lost := answered(batch):
        return lost
    rows, answers, readable = len(batch.rows), len(batch.each), sum(answer.readable for answer in batch.each)
    if answers != rows:
        return Missing(Verdict.FAILED, f"{answers} answers to {rows} rows")
    return None if readable == rows else Missing(Verdict.FAILED, f"{readable} usable answers to {rows} rows")


@dataclass(frozen=True, slots=True)
class Measurements:
    """All that a run saw.

    `data` is the canary, or the very `payload` where the suite has none; `again` the same rows once more; `singles`
    the first of them, each alone; `blanks` rows with one cell blanked, `blank_columns` the column of each; `timed` the
    load sent one at a time, `crowd` the rest of it, sent together. `labels` are those of the canary's rows,
    `golden_labels` the answers that were recorded for the golden ones.
    `registry` holds the numbers that training registered, by metric; `seed` makes what is drawn at random repeatable.
    """

    payload: Batch
    data: Batch
    again: Batch
    singles: tuple[Batch, ...]
    golden: Batch | Missing
    cases: tuple[Trial, ...]
    rejects: Mapping[str, Asked]
    timed: tuple[Asked, ...]
    crowd: tuple[Batch, ...] | Missing
    reply: ReplyForm = field(default_factory=ReplyForm)
    labels: tuple[str, ...] = ()
    blanks: Batch = Batch((), Asked(Body(), nothing=NoAnswer("the suite asks for none", not_sent=True)))
    blank_columns: tuple[str, ...] = ()
    golden_labels: tuple[str, ...] = ()
    prod: Beside | Missing = NO_PROD
    registry: Mapping[str, float] | Missing = NO_PACKAGE
    seed: str = ""

    @property
    def batches(self) -> tuple[Batch, ...]:
        """The payload, and the data where these are other rows."""
        return (self.payload,) if self.data is self.payload else (self.payload, self.data)

    @property
    def load(self) -> tuple[Asked, ...]:
        """The whole of the load."""
        return self.timed + (() if isinstance(self.crowd, Missing) else tuple(batch.asked for batch in self.crowd))

    @property
    def latencies(self) -> tuple[float, ...]:
        """Milliseconds of the answers that came one at a time and were 200."""
        return tuple(asked.reply.ms for asked in self.timed if asked.reply and asked.well)

    def on_prod(self) -> "Self | Missing":
        """Return these measurements as they would be of prod, for what was asked of both."""
        if isinstance(self.prod, Missing):
            return self.prod
        return replace(self, data=self.prod.data, timed=self.prod.timed)
