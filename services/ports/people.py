"""Telling people things, knowing who they are, and judging models for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.ports.aws import ConfigDescription, EndpointDescription
from services.ports.store import Inquiry, Picture
from services.release.catalog import Membership, People
from services.release.events import LogEntry
from services.release.model import Evidence, Freeze, Lock, Release, RollbackPointer
from services.release.rehearsal import Rehearsal


@dataclass(frozen=True, slots=True)
class EndpointView:
    """What `/endpoints` shows of one endpoint; `error` is set when it could not be read.

    `lost_release` is the one that changed this prod and that the store does not know, empty if it knows.
    `broke_glass` says that the release which put there what it serves went past its gate.
    """

    model: str
    stage: str
    name: str
    description: EndpointDescription | None
    config: ConfigDescription | None
    version: int | None
    release_id: str | None
    error: str = ""
    lost_release: str = ""
    broke_glass: bool = False


@dataclass(frozen=True, slots=True)
class EndpointsAnswer:
    """The answer to an `endpoints` inquiry."""

    views: tuple[EndpointView, ...]
    locks: tuple[Lock, ...]
    looked_at: datetime
    rehearsals: tuple[Rehearsal, ...] = ()


@dataclass(frozen=True, slots=True)
class RollbackAnswer:
    """The answer to a `rollback` inquiry: the checked target, or why there is none (`refusal` is a reason code)."""

    model: str
    endpoint: str
    current_config: str | None
    current_version: int | None
    pointer: RollbackPointer | None
    refusal: str = ""
    detail: str = ""
    rehearsal: Rehearsal | None = None


@dataclass(frozen=True, slots=True)
class EvidenceAnswer:
    """The answer to an `evidence` inquiry: where the release's report is, or why it could not be brought there."""

    release: Release
    links: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The end of an inquiry that could not be answered; `newer` is what only a newer Sluice can read, if it is that."""

    newer: str = ""


Answer = EndpointsAnswer | EvidenceAnswer | NoAnswer | RollbackAnswer


@dataclass(frozen=True, slots=True)
class Brought:
    """Links to the files of a report, and whether they were brought just now; there may have been as good ones."""

    links: tuple[str, ...]
    anew: bool


@dataclass(frozen=True, slots=True)
class PostedCard:
    """A card that was posted: its address in the announcer's own form, a link to it, and whether the picture is in."""

    place: str
    link: str
    shows_picture: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """What became of a fact for the thread: where it was said, empty for nowhere, and whether there is more to say."""

    place: str = ""
    more: bool = False


class Announcer(Protocol):
    """Tells people. Every method raises Unavailable when it should be tried again, SaidNo when that is no use.

    Barred says that it is of use once a person has opened the way, Away that nothing can be told to anybody now.
    With `again`, a message may have been sent before, by whoever did not live to record it: it is looked for first, as
    far as that is possible.
    """

    def post_card(self, release: Release, picture: Picture | None = None, *, again: bool = False) -> PostedCard:
        """Post the release's card, with the picture of its evidence where there is one."""
        ...

    def update_card(
        self, release: Release, place: str, picture: Picture | None = None, rehearsal: Rehearsal | None = None
    ) -> bool:
        """Redraw the card from the document; return whether it shows the picture, which may not be ready yet.

        The card of a released version shows what the rehearsal of its rollback found, where there was one.
        """
        ...

    def bring_picture(self, evidence: Evidence) -> tuple[str, str]:
        """Draw the picture of the evidence's record and bring it to where cards can show it; return (place, alt).

        It is shown to nobody until a card shows it.
        """
        ...

    def tell(self, release: Release, entry: LogEntry, place: str, part: int = 0, *, again: bool = False) -> Said:
        """Say one fact in the thread of the card at `place`; what is not worth a message is passed over.

        What takes several messages is said in parts, counted from 0.
        """
        ...

    def bring_report(self, release: Release, place: str, by: str) -> Brought:
        """Bring the report of a release, as it stands, into the thread of its card for `by`, unless it is there."""
        ...

    def tell_requester(self, release: Release, entry: LogEntry, link: str) -> None:
        """Answer the requester privately: where the card is, or why there is none."""
        ...

    def warn_requester(self, release: Release, why: str, *, waits: bool) -> None:
        """Tell the requester privately why the channel hears nothing; `waits`: the release waits until it can."""
        ...

    def answer(self, inquiry: Inquiry, answer: Answer) -> None:
        """Answer an inquiry privately."""
        ...

    def tell_rehearsal(self, channel: str, rehearsal: Rehearsal) -> None:
        """Tell a channel that its way back is broken, or that it is whole again."""
        ...

    def nag(self, channel: str, hold: Lock | Freeze) -> None:
        """Ask in a channel whether a lock or a freeze that has stood for long is still needed."""
        ...


@dataclass(frozen=True, slots=True)
class FoundCard:
    """A card that was found in a channel, and what it said of its release when it was last drawn.

    `package` is the ARN of the ModelPackage, `target` the config that a rollback returns to; either may be empty.
    """

    place: str
    posted_at: datetime
    release_id: str
    model: str
    kind: str
    phase: str
    wanted: str
    package: str
    target: str
    requested_by: str


class Cards(Protocol):
    """Finds the cards of a channel again when the store has lost where they are."""

    def cards(self, channel: str, since: datetime) -> Sequence[FoundCard]:
        """Return the cards that Sluice itself posted to a channel since then, oldest first.

        Raises:
            SaidNo: the channel cannot be read, and will not be.
            Unavailable
        """
        ...


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A suite has more to ask; what it saw so far is kept, and the next call goes on from there."""

    requests_sent: int
    seconds: float


class SmokeTester(Protocol):
    """Judges a model by asking its endpoint."""

    def test(self, release: Release, endpoint: str, config: str) -> Evidence | Unfinished:
        """Run the model's smoke suite against an endpoint that serves `config`, for some seconds.

        Unfinished asks to be called again: what was seen is kept, and the same release in the same phase goes on from
        there, in whatever process. What cannot be asked or judged is an Evidence too, with the verdict Errored or
        Inconclusive.

        Raises:
            Unavailable: what was seen could not be kept, or what training registered cannot be read now.
        """
        ...

    def recheck(self, release: Release, endpoint: str, config: str, run: str) -> Evidence | Unfinished:
        """Ask an endpoint that has passed its suite a few of the suite's questions again, for a few seconds.

        The rules are the suite's own; neither load is sent nor prod asked. The verdict is Failed only where a blocking
        rule is broken by what was answered. Call it again while it is Unfinished, with the same `run`; another look
        has another.

        Raises:
            Unavailable: as `test` does.
        """
        ...


class Directory(Protocol):
    """Knows who belongs to which user group, and to the workspace."""

    def members(self, people: People) -> Mapping[str, frozenset[str] | None]:
        """Return group id -> members, None for a group that cannot be read now."""
        ...

    def membership(self, user: str) -> Membership | None:
        """Return what a user is to the workspace, or None if that cannot be read now."""
        ...
