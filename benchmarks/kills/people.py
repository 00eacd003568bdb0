"""The people who go on working meanwhile: each lane has one model, and releases, rejects, cancels and rolls back."""

import random
import re
import threading
import time
import urllib.error
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from benchmarks.kills.books import Books
from benchmarks.kills.tried import FORM, Tried
from handlers import action_ids as ids
from sandbox.slack.client import SlackPeople
from sandbox.slack.wire import Json
from services.release.lifecycle import TERMINAL

ANA, BRUNO, CARLA, DIEGO = "U0ANA", "U0BRUNO", "U0CARLA", "U0DIEGO"
CHANNEL = "C0RELEASES"
ENDED = frozenset(phase.value for phase in TERMINAL)
STARTED = re.compile(r"`(r[0-9a-z]{8})`")
_LOOK_SECONDS = 0.25
_OFFER_SECONDS = 6.0
_STUCK_SECONDS = 600.0
_STORIES = {
    "approve": 6,
    "two at once": 3,
    "twice": 2,
    "approve or reject": 2,
    "reject": 2,
    "cancel": 2,
    "break glass": 1,
}
_PAST_ITS_SUITE = 8
"""How often so where a suite can stop a release: few lanes have one, and each should come to it."""
_ROLLS_BACK = 0.3
_DECIDERS = {
    "approve": ((BRUNO, "approve"),),
    "two at once": ((BRUNO, "approve"), (CARLA, "approve")),
    "twice": ((CARLA, "approve"), (CARLA, "approve")),
    "approve or reject": ((BRUNO, "approve"), (CARLA, "reject")),
    "reject": ((CARLA, "reject"),),
}

T = TypeVar("T")


class Stuck(Exception):
    """A release did not get where it had to; the message says where it is."""


@dataclass(slots=True)
class Crowd:
    """Everybody together: the record of what was tried, and one hand per person for forms.

    `hand` hears of everything that is about to be done, by what Slack calls it.
    """

    hand: Callable[[str], None]
    people: SlackPeople
    books: Books
    enough: Callable[[], bool]
    tried: list[Tried] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    hands: dict[str, threading.Lock] = field(
        default_factory=lambda: {user: threading.Lock() for user in (ANA, BRUNO, CARLA, DIEGO)}
    )

    def note(self, by: str, what: str, release: str, answer: Json, said: Sequence[str]) -> None:
        """Write down what somebody tried and what they saw."""
        self.tried.append(
            Tried(
                time.time(),
                by,
                what,
                release,
                bool(answer["ok"]),
                str(answer.get("error", "")),
                tuple(said),
                float(answer.get("ack_ms", 0.0)),
            )
        )

    def slash(self, by: str, what: str, release: str, text: str) -> str:
        """Type a command and return its answer, "" if there was none."""
        return self._type(by, what, release, text)[0]

    def ask_for_form(self, by: str, what: str, release: str, text: str) -> Json | None:
        """Type a command and return the form that it opened, if it did."""
        return self._type(by, what, release, text)[1]

    def _type(self, by: str, what: str, release: str, text: str) -> tuple[str, Json | None]:
        self.hand("slash_commands")
        answer = self.people.slash(by, CHANNEL, text)
        said = str((answer.get("response") or {}).get("text", ""))
        found = STARTED.search(said) if "started" in said else None
        self.note(by, what, found[1] if found else release, answer, _seen([said] if said else [], answer))
        return said, answer.get("view")

    def press(self, by: str, what: str, release: str, message: Json, action: str) -> Json | None:
        """Click a button and return Slack's answer, None if it is not, or not yet, on the message."""
        self.hand("block_actions")
        answer = self.people.click(by, message, action)
        if answer.get("error") in {"action_not_found", "message_not_found"}:
            return None
        self.note(by, what, release, answer, _seen(answer["said"], answer))
        return answer

    def send_form(self, by: str, what: str, release: str, view: Json) -> bool:
        """Fill the form with a reason, send it, and close what is then open; say whether Slack took it."""
        elements = {block["block_id"]: block["element"]["action_id"] for block in view["blocks"] if "element" in block}
        entries = {ids.TYPED: release}
        fields = {block: {action: entries.get(action, f"because of {what}")} for block, action in elements.items()}
        self.hand("block_actions")
        answer = self.people.submit(by, view["id"], fields)
        left = answer.get("view")
        said = [str(left["blocks"])] if answer["ok"] and left else []
        self.note(by, f"{what} form", release, answer, said)
        self.people.close(by, view["id"])
        return bool(answer["ok"])


