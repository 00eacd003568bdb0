"""What is measured of the endpoint under test and of prod together: the same rows, answered by both."""

import math
from collections.abc import Callable, Sequence

from services.release.model import Verdict
from services.smoke.measurements import Measurements, answered
from services.smoke.readings import Measured, Missing, Reading
from services.smoke.statistics import auc, paired_interval, stability

Scores = tuple[float, ...]


def _both(seen: Measurements) -> tuple[Scores, Scores] | Missing:
    """Return the answers of the endpoint under test and of prod, all finite and as many as the rows."""
    if lost := answered(seen.data) or _unusable(seen.data.values, seen):
        return lost
    if isinstance(seen.prod, Missing):
        return seen.prod
    lost = answered(seen.prod.data) or _unusable(seen.prod.data.values, seen)
    if lost is None:
        return seen.data.values, seen.prod.data.values
    return broken_prod(lost.why) if lost.verdict is Verdict.FAILED else lost


def broken_prod(why: str) -> Missing:
    """Return what a prod that answers badly makes of a rule: nothing, as it must not keep its own cure out."""
    return Missing(Verdict.SKIPPED, f"prod itself does not answer well: {why}")


def _unusable(scores: Sequence[float], seen: Measurements) -> Missing | None:
    finite, wanted = sum(map(math.isfinite, scores)), len(seen.data.rows)
    fine = finite == len(scores) == wanted
    return None if fine else Missing(Verdict.FAILED, f"{finite} finite answers to {wanted} rows")


def _compared(seen: Measurements, measure: Callable[[Scores, Scores], Measured]) -> Reading:
    both = _both(seen)
    return both if isinstance(both, Missing) else measure(*both)


def flipped(seen: Measurements) -> Reading:
    """Return the share of rows that one of the two puts at or above the threshold and the other below."""

    def share(new: Scores, old: Scores) -> Measured:
        flips = sum((a >= seen.threshold) != (b >= seen.threshold) for a, b in zip(new, old, strict=True))
        return Measured(flips / len(new), f"{100 * flips / len(new):.3g}% ({flips} of {len(new)})")

    return _compared(seen, share)


def mean_abs_diff(seen: Measurements) -> Reading:
    """Return the mean distance between the two answers to a row."""
    return _compared(seen, lambda new, old: Measured(sum(abs(a - b) for a, b in zip(new, old, strict=True)) / len(new)))


def mean_shift(seen: Measurements) -> Reading:
    """Return the distance between the two mean answers."""

    def shift(new: Scores, old: Scores) -> Measured:
        a, b = math.fsum(new) / len(new), math.fsum(old) / len(old)
        return Measured(abs(a - b), f"{abs(a - b):.3f} (prod {b:.3f}, now {a:.3f})")

    return _compared(seen, shift)


def psi(seen: Measurements) -> Reading:
    """Return the population stability index on five fixed bins of the contract's range."""
    bounds = seen.bounds or (0.0, 1.0)
    return _compared(seen, lambda new, old: Measured(stability(old, new, bounds)))


def auc_low(seen: Measurements) -> Reading:
    """Return prod's AUC plus the lower end of the paired 95 % bootstrap interval of the difference to it."""
    both = _both(seen)
    if isinstance(both, Missing):
        return both
    labels = [label > 0 for label in seen.labels]
    apart, old = paired_interval(*both, labels, seen.seed), auc(both[1], labels)
    if apart is None or old is None:
        return Missing(Verdict.INCONCLUSIVE, "all labels are the same")
    words = f"{old + apart[0]:.3f} (difference {apart[0]:+.3f} to {apart[1]:+.3f})"
    return Measured(old + apart[0], words)
