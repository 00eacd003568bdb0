"""The real Bolt app with every listener, on the local Slack over Socket Mode, with a store in memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from fakes.clock import FakeClock, SequentialIds
from fakes.store import MemoryStore
from slack_bolt import App
from typing_extensions import override
from unit.handlers.local_slack import CHANNEL, LocalSlack, local_slack

from bot.socket_front import SocketFront
from handlers.directory import SlackDirectory
from handlers.registry import register_all
from handlers.views.blocks import Message
from handlers.views.samples import DEPLOYMENT, STORIES, played
from sandbox.slack.directory import APP_TOKEN, SIGNING_SECRET
from services.ports import Told, Unavailable
from services.release.catalog import ModelEntry, People
from services.release.events import LogEntry, Requested
from services.release.model import Release
from services.releases import Releases

ANA, BRUNO, DIEGO = "U0ANA", "U0BRUNO", "U0DIEGO"
MODEL = "titanic-survival"
OTHER = "fare-price"
PEOPLE = People(groups=frozenset({"S0MLAPPROVERS"}))
CATALOG = {name: ModelEntry(name, DEPLOYMENT, approvers=PEOPLE) for name in (MODEL, OTHER)}


class BreakableStore(MemoryStore):
    """A store that can be out of reach."""

    broken = False

    @override
    def __getattribute__(self, name: str) -> Any:
        if name in {"create", "load", "ask", "in_progress", "commit", "keep_first_note"} and object.__getattribute__(
            self, "broken"
        ):
            raise Unavailable("the store does not answer")
        return super().__getattribute__(name)


@dataclass
class World:
    """What a test drives (people) and looks at (store, messages)."""

    slack: LocalSlack
    store: BreakableStore
    releases: Releases
    app: App

    def forget(self) -> None:
        """Begin anew: nothing stored, nothing said, ids from one."""
        self.store.broken = False
        self.store._tables = type(self.store._tables)()
        ids = SequentialIds()
        self.releases._ids = self.releases.looking._ids = ids
        self.releases._directory = SlackDirectory(self.slack.client())
        for held in (self.slack.emulator.workspace.messages, self.slack.emulator.workspace.modals):
            held.clear()
        self.slack.emulator.workspace.homes.clear()
        self.slack.emulator.faults.clear()

    def slash(self, line: str, user: str = ANA) -> str:
        """Type a command and return the private answer, text and blocks together."""
        answer = self.slack.people.slash(user, CHANNEL, line)
        assert answer["ok"], answer
        return str(answer["response"])

    def last(self, user: str) -> dict[str, Any]:
        """Return the newest message that a person sees."""
        return self.slack.seen(user)[-1]

    def stored(self, story: str, requested_by: str = ANA) -> Release:
        """Put a sample release into the store as it stands at the end of its story."""
        release = replace(played(*STORIES[story])[0], requested_by=requested_by, revision=0)
        self.store.create(release, LogEntry(1, release.requested_at, Requested(requested_by)), release.requested_at)
        self.store.mark_told(release.id, Told(link="https://sandbox.slack.com/archives/C0RELEASES/p1"))
        return release

    def posted(self, message: Message) -> dict[str, Any]:
        """Post a message as the app and return it as people see it."""
        self.slack.client().chat_postMessage(channel=CHANNEL, text=message.text, blocks=list(message.blocks))
        return self.last(ANA)

    def modal(self, user: str) -> dict[str, Any]:
        """Return the modal that a person has open."""
        [found] = self.slack.modals(user)
        return found


def build_app(slack: LocalSlack, releases: Releases) -> App:
    """Return the app as the bot builds it."""
    app = App(client=slack.client(), signing_secret=SIGNING_SECRET, process_before_response=True)
    register_all(app, releases)
    return app


@contextmanager
def running_world() -> Iterator[World]:
    """Run everything in this process."""
    with local_slack() as slack:
        clock = FakeClock()
        store = BreakableStore(clock)
        releases = Releases(CATALOG, store, SlackDirectory(slack.client()), clock, SequentialIds())
        app = build_app(slack, releases)
        front = SocketFront(app, APP_TOKEN, listeners=10)
        front.start()
        try:
            slack.people.wait_online()
            yield World(slack, store, releases, app)
        finally:
            front.stop()
