"""A bot that dies at any one call to the store while it carries out a command: asking again is enough.

A command changes the store once, with its last call. Whatever dies after the bot did finds either that the command was
never given or that it was carried out whole: with the deaths of a worker there are no pairs to play.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from fakes import builders as b
from fakes.crash import Crash, CrashSchedule, Moment, crashing
from fakes.driver import MODEL, STAGING, Driver, World
from fakes.exploring import READS

from services.release import events as e
from services.release.catalog import People
from services.release.model import Phase
from services.release.policy import Denied
from services.release.terms import BreakGlass, GateTerms
from services.releases import Asker, Decided, InProgress, Releases, Started

pytestmark = pytest.mark.crash
REQUESTER, APPROVER, OPERATOR = Asker(b.REQUESTER), Asker(b.APPROVER), Asker(b.OPERATOR)
DECISIONS = {e.Approved, e.Rejected, e.Expired, e.Cancelled, e.GlassBroken}
GLASS = replace(b.DEPLOYMENT, terms=GateTerms(break_glass=BreakGlass()))
PANEL = replace(b.ENTRY, break_glass=People(users=frozenset({b.OPERATOR})))
AT_A_GATE = {"approve", "reject", "cancel", "break glass"}


@dataclass(frozen=True)
class Command:
    """A command, what it may be answered with the second time, and how many releases there are in the end."""

    give: Callable[[World, Releases], object]
    repeated: type[object]
    releases: int


COMMANDS = {
    "deploy": Command(lambda _world, use: use.request(MODEL, "7", REQUESTER), InProgress, 3),
    "approve": Command(lambda world, use: use.approve(*gate(world), APPROVER), Denied, 3),
    "reject": Command(lambda world, use: use.reject(*gate(world), APPROVER, "too slow"), Denied, 3),
    "cancel": Command(lambda world, use: use.cancel(gate(world)[0], REQUESTER), Denied, 3),
    "run again": Command(lambda world, use: use.run_again(*gate(world), APPROVER), Denied, 3),
    "break glass": Command(
        lambda world, use: use.break_glass(gate(world)[0], world.glass_form(gate(world)[0]), OPERATOR), Denied, 3
    ),
    "roll back": Command(lambda _world, use: use.roll_back("r00000002", OPERATOR), InProgress, 3),
}


def gate(world: World) -> tuple[str, str]:
    (release,) = world.store.in_progress()
    assert release.gate is not None
    return release.id, release.gate.nonce


def begin(name: str) -> tuple[World, Driver]:
    """Bring two versions to prod and, where a decision is to be made, a third to its gate."""
    world = World(GLASS, PANEL)
    driver = Driver(world)
    for version in (5, 6):
        release_id = world.request(version)
        driver.run_until(release_id, Phase.AWAITING_APPROVAL)
        world.approve(release_id)
        driver.settle()
    if name in AT_A_GATE:
        driver.run_until(world.request(7), Phase.AWAITING_APPROVAL)
    if name == "run again":
        release_id = world.request(7)
        driver.run_until(release_id, Phase.AWAITING_APPROVAL)
        world.aws.delete_endpoint(STAGING)
        driver.run_until(release_id, Phase.EVIDENCE_STALE)
    return world, driver


def dying(world: World, schedule: CrashSchedule) -> Releases:
    store = crashing(world.store, schedule)
    return Releases(world.catalog, store, world.directory, world.clock, world.ids)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_changes_the_store_with_its_last_call_only(name: str) -> None:
    counting, (world, _driver) = CrashSchedule(), begin(name)
    COMMANDS[name].give(world, dying(world, counting))
    assert READS.issuperset(counting.calls[:-1])
    assert counting.calls[-1] not in READS


@pytest.mark.parametrize("moment", Moment)
@pytest.mark.parametrize("name", COMMANDS)
def test_asking_again_is_enough(name: str, moment: Moment) -> None:
    command, counting = COMMANDS[name], CrashSchedule()
    world, _driver = begin(name)
    assert isinstance(command.give(world, dying(world, counting)), Started | Decided)
    for number in range(1, len(counting.calls) + 1):
        world, driver = begin(name)
        with pytest.raises(Crash):
            command.give(world, dying(world, CrashSchedule(number, moment)))
        again = command.give(world, world.releases) if not taken(world, name) else None
        assert again is None or isinstance(again, Started | Decided | command.repeated)
        driver.settle()
        check(world, command)


def taken(world: World, name: str) -> bool:
    """Say whether the command had its effect before the bot died; it then leaves no gate to click on."""
    if name == "run again":
        return world.release("r00000003").rerun is not None
    return name in AT_A_GATE and world.release("r00000003").decision is not None


def check(world: World, command: Command) -> None:
    """Look at what there is in the end: one release, one decision, all of it told and nothing dangling."""
    releases = world.store.recent(10)
    assert len(releases) == command.releases
    newest = releases[0]
    assert newest.cleaned_up
    story = world.story(newest.id)
    assert sum(event in DECISIONS for event in story) == (newest.target_config is None)
    assert [entry.seq for entry in world.announcer.told(newest.id)] == list(range(1, newest.log_length + 1))
    assert not world.aws.dangling()
