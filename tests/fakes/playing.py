"""A path of a release on its way: what people do is a list of acts, so that it can be forked at any instant."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache

from fakes.builders import APPROVER, DEPLOYMENT, ENTRY, OPERATOR
from fakes.crash import CrashSchedule
from fakes.driver import Driver, World
from fakes.forking import forked
from fakes.store import MemoryStore
from services.ports import Pace
from services.release import events as e
from services.release.catalog import People
from services.release.model import Phase
from services.release.terms import GateTerms

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


@dataclass
class Playing:
    """A path that is being played: it can be forked at any instant, and nothing of it is kept anywhere else.

    `before` is the release that the setting left, `release_id` the one that the path is about, once it was asked for.
    """

    path: "Path"
    world: World
    before: str
    driver: Driver = field(init=False)
    release_id: str = ""
    acts_done: int = 0

    def __post_init__(self) -> None:
        """Let a worker that never dies stand ready."""
        self.driver = Driver(self.world)

    @property
    def phase(self) -> Phase:
        """Return where the release stands."""
        return self.world.release(self.release_id).phase

    @property
    def left(self) -> tuple["Act", ...]:
        """Return the acts that have not come to pass."""
        return self.path.acts[self.acts_done :]

    def employ(self, *schedules: CrashSchedule) -> "Playing":
        """Let workers that die as scheduled take over, one after the other, and go on with what is left to run."""
        self.driver = Driver(self.world, *schedules, taken=self.driver.taken)
        return self

    def fork(self) -> "Playing":
        """Return another one that goes its own way from here on, with a worker that never dies."""
        twin = Playing(self.path, forked(self.world), self.before)
        twin.driver.taken.extend(self.driver.taken)
        twin.release_id, twin.acts_done = self.release_id, self.acts_done
        return twin

    def play(self) -> "Playing":
        """Play on until nothing is left to do, neither for people nor for workers."""
        while self.act() or self.driver.round():
            pass
        assert not self.left, f"settled in {self.phase}, with {len(self.left)} acts left"
        return self

    def act(self) -> bool:
        """Let people do what it is time for; False if it is time for nothing."""
        if self.acts_done == len(self.path.acts):
            return False
        act = self.path.acts[self.acts_done]
        if not act.when(self):
            return False
        act.do(self)
        self.acts_done += 1
        return True


@dataclass(frozen=True)
class Act:
    """What people, or the world, do when it is time."""

    when: Callable[[Playing], bool]
    do: Callable[[Playing], object]


@dataclass(frozen=True)
class Path:
    """One way that a release can go, and the phase in which it ends; `terms` are those of its gate.

    What is in `perhaps` may happen or not, by when a worker looks; what is in `sometime` happens at any time.
    `counting` says that the path ends by how often something was tried.
    """

    ends: Phase
    setting: Setting
    acts: tuple[Act, ...]
    terms: GateTerms = field(default_factory=GateTerms)
    perhaps: tuple[type[e.Event], ...] = ()
    sometime: tuple[type[e.Event], ...] = ()
    counting: bool = False


def play(path: Path, *schedules: CrashSchedule) -> Playing:
    """Play a path in a world of its own; only the path's own calls are in the schedules, not its setting's."""
    return begun(path).employ(*schedules).play()


def begun(path: Path) -> Playing:
    """Return a path at its beginning, in a world of its own."""
    return _begun(path).fork()


@cache
def _begun(path: Path) -> Playing:
    return begun_on(path)


def begun_on(path: Path, store: MemoryStore | None = None) -> Playing:
    """Return a path at its beginning, on a store of the caller's, which has to be empty."""
    world = World(replace(DEPLOYMENT, gate_recheck_seconds=_RECHECK_SECONDS, terms=path.terms), _PANEL, store=store)
    world.aws.seconds = _CHANGE_SECONDS
    return Playing(path, world, path.setting(world, Driver(world)))


def nothing(_world: World, _driver: Driver) -> str:
    """Begin with no endpoint at all."""
    return ""


def live(world: World, driver: Driver) -> str:
    """Begin with version 6 on prod and staging."""
    return _released(world, driver, 6)


def impatient(world: World, driver: Driver) -> str:
    """Begin with version 6 live, and workers that give up after three errors in a row."""
    world.pace = Pace(errors_allowed=2)
    return live(world, driver)


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
