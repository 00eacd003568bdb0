"""Holds what is left against what must be: store, AWS and its journal, Slack, and what people saw of their clicks."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from benchmarks.kills.scene import Scene, Serving
from benchmarks.kills.tried import Tried
from handlers.views.thread import thread_message
from sandbox.slack.wire import Json
from services.release import events as e
from services.release.audit import Announced, OrderAnswered, OrderSent, faults
from services.release.lifecycle import TERMINAL
from services.release.model import Decision, DecisionKind, Kind, Phase, Release
from services.release.naming import is_ours, model_of, release_in, version_in
from services.telling import is_public

KINDS_OF_TROUBLE = (
    "lost releases",
    "wrong ends",
    "double promotions",
    "lost promotions",
    "wrong pointers",
    "unanswered clicks",
    "clicks that lie",
    "lost announcements",
    "orphans",
    "broken records",
    "mistakes in the logs",
    "stuck",
)
BAD_VERSION = "3"
"""The version that a thorough suite fails; nobody asks for it where the suite is not thorough."""
_ENDS = {
    DecisionKind.REJECTED: Phase.REJECTED,
    DecisionKind.EXPIRED: Phase.EXPIRED,
    DecisionKind.CANCELLED: Phase.CANCELLED,
    DecisionKind.SUPERSEDED: Phase.SUPERSEDED,
    DecisionKind.APPROVED: Phase.RELEASED,
    DecisionKind.BREAK_GLASS: Phase.RELEASED,
}
_DECISIONS = e.Approved | e.GlassBroken | e.Rejected | e.Expired | e.Cancelled | e.Superseded
_ACTS = {
    DecisionKind.APPROVED: ("approve", "counts"),
    DecisionKind.BREAK_GLASS: ("break glass form", "is broken"),
    DecisionKind.REJECTED: ("reject form", "is rejected"),
    DecisionKind.CANCELLED: ("cancel", "is cancelled"),
}
"""What a person does to decide so, and the word by which whoever decided is told."""


@dataclass(slots=True)
class Findings:
    """What is not as it must be, by kind, and some counts that are only interesting."""

    wrong: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    counts: Counter[str] = field(default_factory=Counter)


def judged(scene: Scene) -> Findings:
    """Return everything that is wrong."""
    found = Findings()
    for check in (_lost, _decisions, _ends, _prod, _clicks, _deciders, _announcements, _orphans, _records):
        check(scene, found)
    if scene.mistakes:
        found.wrong["mistakes in the logs"] += scene.mistakes
    if scene.stuck:
        found.wrong["stuck"] += scene.stuck
    return found


def _lost(scene: Scene, found: Findings) -> None:
    """Every acknowledged release exists, has ended, was cleaned up after, and waits for nothing."""
    known = {release.id for release in scene.releases}
    for tried in scene.tried:
        if tried.what == "deploy" and tried.release and tried.release not in known:
            found.wrong["lost releases"].append(f"{tried.release} was acknowledged and is gone")
    for release in scene.releases:
        found.counts[f"ended {release.phase.value}"] += 1
        found.counts["broke the glass"] += release.broke_glass and release.pointer is not None
        if release.phase not in TERMINAL or not release.cleaned_up or f"release:{release.id}" in scene.due:
            found.wrong["lost releases"].append(f"{release.id} hangs in {release.phase.value}")
    found.counts["releases"] = len(scene.releases)


def _decisions(scene: Scene, found: Findings) -> None:
    """Each release that came to its gate was decided once; a rollback, and what its suite stopped, never."""
    for release in scene.releases:
        made = [type(entry.event).__name__ for entry in scene.logs[release.id] if isinstance(entry.event, _DECISIONS)]
        stopped = release.phase is Phase.SMOKE_FAILED or release.kind is Kind.ROLLBACK
        if len(made) != (0 if stopped else 1) or bool(made) != (release.decision is not None):
            found.wrong["wrong ends"].append(f"{release.id} has the decisions {made}, {release.outcome}")


def _ends(scene: Scene, found: Findings) -> None:
    """Each release ended as was decided, or in one of the ways that are allowed, each of which is counted."""
    for release in scene.releases:
        if release.phase is _end(release):
            continue
        allowance = next((name for name, fits in ALLOWANCES.items() if fits(scene, release)), None)
        if allowance is not None:
            found.counts[allowance] += 1
        elif release.phase in TERMINAL:
            found.wrong["wrong ends"].append(
                f"{release.kind.value} {release.id}, {release.decision}, ended {release.phase.value}: {release.outcome}"
            )


def _end(release: Release) -> Phase:
    if release.kind is Kind.ROLLBACK:
        return Phase.ROLLED_BACK
    if release.decision is None:
        return Phase.SMOKE_FAILED if release.wanted == BAD_VERSION else Phase.RELEASED
    bad = release.wanted == BAD_VERSION and release.broke_glass
    return Phase.PROD_UNHEALTHY if bad else _ENDS[release.decision.kind]


def _ran_out_of_time(_scene: Scene, release: Release) -> bool:
    stopped = release.phase in {Phase.SMOKE_FAILED, Phase.PROD_UNHEALTHY} and release.outcome is not None
    return stopped and release.outcome is not None and "were up" in release.outcome.detail


def _came_late(_scene: Scene, release: Release) -> bool:
    changed = release.outcome is not None and release.outcome.code == "prod_changed"
    return changed and release.kind is Kind.ROLLBACK


def _overtaken(scene: Scene, release: Release) -> bool:
    refused = release.phase is Phase.PROMOTION_REFUSED and release.decision is not None
    rollbacks = [other for other in scene.releases if other.kind is Kind.ROLLBACK and other.model == release.model]
    return refused and any(
        other.requested_at <= release.phase_since and other.phase_since >= release.requested_at for other in rollbacks
    )


def _beside_a_bad_one(_scene: Scene, release: Release) -> bool:
    prod = release.evidence.prod if release.evidence is not None else None
    return release.phase is Phase.SMOKE_FAILED and prod is not None and version_in(prod.config) == int(BAD_VERSION)


ALLOWANCES: Mapping[str, Callable[[Scene, Release], bool]] = MappingProxyType(
    {
        "stopped by a suite that ran out of time": _ran_out_of_time,
        "rollbacks that came late": _came_late,
        "promotions that a rollback overtook": _overtaken,
        "stopped for answering otherwise than a bad version that was let through": _beside_a_bad_one,
    }
)
"""Ends that follow from what chance does here, not from a kill, by how they are told.

