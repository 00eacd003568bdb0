"""What the picture shows, in words: its headlines, and the alternative text for those who do not see it."""

import math
import re
from collections.abc import Iterator, Sequence

from handlers.picture.facts import (
    Pair,
    as_labelled,
    beside_prod,
    beside_truth,
    budget,
    labelled,
    latencies,
    names,
    percentiles,
    unanswered,
)
from handlers.picture.letters import plain
from handlers.picture.scale import duration, percent, written
from services.release.model import CheckResult, Verdict
from services.release.record import EvidenceRecord, Task
from services.smoke.statistics import percentile

MOST_CHARACTERS = 2000
"""docs.slack.dev/reference/block-kit/blocks/image-block: `alt_text` is at most so long."""
_VERDICTS = {
    Verdict.PASSED: "passed",
    Verdict.FAILED: "failed",
    Verdict.ERRORED: "could not be run",
    Verdict.INCONCLUSIVE: "were inconclusive",
    Verdict.SKIPPED: "were skipped",
}
_MOST_NAMED = 6
_LONGEST = 120
_ACCOUNT = re.compile(r"\b\d{12}\b")


def against_prod(record: EvidenceRecord, pairs: Sequence[Pair]) -> str:
    """Say how much the answers have changed: flipped rows, or how far numbers have moved."""
    if record.task is Task.REGRESSION:
        return f"Median change {_middle(pairs)}, largest {_furthest(pairs)}"
    flips = sum(pair.flipped for pair in pairs)
    return f"{flips:,} of {len(pairs):,} rows flipped ({percent(flips, len(pairs))})"


def against_labels(record: EvidenceRecord, pairs: Sequence[Pair]) -> str:
    """Say how near the answers are to the labels."""
    if record.task is Task.REGRESSION:
        return f"Median error {_middle(pairs)}, largest {_furthest(pairs)}"
    return f"{as_labelled(pairs):,} of {len(pairs):,} rows as labelled ({percent(as_labelled(pairs), len(pairs))})"


def correctness(record: EvidenceRecord, pairs: Sequence[Pair]) -> str:
    """Say what the labels make of the change: whether flips mend or break, whether numbers come nearer; or nothing."""
    known = labelled(pairs)
    if record.task is Task.REGRESSION:
        return _errors(known)
    flips = [pair for pair in known if pair.flipped]
    if not flips:
        return ""
    broken = sum(pair.before == pair.truth for pair in flips)
    return f"By the labels, {as_labelled(flips):,} right now, {broken:,} right before"


def unanswered_rows(record: EvidenceRecord) -> str:
    """Say how many rows have no answer; nothing where all have one."""
    gaps = unanswered(record)
    return f"{gaps:,} of {len(record.rows):,} rows have no answer" if gaps else ""


def _errors(labelled_pairs: Sequence[Pair]) -> str:
    pairs = [pair for pair in labelled_pairs if math.isfinite(pair.label)]
    if not pairs:
        return ""
    now = math.fsum(abs(pair.score - pair.label) / len(pairs) for pair in pairs)
    before = math.fsum(abs(pair.old_score - pair.label) / len(pairs) for pair in pairs)
    return f"Mean error {written(now)}, prod {written(before)}"


def _middle(pairs: Sequence[Pair]) -> str:
    return written(percentile([pair.distance for pair in pairs], 0.5))


def _furthest(pairs: Sequence[Pair]) -> str:
    return written(max(pair.distance for pair in pairs))


def alt_text(record: EvidenceRecord) -> str:
    """Return what the picture shows, with its numbers, in at most 2,000 characters of plain text."""
    parts = [_conclusion(record), *_rows(record), *_times(record), *_metrics(record), *_failures(record)]
    whole = " ".join(parts)
    return whole if len(whole) <= MOST_CHARACTERS else whole[: MOST_CHARACTERS - 1] + "…"


def _conclusion(record: EvidenceRecord) -> str:
    return f"Smoke tests of {_safe(record.model)} on {_safe(record.stage)} {_VERDICTS[record.evidence.verdict]}."


def _failures(record: EvidenceRecord) -> Iterator[str]:
    failed = [check for check in record.evidence.checks if check.verdict is Verdict.FAILED]
    failed.sort(key=lambda check: not check.blocking)
    yield from (_failure(check) for check in failed[:_MOST_NAMED])
    if len(failed) > _MOST_NAMED:
        yield f"{len(failed) - _MOST_NAMED} more checks failed."


def _failure(check: CheckResult) -> str:
    kind = "Failed" if check.blocking else "Warning"
    return f"{kind}: {_safe(check.name)} {_safe(check.seen)}, wanted {_safe(check.rule)}."


def _times(record: EvidenceRecord) -> Iterator[str]:
    ours, theirs = names(record)
    measured = ((ours, latencies(record.latencies_ms)), (theirs, latencies(record.prod_latencies_ms)))
    told = [f"{_safe(name)} {_figures(values)} ({len(values):,} requests)" for name, values in measured if values]
    yield f"Latency: {'; '.join(told)}." if told else "No latency was measured."
    if (bound := budget(record)) is not None:
        yield f"Budget: {_safe(record.latency_budget_of)} {duration(bound)} ms."


def _figures(sorted_ms: Sequence[float]) -> str:
    return ", ".join(f"{name} {duration(value)} ms" for name, value in percentiles(sorted_ms))


def _rows(record: EvidenceRecord) -> Iterator[str]:
    if pairs := beside_prod(record):
        yield f"Answers beside prod: {against_prod(record, pairs)}."
        judged = correctness(record, pairs)
        yield from [f"{judged}."] if judged else []
    elif pairs := beside_truth(record):
        yield f"No prod to compare with. Answers beside the labels: {against_labels(record, pairs)}."
    else:
        yield "No prod and no labels to compare the answers with."
    if gaps := unanswered_rows(record):
        yield f"{gaps}."


def _metrics(record: EvidenceRecord) -> Iterator[str]:
    """Yield what training registered of the two versions, where both or the candidate's are known."""
    now, before = (dict(side.metrics) if side else {} for side in (record.evidence.candidate, record.evidence.prod))
    told = [f"{_safe(name)} {_change(value, before.get(name))}" for name, value in list(now.items())[:_MOST_NAMED]]
    if told:
        yield f"Registered metrics: {'; '.join(told)}."


def _change(now: float, before: float | None) -> str:
    return f"{now:.4g}" if before is None else f"{before:.4g} on prod, {now:.4g} now ({now - before:+.3g})"


def _safe(text: str) -> str:
    return _ACCOUNT.sub("…", plain(text))[:_LONGEST]
