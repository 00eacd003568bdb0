"""The ways that a release can go, each played from its beginning to where nothing is left to do."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from fakes.aws import Fate
from fakes.builders import APPROVER, DEPLOYMENT, ENTRY, OPERATOR
from fakes.crash import CrashSchedule
from fakes.driver import MODEL, PROD, STAGING, Driver, World
from services.release.catalog import People
from services.release.model import Phase, Stage, Verdict
from services.release.naming import config_name
from services.release.terms import BreakGlass, GateTerms, Reminding
from services.releases import Asker, Decided

_PANEL = replace(
    ENTRY,
    approvers=People(users=frozenset({APPROVER, OPERATOR})),
    break_glass=People(users=frozenset({OPERATOR})),
)
_CHANGE_SECONDS = 100.0
"""Longer than two dead workers are missed, so that each change is seen under way; too short to be told of twice."""
_RECHECK_SECONDS = 9 * 3600
"""Two looks in the life of a gate: each of them is a place to die at, and more would be no other places."""
Setting = Callable[[World, Driver], str]
"""Brings a fresh world to where the path begins; returns the id of the release before it, or an empty text."""
Play = Callable[[World, Driver, str], str]
"""Plays the path with a worker that may die; gets what the setting returned and returns the release's id."""


@dataclass(frozen=True)
class Path:
    """One way that a release can go, and the phase in which it ends; `terms` are those of its gate."""

    ends: Phase
    setting: Setting
    play: Play
    terms: GateTerms = field(default_factory=GateTerms)


@dataclass(frozen=True)
class Played:
    """What is left when a path has been played."""

    world: World
    release_id: str


def play(path: Path, *schedules: CrashSchedule) -> Played:
    """Play a path in a world of its own; only the path's own calls are in the schedules, not its setting's."""
    world = World(replace(DEPLOYMENT, gate_recheck_seconds=_RECHECK_SECONDS, terms=path.terms), _PANEL)
    world.aws.seconds = _CHANGE_SECONDS
    before = path.setting(world, Driver(world))
    driver = Driver(world, *schedules)
    release_id = path.play(world, driver, before)
    driver.settle()
    return Played(world, release_id)


def nothing(_world: World, _driver: Driver) -> str:
    """Begin with no endpoint at all."""
    return ""


def live(world: World, driver: Driver) -> str:
    """Begin with version 6 on prod and staging."""
    return _released(world, driver, 6)


def live_over_another(world: World, driver: Driver) -> str:
    """Begin with version 6 on prod, which can be undone: version 5 was there before."""
    _released(world, driver, 5)
    return _released(world, driver, 6)


def _released(world: World, driver: Driver, version: int) -> str:
    release_id = world.request(version)
    driver.run_until(release_id, Phase.AWAITING_APPROVAL)
    world.approve(release_id)
    driver.settle()
    assert world.release(release_id).phase is Phase.RELEASED
    return release_id


def to_the_gate(world: World, driver: Driver, _before: str) -> str:
    """Ask for version 7 and wait until someone has to decide."""
    release_id = world.request(7)
    driver.run_until(release_id, Phase.AWAITING_APPROVAL)
    return release_id


def approved(world: World, driver: Driver, before: str) -> str:
    """Approve version 7."""
    release_id = to_the_gate(world, driver, before)
    world.approve(release_id)
    return release_id


def voted_on(world: World, driver: Driver, before: str) -> str:
    """Have one person vote for version 7, people reminded, and another one complete the approval."""
    release_id = to_the_gate(world, driver, before)
    _vote(world, release_id, APPROVER)
    while world.release(release_id).reminded is None:
        driver.round()
    _vote(world, release_id, OPERATOR)
    return release_id


def _vote(world: World, release_id: str, user: str) -> None:
    assert isinstance(world.releases.approve(release_id, world.nonce(release_id), Asker(user)), Decided)


def superseded(world: World, driver: Driver, before: str) -> str:
    """Have somebody ask for version 8 while version 7 waits; that one is left to expire."""
    release_id = to_the_gate(world, driver, before)
    world.aws.add_package(DEPLOYMENT.package_group, 8)
    world.store.keep_note(f"versions:{MODEL}", "8 7 6 5", 3600)
    world.request(8)
    return release_id


def approved_in_vain(world: World, driver: Driver, before: str) -> str:
    """Approve version 7, which SageMaker takes back from prod by itself."""
    world.aws.next_change(PROD, Fate.SILENT_ROLLBACK)
    return approved(world, driver, before)


def approved_and_unhealthy(world: World, driver: Driver, before: str) -> str:
    """Approve version 7, which gives wrong answers on prod."""
    world.tester.verdicts[PROD] = Verdict.FAILED
    return approved(world, driver, before)


