"""Long lives of a model, as chance would have them: what must be so after any history."""

from fakes.histories import History
from fakes.judging import Fault, Kind

from torture.frame import Counts, shared_out
from torture.tallying import Tally, summed

_SHORT, _LONG = (60, 4_000), (300, 400)
"""How many things happen in a history, and how many such histories a seed plays."""
_SHARE = 100


def run(seed: int) -> Counts:
    """Play so many histories; the seed decides all of them."""
    jobs = [
        (1_000_000 * seed + first, acts)
        for acts, most in (_SHORT, _LONG)
        for first in range(acts * 10_000, acts * 10_000 + most, _SHARE)
    ]
    tallies = shared_out(lived, jobs)
    releases = sum(lives for lives, _ in tallies)
    return summed("histories", [tally for _, tally in tallies], f"{releases:,} releases and rollbacks in them.")


def lived(job: tuple[int, int]) -> tuple[int, Tally]:
    """Live some lives; return how many releases there were in them, and what was wrong."""
    (first, acts), tally, releases = job, Tally(), 0
    for seed in range(first, first + _SHARE):
        history = History(seed)
        try:
            faults = list(history.live(acts).wrong())
        except AssertionError as never:
            faults = [Fault(Kind.LOST, str(never))]
        told, again = history.told()
        tally.count(f"history {seed} of {acts} acts", told, again, faults)
        releases += len(history.releases)
    return releases, tally