def _seen(said: Sequence[str], answer: Json) -> list[str]:
    """Return what somebody was answered, or that a form opened."""
    return list(said) or ([FORM] if answer.get("view") else [])


@dataclass(slots=True)
class Lane:
    """One model and those who work on it, release after release, as chance and the seed have it.

    `decided`: people come to its gates; `fails` is the version that its suite stops, if it is so thorough.
    """

    crowd: Crowd
    model: str
    chance: random.Random = field(default_factory=random.Random)
    versions: tuple[int, ...] = (1, 2)
    decided: bool = True
    fails: int | None = None

    def run(self) -> None:
        """Work until there is enough; what gets stuck is written down."""
        try:
            while not self.crowd.enough():
                self._work()
        except Stuck as problem:
            self.crowd.stuck.append(str(problem))

    def _work(self) -> None:
        stories = {**_STORIES, "break glass": _PAST_ITS_SUITE} if self.fails else _STORIES
        story = self.chance.choices(list(stories), list(stories.values()))[0]
        looks, rolls_back = self.chance.randint(0, 12), self.chance.random() < _ROLLS_BACK
        version = self.chance.choice(self.versions)
        release = self.deploy(self.fails or version if story == "break glass" else version)
        if story == "cancel":
            self._cancel(release, looks)
        elif story == "break glass" and self.decided:
            self._take_past(release)
        elif self.decided:
            self.decide(release, _DECIDERS[story])
        ended = self.until_ended(release)
        if rolls_back and ended["phase"] == "released" and ended["pointer"]["previous_config"]:
            self._roll_back()

    def deploy(self, version: int) -> str:
        """Ask for a release until there is one; one that came of a command which seemed to fail is taken, too."""
        before = self.crowd.books.newest(self.model)
        if before and not self._has_ended(before):
            return before
        line = f"/deploy {self.model} {version}"

        def started() -> str:
            self.crowd.slash(ANA, "deploy", "", line)
            newest = self.crowd.books.newest(self.model)
            return newest if newest != before else ""

        return self.until(started, f"a release of {self.model}")

    def _cancel(self, release: str, looks: int) -> None:
        """Call the release off after some looks at it."""
        for _ in range(looks):
            time.sleep(_LOOK_SECONDS)

        def cancelled() -> bool:
            if not self._is_decided(release):
                self.crowd.slash(ANA, "cancel", release, f"/release cancel {release}")
            return self._is_decided(release)

        self.until(cancelled, f"{release} cancelled")

    def decide(self, release: str, clicks: Sequence[tuple[str, str]]) -> None:
        """Click until somebody has decided, all at once each time."""
        self.until(lambda: self.at_gate(release) or self._is_decided(release), f"{release} at its gate")
        with ThreadPoolExecutor(len(clicks)) as pool:

            def decided() -> bool:
                if not self._is_decided(release):
                    list(pool.map(lambda click: self.click(release, *click), clicks))
                return self._is_decided(release)

            self.until(decided, f"{release} decided")

    def click(self, release: str, by: str, what: str) -> None:
        """Approve, or reject with a reason, if the card offers it."""
        place = self.crowd.books.told(release).get("place", "")
        channel, _, ts = place.partition(":")
        card = {"channel": channel, "ts": ts}
        if what == "approve":
            self.crowd.press(by, what, release, card, ids.APPROVE)
            return
        with self.crowd.hands[by]:
            answer = self.crowd.press(by, what, release, card, ids.REJECT)
            view = answer["view"] if answer is not None else None
            if view is not None and view["callback_id"] == ids.REJECT_FORM:
                self.crowd.send_form(by, what, release, view)

    def _take_past(self, release: str) -> None:
        """Take the release past its gate or past the suite that stopped it, unless it is too late for that."""
        self.until(lambda: self.at_gate(release) or self._is_decided(release), f"{release} tested")

        def broken() -> bool:
            document = self.crowd.books.document(release) or {}
            if document["decision"] is None and not document["cleaned_up"]:
                self.break_glass(release)
                return False
            return True

        self.until(broken, f"{release} past its gate")

    def break_glass(self, release: str) -> None:
        """Fill in the form that takes the release past its gate, if it opens."""
        with self.crowd.hands[DIEGO]:
            line = f"/release break-glass {release}"
            view = self.crowd.ask_for_form(DIEGO, "break glass", release, line)
            if view is not None and view["callback_id"] == ids.GLASS_FORM:
                self.crowd.send_form(DIEGO, "break glass", release, view)

    def _roll_back(self) -> None:
        """Take prod back and open it again for promotions."""
        before = self.crowd.books.newest(self.model)

        def begun() -> str:
            with self.crowd.hands[DIEGO]:
                self._take_offer()
            newest = self.crowd.books.newest(self.model)
            return newest if newest != before else ""

        rollback = self.until(begun, f"a rollback of {self.model}")
        self.until_ended(rollback)

        def thawed() -> bool:
            said = self.crowd.slash(DIEGO, "thaw", rollback, f"/thaw {self.model}")
            return "Lifted" in said or "Nothing was locked" in said

        self.until(thawed, f"{self.model} thawed")

    def _take_offer(self) -> None:
        since = f"{time.time():.6f}"
        self.crowd.slash(DIEGO, "look back", "", f"/rollback {self.model}")
        offer = self._offer(since)
        answer = self.crowd.press(DIEGO, "roll back", "", offer, ids.ROLL_BACK) if offer is not None else None
        view = answer["view"] if answer is not None else None
        if view is not None and view["callback_id"] == ids.ROLLBACK_FORM:
            self.crowd.send_form(DIEGO, "roll back", "", view)

    def _offer(self, since: str) -> Json | None:
        deadline = time.monotonic() + _OFFER_SECONDS
        while time.monotonic() < deadline:
            for message in self.crowd.people.messages(CHANNEL, DIEGO, since):
                if message["ephemeral"] and f"prod of {self.model} back" in message["text"]:
                    return message
            time.sleep(_LOOK_SECONDS)
        return None

    def _is_decided(self, release: str) -> bool:
        document = self.crowd.books.document(release)
        return document is not None and (document["decision"] is not None or document["phase"] in ENDED)

    def at_gate(self, release: str) -> bool:
        """Say whether the release waits for a decision."""
        document = self.crowd.books.document(release)
        return document is not None and document["phase"] == "awaiting_approval"

    def _has_ended(self, release: str) -> bool:
        document = self.crowd.books.document(release)
        return document is not None and document["phase"] in ENDED

    def until_ended(self, release: str) -> Json:
        """Return the document of a release once it has ended."""
        self.until(lambda: self._has_ended(release), f"{release} ended")
        return self.crowd.books.document(release) or {}

    def until(self, look: Callable[[], T], what: str) -> T:
        """Return what `look` finds.

        Raises:
            Stuck: it finds nothing.
        """
        deadline = time.monotonic() + _STUCK_SECONDS
        while time.monotonic() < deadline:
            try:
                found = look()
            except urllib.error.URLError as problem:
                raise Stuck(f"waiting for {what}: {problem}") from problem
            if found:
                return found
            time.sleep(_LOOK_SECONDS)
        raise Stuck(f"{what}: not within {_STUCK_SECONDS:.0f} s")
