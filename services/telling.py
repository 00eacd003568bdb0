"""Brings a release's log to its people: the card first, then each fact in the thread, then what is owed privately.

The picture of the evidence comes last: the card stands without it until Slack shows it, and in the end perhaps for
good.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from services.ports import Announcer, Away, Barred, Clock, Picture, PortError, ReleaseStore, SaidNo, Told
from services.release.audit import Announced
from services.release.events import LogEntry
from services.release.lifecycle import TERMINAL
from services.release.model import Evidence, Kind, Phase, Release
from services.release.showing import evidence_in_view

_RETRY_SECONDS = 5.0
_AWAY = "announcer:away"
_BARRED_RETRY_SECONDS = 30.0
_BARRED_PATIENCE = timedelta(days=1)
"""How long a release keeps what it could not tell, for the time when the way to its channel is open again."""
WAITS_FOR_A_CARD = timedelta(hours=1)
"""How long a deploy of which no card ever stood waits for the way to be opened."""
PICTURE_TRIES = 8
"""How often it is tried to show a picture; with the pauses between, for about a minute."""
_LONGEST_PAUSE_SECONDS = 15.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Telling:
    """How telling went: all told, to be tried again after so many seconds, or hopeless and why.

    `waits`: the release must not go on before it could be told.
    """

    retry_after: float | None = None
    hopeless: str | None = None
    waits: bool = False


class Teller:
    """Tells what is untold. Nothing is lost: what was told is recorded after it was.

    What may have been told without being recorded, as its teller died or got no reply, is looked for before it is told
    again. The audit log has every message that was sent, in the same transaction as how far people have been told.
    """

    def __init__(self, store: ReleaseStore, announcer: Announcer, clock: Clock) -> None:
        self._store = store
        self._announcer = announcer
        self._clock = clock

    def tell(self, release: Release) -> Telling:
        """Bring everything of `release` that is untold to its people, in order."""
        told = self._store.told(release.id)
        entries = self._store.log(release.id, after=told.entries)
        if not _anything_owed(release, told, entries):
            return Telling()
        pause = self._pause()
        if pause > 0:
            return Telling(retry_after=pause)
        try:
            return _Round(self._store, self._announcer, self._clock, release, told).tell(entries)
        except Away as away:
            log.warning("announcer away", release=release.id, seconds=away.seconds, detail=str(away))
            self._leave_alone(away.seconds)
            return Telling(retry_after=away.seconds)
        except PortError as error:
            log.warning("untold", release=release.id, detail=str(error))
            return Telling(retry_after=_RETRY_SECONDS)

    def _pause(self) -> float:
        """Return for how many seconds nothing is to be told: one who was sent away spares the others the way."""
        until = self._store.note(_AWAY)
        return (datetime.fromisoformat(until) - self._clock.now()).total_seconds() if until is not None else 0.0

    def _leave_alone(self, seconds: float) -> None:
        until = self._clock.now() + timedelta(seconds=seconds)
        with suppress(PortError):  # who does not hear of it is sent away too
            self._store.keep_note(_AWAY, until.isoformat(), int(seconds) + 1)


class _Round:
    """One telling of one release."""

    def __init__(self, store: ReleaseStore, announcer: Announcer, clock: Clock, release: Release, told: Told) -> None:
        self._store = store
        self._announcer = announcer
        self._clock = clock
        self._release = release
        self._told = told
        self._again = told.unsure

    def tell(self, entries: Sequence[LogEntry]) -> Telling:
        if not is_public(self._release):
            self._privately(entries)
            self._mark(entries=self._release.log_length, card_entries=self._release.log_length)
            return Telling()
        if not _is_up_to_date(self._release, self._told, entries):
            try:
                self._publicly(entries)
            except Barred as bar:
                return self._barred(entries, str(bar))
            except SaidNo as refusal:
                return self._without_card(entries, str(refusal))
        evidence = _unillustrated(self._release, self._told)
        return self._illustrate(evidence) if evidence is not None else Telling()

    def _privately(self, entries: Sequence[LogEntry]) -> None:
        for entry in entries:
            self._tell_requester(entry, "")

    def _publicly(self, entries: Sequence[LogEntry]) -> None:
        """Draw the card, then say each fact; between the first and the last word the record says that it is unsure."""
        self._mark(unsure=True)
        self._draw_card(entries)
        for entry in entries:
            self._tell_thread(entry)
        self._mark(unsure=False, barred_since=None)

    def _mark(self, *acts: Announced, **changes: Any) -> None:
        self._told = replace(self._told, **changes)
        self._store.mark_told(self._release.id, self._told, acts)

    def _draw_card(self, entries: Sequence[LogEntry]) -> None:
        """Post or redraw the card, so that it shows no less than the thread tells."""
        release, place, link = self._release, self._told.place, self._told.link
        picture, shown = _picture_of(release, self._told), False
        if place:
            try:
                shown = self._announcer.update_card(release, place, picture)
            except Barred:
                raise
            except SaidNo as refusal:
                log.warning("card lost, posting it again", release=release.id, detail=str(refusal))
                place = ""
        owed = not place or not self._told.entries
        if not place:
            posted = self._announcer.post_card(release, picture, again=self._again)
            place, link, shown, self._again = posted.place, posted.link, posted.shows_picture, False
        picture = replace(picture, shown=shown) if picture is not None else None
        said = self._said("card", release.log_length, place)
        self._mark(said, place=place, link=link, card_entries=release.log_length, picture=picture)
        # Until the thread has begun, nothing shows that the requester has heard: a crash may have come between.
        if owed and entries:
            self._tell_requester(entries[0], link)

    def _barred(self, entries: Sequence[LogEntry], why: str) -> Telling:
        """Keep what could not be told until a person opens the way; the requester hears once what to do.

        A deploy of which no card stands waits with it, for a while: nobody could decide on it. Anything else goes on.
        """
        never_shown, now = self._never_shown(), self._clock.now()
        over = never_shown and self._release.phase in TERMINAL
        since, patience = self._told.barred_since or now, WAITS_FOR_A_CARD if never_shown else _BARRED_PATIENCE
        if over or now - since > patience:
            return self._without_card(entries, why)
        if self._told.barred_since is None:
            log.warning("barred", release=self._release.id, detail=why)
            try:
                self._announcer.warn_requester(self._release, why, waits=never_shown)
            except SaidNo as refusal:
                log.warning("requester not warned", release=self._release.id, detail=str(refusal))
            self._mark(barred_since=now)
        return Telling(retry_after=_BARRED_RETRY_SECONDS, waits=never_shown)

    def _without_card(self, entries: Sequence[LogEntry], why: str) -> Telling:
        """Slack will not show the card.

        A deploy whose card never stood ends before it does anything. Anything else goes on, prod may be changing, and
        the requester is told privately what the thread cannot tell.
        """
        if self._never_shown() and self._release.phase not in TERMINAL:
            return Telling(hopeless=why)
        log.warning("no card", release=self._release.id, detail=why)
        self._privately([entry for entry in entries if entry.seq > self._told.entries])
        length = self._release.log_length
        self._mark(entries=length, parts=0, card_entries=length, unsure=False, barred_since=None)
        return Telling()

    def _never_shown(self) -> bool:
        release = self._release
        return not self._told.place and release.kind is Kind.DEPLOY and release.pointer is None

    def _tell_thread(self, entry: LogEntry) -> None:
        """Say a fact in the thread, in as many messages as it takes, or to the requester where Slack will not have it.

        Each message is recorded once it was sent: one that fails later does not have those before it said again.
        """
        more = True
        while more:
            part, acts = self._told.parts, list[Announced]()
            try:
                said = self._announcer.tell(self._release, entry, self._told.place, part, again=self._again)
                more = said.more
                if said.place:
                    acts.append(self._said("thread", entry.seq, said.place, part))
            except Barred:
                raise
            except SaidNo as refusal:
                log.warning("not told in the thread", release=self._release.id, seq=entry.seq, detail=str(refusal))
                more = False
                if not part:
                    self._tell_requester(entry, self._told.link)
            self._again = False
            if more:
                self._mark(*acts, parts=part + 1)
            else:
                self._mark(*acts, entries=entry.seq, parts=0)

    def _tell_requester(self, entry: LogEntry, link: str) -> None:
        """Answer the requester if that is possible at all; the card and the log hold the same facts."""
        try:
            self._announcer.tell_requester(self._release, entry, link)
        except SaidNo as refusal:
            log.warning("requester not told", release=self._release.id, detail=str(refusal))
        else:
            self._store.witness(self._release.id, self._said("requester", entry.seq))

    def _said(self, where: str, fact: int, place: str = "", part: int = 0) -> Announced:
        return Announced(self._clock.now(), where, fact, part, place)

    def _illustrate(self, evidence: Evidence) -> Telling:
        """Have the card show the picture of its evidence; when it would not come, the card says so.

        A crash after the picture was brought and before that was recorded brings it twice, which nobody sees. A
        problem is recorded when the card has told it: nobody looks after a picture that has one.
        """
        release, place = self._release, self._told.place
        known = _picture_of(release, self._told) or Picture(evidence.record)
        picture = self._brought(evidence, known)
        # The attempt counts when it is over: one that an outage cut short says nothing about the picture.
        self._mark(picture=replace(picture, problem="", attempts=known.attempts))
        if picture.place or picture.problem:
            try:
                shown = self._announcer.update_card(release, place, picture)
            except SaidNo as refusal:
                picture = replace(picture, problem=picture.problem or str(refusal))
            else:
                picture = replace(picture, shown=shown)
        if not picture.shown and not picture.problem and picture.attempts >= PICTURE_TRIES:
            picture = replace(picture, problem="Slack did not have it ready in time")
            self._announcer.update_card(release, place, picture)
        drawn = [self._said("card", release.log_length, place)] if picture.shown or picture.problem else []
        self._mark(*drawn, picture=picture)
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
        except Away:
            raise
        except PortError as error:
            log.warning("no picture", record=evidence.record, attempt=picture.attempts, detail=str(error))
            hopeless = isinstance(error, SaidNo) or picture.attempts >= PICTURE_TRIES
            return replace(picture, problem=str(error)) if hopeless else picture
        return replace(picture, place=place, alt=alt)


def is_public(release: Release) -> bool:
    """Say whether the channel hears of a release: from the moment that something is to be done for it."""
    return release.kind is Kind.ROLLBACK or release.package is not None


def _anything_owed(release: Release, told: Told, entries: Sequence[LogEntry]) -> bool:
    """Say whether anybody is to be told anything.

    Before anything was done for a release, only its requester needs to hear, and only how it ended.
    """
    if not is_public(release) and release.phase not in TERMINAL:
        return False
    if not _is_up_to_date(release, told, entries):
        return True
    return is_public(release) and _unillustrated(release, told) is not None


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
