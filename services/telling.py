"""Brings a release's log to its people: the card first, then each fact in the thread, then what is owed privately.

The picture of the evidence comes last: the card stands without it until Slack shows it, and in the end perhaps for
good.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from services.ports import Announcer, Clock, Picture, PortError, ReleaseStore, SaidNo, Told
from services.release.audit import Announced
from services.release.events import LogEntry
from services.release.lifecycle import TERMINAL
from services.release.model import Evidence, Kind, Phase, Release
from services.release.showing import evidence_in_view

_RETRY_SECONDS = 5.0
PICTURE_TRIES = 8
"""How often it is tried to show a picture; with the pauses between, for about a minute."""
_LONGEST_PAUSE_SECONDS = 15.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Telling:
    """How telling went: all told, to be tried again after so many seconds, or hopeless and why."""

    retry_after: float | None = None
    hopeless: str | None = None


class Teller:
    """Tells what is untold. A crash may repeat it, never lose it: what was told is recorded after it was.

    The audit log has every message that was sent, in the same transaction as how far people have been told.
    """

    def __init__(self, store: ReleaseStore, announcer: Announcer, clock: Clock) -> None:
        self._store = store
        self._announcer = announcer
        self._clock = clock

    def tell(self, release: Release) -> Telling:
        """Bring everything of `release` that is untold to its people, in order."""
        told = self._store.told(release.id)
        entries = self._store.log(release.id, after=told.entries)
        try:
            if not is_public(release):
                return self._tell_privately(release, told, entries)
            return self._tell_publicly(release, told, entries)
        except PortError as error:
            log.warning("untold", release=release.id, detail=str(error))
            return Telling(retry_after=_RETRY_SECONDS)

    def _tell_privately(self, release: Release, told: Told, entries: Sequence[LogEntry]) -> Telling:
        """Before anything was done for a release, only its requester needs to hear how it ended."""
        if release.phase not in TERMINAL or _is_up_to_date(release, told, entries):
            return Telling()
        for entry in entries:
            self._tell_requester(release, entry, "")
        self._store.mark_told(release.id, Told(entries=release.log_length, card_entries=release.log_length))
        return Telling()

    def _tell_publicly(self, release: Release, told: Told, entries: Sequence[LogEntry]) -> Telling:
        if not _is_up_to_date(release, told, entries):
            try:
                told = self._draw_card(release, told, entries)
            except SaidNo as refusal:
                return self._without_card(release, told, entries, str(refusal))
            for entry in entries:
                told = self._tell_thread(release, entry, told)
        evidence = _unillustrated(release, told)
        return self._illustrate(release, told, evidence) if evidence is not None else Telling()

    def _draw_card(self, release: Release, told: Told, entries: Sequence[LogEntry]) -> Told:
        """Post or redraw the card, so that it shows no less than the thread tells."""
        picture, shown = _picture_of(release, told), False
        if told.place:
            try:
                shown = self._announcer.update_card(release, told.place, picture)
            except SaidNo as refusal:
                log.warning("card lost, posting it again", release=release.id, detail=str(refusal))
                told = replace(told, place="")
        owed = not told.place or not told.entries
        if not told.place:
            posted = self._announcer.post_card(release, picture)
            told, shown = replace(told, place=posted.place, link=posted.link), posted.shows_picture
        picture = replace(picture, shown=shown) if picture is not None else None
        told = replace(told, card_entries=release.log_length, picture=picture)
        self._store.mark_told(release.id, told, [self._said("card", release.log_length, told.place)])
        # Until the thread has begun, nothing shows that the requester has heard: a crash may have come between.
        if owed and entries:
            self._tell_requester(release, entries[0], told.link)
        return told

    def _without_card(self, release: Release, told: Told, entries: Sequence[LogEntry], why: str) -> Telling:
        """Slack will not show the card.

        A deploy whose card never stood ends before it does anything: nobody could decide on it. Anything else goes
        on, prod may be changing, and the requester is told privately what the thread cannot tell.
        """
        never_shown = not told.place and release.kind is Kind.DEPLOY and release.pointer is None
        if never_shown and release.phase not in TERMINAL:
            return Telling(hopeless=why)
        log.warning("no card", release=release.id, detail=why)
        for entry in entries:
            self._tell_requester(release, entry, "")
        all_told = replace(told, entries=release.log_length, parts=0, card_entries=release.log_length)
        self._store.mark_told(release.id, all_told)
        return Telling()

    def _tell_thread(self, release: Release, entry: LogEntry, told: Told) -> Told:
        """Say a fact in the thread, in as many messages as it takes, or to the requester where Slack will not have it.

        Each message is recorded once it was sent: one that fails later does not have those before it said again.
        """
        more = True
        while more:
            part, acts = told.parts, list[Announced]()
            try:
                said = self._announcer.tell(release, entry, told.place, part)
                more = said.more
                if said.place:
                    acts.append(self._said("thread", entry.seq, said.place, part))
            except SaidNo as refusal:
                log.warning("not told in the thread", release=release.id, seq=entry.seq, detail=str(refusal))
                more = False
                if not told.parts:
                    self._tell_requester(release, entry, told.link)
            told = replace(told, parts=told.parts + 1) if more else replace(told, entries=entry.seq, parts=0)
            self._store.mark_told(release.id, told, acts)
        return told

    def _tell_requester(self, release: Release, entry: LogEntry, link: str) -> None:
        """Answer the requester if that is possible at all; the card and the log hold the same facts."""
        try:
            self._announcer.tell_requester(release, entry, link)
        except SaidNo as refusal:
            log.warning("requester not told", release=release.id, detail=str(refusal))
        else:
            self._store.witness(release.id, self._said("requester", entry.seq))

    def _said(self, where: str, fact: int, place: str = "", part: int = 0) -> Announced:
        return Announced(self._clock.now(), where, fact, part, place)

    def _illustrate(self, release: Release, told: Told, evidence: Evidence) -> Telling:
        """Have the card show the picture of its evidence; when it would not come, the card says so.

        A crash after the picture was brought and before that was recorded brings it twice, which nobody sees. A
        problem is recorded when the card has told it: nobody looks after a picture that has one.
        """
        picture = self._brought(evidence, _picture_of(release, told) or Picture(evidence.record))
        self._store.mark_told(release.id, replace(told, picture=replace(picture, problem="")))
        if picture.place or picture.problem:
            try:
                shown = self._announcer.update_card(release, told.place, picture)
            except SaidNo as refusal:
                picture = replace(picture, problem=picture.problem or str(refusal))
            else:
                picture = replace(picture, shown=shown)
        if not picture.shown and not picture.problem and picture.attempts >= PICTURE_TRIES:
            picture = replace(picture, problem="Slack did not have it ready in time")
            self._announcer.update_card(release, told.place, picture)
        drawn = [self._said("card", release.log_length, told.place)] if picture.shown or picture.problem else []
        self._store.mark_told(release.id, replace(told, picture=picture), drawn)
        if picture.shown or picture.problem:
            return Telling()
        return Telling(retry_after=min(2.0 ** (picture.attempts - 1), _LONGEST_PAUSE_SECONDS))

    def _brought(self, evidence: Evidence, picture: Picture) -> Picture:
        """Bring the picture to Slack unless it is there; the last failure becomes its problem."""
        picture = replace(picture, attempts=picture.attempts + 1)
        if picture.place:
            return picture
        try:
            place, alt = self._announcer.bring_picture(evidence)
        except PortError as error:
            log.warning("no picture", record=evidence.record, attempt=picture.attempts, detail=str(error))
            hopeless = isinstance(error, SaidNo) or picture.attempts >= PICTURE_TRIES
            return replace(picture, problem=str(error)) if hopeless else picture
        return replace(picture, place=place, alt=alt)


def is_public(release: Release) -> bool:
    """Say whether the channel hears of a release: from the moment that something is to be done for it."""
    return release.kind is Kind.ROLLBACK or release.package is not None


def _is_up_to_date(release: Release, told: Told, entries: Sequence[LogEntry]) -> bool:
    return not entries and told.card_entries >= release.log_length


def _unillustrated(release: Release, told: Told) -> Evidence | None:
    """Return the evidence whose picture the card should show and does not yet."""
    evidence, picture = evidence_in_view(release), _picture_of(release, told)
    # The gate opens first: a person who is waited for can wait for a picture, a release does not.
    if evidence is None or not evidence.record or not told.place or release.phase is Phase.OPENING_GATE:
        return None
    return None if picture is not None and (picture.shown or picture.problem) else evidence


def _picture_of(release: Release, told: Told) -> Picture | None:
    """Return what was told of the picture of the evidence in view, None if that was of another one."""
    evidence = evidence_in_view(release)
    wanted = evidence.record if evidence is not None else ""
    return told.picture if told.picture is not None and told.picture.record == wanted else None
