"""What a measurement came to: a number, or why there is none."""

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from services.release.model import Verdict

_ALL_DIGITS = 17
"""So many tell any two floats apart."""


class Unit(Enum):
    """What a measurement counts in: how it is written, and which units its rule may use."""

    COUNT = "count"
    SCORE = "score"
    SHARE = "share"
    TIME = "time"
    STATUS = "status"

    @property
    def accepted(self) -> tuple[str, ...]:
        """The units that a number of the rule may carry."""
        return {Unit.SHARE: ("%", ""), Unit.TIME: ("ms", "s")}.get(self, ("",))

    def words(self, value: float) -> str:
        """Write a value of this unit for people."""
        match self:
            case Unit.COUNT | Unit.STATUS:
                return f"{value:.0f}"
            case Unit.SCORE:
                return _plain(value)
            case Unit.SHARE:
                return f"{100 * value:.3g}%"
            case Unit.TIME:
                return f"{value:.3g} ms" if value < 1000 else f"{value:.0f} ms"  # noqa: PLR2004 - no 1.23e+03

    def apart(self, value: float, bound: float) -> tuple[str, str]:
        """Write two different numbers with as few digits as tell them apart."""
        scale, sign = {Unit.SHARE: (100, "%"), Unit.TIME: (1, " ms")}.get(self, (1, ""))
        one, other = scale * value, scale * bound
        written = ((f"{one:.{most}g}{sign}", f"{other:.{most}g}{sign}") for most in range(4, _ALL_DIGITS))
        return next((pair for pair in written if pair[0] != pair[1]), (self.words(value), self.words(bound)))


def _plain(value: float) -> str:
    """Write a number that may be a probability as well as an error in euros."""
    if abs(value) >= 1000:  # noqa: PLR2004 - its fraction says nothing
        return f"{value:.0f}" if abs(value) < 1e15 else f"{value:.3g}"  # noqa: PLR2004 - a float's last whole digits
    return f"{value:.2g}" if 0 < abs(value) < 0.0005 else f"{value:.3f}"  # noqa: PLR2004 - it is not 0.000


@dataclass(frozen=True, slots=True)
class Missing:
    """No number: why, and what that makes of a rule about it."""

    verdict: Verdict
    why: str


@dataclass(frozen=True, slots=True)
class Measured:
    """A number, and it in words where these say more than the number.

    `unless` is what is missing of it, where the whole could only be worse: such a number can break a rule, but not
    keep it.
    """

    value: float
    words: str = ""
    unless: Missing | None = None


Reading: TypeAlias = Measured | Missing

NO_PROD = Missing(Verdict.SKIPPED, "no prod to compare with")
NO_PACKAGE = Missing(Verdict.SKIPPED, "no model package to compare with")
