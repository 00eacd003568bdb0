"""After the store was lost: what AWS's names and tags, and the cards in Slack, still tell, written down again.

AWS is read and never changed. What is written is history: releases that have ended, and the way back from what prod
serves. Nothing that could change prod is brought back; whoever waited for a release asks for it again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from services.commits import commit_for
from services.leases import LEASE_SECONDS
from services.ports import Aws, Busy, Cards, Conflict, EndpointDescription, FoundCard, ReleaseStore, SaidNo, Told
from services.release import events as e
from services.release.audit import GENERAL, Attempted
from services.release.catalog import ModelEntry
from services.release.events import LogEntry
from services.release.lifecycle import TERMINAL, Advanced, decide
from services.release.model import (
    Decision,
    DecisionKind,
    Freeze,
    Kind,
    ModelPackage,
    Outcome,
    Phase,
    Release,
    RollbackPointer,
)
from services.release.naming import release_in, version_in
from services.release.wanted import version_in_arn
from services.steps.change_prod import TAG_RELEASE, mirrored
from services.steps.standing import Standing, standing

RECOVER = "recover"
"""What the audit log calls it."""
NOBODY = "sluice"
_FREEZE = "Redis was lost, and with it every lock and freeze. Look around, then thaw."
_LONG = timedelta(days=1)
_ENDED = frozenset(phase.value for phase in TERMINAL)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class CardsSeen:
    """The cards of a model by the ids of their releases, or why they could not be read."""

    found: Mapping[str, FoundCard]
    unread: str = ""


@dataclass(frozen=True, slots=True)
class Sight:
    """What AWS, Slack and the store show of a model; `packages` has what each config at hand was made from.

    `known` are those releases that the store has, of all that anything here names; `under_way` those of the model that
    have not ended there; `empty` says that it has none of the model.
    """

    entry: ModelEntry
    prod: EndpointDescription | None
    tags: Mapping[str, str]
    staging: EndpointDescription | None
    packages: Mapping[str, ModelPackage]
    cards: CardsSeen
    known: Mapping[str, Release]
    under_way: tuple[Release, ...]
    empty: bool
    now: datetime


@dataclass(frozen=True, slots=True)
class Rebuilding:
    """One release to be written: as `release` with the fact `rebuilt` after its first, and what people know of it."""

    release: Release
    rebuilt: e.Rebuilt
    told: Told | None


@dataclass(frozen=True, slots=True)
class Recovery:
    """What is to be written for a model, and in words what was seen; `refused` says why nothing may be written.

    `redrawn` goes on as the store has it; its card may show what the store has lost, and no button.
    """

    model: str
    seen: tuple[str, ...]
    rebuildings: tuple[Rebuilding, ...] = ()
    redrawn: tuple[Release, ...] = ()
    refused: str = ""


def look_for_cards(entry: ModelEntry, cards: Cards, since: datetime) -> CardsSeen:
    """Return the cards of a model that were posted since.

    Raises:
        Unavailable: Slack does not answer now.
    """
    try:
        found = cards.cards(entry.deployment.channel, since)
    except SaidNo as refusal:
        return CardsSeen({}, str(refusal))
    return CardsSeen({card.release_id: card for card in found if card.model == entry.name})


def look(entry: ModelEntry, aws: Aws, store: ReleaseStore, cards: CardsSeen, now: datetime) -> Sight:
    """Look at both endpoints, prod's tags, and the store.

    Raises:
        PortError: AWS cannot be read, or the store does not answer.
    """
    where = entry.deployment
    prod, staging = aws.hosting.endpoint(where.prod_endpoint), aws.hosting.endpoint(where.staging_endpoint)
    configs = [each.config for each in (prod, staging) if each is not None and release_in(each.config)]
    named = {release_in(config) or "" for config in configs} | set(cards.found)
    known = {name: store.load(name) for name in named}
    return Sight(
        entry=entry,
        prod=prod,
        tags=aws.hosting.tags(prod.arn) if prod is not None else {},
        staging=staging,
        packages={config: _package(entry, aws, config) for config in configs},
        cards=cards,
        known={name: release for name, release in known.items() if release is not None},
        under_way=tuple(release for release in store.in_progress() if release.model == entry.name),
        empty=not store.recent(1, entry.name),
        now=now,
    )


def _package(entry: ModelEntry, aws: Aws, config: str) -> ModelPackage:
    """Return what the model behind a config was made from; the config's name tells the version if all else is gone."""
    described = aws.hosting.config(config)
    model = aws.hosting.model(described.model) if described is not None else None
    arn = model.package_arn if model is not None else None
    return ModelPackage(arn or "", entry.deployment.package_group, version_in(config) or 0)


