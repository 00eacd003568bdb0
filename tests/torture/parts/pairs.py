"""A worker that dies, and the one in its place that dies too: an eighth of all pairs a seed, eight seeds in a row all.

Two deaths that leave the same are one: to die before or after a call that only reads is to die at the change before it.
"""

from functools import partial

from fakes.exploring import ends
from fakes.judging import compared
from fakes.paths import PATHS

from torture.frame import Counts, shared_out
from torture.tallying import Tally, summed

SHARES = 8


def run(seed: int) -> Counts:
    """Play the pairs whose first death is of the seed's share; beside that, nothing is left to chance."""
    share = seed % SHARES
    return summed("pairs of crashes", shared_out(partial(pairs, share), list(PATHS)))


def pairs(share: int, name: str) -> Tally:
    """Play every pair of a path whose first death is of the share."""
    path, tally = PATHS[name], Tally()
    every = ends(path, deaths=2, first=lambda number: number % SHARES == share)
    _, clean = next(every)
    for deaths, end in every:
        if len(deaths) > 1:
            where = ", then ".join(f"before call {death.number}, {death.call}" for death in deaths)
            tally.add(f"{name}: {where}", end, compared(path, clean, end))
    return tally
