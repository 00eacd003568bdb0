"""The whole of what a smoke suite saw, as one document; the evidence on the card is its short form."""

from dataclasses import dataclass
from enum import Enum

from services.release.model import Evidence

RECORD_VERSION = 1
"""Version of the stored document; a document that is newer than this is refused."""

MOST_ROWS = 2000
"""Rows of the canary that a record holds."""


class Task(Enum):
    """What a model answers: one of two classes with a probability, one of several classes, or a number."""

    BINARY = "binary"
    MULTICLASS = "multiclass"
    REGRESSION = "regression"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer, both shortened. `status` is 0 where no container answered; `answered` says why."""

    endpoint: str
    sent: str
    status: int
    answered: str
    ms: float


@dataclass(frozen=True, slots=True)
class RowAnswers:
    """What one row of the canary got from the endpoint under test, and from prod where that was asked.

    `score` is the probability of the class `1` (binary), the number (regression) or the probability of the decided
    class (multi-class); None where the answer has none or it is not finite. `decided` is the class, empty for a number.
    `truth` is the label as the canary writes it.
    """

    row: str
    score: float | None
    decided: str
    prod_score: float | None = None
    prod_decided: str = ""
    truth: str = ""


@dataclass(frozen=True, slots=True)
class EvidenceRecord:
    """Everything that a run saw and concluded; it is written once and never changed.

    `stage` is `staging` or `prod`. `columns` name the cells of a row, where the contract does. `rules` are the suite's
    rules as written. `latencies_ms` are those of the requests sent one at a time; `latency_budget_ms` is the bound of
    the suite's rule on `latency_budget_of` (`p95`), where it has one. `bounds` is the range of the contract,
    `threshold` the score from which a binary answer counts as 1. `prod_latencies_ms` is empty and `rows` have no
    `prod_score` where prod was not asked.
    """

    name: str
    release_id: str
    model: str
    stage: str
    package_arn: str
    evidence: Evidence
    rules: tuple[str, ...]
    task: Task
    threshold: float | None
    bounds: tuple[float, float] | None
    latencies_ms: tuple[float, ...]
    prod_latencies_ms: tuple[float, ...]
    latency_budget_of: str
    latency_budget_ms: float | None
    rows: tuple[RowAnswers, ...]
    exchanges: tuple[Exchange, ...]
    sluice_version: str
    columns: tuple[str, ...] = ()
    schema_version: int = RECORD_VERSION
