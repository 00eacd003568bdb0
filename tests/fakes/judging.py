"""What a release that was interrupted must have in common with one that was not."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

from fakes.clock import START
from fakes.driver import MODEL, PROD, World
from fakes.playing import Path, Playing
from services.release import events as e
from services.release.audit import OrderSent, Trail, faults
from services.release.events import LogEntry
from services.release.model import Phase, RollbackPointer
from services.steps.plan import MarkPackage

DECISIONS = (e.Approved, e.Rejected, e.Expired, e.Cancelled, e.Superseded)

SEEN = (e.EndpointSeen, e.StepErrored, e.Recovered)


class Kind(Enum):
    """What kind of promise a fault breaks."""

    LOST = "lost"
    DOUBLE_PROMOTION = "double promotion"
    WRONG_POINTER = "wrong pointer"
    OTHER = "otherwise wrong"


@dataclass(frozen=True)
class Fault:
    """Something that a run must be and is not."""

    kind: Kind
    what: str


@dataclass(frozen=True)
class End:
    """All that counts of how a release ended; times are left out, as a crash may delay everything.

    What depends on when one looks is left out of the `story`: while a dead worker is missed, a change of an endpoint
    may come and go unseen, and AWS may be away unnoticed.
    `told` is how often people were told something in the thread, `repeated` how often they had been told it before.
    """

    phase: Phase
    cleaned_up: bool
    story: tuple[type[e.Event], ...]
    pointer: RollbackPointer | None
    history: tuple[RollbackPointer | None, ...]
    serving: tuple[str, str, str | None] | None
    changes_of_prod: int
    dangling: tuple[str, ...]
    left: tuple[frozenset[str], frozenset[str]]
    unordered: int
    locked: bool
    untold: tuple[str, ...]
    broken: tuple[str, ...]
    told: int
    repeated: int


def end_of(played: Playing) -> End:
    """Look at what a run left."""
    world, release_id = played.world, played.release_id
    release, log = world.release(release_id), world.log(release_id)
    told = world.announcer.told(release_id)
    trails = [world.store.trail(chain) for chain in world.store.chains()]
    return End(
        phase=release.phase,
        cleaned_up=release.cleaned_up,
        story=tuple(type(entry.event) for entry in log if not isinstance(entry.event, SEEN)),
        pointer=timeless(release.pointer),
        history=tuple(timeless(pointer) for pointer in world.store.pointers(PROD)),
        serving=serving(world),
        changes_of_prod=most_changes_of_prod(world),
        dangling=tuple(world.aws.dangling()),
        left=(frozenset(world.aws.configs), frozenset(world.aws.models)),
        unordered=unordered(world, trails),
        locked=world.store.lock_of(MODEL) is not None,
        untold=tuple(untold(played, log)),
        broken=tuple(str(fault) for trail in trails if trail.name == release_id for fault in faults(trail)),
        told=len(told),
        repeated=len(told) - len(first_times(told)),
    )


def problems(path: Path, clean: Playing, played: Playing) -> list[str]:
    """Return everything that a run must be and is not, in words."""
    return [fault.what for fault in compared(path, end_of(clean), end_of(played))]


def compared(path: Path, clean: End, end: End) -> list[Fault]:
    """Return everything that a run must be and is not."""
    return [Fault(kind, what) for kind, fine, what in _checks(path, clean, end) if not fine]


def _checks(path: Path, clean: End, end: End) -> Iterator[tuple[Kind, bool, str]]:
    story = ", ".join(kind.__name__ for kind in end.story)
    decided, wanted = (sum(issubclass(kind, DECISIONS) for kind in each.story) for each in (end, clean))
    yield Kind.LOST, end.phase is path.ends, f"ended {end.phase.value}"
    yield Kind.LOST, end.cleaned_up, "not cleaned up"
    yield Kind.LOST, not end.untold, "; ".join(end.untold)
    yield Kind.DOUBLE_PROMOTION, end.changes_of_prod <= 1, "prod was changed more than once"
    yield Kind.WRONG_POINTER, end.pointer == clean.pointer, f"another pointer: {end.pointer}"
    yield Kind.WRONG_POINTER, end.history == clean.history, "another history of pointers"
    yield Kind.OTHER, told_of(path, end) == told_of(path, clean), f"another story: {story}"
    yield Kind.OTHER, end.serving == clean.serving, f"prod serves {end.serving}"
    yield Kind.OTHER, not end.dangling, f"dangling: {end.dangling}"
    yield Kind.OTHER, end.left == clean.left, f"other things are left: {end.left}"
    yield Kind.OTHER, decided == wanted, "not exactly one decision"
    yield Kind.OTHER, end.unordered <= clean.unordered, "an order is not on record"
    yield Kind.OTHER, end.locked == clean.locked, "another lock"
    yield Kind.OTHER, not end.broken, f"the record: {'; '.join(end.broken)}"


def told_of(path: Path, end: End) -> list[type[e.Event]]:
    """Return the story without what may be in it or not; what may be anywhere in it is at its end."""
    told = [kind for kind in end.story if not issubclass(kind, path.perhaps)]
    return sorted(told, key=lambda kind: issubclass(kind, path.sometime))


def untold(played: Playing, log: list[LogEntry]) -> list[str]:
    """Return what people never heard, or heard in another order than it happened."""
    world, release_id = played.world, played.release_id
    release = world.release(release_id)
    privately = [entry for told, entry, _link in world.announcer.requester_told if told == release_id]
    cards = world.announcer.cards_of(release_id)
    if not cards:
        return ["the requester never heard"] * (first_times(privately) != log)
    return [
        *["the thread lacks something"] * (first_times(world.announcer.told(release_id)) != log),
        *["the requester never heard"] * (not privately),
        *["the card shows something else"] * (_shown(world, release_id) is not release.phase),
    ]


def _shown(world: World, release_id: str) -> Phase | None:
    """Return what the card shows that the store knows of; one that nobody knows of was posted twice."""
    card = world.announcer.cards.get(world.store.told(release_id).place)
    return card.drawn[-1].phase if card is not None else None


def first_times(told: list[LogEntry]) -> list[LogEntry]:
    """Return what was told, each entry where it was told first."""
    return list({entry.seq: entry for entry in told}.values())


def timeless(pointer: RollbackPointer | None) -> RollbackPointer | None:
    """Return a pointer as if it had been saved at one certain time: a crash may delay it."""
    return replace(pointer, saved_at=START) if pointer is not None else None


def serving(world: World) -> tuple[str, str, str | None] | None:
    endpoint = world.prod()
    return (endpoint.status, endpoint.config, endpoint.pending_config) if endpoint is not None else None


def most_changes_of_prod(world: World) -> int:
    """Return how often SageMaker took up the same change of prod at most."""
    changes = Counter(change for change in world.aws.changes if change[1] == PROD)
    return max(changes.values(), default=0)


def unordered(world: World, trails: list[Trail]) -> int:
    """Return how many changes of AWS no order stands for; what the path itself did to AWS has none.

    The registry's mirror of a gate is left out: how often it is brought up to date depends on when one looks.
    """
    changes = sum(call[0].startswith(("approve", "create_", "update_", "tag_", "delete_")) for call in world.aws.calls)
    orders = [act for trail in trails for act in trail.acts if isinstance(act, OrderSent)]
    return changes - sum(order.order != MarkPackage.__name__ for order in orders)