A suite gives up where this machine is slow, or its worker stopped in a request. A rollback's form may be answered long
after Slack gave it up, when prod has moved on. A rollback between approval and promotion refuses the promotion. Beside
a bad version that people let through, a good one answers too much otherwise for its suite.
"""


def _prod(scene: Scene, found: Findings) -> None:
    """Each prod endpoint went through exactly the changes that were decided, and each pointer says what was before."""
    for endpoint in scene.prods:
        made = [change.config for change in scene.changes if change.endpoint == endpoint]
        saved = [release.pointer for release in scene.releases if release.deployment.prod_endpoint == endpoint]
        pointers = sorted((each for each in saved if each is not None), key=lambda pointer: pointer.saved_at)
        wanted = [pointer.new_config for pointer in pointers if pointer.new_config != pointer.previous_config]
        found.counts["promotions and rollbacks"] += len(wanted)
        if made != wanted:
            kind = "double promotions" if len(made) > len(wanted) else "lost promotions"
            found.wrong[kind].append(f"{endpoint}: made {made}, decided {wanted}")
        before: str | None = None
        for pointer in pointers:
            if pointer.previous_config != before:
                found.wrong["wrong pointers"].append(
                    f"{pointer.release_id}: {pointer.previous_config}, but prod served {before}"
                )
            if scene.history[endpoint].get(pointer.release_id, "none") != pointer.previous_config:
                found.wrong["wrong pointers"].append(f"{pointer.release_id}: the history of {endpoint} says otherwise")
            before = pointer.new_config
        found.counts["pointers"] += len(pointers)
        serving = scene.serving.get(endpoint)
        if before is not None and serving != Serving("InService", before):
            found.wrong["lost promotions"].append(f"{endpoint} is {serving}, not on {before}")


def _clicks(scene: Scene, found: Findings) -> None:
    """Whoever was acknowledged was answered, and whoever was told that it counts is who decided."""
    decided = {release.id: release.decision for release in scene.releases}
    for tried in scene.tried:
        found.counts["clicks and commands"] += 1
        found.counts["shown as failed"] += not tried.ok
        if tried.ok and not tried.said:
            found.wrong["unanswered clicks"].append(f"{tried}")
        decision = decided.get(tried.release)
        if any(_told(tried, kind) and not _is_by(decision, kind, tried.by) for kind in _ACTS):
            found.wrong["clicks that lie"].append(f"{tried}, but the decision is {decision}")


def _told(tried: Tried, kind: DecisionKind) -> bool:
    """Say whether a person was told that they decided so."""
    what, word = _ACTS[kind]
    return tried.ok and tried.what == what and any(word in said for said in tried.said)


def _is_by(decision: Decision | None, kind: DecisionKind, by: str) -> bool:
    return decision is not None and (decision.kind, decision.by) == (kind, by)


def _deciders(scene: Scene, found: Findings) -> None:
    """Whoever decided did so by a click of theirs, and was told, unless Slack showed that click as failed."""
    by_release = defaultdict[str, list[Tried]](list)
    for tried in scene.tried:
        by_release[tried.release].append(tried)
    for release in scene.releases:
        decision = release.decision
        if decision is None or decision.kind not in _ACTS:
            continue
        what, _ = _ACTS[decision.kind]
        theirs = [each for each in by_release[release.id] if (each.by, each.what) == (decision.by, what)]
        heard = any(_told(each, decision.kind) for each in theirs)
        if not heard and all(each.ok for each in theirs):
            found.wrong["clicks that lie"].append(f"{release.id} is {decision}, of which nobody was told: {theirs}")
        found.counts["took effect though shown as failed"] += not heard


def _announcements(scene: Scene, found: Findings) -> None:
    """Every fact that speaks was announced, every announcement is there, and what nobody recorded is a repeat."""
    threads, cards = _said(scene.messages)
    there = {_place(message) for message in scene.messages}
    for release in scene.releases:
        announced = [act for act in scene.trails[release.id].acts if isinstance(act, Announced)]
        in_thread = [act for act in announced if act.where == "thread"]
        for problem in _unsaid(scene, release, in_thread, there):
            found.wrong["lost announcements"].append(f"{release.id}: {problem}")
        sent = sum(len(threads[card]) for card in cards[release.id])
        found.counts["announcements"] += sent + len(cards[release.id])
        # What was looked for and found may be on record twice.
        recorded = {(act.fact, act.part, act.place) for act in in_thread}
        found.counts["repeated announcements"] += sent - len(recorded) + max(0, len(cards[release.id]) - 1)


def _unsaid(scene: Scene, release: Release, announced: Sequence[Announced], there: set[str]) -> Iterator[str]:
    told = scene.told[release.id]
    if told.entries < release.log_length:
        yield f"{told.entries} of {release.log_length} facts told"
    if not is_public(release):
        return
    if told.place not in there:
        yield f"no card at {told.place!r}"
    facts = {act.fact for act in announced}
    for entry in scene.logs[release.id]:
        if thread_message(release, entry) is not None and entry.seq not in facts:
            yield f"{type(entry.event).__name__} was not announced"
    # Files come without an address of their own: their acts name the card.
    yield from (f"fact {act.fact} is not at {act.place}" for act in announced if act.place not in there)


def _said(messages: Iterable[Json]) -> tuple[Mapping[str, list[Json]], Mapping[str, list[str]]]:
    """Return what was said in each thread, by the place of its card, and the places of each release's cards."""
    threads, cards = defaultdict[str, list[Json]](list), defaultdict[str, list[str]](list)
    for message in messages:
        if message["user"] != "U0SLUICE" or message["ephemeral"]:
            continue
        if message["thread_ts"] and message["thread_ts"] != message["ts"]:
            threads[f"{message['channel']}:{message['thread_ts']}"].append(message)
        elif message["metadata"]:
            cards[message["metadata"]["event_payload"]["release_id"]].append(_place(message))
    return threads, cards