def plan(sight: Sight, *, merge: bool) -> Recovery:
    """Say what is to be written; with `merge`, also beside what the store has, which is never changed.

    Pure: the same sight has the same plan.
    """
    model, seen = sight.entry.name, _seen(sight)
    if not sight.empty and not merge:
        return Recovery(model, seen, refused="Redis knows releases of it; --merge adds what it lacks to them")
    if sight.prod is not None and standing(sight.prod, "") is Standing.MOVING:
        return Recovery(model, seen, refused=f"prod is {sight.prod.status}; come again when it stands")
    on_prod = _on_prod(sight)
    lost = [_under_way(sight, card) for card in _lost_under_way(sight)]
    return Recovery(model, seen, tuple([on_prod, *lost] if on_prod is not None else lost), sight.under_way)


def _seen(sight: Sight) -> tuple[str, ...]:
    """Return what was seen, one sentence each."""
    if sight.prod is None:
        return ("prod has no endpoint", *_unread(sight))
    pointer = mirrored(sight.prod, sight.tags, sight.now)
    back = pointer.previous_config if pointer is not None else None
    way = f"before it, {back}" if back else "nothing tells of a way back"
    return (f"prod {_stands(sight.prod)} {sight.prod.config}; {way}", *_unread(sight))


def _stands(prod: EndpointDescription) -> str:
    return "serves" if prod.status == "InService" else f"is {prod.status} on"


def _unread(sight: Sight) -> tuple[str, ...]:
    if not sight.cards.unread:
        return ()
    return (f"its cards in Slack could not be read ({sight.cards.unread}): only what staging serves may be found open",)


def _on_prod(sight: Sight) -> Rebuilding | None:
    """Return the release that prod serves, with its way back; None if it is none of ours or is known."""
    maker = release_in(sight.prod.config) if sight.prod is not None else None
    if sight.prod is None or maker is None:
        return None
    pointer, known = mirrored(sight.prod, sight.tags, sight.now), sight.known.get(maker)
    if known is not None and not _is_half_written(known):
        behind = known.phase in TERMINAL and known.pointer is None and pointer is not None
        return Rebuilding(known, e.Rebuilt(_way_back(pointer), pointer), None) if behind else None
    card = sight.cards.found.get(maker)
    package = sight.packages[sight.prod.config]
    ended = _ended(sight, maker, card, package, sight.prod.modified_at)
    phase = _phase_on_prod(sight.prod, pointer, card)
    detail = f"Prod {_stands(sight.prod)} it, so it stands as {phase.value}; what became of its tests is lost."
    outcome = None if phase is Phase.RELEASED else Outcome("store_lost", detail)
    # Its people heard how it ended, unless the store was lost just before.
    heard = card is None or card.phase in _ENDED
    told = replace(Told(entries=2, card_entries=2) if heard else Told(), place=card.place if card is not None else "")
    rebuilt = e.Rebuilt(f"{detail} {_way_back(pointer)}", pointer)
    return Rebuilding(replace(ended, phase=phase, outcome=outcome), rebuilt, told)


def _phase_on_prod(prod: EndpointDescription, pointer: RollbackPointer | None, card: FoundCard | None) -> Phase:
    """Return how the release that prod is on ended: by its card where that did not pass prod's suite.

    A Failed prod was brought so by the release that the tags name; any other had been released before.
    """
    if pointer is not None and standing(prod, prod.config) is Standing.FAILED:
        return Phase.PROMOTION_FAILED
    unhealthy = card is not None and card.phase == Phase.PROD_UNHEALTHY.value
    return Phase.PROD_UNHEALTHY if unhealthy else Phase.RELEASED


def _way_back(pointer: RollbackPointer | None) -> str:
    back = pointer.previous_config if pointer is not None else None
    return f"The way back to {back} is on record again." if back else "Nothing tells of a way back."


def _is_half_written(release: Release) -> bool:
    """Say whether a recovery began to rebuild it and got no further: nothing else ends with its first fact."""
    return release.phase in TERMINAL and release.log_length == 1


def _lost_under_way(sight: Sight) -> Sequence[FoundCard]:
    """Return what was under way and is not known any more, as far as anything shows it, oldest first.

    Where Slack cannot be read, staging's config names a release that may have ended long ago; to call it cancelled is
    the safe mistake.
    """
    cards = _on_staging(sight) if sight.cards.unread else tuple(sight.cards.found.values())
    on_prod = release_in(sight.prod.config) if sight.prod is not None else None
    known = {name for name, release in sight.known.items() if not _is_half_written(release)}
    return [each for each in cards if each.phase not in _ENDED and each.release_id not in {*known, on_prod}]


def _on_staging(sight: Sight) -> Sequence[FoundCard]:
    """Return what a card would say of the release that staging serves, as far as staging itself tells."""
    staging = sight.staging
    maker = release_in(staging.config) if staging is not None else None
    if staging is None or maker is None or maker == sight.tags.get(TAG_RELEASE):
        return ()
    package = sight.packages[staging.config]
    wanted, kind = str(package.version), Kind.DEPLOY.value
    return (FoundCard("", staging.modified_at, maker, sight.entry.name, kind, "", wanted, package.arn, "", NOBODY),)


