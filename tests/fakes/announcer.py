"""A Slack that remembers what it was told and can be told to be away."""

from dataclasses import dataclass, field

from services.ports import Answer, Inquiry, PortError, Unavailable
from services.release.events import LogEntry
from services.release.model import Release


@dataclass
class Card:
    """A posted card: every document it was drawn from, and what was said in its thread."""

    place: str
    drawn: list[Release] = field(default_factory=list)
    thread: list[LogEntry] = field(default_factory=list)


class RecordingAnnouncer:
    """The Announcer port; `fail_next` makes calls fail, before or after the message has reached people."""

    def __init__(self) -> None:
        self.cards: dict[str, Card] = {}
        self.requester_told: list[tuple[str, LogEntry, str]] = []
        self.answers: list[tuple[Inquiry, Answer]] = []
        self.calls: list[str] = []
        self._failures: list[tuple[str, PortError, bool]] = []

    def fail_next(
        self, times: int, method: str = "", error: PortError | None = None, *, delivered: bool = False
    ) -> None:
        """Fail the next `times` calls (of `method`; empty: of any); `delivered` says that only the reply is lost."""
        failure = error or Unavailable("Slack does not answer")
        self._failures.extend([(method, failure, delivered)] * times)

    def post_card(self, release: Release) -> tuple[str, str]:
        """Post a card, a second one too if asked twice; return (place, link)."""
        lost = self._arrive("post_card")
        place = f"{release.deployment.channel}/{len(self.cards) + 1}"
        self.cards[place] = Card(place, [release])
        _raise(lost)
        return place, f"https://slack.test/{place}"

    def update_card(self, release: Release, place: str) -> None:
        """Redraw a card that was posted."""
        lost = self._arrive("update_card")
        self.cards[place].drawn.append(release)
        _raise(lost)

    def tell(self, release: Release, entry: LogEntry, place: str) -> None:
        """Say one fact in a card's thread."""
        lost = self._arrive("tell")
        self.cards[place].thread.append(entry)
        _raise(lost)

    def tell_requester(self, release: Release, entry: LogEntry, link: str) -> None:
        """Remember what the requester was told privately."""
        lost = self._arrive("tell_requester")
        self.requester_told.append((release.id, entry, link))
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
