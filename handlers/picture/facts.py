"""What the picture and its alternative text say of a record, counted once."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from handlers.picture.scale import clamped, finite
from services.release.model import CheckResult, Stage, Verdict
from services.release.record import EvidenceRecord, RowAnswers, Task
from services.smoke.statistics import percentile

PERCENTILES = (("p50", 0.50), ("p95", 0.95), ("p99", 0.99))
SHARES = {**dict(PERCENTILES), "max": 1.0}
"""What share of the requests is at least as fast as a figure that a budget may be about."""
_EVEN_ODDS = 0.5
_EXACT = 1e15
_QUICKEST_MS, _SLOWEST_MS = 1e-3, 1e9


@dataclass(frozen=True, slots=True)
class Pair:
    """A row's answer beside another one: prod's, or the label.

    `now` and `before` are classes, empty for numbers; `score` and `old_score` numbers, NaN where there is none.
    """

    now: str
    before: str
    score: float
    old_score: float
    truth: str

    @property
    def flipped(self) -> bool:
        """Whether the two are different classes."""
        return self.now != self.before

    @property
    def label(self) -> float:
        """The true answer as a number, NaN where it is none."""
        return _drawn(_number(self.truth))

    @property
    def distance(self) -> float:
        """How far apart the two numbers are."""
        return abs(self.score - self.old_score)


def beside_prod(record: EvidenceRecord) -> list[Pair]:
    """Return the rows that the endpoint under test and prod both answered."""
    pairs = (
        _pair(record, row, (_decided(record, row.prod_score, row.prod_decided), row.prod_score)) for row in record.rows
    )
    return [pair for pair in pairs if _comparable(pair, record.task)]


def beside_truth(record: EvidenceRecord) -> list[Pair]:
    """Return the rows that the endpoint answered and that have a label, which stands where prod's answer would."""
    pairs = (_pair(record, row, (row.truth, _number(row.truth))) for row in record.rows)
    return [pair for pair in pairs if _comparable(pair, record.task)]


def _pair(record: EvidenceRecord, row: RowAnswers, other: tuple[str, float | None]) -> Pair:
    return Pair(
        now=_class(_decided(record, row.score, row.decided)),
        before=_class(other[0]),
        score=_drawn(row.score),
        old_score=_drawn(other[1]),
        truth=_class(row.truth),
    )


def answers(record: EvidenceRecord) -> tuple[list[str], list[float]]:
    """Return the classes and the numbers that the endpoint under test answered, each as far as there are any."""
    classes = [_class(_decided(record, row.score, row.decided)) for row in record.rows]
    return [word for word in classes if word], finite(row.score for row in record.rows)


def unanswered(record: EvidenceRecord) -> int:
    """Count the rows that the endpoint under test gave no answer to, or one that is no number."""
    return sum(not row.decided and not finite([row.score]) for row in record.rows)


def _class(word: str) -> str:
    """Return a class in one way of writing it: `1` where the label says `1.0`."""
    value = _number(word)
    if value is None or not math.isfinite(value):
        return word
    return str(int(value)) if value.is_integer() and abs(value) < _EXACT else str(value)


def _comparable(pair: Pair, task: Task) -> bool:
    if task is Task.REGRESSION:
        return math.isfinite(pair.distance)
    return bool(pair.now and pair.before)


def scored(pairs: Sequence[Pair]) -> list[Pair]:
    """Return the pairs that have two numbers, of which a scatter can be drawn."""
    return [pair for pair in pairs if math.isfinite(pair.distance)]


def _drawn(value: float | None) -> float:
    return clamped(value) if value is not None and math.isfinite(value) else math.nan


def _decided(record: EvidenceRecord, score: float | None, word: str) -> str:
    """Return the class of an answer; where a binary one names none, that on its side of the threshold."""
    if word or record.task is not Task.BINARY or score is None or not math.isfinite(score):
        return word
    return "1" if score >= threshold(record) else "0"


def threshold(record: EvidenceRecord) -> float:
    """Return the score from which a binary answer counts as 1."""
    known = finite([record.threshold])
    return known[0] if known else _EVEN_ODDS


def in_order(word: str) -> tuple[bool, float, str]:
    """Return what sorts classes as people would: numbers by value, before names."""
    value = _number(word)
    known = value is not None and not math.isnan(value)
    return not known, value if known and value is not None else 0.0, word


def as_labelled(pairs: Sequence[Pair]) -> int:
    """Count the pairs whose class is that of the label."""
    return sum(pair.now == pair.truth for pair in pairs)


def labelled(pairs: Sequence[Pair]) -> list[Pair]:
    """Return the pairs whose label is known."""
    return [pair for pair in pairs if pair.truth]


def _number(word: str) -> float | None:
    try:
        return float(word)
    except ValueError:
        return None


def latencies(values: Sequence[float]) -> list[float]:
    """Return the latencies that can be drawn on a log axis, in milliseconds, shortest first."""
    return sorted(min(max(value, _QUICKEST_MS), _SLOWEST_MS) for value in finite(values))


def percentiles(sorted_ms: Sequence[float]) -> list[tuple[str, float]]:
    """Return p50, p95 and p99; none without a latency."""
    return [(name, percentile(sorted_ms, share)) for name, share in PERCENTILES] if sorted_ms else []


def budget(record: EvidenceRecord) -> float | None:
    """Return the latency budget in milliseconds, if there is one that can be drawn."""
    known = finite([record.latency_budget_ms])
    return known[0] if known and known[0] > 0 else None


def budgeted(record: EvidenceRecord, sorted_ms: Sequence[float]) -> float | None:
    """Return the latency that the budget is about, or None where there is none to tell."""
    share = SHARES.get(record.latency_budget_of)
    return percentile(sorted_ms, share) if share is not None and sorted_ms else None


def names(record: EvidenceRecord) -> tuple[str, str]:
    """Return what the endpoint under test and the one it is compared with are called."""
    return record.stage, "before" if record.stage == Stage.PROD.value else "prod"


def gravest(record: EvidenceRecord, *names: str) -> CheckResult | None:
    """Return a failed check that goes by one of these names or below it, a blocking one first."""
    failed = [
        check
        for check in record.evidence.checks
        if check.verdict is Verdict.FAILED and check.name.split(".")[0] in names
    ]
    return min(failed, key=lambda check: not check.blocking, default=None)