def stale_and_renewed(world: World, driver: Driver, before: str) -> str:
    """Have someone move staging while version 7 waits, run it again, and approve that."""
    release_id = _moved_at_the_gate(world, driver, before)
    world.run_again(release_id)
    driver.run_until(release_id, Phase.AWAITING_APPROVAL)
    world.approve(release_id)
    return release_id


def stale_and_left(world: World, driver: Driver, before: str) -> str:
    """Have someone move staging while version 7 waits, and nobody do anything about it."""
    return _moved_at_the_gate(world, driver, before)


def stale_by_its_answers(world: World, driver: Driver, before: str) -> str:
    """Have version 7 give wrong answers while it waits, and again when it is run again."""
    release_id = to_the_gate(world, driver, before)
    world.tester.verdicts[STAGING] = Verdict.FAILED
    driver.run_until(release_id, Phase.EVIDENCE_STALE)
    world.run_again(release_id)
    return release_id


def _moved_at_the_gate(world: World, driver: Driver, before: str) -> str:
    release_id = to_the_gate(world, driver, before)
    model = config_name(world.release(before), Stage.PROD).removesuffix("-prod")
    world.aws.create_config("made-by-hand", model, "ml.m5.large", 1)
    world.aws.update_endpoint(STAGING, "made-by-hand")
    driver.run_until(release_id, Phase.EVIDENCE_STALE)
    return release_id


def rejected(world: World, driver: Driver, before: str) -> str:
    """Reject version 7."""
    release_id = to_the_gate(world, driver, before)
    world.reject(release_id)
    return release_id


def cancelled(world: World, driver: Driver, before: str) -> str:
    """Call version 7 off while staging is under way."""
    release_id = world.request(7)
    while world.release(release_id).staging is None:
        driver.round()
    world.cancel(release_id)
    return release_id


def failing_on_staging(world: World, _driver: Driver, _before: str) -> str:
    """Ask for a version 7 that does not start."""
    world.aws.next_change(STAGING, Fate.FAILED)
    return world.request(7)


def taken_back_from_staging(world: World, _driver: Driver, _before: str) -> str:
    """Ask for a version 7 that SageMaker takes back from staging by itself."""
    world.aws.next_change(STAGING, Fate.SILENT_ROLLBACK)
    return world.request(7)


def failing_its_suite(world: World, _driver: Driver, _before: str) -> str:
    """Ask for a version 7 that gives wrong answers."""
    world.tester.verdicts[STAGING] = Verdict.FAILED
    return world.request(7)


def glass_broken(world: World, driver: Driver, before: str) -> str:
    """Promote a version 7 that gives wrong answers on staging, past its gate."""
    release_id = failing_its_suite(world, driver, before)
    driver.run_until(release_id, Phase.SMOKE_FAILED)
    world.break_glass(release_id)
    return release_id


def unknown_version(world: World, _driver: Driver, _before: str) -> str:
    """Ask for a version that there is not."""
    return world.request(99)


def undone(world: World, _driver: Driver, before: str) -> str:
    """Roll back what is live."""
    return world.roll_back(before)


PATHS = {
    "first release": Path(Phase.RELEASED, nothing, approved),
    "update": Path(Phase.RELEASED, live, approved),
    "package refused": Path(Phase.PACKAGE_REFUSED, nothing, unknown_version),
    "staging failed": Path(Phase.STAGING_FAILED, nothing, failing_on_staging),
    "staging rolled back silently": Path(Phase.SILENTLY_ROLLED_BACK, live, taken_back_from_staging),
    "smoke failed": Path(Phase.SMOKE_FAILED, live, failing_its_suite),
    "smoke failed, glass broken": Path(Phase.RELEASED, nothing, glass_broken, GateTerms(break_glass=BreakGlass())),
    "prod rolled back silently": Path(Phase.SILENTLY_ROLLED_BACK, live, approved_in_vain),
    "prod unhealthy": Path(Phase.PROD_UNHEALTHY, live, approved_and_unhealthy),
    "stale, renewed": Path(Phase.RELEASED, live, stale_and_renewed),
    "stale, left": Path(Phase.EXPIRED, live, stale_and_left),
    "stale, wrong": Path(Phase.SMOKE_FAILED, live, stale_by_its_answers),
    "voted on": Path(
        Phase.RELEASED, nothing, voted_on, GateTerms(quorum=2, reminding=Reminding(first_seconds=4 * 3600))
    ),
    "superseded": Path(Phase.SUPERSEDED, live, superseded),
    "rejected": Path(Phase.REJECTED, live, rejected),
    "expired": Path(Phase.EXPIRED, live, to_the_gate),
    "cancelled": Path(Phase.CANCELLED, live, cancelled),
    "rolled back": Path(Phase.ROLLED_BACK, live_over_another, undone),
}
