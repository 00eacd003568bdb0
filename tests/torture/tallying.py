"""The sum of many ends, as the torture reports it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from fakes.judging import End, Fault, Kind

from torture.frame import Counts


@dataclass
class Tally:
    """How many runs ended, and everything that was wrong about them."""

    tried: int = 0
    told: int = 0
    repeated: int = 0
    faults: Counter[Kind] = field(default_factory=Counter)
    found: list[str] = field(default_factory=list)

    def add(self, where: str, end: End, faults: Sequence[Fault]) -> None:
        """Count one run; `where` says how to see it again."""
        self.count(where, end.told, end.repeated, faults)

    def count(self, where: str, told: int, repeated: int, faults: Sequence[Fault]) -> None:
        """Count one run in which people were told so often, and so often again."""
        self.tried += 1
        self.told += told
        self.repeated += repeated
        self.faults.update(fault.kind for fault in faults)
        self.found += [f"{where}: {fault.what}" for fault in faults]


def summed(unit: str, tallies: Sequence[Tally], *notes: str) -> Counts:
    """Return the sum of the tallies of what `unit` names."""
    faults = sum((tally.faults for tally in tallies), Counter[Kind]())
    return Counts(
        unit,
        tried=sum(tally.tried for tally in tallies),
        lost=faults[Kind.LOST],
        double_promotions=faults[Kind.DOUBLE_PROMOTION],
        wrong_pointers=faults[Kind.WRONG_POINTER],
        otherwise_wrong=faults[Kind.OTHER],
        announced=sum(tally.told for tally in tallies),
        repeated=sum(tally.repeated for tally in tallies),
        notes=notes,
        found=tuple(where for tally in tallies for where in tally.found),
    )
