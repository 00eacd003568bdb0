"""What a gate asks of its approvers, as the catalog had it when the release was asked for, and what they gave."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Reminding:
    """When people are reminded of a waiting gate: first after so many seconds (0: never), then less and less often.

    Only while one of the windows `during` is open. After `escalate_seconds` the user groups `escalate_to` are called.
    """

    first_seconds: int = 0
    during: tuple[str, ...] = ()
    escalate_seconds: int = 0
    escalate_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BreakGlass:
    """That the gate may be passed by break-glass, and the user groups that are called when it is."""

    escalate_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GateTerms:
    """What it takes for an approval to be complete.

    `quorum` distinct people, and among them at least one member of each user group of `groups_required`. Each gives a
    reason where `reason` is set, and says of everything on the `checklist` that it is so. `risk` names what asks for
    more people, and for how many (services/release/risk.py); an approval counts while one of `windows` is open.
    `break_glass` is None where nobody may promote past a gate that did not let a release through. `mirrored` says that
    the model registry is told what became of the gate.
    """

    quorum: int = 1
    groups_required: tuple[str, ...] = ()
    reason: bool = False
    checklist: tuple[str, ...] = ()
    risk: tuple[tuple[str, int], ...] = ()
    windows: tuple[str, ...] = ()
    reminding: Reminding = field(default_factory=Reminding)
    break_glass: BreakGlass | None = None
    mirrored: bool = True

    @property
    def asks_for_words(self) -> bool:
        """Say whether a bare yes is not enough."""
        return self.reason or bool(self.checklist)


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's yes to exactly what `digest` names.

    `groups` are the required groups that the person is in, `ticked` what of the checklist the person says is so;
    `known_as` is the id that the catalog gives the person elsewhere.
    """

    by: str
    at: datetime
    digest: str
    reason: str = ""
    groups: tuple[str, ...] = ()
    ticked: tuple[str, ...] = ()
    known_as: str = ""
