"""The gate's part of a model's entry."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from bot.catalog.forms import Span, Strict, UserGroupId, seconds_of
from bot.catalog.people import PeopleSpec
from services.release.terms import BreakGlass, GateTerms, Reminding
from services.release.windows import read_window

SHORTEST_RECHECK_SECONDS = 30
"""AWS publishes no rate limit for Describe calls; a gate may be open for days, over many models."""


def _slow_enough(span: str) -> str:
    if seconds_of(span) < SHORTEST_RECHECK_SECONDS:
        message = f"must be at least {SHORTEST_RECHECK_SECONDS}s"
        raise ValueError(message)
    return span


def _readable(window: str) -> str:
    read_window(window)
    return window


RiskName = Literal["first_release", "image", "environment", "instance_type", "role", "schema", "warnings"]
"""The keys of services.release.risk.RISKS."""
DeployWindow = Annotated[str, AfterValidator(_readable)]
Quorum = Annotated[int, Field(ge=1, le=20)]


class RemindSpec(Strict):
    """When people are reminded of a gate that waits."""

    after: Span | None = Field(
        default=None, description="The first reminder; then after twice that, four times that and so on."
    )
    during: list[DeployWindow] = Field(
        default=[], description="When reminders may come, in the form of `gate.windows`; at any time if empty."
    )
    escalate_after: Span | None = Field(default=None, description="After so long `escalate_to` is called, once.")
    escalate_to: list[UserGroupId] = Field(default=[], description="The user groups to call then.")

    def reminding(self) -> Reminding:
        """Return the core's form."""
        return Reminding(
            first_seconds=seconds_of(self.after) if self.after else 0,
            during=tuple(self.during),
            escalate_seconds=seconds_of(self.escalate_after) if self.escalate_after else 0,
            escalate_to=tuple(dict.fromkeys(self.escalate_to)),
        )

    @model_validator(mode="after")
    def _escalates_to_somebody(self) -> Self:
        if bool(self.escalate_after) != bool(self.escalate_to):
            message = "escalate_after and escalate_to need each other"
            raise ValueError(message)
        return self


class BreakGlassSpec(PeopleSpec):
    """Who may promote past a gate that did not let a release through."""

    escalate_to: list[UserGroupId] = Field(default=[], description="The user groups to call when somebody does.")

    def terms(self) -> BreakGlass | None:
        """Return the core's form, None where nobody may."""
        return BreakGlass(tuple(dict.fromkeys(self.escalate_to))) if self.people() else None

    @model_validator(mode="after")
    def _is_for_somebody(self) -> Self:
        if self.escalate_to and not self.people():
            message = "break_glass.escalate_to is called by nobody, as users and groups are empty"
            raise ValueError(message)
        return self


class GateSpec(Strict):
    """How the prod gate of a model behaves."""

    lifetime: Span = Field(default="24h", description="How long Approve and Reject are offered.")
    recheck: Annotated[Span, AfterValidator(_slow_enough)] = Field(
        default="10m",
        description="How often staging is looked at again while the gate is open; `30s` at least.",
    )
    allow_self_approval: bool = Field(default=False, description="Whether who asked for a release may approve it.")
    mirror: bool = Field(
        default=True,
        description="Whether the package's `ModelLifeCycle` in the registry says what became of the gate.",
    )
    quorum: Quorum = Field(default=1, description="How many distinct people have to approve.")
    groups_required: list[UserGroupId] = Field(
        default=[],
        description="User groups that each have to be among those who approve; `approvers` has to name them too.",
    )
    approve_reason: bool = Field(default=False, description="Whether an approval, too, has to say why.")
    checklist: list[Annotated[str, Field(min_length=1, max_length=75, pattern=r"\S")]] = Field(
        default=[],
        max_length=10,
        description="What everyone who approves has to tick; ten lines of 75 characters at most.",
    )
    risk: dict[RiskName, Quorum] = Field(
        default={}, description="How many people have to approve when the release shows one of these."
    )
    windows: list[DeployWindow] = Field(
        default=[],
        description="When an approval counts, as `mon-fri 09:00-17:00 Europe/Madrid`; at any time if empty.",
    )
    remind: RemindSpec = Field(default=RemindSpec(), description="Reminders while the gate waits.")

    break_glass: BreakGlassSpec = Field(
        default=BreakGlassSpec(),
        description="Who may, in an incident, promote past a gate that did not let a release through; nobody if empty.",
    )

    def terms(self) -> GateTerms:
        """Return the core's form of what an approval takes."""
        return GateTerms(
            quorum=self.quorum,
            groups_required=tuple(dict.fromkeys(self.groups_required)),
            reason=self.approve_reason,
            checklist=tuple(dict.fromkeys(self.checklist)),
            risk=tuple(sorted(self.risk.items())),
            windows=tuple(self.windows),
            reminding=self.remind.reminding(),
            break_glass=self.break_glass.terms(),
            mirrored=self.mirror,
        )
