"""A worker that dies at any call to Slack while a verdict is told: all of it arrives, in order, and once."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest
from fakes.clock import FakeClock
from fakes.crash import Crash, CrashSchedule, Moment
from fakes.records import NAME, RECORD, KeptRecords
from slack_sdk import WebClient
from unit.handlers.local_slack import LocalSlack, local_slack

from handlers.exhibits import Exhibits
from handlers.outbound import SlackAnnouncer, Supplies
from handlers.views.samples import STORIES, played
from sandbox.slack.tickets import Limits
from services.adapters.redis_documents import record_from, to_text
from services.ports import ReleaseStore, Told
from services.release.audit import Act
from services.release.events import LogEntry, SmokeFailed
from services.release.model import Release
from services.telling import Teller

pytestmark = pytest.mark.crash
PNG = b"\x89PNG\r\n\x1a\na picture"


@dataclass
class Shelf:
    """As much of the store as telling needs."""

    entries: list[LogEntry]
    noted: Told = field(default_factory=Told)

    def log(self, _release_id: str, after: int = 0) -> list[LogEntry]:
        return [entry for entry in self.entries if entry.seq > after]

    def told(self, _release_id: str) -> Told:
        return self.noted

    def mark_told(self, _release_id: str, told: Told, _acts: Sequence[Act] = ()) -> None:
        self.noted = told

    def witness(self, _chain: str, *_acts: Act) -> None:
        pass

    def note(self, _name: str) -> None:
        pass


def story(clock: FakeClock) -> tuple[Release, list[LogEntry]]:
    """Return a release that its suite stopped just now, and the end of its log."""
    release, log = played(*STORIES["smoke_failed"])
    release = replace(release, evidence=RECORD.evidence, requested_by="U0ANA")
    last = replace(log[-1], event=SmokeFailed(RECORD.evidence), at=clock.now())
    return release, [*log[:-1], last]


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalSlack]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)  # slack_sdk would use it for 127.0.0.1 too
    with local_slack() as running:
        running.emulator.limits = Limits(file_seconds=0.0)
        yield running


def tell(slack: LocalSlack, monkeypatch: pytest.MonkeyPatch, schedule: CrashSchedule) -> list[dict[str, Any]]:
    """Tell a story with a worker that dies as scheduled, and with another one after it; return what people see."""
    clock, before = FakeClock(), len(slack.seen())
    release, log = story(clock)
    release = replace(release, id=f"r{before:08}")  # each death is another release's
    shelf = Shelf(log)
    with monkeypatch.context() as patch:
        for name in ("api_call", "_upload_file"):
            patch.setattr(WebClient, name, counted(getattr(WebClient, name), schedule))
        try:
            settle(slack, clock, shelf, release)
        except Crash:
            assert schedule.dead
    clock.advance(60)
    settle(slack, clock, shelf, release)
    return slack.seen()[before:]


def counted(call: Callable[..., object], schedule: CrashSchedule) -> Callable[..., object]:
    def counting(*args: object, **kwargs: object) -> object:
        return schedule.run(str(args[1] if len(args) > 1 else "upload"), lambda: call(*args, **kwargs))

    return counting


def settle(slack: LocalSlack, clock: FakeClock, shelf: Shelf, release: Release) -> None:
    """Tell until nothing is to be told, as a worker that has just begun."""
    records = KeptRecords({NAME: to_text(RECORD)})
    exhibits = Exhibits(records, record_from, lambda _: PNG, lambda _: "in words")
    announcer = SlackAnnouncer(slack.client(), clock, supplies=Supplies(exhibits=exhibits))
    teller = Teller(cast("ReleaseStore", shelf), announcer, clock)
    for _ in range(20):
        if teller.tell(release).retry_after is None:
            return
    raise AssertionError("never told")


def shown(message: dict[str, Any]) -> str:
    """Return what tells a message from others."""
    return f"{message['text'][:60]} {[file['name'] for file in message['files']]}"


@pytest.mark.parametrize("moment", Moment)
def test_a_worker_that_dies_at_a_call_to_slack_leaves_nothing_untold(
    slack: LocalSlack, monkeypatch: pytest.MonkeyPatch, moment: Moment
) -> None:
    counting = CrashSchedule()
    clean = tell(slack, monkeypatch, counting)
    wanted = [shown(message) for message in clean[1:]]
    assert "image" in [block["type"] for block in clean[0]["blocks"]]
    assert clean[-1]["files"]
    found = {}
    for number, name in enumerate(counting.calls, start=1):
        seen = tell(slack, monkeypatch, CrashSchedule(number, moment))
        cards = [message for message in seen if not message.get("thread_ts")]
        said = [shown(message) for message in seen if message.get("thread_ts")]
        fine = {
            f"said {said}": said == wanted,
            f"cards {len(cards)}": len(cards) == 1,
            "no picture": "image" in [block["type"] for block in cards[-1]["blocks"]],
        }
        if wrong := [problem for problem, good in fine.items() if not good]:
            found[f"{moment.value} call {number}, {name}"] = wrong
    assert not found
