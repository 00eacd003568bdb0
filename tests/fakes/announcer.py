"""A Slack that remembers what it was told and can be told to be away."""

from dataclasses import dataclass, field

from services.ports import Answer, Brought, Inquiry, Picture, PortError, PostedCard, Said, Unavailable
from services.release.events import LogEntry
from services.release.model import Evidence, Freeze, Lock, Release
from services.release.rehearsal import Rehearsal


@dataclass
class Card:
    """A posted card: every document and picture it was drawn from, and what was said in its thread."""

    place: str
    drawn: list[Release] = field(default_factory=list)
    pictures: list[Picture | None] = field(default_factory=list)
    thread: list[LogEntry] = field(default_factory=list)
    parts: list[tuple[int, int]] = field(default_factory=list)


class RecordingAnnouncer:
    """The Announcer port; `fail_next` makes calls fail, before or after the message has reached people.

    `not_ready` is how often a card is still drawn without its picture; a verdict is told in `parts_of_verdicts`, of
    which `failing_parts` fail once.
    """

    def __init__(self) -> None:
        self.cards: dict[str, Card] = {}
        self.requester_told: list[tuple[str, LogEntry, str]] = []
        self.warned: list[tuple[str, str, bool]] = []
        self.looked: list[str] = []
        self.answers: list[tuple[Inquiry, Answer]] = []
        self.reports: dict[tuple[str, int], str] = {}
        self.rehearsals: list[tuple[str, Rehearsal]] = []
        self.badges: list[tuple[str, Rehearsal | None]] = []
        self.nagged: list[tuple[str, Lock | Freeze]] = []
        self.calls: list[str] = []
        self.pictures: list[str] = []
        self.not_ready = 0
        self.parts_of_verdicts = 1
        self.failing_parts: dict[int, PortError] = {}
        self._failures: list[tuple[str, PortError, bool]] = []

    def fail_next(
        self, times: int, method: str = "", error: PortError | None = None, *, delivered: bool = False
    ) -> None:
        """Fail the next `times` calls (of `method`; empty: of any); `delivered` says that only the reply is lost."""
        failure = error or Unavailable("Slack does not answer")
        self._failures.extend([(method, failure, delivered)] * times)

    def post_card(self, release: Release, picture: Picture | None = None, *, again: bool = False) -> PostedCard:
        """Post a card, a second one too if asked twice without `again`."""
        lost = self._arrive("post_card")
        self.looked += ["post_card"] * again
        if again and (posted := self.cards_of(release.id)):
            place = posted[-1].place
            return PostedCard(place, f"https://slack.test/{place}", self._draw(posted[-1], release, picture))
        place = f"{release.deployment.channel}/{len(self.cards) + 1}"
        self.cards[place] = Card(place)
        shown = self._draw(self.cards[place], release, picture)
        _raise(lost)
        return PostedCard(place, f"https://slack.test/{place}", shown)

    def update_card(
        self, release: Release, place: str, picture: Picture | None = None, rehearsal: Rehearsal | None = None
    ) -> bool:
        """Redraw a card that was posted."""
        self.badges.append((release.id, rehearsal))
        lost = self._arrive("update_card")
        shown = self._draw(self.cards[place], release, picture)
        _raise(lost)
        return shown

    def _draw(self, card: Card, release: Release, picture: Picture | None) -> bool:
        card.drawn.append(release)
        card.pictures.append(picture)
        if picture is None or not picture.place or self.not_ready:
            self.not_ready -= bool(picture is not None and picture.place)
            return False
        return True

    def bring_picture(self, evidence: Evidence) -> tuple[str, str]:
        """Keep a picture, once more if asked twice."""
        lost = self._arrive("bring_picture")
        self.pictures.append(evidence.record)
        _raise(lost)
        return f"F{len(self.pictures)}", f"the picture of {evidence.record}"

    def tell(self, release: Release, entry: LogEntry, place: str, part: int = 0, *, again: bool = False) -> Said:
        """Say one fact in a card's thread; a verdict takes several messages, of which the first is in `thread`."""
        lost = self._arrive("tell")
        self.looked += ["tell"] * again
        _raise(self.failing_parts.pop(part, None))
        card = self.cards[place]
        if not (again and (entry.seq, part) in card.parts):
            card.parts.append((entry.seq, part))
            if not part:
                card.thread.append(entry)
        _raise(lost)
        more = hasattr(entry.event, "evidence") and part + 1 < self.parts_of_verdicts
        return Said(f"{place}/{len(card.parts)}", more)

    def bring_report(self, release: Release, place: str, by: str) -> Brought:
        """Remember whose report was brought where, and for whom; the same again is not brought twice."""
        lost = self._arrive("bring_report")
        anew = (release.id, release.log_length) not in self.reports
        self.reports.setdefault((release.id, release.log_length), by)
        _raise(lost)
        return Brought((f"https://slack.test/{release.id}.html", f"https://slack.test/{release.id}.json"), anew)

    def tell_requester(self, release: Release, entry: LogEntry, link: str) -> None:
        """Remember what the requester was told privately."""
        lost = self._arrive("tell_requester")
        self.requester_told.append((release.id, entry, link))
        _raise(lost)

    def warn_requester(self, release: Release, why: str, *, waits: bool) -> None:
        """Remember what the requester was warned of."""
        lost = self._arrive("warn_requester")
        self.warned.append((release.id, why, waits))
        _raise(lost)

    def tell_rehearsal(self, channel: str, rehearsal: Rehearsal) -> None:
        """Remember what a channel was told of its way back."""
        lost = self._arrive("tell_rehearsal")
        self.rehearsals.append((channel, rehearsal))
        _raise(lost)

    def nag(self, channel: str, hold: Lock | Freeze) -> None:
        """Ask about a lock or a freeze."""
        lost = self._arrive("nag")
        self.nagged.append((channel, hold))
        _raise(lost)

    def answer(self, inquiry: Inquiry, answer: Answer) -> None:
        """Remember an answer."""
        lost = self._arrive("answer")
        self.answers.append((inquiry, answer))
        _raise(lost)

    def cards_of(self, release_id: str) -> list[Card]:
        """Return the cards posted for a release, in order; more than one is a repeat."""
        return [card for card in self.cards.values() if card.drawn[0].id == release_id]

    def told(self, release_id: str) -> list[LogEntry]:
        """Return all that was said in the threads of a release's cards, in order of saying, repeats included."""
        return [entry for card in self.cards_of(release_id) for entry in card.thread]

    def _arrive(self, method: str) -> PortError | None:
        """Note the call; raise a failure that stops it, or return one that only loses the reply."""
        self.calls.append(method)
        for index, (wanted, error, delivered) in enumerate(self._failures):
            if wanted in {"", method}:
                del self._failures[index]
                if delivered:
                    return error
                raise error
        return None


def _raise(error: PortError | None) -> None:
    if error is not None:
        raise error
