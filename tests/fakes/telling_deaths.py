"""A worker that dies at a call to the local Slack while it tells a story, and another one that goes on after it."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any, cast
from unittest import mock

from slack_sdk import WebClient

from fakes.clock import FakeClock
from fakes.crash import Crash, CrashSchedule
from fakes.records import NAME, RECORD, KeptRecords
from handlers.exhibits import Exhibits
from handlers.outbound import SlackAnnouncer, Supplies
from handlers.reply_address import ReplyAddress
from handlers.views.samples import STORIES, played
from sandbox.slack.client import SlackPeople
from sandbox.slack.directory import BOT_TOKEN
from services.adapters.redis_documents import record_from, to_text
from services.ports import ReleaseStore, Told
from services.release.audit import Act
from services.release.events import LogEntry, SmokeFailed
from services.release.model import Release
from services.telling import Teller

CHANNEL = "C0RELEASES"
REQUESTER = "U0ANA"
PNG = b"\x89PNG\r\n\x1a\na picture"
_TELLINGS = 20


@dataclass
class Shelf:
    """As much of the store as telling needs; it outlives the workers."""

    entries: list[LogEntry]
    noted: Told = field(default_factory=Told)

    def log(self, _release_id: str, after: int = 0) -> list[LogEntry]:
        """Return the facts after one."""
        return [entry for entry in self.entries if entry.seq > after]

    def told(self, _release_id: str) -> Told:
        """Return how far people were told."""
        return self.noted

    def mark_told(self, _release_id: str, told: Told, _acts: Sequence[Act] = ()) -> None:
        """Keep how far people were told."""
        self.noted = told

    def witness(self, _chain: str, *_acts: Act) -> None:
        """Keep no audit log."""

    def note(self, _name: str) -> None:
        """Remember nothing."""


@dataclass
class Stage:
    """A local Slack, on which each story that is told is another release's."""

    url: str
    releases: int = 0

    def tell(self, name: str, schedule: CrashSchedule) -> list[dict[str, Any]]:
        """Tell a story with a worker that dies as scheduled, and with another one after it; return what people see."""
        self.releases += 1
        clock, before = FakeClock(), len(self.seen())
        release, log = story(name, f"r{self.releases:08}", clock)
        shelf = Shelf(log)
        with ExitStack() as stack:
            for each in ("api_call", "_upload_file"):
                stack.enter_context(mock.patch.object(WebClient, each, counted(getattr(WebClient, each), schedule)))
            try:
                self._settle(clock, shelf, release)
            except Crash:
                assert schedule.dead
        clock.advance(60)
        self._settle(clock, shelf, release)
        return self.seen()[before:]

    def seen(self) -> list[dict[str, Any]]:
        """Return what the requester sees in the channel."""
        return SlackPeople(self.url).messages(CHANNEL, REQUESTER)

    def _settle(self, clock: FakeClock, shelf: Shelf, release: Release) -> None:
        """Tell until nothing is to be told, as a worker that has just begun."""
        records = KeptRecords({NAME: to_text(RECORD)})
        exhibits = Exhibits(records, record_from, lambda _: PNG, lambda _: "in words")
        client = WebClient(token=BOT_TOKEN, base_url=f"{self.url}/api/")
        announcer = SlackAnnouncer(client, clock, supplies=Supplies(exhibits=exhibits))
        teller = Teller(cast("ReleaseStore", shelf), announcer, clock)
        for _ in range(_TELLINGS):
            if teller.tell(release).retry_after is None:
                return
        raise AssertionError("never told")


def story(name: str, release_id: str, clock: FakeClock) -> tuple[Release, list[LogEntry]]:
    """Return a story's release and its log; a verdict of `smoke_failed` has a record, and so a picture and files."""
    release, log = played(*STORIES[name])
    reply_to = ReplyAddress(REQUESTER, CHANNEL).encode()
    release = replace(release, id=release_id, requested_by=REQUESTER, reply_to=reply_to, requested_at=clock.now())
    if name == "smoke_failed":
        release = replace(release, evidence=RECORD.evidence)
        log = [*log[:-1], replace(log[-1], event=SmokeFailed(RECORD.evidence), at=clock.now())]
    return release, log


def counted(call: Callable[..., object], schedule: CrashSchedule) -> Callable[..., object]:
    """Run each of the client's calls through the schedule."""

    def counting(*args: object, **kwargs: object) -> object:
        return schedule.run(str(args[1] if len(args) > 1 else "upload"), lambda: call(*args, **kwargs))

    return counting


def told(messages: Sequence[dict[str, Any]]) -> Counter[str]:
    """Return how often each message was seen, by what tells it from the others."""
    return Counter(map(mark_of, messages))


def mark_of(message: dict[str, Any]) -> str:
    """Return what tells a message of a story from its others: its fact and files; or that it is private, or a card."""
    said = (message["metadata"] or {}).get("event_payload") or {}
    if message["ephemeral"]:
        return "private"
    if not message["thread_ts"]:
        return "card"
    return f"{said.get('fact')}.{said.get('part')} {sorted(file['name'] for file in message['files'])}"
