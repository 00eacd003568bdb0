"""What is measured of the endpoint under test and of prod together: the same rows, answered by both."""

from collections.abc import Callable

from services.release.model import Verdict
from services.smoke.measurements import Batch, Measurements, usable
from services.smoke.readings import Measured, Missing, Reading, Unit
from services.smoke.statistics import stability, total

Compare = Callable[[Batch, Batch], Measured]
"""(the rows as the endpoint under test answered them, the same as prod did) -> what comes of it."""


def both(seen: Measurements) -> tuple[Batch, Batch] | Missing:
    """Return the answers of the endpoint under test and of prod, all readable and as many as the rows."""
    if lost := usable(seen.data):
        return lost
    if isinstance(seen.prod, Missing):
        return seen.prod
    lost = usable(seen.prod.data)
    if lost is None:
        return seen.data, seen.prod.data
    return broken_prod(lost.why) if lost.verdict is Verdict.FAILED else lost


def broken_prod(why: str) -> Missing:
    """Return what a prod that answers badly makes of a rule: nothing, as it must not keep its own cure out."""
    return Missing(Verdict.SKIPPED, f"prod itself does not answer well: {why}")


def compared(compare: Compare) -> Callable[[Measurements], Reading]:
    """Return how to take a measurement of both."""

    def read(seen: Measurements) -> Reading:
        pair = both(seen)
        return pair if isinstance(pair, Missing) else compare(*pair)

    return read


def flipped(new: Batch, old: Batch) -> Measured:
    """Return the share of rows that the two decide differently."""
    flips = sum(a.decided != b.decided for a, b in zip(new.each, old.each, strict=True))
    return Measured(flips / len(new.each), f"{100 * flips / len(new.each):.3g}% ({flips} of {len(new.each)})")


def mean_abs_diff(new: Batch, old: Batch) -> Measured:
    """Return the mean distance between the two answers to a row."""
    return Measured(total(abs(a - b) for a, b in zip(new.scores, old.scores, strict=True)) / len(new.rows))


def mean_shift(new: Batch, old: Batch) -> Measured:
    """Return the distance between the two mean answers."""
    write = Unit.SCORE.words
    a, b = (total(batch.scores) / len(batch.rows) for batch in (new, old))
    return Measured(abs(a - b), f"{write(abs(a - b))} (prod {write(b)}, now {write(a)})")


def psi(seen: Measurements) -> Reading:
    """Return the population stability index on five fixed bins of the contract's range."""
    bounds = seen.reply.bounds or (0.0, 1.0)
    return compared(lambda new, old: Measured(stability(old.scores, new.scores, bounds)))(seen)
