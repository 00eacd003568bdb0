"""Facts that can happen to a release, in the past tense, one class each.

`by` is a Slack user id; `known_as` the id that the catalog gives that person elsewhere, empty where it gives none.
"""

from dataclasses import dataclass, field
from datetime import datetime

from services.release.model import (
    EndpointSighting,
    Evidence,
    Gate,
    Holds,
    ModelPackage,
    RollbackPointer,
    Stage,
    UpdateIntent,
)


@dataclass(frozen=True, slots=True)
class Requested:
    """A person asked for this release or rollback; `supersedes` is the release whose place it takes, if any."""

    by: str
    supersedes: str = ""


@dataclass(frozen=True, slots=True)
class PackageChecked:
    """The package exists, is complete and fits the catalog; nothing was changed yet."""

    package: ModelPackage


@dataclass(frozen=True, slots=True)
class PackageApproved:
    """The registry holds the package as Approved; `already` when it did so before we came."""

    package: ModelPackage
    already: bool


@dataclass(frozen=True, slots=True)
class PackageRefused:
    """The package cannot be deployed; nothing was changed."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class EndpointSeen:
    """An endpoint changed its status, or has kept it so long that people should hear of it."""

    stage: Stage
    sighting: EndpointSighting


@dataclass(frozen=True, slots=True)
class StagingUpdateIntended:
    """Saved before the staging endpoint is created or updated."""

    intent: UpdateIntent


@dataclass(frozen=True, slots=True)
class StagingLive:
    """Staging serves the wanted config, and nothing else is pending."""

    config: str


@dataclass(frozen=True, slots=True)
class StagingFailed:
    """Staging could not be brought to the wanted config."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class SmokePassed:
    """The suite judged staging good."""

    evidence: Evidence


@dataclass(frozen=True, slots=True)
class SmokeFailed:
    """The suite judged staging bad."""

    evidence: Evidence


@dataclass(frozen=True, slots=True)
class SmokeUndecided:
    """The suite could not be judged: errored or inconclusive."""

    evidence: Evidence


@dataclass(frozen=True, slots=True)
class GateOpened:
    """Approve and Reject are offered, bound to the gate's digest."""

    gate: Gate


@dataclass(frozen=True, slots=True)
class EvidenceStale:
    """Staging is no longer what was tested; nothing can be approved until it is tested again."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class RerunRequested:
    """Someone has staging brought to the tested config and tested again."""

    by: str


@dataclass(frozen=True, slots=True)
class Reminded:
    """People are reminded of the gate that waits; `escalated_to` are the user groups that are called as well."""

    escalated_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VoteCast:
    """An approver said yes to exactly the gate's digest; the gate asks for more than that."""

    by: str
    reason: str = ""
    groups: tuple[str, ...] = ()
    ticked: tuple[str, ...] = ()
    known_as: str = ""


@dataclass(frozen=True, slots=True)
class Approved:
    """An approver said yes to exactly the gate's digest, and all that the gate asks for is complete."""

    by: str
    reason: str = ""
    groups: tuple[str, ...] = ()
    ticked: tuple[str, ...] = ()
    known_as: str = ""


@dataclass(frozen=True, slots=True)
class GlassBroken:
    """Somebody who may break the glass brings exactly what was shown to prod, past the gate.

    `past` names what would have stopped an approval (services/release/glass.py), `called` the user groups that hear,
    `holds` are the very lock and freezes among `past`.
    """

    by: str
    reason: str
    past: tuple[str, ...]
    called: tuple[str, ...] = ()
    known_as: str = ""
    holds: Holds = field(default_factory=Holds)


@dataclass(frozen=True, slots=True)
class Rejected:
    """An approver said no, and why."""

    by: str
    reason: str
    known_as: str = ""


@dataclass(frozen=True, slots=True)
class Expired:
    """Nobody decided within the gate's lifetime."""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Someone called the release off before prod was touched."""

    by: str
    reason: str = ""
    known_as: str = ""


@dataclass(frozen=True, slots=True)
class Superseded:
    """Someone asked for a newer version while this one waited for a decision; release `release_id` takes its place."""

    by: str
    release_id: str
    version: int


@dataclass(frozen=True, slots=True)
class PromotionIntended:
    """The rollback pointer is saved; prod may now be changed."""

    pointer: RollbackPointer


@dataclass(frozen=True, slots=True)
class PromotionRefused:
    """The last look before UpdateEndpoint found something other than what was approved; prod is untouched."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class ProdLive:
    """Prod serves the wanted config, and nothing else is pending."""

    config: str


@dataclass(frozen=True, slots=True)
class ProdFailed:
    """Prod could not be brought to the wanted config."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class UpdateRolledBack:
    """SageMaker took an update back by itself: InService again, on the old config."""

    stage: Stage
    config: str | None
    detail: str


@dataclass(frozen=True, slots=True)
class ProdVerified:
    """The suite judged prod good after the change."""

    evidence: Evidence


@dataclass(frozen=True, slots=True)
class ProdUnverified:
    """The suite judged prod bad, or could not judge it, after the change."""

    evidence: Evidence


@dataclass(frozen=True, slots=True)
class StepErrored:
    """We could not do or see something; it will be tried again."""

    detail: str
    attempt: int
    retry_at: datetime


@dataclass(frozen=True, slots=True)
class Recovered:
    """What erred before works again."""

    attempts: int


@dataclass(frozen=True, slots=True)
class RegistryNotMarked:
    """The model registry does not say what became of the gate; nothing rests on that, and nothing waited for it."""

    detail: str


@dataclass(frozen=True, slots=True)
class GaveUp:
    """Too many errors in a row; a person has to look."""

    detail: str


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The store had lost the release; it was written anew, as ended, from what AWS and Slack still show.

    `pointer` is the way back that prod's tags tell, None where there is none.
    """

    detail: str
    pointer: RollbackPointer | None = None


@dataclass(frozen=True, slots=True)
class CleanedUp:
    """What the release no longer needs was deleted; `deleted` names it, and is empty when all was still in use."""

    deleted: tuple[str, ...]


Event = (
    Requested
    | PackageChecked
    | PackageApproved
    | PackageRefused
    | EndpointSeen
    | StagingUpdateIntended
    | StagingLive
    | StagingFailed
    | SmokePassed
    | SmokeFailed
    | SmokeUndecided
    | GateOpened
    | EvidenceStale
    | RerunRequested
    | Reminded
    | VoteCast
    | Approved
    | GlassBroken
    | Rejected
    | Expired
    | Cancelled
    | Superseded
    | PromotionIntended
    | PromotionRefused
    | ProdLive
    | ProdFailed
    | UpdateRolledBack
    | ProdVerified
    | ProdUnverified
    | StepErrored
    | Recovered
    | RegistryNotMarked
    | GaveUp
    | Rebuilt
    | CleanedUp
)
"""Everything that can be written in a release's log."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A fact with its place in the release's log (from 1) and its time."""

    seq: int
    at: datetime
    event: Event
