"""What a release that was interrupted must have in common with one that was not."""

from collections import Counter
from dataclasses import replace

from fakes.clock import START
from fakes.driver import PROD, World
from fakes.paths import Path, Played
from services.release import events as e
from services.release.audit import OrderSent, faults
from services.release.events import LogEntry
from services.release.model import RollbackPointer

DECISIONS = (e.Approved, e.Rejected, e.Expired, e.Cancelled, e.Superseded)


def problems(path: Path, clean: Played, played: Played) -> list[str]:
    """Return everything that a run must be and is not."""
    world, release_id = played.world, played.release_id
    release = world.release(release_id)
    checks = {
        f"ended {release.phase}": release.phase is path.ends,
        "not cleaned up": release.cleaned_up,
        f"another story: {world.story(release_id)}": world.story(release_id) == clean.world.story(clean.release_id),
        f"another pointer: {release.pointer}": timeless(release.pointer) == pointer_of(clean),
        "another history of pointers": history(world) == history(clean.world),
        f"prod serves {serving(world)}": serving(world) == serving(clean.world),
        "prod was changed more than once": most_changes_of_prod(world) <= 1,
        f"dangling: {world.aws.dangling()}": not world.aws.dangling(),
        "other things are left": left(world) == left(clean.world),
        "not exactly one decision": decisions(played) == decisions(clean),
        "an order is not on record": unordered(world) <= unordered(clean.world),
        "another lock": (world.store.lock_of("titanic") is None) == (clean.world.store.lock_of("titanic") is None),
    }
    broken = [f"the record: {fault}" for fault in faults(world.store.trail(release_id))]
    return [problem for problem, fine in checks.items() if not fine] + untold(played) + broken


def untold(played: Played) -> list[str]:
    """Return what people never heard, or heard in another order than it happened."""
    world, release_id = played.world, played.release_id
    release, log = world.release(release_id), world.log(release_id)
    privately = [entry for told, entry, _link in world.announcer.requester_told if told == release_id]
    cards = world.announcer.cards_of(release_id)
    if release.package is None and release.target_config is None:
        return ["the requester never heard"] * (first_times(privately) != log)
    return [
        *["the thread lacks something"] * (first_times(world.announcer.told(release_id)) != log),
        *["the requester never heard"] * (not privately),
        *["the card shows something else"] * (not cards or cards[-1].drawn[-1].phase is not release.phase),
    ]


def first_times(told: list[LogEntry]) -> list[LogEntry]:
    """Return what was told, each entry where it was told first."""
    return list({entry.seq: entry for entry in told}.values())


def timeless(pointer: RollbackPointer | None) -> RollbackPointer | None:
    """Return a pointer as if it had been saved at one certain time: a crash may delay it."""
    return replace(pointer, saved_at=START) if pointer is not None else None


def pointer_of(played: Played) -> RollbackPointer | None:
    return timeless(played.world.release(played.release_id).pointer)


def history(world: World) -> list[RollbackPointer | None]:
    return [timeless(pointer) for pointer in world.store.pointers(PROD)]


def serving(world: World) -> tuple[str, str, str | None] | None:
    endpoint = world.prod()
    return (endpoint.status, endpoint.config, endpoint.pending_config) if endpoint is not None else None


def left(world: World) -> tuple[set[str], set[str]]:
    return set(world.aws.configs), set(world.aws.models)


def most_changes_of_prod(world: World) -> int:
    """Return how often the same change of prod was sent at most; each of them had its effect."""
    changes = Counter(call for call in world.aws.calls if call[0] in {"create_endpoint", "update_endpoint"})
    return max((times for call, times in changes.items() if call[1] == PROD), default=0)


def decisions(played: Played) -> int:
    return sum(isinstance(entry.event, DECISIONS) for entry in played.world.log(played.release_id))


def unordered(world: World) -> int:
    """Return how many changes of AWS no order stands for; what the path itself did to AWS has none."""
    changes = sum(call[0].startswith(("approve", "create_", "update_", "tag_", "delete_")) for call in world.aws.calls)
    acts = (act for chain in world.store.chains() for act in world.store.trail(chain).acts)
    return changes - sum(isinstance(act, OrderSent) for act in acts)