def _place(message: Json) -> str:
    return f"{message['channel']}:{message['ts']}"


def _orphans(scene: Scene, found: Findings) -> None:
    """Every config and model that is there is served, or pointed to."""
    kept = {serving.config for serving in scene.serving.values()}
    for pointer in (release.pointer for release in scene.releases):
        kept |= {pointer.new_config, pointer.previous_config or ""} if pointer is not None else set()
    models = {model_of(name) for name in kept if is_ours(name)}
    for name in scene.resources:
        if name not in kept | models:
            found.wrong["orphans"].append(f"{name} of {_owner(scene, name)}")
    found.counts["configs that are kept"] += len(kept - {""})


def _owner(scene: Scene, name: str) -> str:
    owner = next((release for release in scene.releases if release.id == release_in(name)), None)
    return f"{owner.model}, which ended {owner.phase.value}" if owner is not None else "nobody"


def _records(scene: Scene, found: Findings) -> None:
    """Every audit log verifies; an order without an answer is what a kill in the middle leaves."""
    for trail in scene.trails.values():
        for fault in faults(trail):
            found.wrong["broken records"].append(f"{fault}")
        sent, answered = _count(trail.acts, OrderSent), _count(trail.acts, OrderAnswered)
        found.counts["orders"] += sent
        found.counts["orders without an answer"] += sent - answered


def _count(acts: Iterable[object], kind: type) -> int:
    return sum(isinstance(act, kind) for act in acts)