def _under_way(sight: Sight, card: FoundCard) -> Rebuilding:
    """Return a release that was under way, as ended: people hear it in its thread, or by a new card where it has none.

    A rollback cannot be cancelled; it has failed.
    """
    prod = sight.prod
    serving = f"Prod {_stands(prod)} {prod.config}." if prod is not None else "Prod has no endpoint."
    version = version_in_arn(card.package) or (int(card.wanted) if card.wanted.isdecimal() else 0)
    package = ModelPackage(card.package, sight.entry.deployment.package_group, version)
    release, told = _ended(sight, card.release_id, card, package, card.posted_at), Told(place=card.place)
    if card.kind == Kind.ROLLBACK.value:
        detail = f"It was lost while prod was brought back. {serving} Look at it, and ask again if need be."
        target, outcome = card.target or card.wanted, Outcome("store_lost", detail)
        failed = replace(release, kind=Kind.ROLLBACK, package=None, target_config=target, outcome=outcome)
        return Rebuilding(replace(failed, phase=Phase.ROLLBACK_FAILED), e.Rebuilt(detail), told)
    detail = f"It is cancelled, and its buttons count for nothing any more. {serving} Ask for it again with /deploy."
    decision = Decision(DecisionKind.CANCELLED, NOBODY, sight.now, "Redis was lost while it was under way")
    cancelled = replace(release, decision=decision, outcome=Outcome(decision.kind.value, decision.reason))
    return Rebuilding(cancelled, e.Rebuilt(detail), told)


def _ended(sight: Sight, name: str, card: FoundCard | None, package: ModelPackage, at: datetime) -> Release:
    """Return what is common to every release that is rebuilt.

    It is put into no archive, where its true report may be, and nothing is cleaned up after it.
    """
    return Release(
        id=name,
        kind=Kind.DEPLOY,
        model=sight.entry.name,
        wanted=card.wanted if card is not None else str(package.version),
        deployment=replace(sight.entry.deployment, evidence_uri=""),
        requested_by=card.requested_by if card is not None else NOBODY,
        requested_at=card.posted_at if card is not None else at,
        phase=Phase.CANCELLED,
        phase_since=sight.now,
        package=package,
        cleaned_up=True,
        log_length=1,
    )


def carry_out(recovery: Recovery, store: ReleaseStore, by: str, now: datetime) -> None:
    """Write a recovery down. What was written before is left as it is, so it can be done again after a failure.

    Raises:
        Busy: all is written, but a worker is at one whose card was to be drawn again.
        Unavailable
    """
    if recovery.rebuildings:
        # One that ends by itself, perhaps long ago, does not wait until somebody has looked.
        if all(freeze.until is not None for freeze in store.freezes(recovery.model)):
            store.freeze(Freeze(recovery.model, NOBODY, _FREEZE, now))
        names = ", ".join(each.release.id for each in recovery.rebuildings)
        store.witness(GENERAL, Attempted(now, by, RECOVER, recovery.model, detail=names))
    for each in recovery.rebuildings:
        _rebuild(each, store, by, now)
    busy = [release.id for release in recovery.redrawn if not _redraw(release, store, by, now)]
    if busy:
        raise Busy(f"a worker is at {', '.join(busy)}, so the card was not drawn again; come again in a moment")


def _redraw(release: Release, store: ReleaseStore, by: str, now: datetime) -> bool:
    """Have a card drawn again, unless a worker is at its release: that one would lose what it has told meanwhile."""
    name = f"release:{release.id}"
    if not store.lease(name, by, LEASE_SECONDS):
        return False
    try:
        store.mark_told(release.id, replace(store.told(release.id), card_entries=0))
    finally:
        store.release_lease(name, by)
    store.reschedule(release, now)
    return True


def _rebuild(each: Rebuilding, store: ReleaseStore, by: str, now: datetime) -> None:
    """Write a release in two goes: whoever looks at it between them, within a day, finds nothing to do."""
    tried: tuple[Attempted, ...] = (Attempted(now, by, RECOVER, each.release.id, detail=each.rebuilt.detail),)
    if each.told is not None:
        first = LogEntry(1, each.release.requested_at, e.Requested(each.release.requested_by))
        try:
            store.create(each.release, first, now + _LONG, tried)
            tried = ()
        except Conflict:
            log.info("begun before", release=each.release.id)
    stored = store.load(each.release.id)
    if stored is None or (each.told is not None and not _is_half_written(stored)):
        return
    if each.told is not None:
        store.mark_told(stored.id, each.told)
    moved = decide(stored, each.rebuilt, now)
    if isinstance(moved, Advanced):
        silent = each.told is not None and each.told.entries >= moved.entry.seq
        try:
            store.commit(commit_for(moved, due=None if silent else now, acts=tried))
        except Conflict:
            log.info("written by another recovery", release=stored.id)
