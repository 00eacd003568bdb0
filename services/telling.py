"""Brings a release's log to its people: the card first, then each fact in the thread, then what is owed privately."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from services.ports import Announcer, PortError, ReleaseStore, SaidNo, Told
from services.release.events import LogEntry
from services.release.lifecycle import TERMINAL
from services.release.model import Kind, Release

_RETRY_SECONDS = 5.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Telling:
    """How telling went: all told, to be tried again after so many seconds, or hopeless and why."""

    retry_after: float | None = None
    hopeless: str | None = None


class Teller:
    """Tells what is untold. A crash may repeat it, never lose it: what was told is recorded after it was."""

    def __init__(self, store: ReleaseStore, announcer: Announcer) -> None:
        self._store = store
        self._announcer = announcer

    def tell(self, release: Release) -> Telling:
        """Bring everything of `release` that is untold to its people, in order."""
        told = self._store.told(release.id)
        entries = self._store.log(release.id, after=told.entries)
        if not entries and told.card_entries >= release.log_length:
            return Telling()
        try:
            return (
                self._tell_publicly(release, told, entries)
                if is_public(release)
                else self._tell_privately(release, entries)
            )
        except PortError as error:
            log.warning("untold", release=release.id, detail=str(error))
            return Telling(retry_after=_RETRY_SECONDS)

    def _tell_privately(self, release: Release, entries: Sequence[LogEntry]) -> Telling:
        """Before anything was done for a release, only its requester needs to hear how it ended."""
        if release.phase not in TERMINAL:
            return Telling()
        for entry in entries:
            self._tell_requester(release, entry, "")
        self._store.mark_told(release.id, Told(release.log_length, release.log_length))
        return Telling()

    def _tell_publicly(self, release: Release, told: Told, entries: Sequence[LogEntry]) -> Telling:
        try:
            shown = self._draw_card(release, told, entries)
        except SaidNo as refusal:
            return self._without_card(release, told, entries, str(refusal))
        for entry in entries:
            self._tell_thread(release, entry, shown)
            shown = replace(shown, entries=entry.seq)
            self._store.mark_told(release.id, shown)
        return Telling()

    def _draw_card(self, release: Release, told: Told, entries: Sequence[LogEntry]) -> Told:
        """Post or redraw the card, so that it shows no less than the thread tells."""
        if told.place:
            try:
                self._announcer.update_card(release, told.place)
            except SaidNo as refusal:
                log.warning("card lost, posting it again", release=release.id, detail=str(refusal))
                told = replace(told, place="")
        owed = not told.place or not told.entries
        if not told.place:
            place, link = self._announcer.post_card(release)
            told = replace(told, place=place, link=link)
        told = replace(told, card_entries=release.log_length)
        self._store.mark_told(release.id, told)
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
        self._store.mark_told(release.id, replace(told, entries=release.log_length, card_entries=release.log_length))
        return Telling()

    def _tell_thread(self, release: Release, entry: LogEntry, told: Told) -> None:
        """Say a fact in the thread or, where Slack will not have it there, to the requester."""
        try:
            self._announcer.tell(release, entry, told.place)
        except SaidNo as refusal:
            log.warning("not told in the thread", release=release.id, seq=entry.seq, detail=str(refusal))
            self._tell_requester(release, entry, told.link)

    def _tell_requester(self, release: Release, entry: LogEntry, link: str) -> None:
        """Answer the requester if that is possible at all; the card and the log hold the same facts."""
        try:
            self._announcer.tell_requester(release, entry, link)
        except SaidNo as refusal:
            log.warning("requester not told", release=release.id, detail=str(refusal))


def is_public(release: Release) -> bool:
    """Say whether the channel hears of a release: from the moment that something is to be done for it."""
    return release.kind is Kind.ROLLBACK or release.package is not None
