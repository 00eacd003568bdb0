"""What a few honest releases leave: the product's store, announcer and Bolt app on local servers, nobody killed."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
import redis
from fakes.driver import MODEL, Driver
from fakes.local_aws import CREDENTIALS, local_aws
from fakes.redis_servers import free_port
from fakes.wire_world import StandIn, WireWorld
from slack_bolt import App
from unit.handlers.local_slack import CHANNEL, LocalSlack, local_slack

from benchmarks.kills.books import Books
from benchmarks.kills.people import ANA, BRUNO, CARLA, DIEGO, Crowd, Lane
from benchmarks.kills.scene import Ends, Scene, gathered
from bot.http_front import PATH, HttpFront
from handlers import action_ids as ids
from handlers.directory import SlackDirectory
from handlers.outbound import SlackAnnouncer
from handlers.registry import register_all
from sandbox.aws.seed import seed
from sandbox.slack.directory import SIGNING_SECRET
from sandbox.valkey import EmbeddedValkey
from services.adapters.redis_connection import connect
from services.adapters.redis_store import RedisStore
from services.adapters.system_clock import SystemClock
from services.release.catalog import People
from services.release.model import Phase, Verdict
from services.release.terms import BreakGlass, GateTerms
from services.releases import Releases

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "AWS_PROFILE")


class ForeseeingStore(RedisStore):
    """The product's store, which also says what is due next, so that time need not be waited for."""

    def __init__(self, client: redis.Redis) -> None:
        super().__init__(client)
        self._client: Any = client

    def next_due(self) -> datetime | None:
        """Return when something is due next, a little later, as a score has no exact time."""
        found = self._client.zrange("sluice:due", 0, 0, withscores=True)
        return datetime.fromtimestamp(found[0][1] / 1000, UTC) + timedelta(milliseconds=1) if found else None


class WholeWorld(WireWorld):
    """One model on real wires: AWS, Slack and Valkey; the worker alone is in this process, and so is its clock."""

    def __init__(self, aws: StandIn, slack: LocalSlack, store: ForeseeingStore) -> None:
        super().__init__(aws, "killed")
        entry = self.catalog[MODEL]
        terms = GateTerms(break_glass=BreakGlass(()))
        deciders, operators = People(groups=frozenset({"S0MLAPPROVERS"})), People(frozenset({DIEGO}))
        self.catalog[MODEL] = replace(
            entry,
            deployment=replace(entry.deployment, channel=CHANNEL, terms=terms, gate_lifetime_seconds=600),
            approvers=deciders,
            operators=operators,
            break_glass=operators,
        )
        self.store = cast("Any", store)
        self.announcer = cast("Any", SlackAnnouncer(slack.client(), self.clock, self.catalog))
        self.releases = Releases(self.catalog, store, SlackDirectory(slack.client()), self.clock, self.ids)


@dataclass
class Days:
    """What people do, and the worker that follows: one release of each end after the other."""

    world: WholeWorld
    crowd: Crowd

    def __post_init__(self) -> None:
        self.driver = Driver(self.world)
        self.lane = Lane(self.crowd, MODEL)

    def live(self) -> None:
        """Approve, reject, approve, roll back, call off, break the glass, forget, and have the suite stop one."""
        self.lane.click(self._at_gate(1), BRUNO, "approve")
        self.lane.click(self._at_gate(2), CARLA, "reject")
        self.lane.click(self._at_gate(2), BRUNO, "approve")
        self.driver.settle()
        self._roll_back()
        called_off = self._at_gate(2)
        self.crowd.slash(ANA, "cancel", called_off, f"/release cancel {called_off}")
        self.lane.break_glass(self._at_gate(2))
        self._at_gate(1)
        self.driver.settle()
        self.world.tester.verdicts[self.world.catalog[MODEL].deployment.staging_endpoint] = Verdict.FAILED
        self.lane.deploy(3)
        self.driver.settle()

    def _at_gate(self, version: int) -> str:
        self.driver.settle()
        release = self.lane.deploy(version)
        self.driver.run_until(release, Phase.AWAITING_APPROVAL)
        return release

    def _roll_back(self) -> None:
        self.crowd.slash(DIEGO, "look back", "", f"/rollback {MODEL}")
        self.driver.settle()
        offer = self.crowd.people.messages(CHANNEL, DIEGO)[-1]
        answer = self.crowd.press(DIEGO, "roll back", "", offer, ids.ROLL_BACK)
        assert answer is not None
        self.crowd.send_form(DIEGO, "roll back", "", answer["view"])
        self.driver.settle()
        self.crowd.slash(DIEGO, "thaw", "", f"/thaw {MODEL}")


@contextmanager
def answered(world: WholeWorld, slack: LocalSlack, port: int) -> Iterator[None]:
    """Have the bot's listeners answer Slack's signed requests at `port`."""
    app = App(client=slack.client(), signing_secret=SIGNING_SECRET, process_before_response=True)
    register_all(app, world.releases)
    front = HttpFront(app, SIGNING_SECRET, SystemClock(), "127.0.0.1", port)
    front.start()
    try:
        slack.people.wait_online()
        yield
    finally:
        front.stop()


def honest_scene(folder: Path) -> Scene:
    """Live through one release of each end, and return what is left."""
    port, journal = free_port(), folder / "aws.jsonl"
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for name in _PROXIES:
            patch.delenv(name, raising=False)
        url = stack.enter_context(local_aws(1, "--stand-in", "--journal", str(journal)))
        for name, value in {**CREDENTIALS, "AWS_ENDPOINT_URL": url}.items():
            patch.setenv(name, value)
        valkey = EmbeddedValkey()
        stack.callback(valkey.stop)
        store = ForeseeingStore(stack.enter_context(connect(valkey.start(folder / "valkey"))))
        slack = stack.enter_context(local_slack(f"http://127.0.0.1:{port}{PATH}"))
        aws = StandIn(url, seed(url))
        world = WholeWorld(aws, slack, store)
        stack.enter_context(answered(world, slack, port))
        crowd = Crowd(lambda _what: None, slack.people, Books(valkey.url), lambda: False)
        Days(world, crowd).live()
        ends = Ends(store, crowd.books, aws.sagemaker, journal)
        return gathered(ends, slack.seen(BRUNO), crowd.tried)
