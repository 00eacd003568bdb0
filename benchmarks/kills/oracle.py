"""Holds what is left against what must be: Redis, AWS and its journal, Slack, and what people saw of their clicks."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from benchmarks.kills.books import Books
from benchmarks.kills.people import ENDED, Tried
from handlers.views.thread import thread_message
from sandbox.slack.wire import Json
from services.adapters.redis_store import RedisStore
from services.release.audit import Announced, OrderAnswered, OrderSent, faults
from services.release.model import DecisionKind, Kind, Phase, Release
from services.release.naming import is_ours, model_of, release_in

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
_CHANGES = frozenset({"CreateEndpoint", "UpdateEndpoint", "DeleteEndpoint"})
_OK = 200
_ENDS = {
    DecisionKind.REJECTED: {Phase.REJECTED},
    DecisionKind.EXPIRED: {Phase.EXPIRED},
    DecisionKind.CANCELLED: {Phase.CANCELLED},
    DecisionKind.SUPERSEDED: {Phase.SUPERSEDED},
    DecisionKind.APPROVED: {Phase.RELEASED},
}
_DECISIONS = frozenset({"Approved", "Rejected", "Expired", "Cancelled", "Superseded"})
_COUNTS = {"approve": "counts", "reject form": "is rejected", "cancel": "is cancelled"}
_KINDS = {"approve": DecisionKind.APPROVED, "reject form": DecisionKind.REJECTED, "cancel": DecisionKind.CANCELLED}


@dataclass(slots=True)
class Findings:
    """What is not as it must be, by kind, and some counts that are only interesting."""

    wrong: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    counts: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Change:
    """One change of an endpoint that AWS accepted."""

    time: str
    operation: str
    endpoint: str
    config: str


@dataclass(frozen=True)
class Scene:
    """Everything that is left.

    Attributes:
        store: the product's own reader, for documents and audit logs.
        books: the raw Redis.
        journal: the file of calls that the local AWS answered.
        sagemaker: a boto3 client.
        messages: what the channel shows in the end.
        tried: what people did.
    """

    store: RedisStore
    books: Books
    journal: Path
    sagemaker: Any
    messages: Sequence[Json]
    tried: Sequence[Tried]

    @cached_property
    def releases(self) -> list[Release]:
        """All releases, oldest first."""
        found = (self.store.load(each) for each in self.books.releases())
        return [release for release in found if release is not None]

    @cached_property
    def changes(self) -> list[Change]:
        """The accepted changes of endpoints, in order."""
        lines = (json.loads(line) for line in self.journal.read_text(encoding="utf-8").splitlines())
        return [
            Change(
                line["time"],
                line["operation"],
                line["params"]["EndpointName"],
                line["params"].get("EndpointConfigName", ""),
            )
            for line in lines
            if line["operation"] in _CHANGES and line["status"] == _OK
        ]


def judged(scene: Scene) -> Findings:
    """Return everything that is wrong."""
    found = Findings()
    for check in (_lost, _ends, _prod, _clicks, _announcements, _orphans, _records):
        check(scene, found)
    return found


def _lost(scene: Scene, found: Findings) -> None:
    """Every acknowledged release exists, has ended, was cleaned up after, and waits for nothing."""
    known, due = {release.id for release in scene.releases}, set(scene.books.due())
    for tried in scene.tried:
        if tried.what == "deploy" and tried.release and tried.release not in known:
            found.wrong["lost releases"].append(f"{tried.release} was acknowledged and is gone")
    for release in scene.releases:
        found.counts[f"ended {release.phase.value}"] += 1
        if release.phase.value not in ENDED or not release.cleaned_up or f"release:{release.id}" in due:
            found.wrong["lost releases"].append(f"{release.id} hangs in {release.phase.value}")
    found.counts["releases"] = len(scene.releases)


def _ends(scene: Scene, found: Findings) -> None:
    """One decision each, made by somebody who tried it, and the end that follows from it."""
    for release in scene.releases:
        facts = [entry["kind"] for entry in scene.books.log(release.id)]
        decisions = [kind for kind in facts if kind in _DECISIONS]
        if _ran_out_of_time(release):
            found.counts["stopped by a suite that ran out of time"] += 1
            continue
        if release.kind is Kind.ROLLBACK:
            if release.phase is not Phase.ROLLED_BACK and not _came_late(release):
                found.wrong["wrong ends"].append(
                    f"rollback {release.id} ended {release.phase.value}: {release.outcome}"
                )
            continue
        if len(decisions) != 1 or release.decision is None:
            found.wrong["wrong ends"].append(f"{release.id} has the decisions {decisions}, {release.outcome}")
            continue
        if release.phase not in _ENDS[release.decision.kind] and not _overtaken(release, scene):
            found.wrong["wrong ends"].append(
                f"{release.id} {release.decision} ended {release.phase}: {release.outcome}"
            )


def _ran_out_of_time(release: Release) -> bool:
    """Say whether a suite gave up on an endpoint: this machine may be that slow, or a worker stopped in a request."""
    stopped = release.phase in {Phase.SMOKE_FAILED, Phase.PROD_UNHEALTHY} and release.outcome is not None
    return stopped and release.outcome is not None and "were up" in release.outcome.detail


def _came_late(release: Release) -> bool:
    """Say whether a rollback found that prod had moved on: its form was answered long after Slack gave it up."""
    return release.outcome is not None and release.outcome.code == "prod_changed"


def _overtaken(release: Release, scene: Scene) -> bool:
    """Say whether a rollback of the model came between approval and promotion, which refuses it."""
    refused = release.phase is Phase.PROMOTION_REFUSED and release.outcome is not None
    rollbacks = [other for other in scene.releases if other.kind is Kind.ROLLBACK and other.model == release.model]
    return refused and any(
        other.requested_at <= release.phase_since and other.phase_since >= release.requested_at for other in rollbacks
    )


def _prod(scene: Scene, found: Findings) -> None:
    """Each prod endpoint went through exactly the changes that were decided, and each pointer says what was before."""
    for endpoint in sorted({release.deployment.prod_endpoint for release in scene.releases}):
        made = [change.config for change in scene.changes if change.endpoint == endpoint]
        pointed = sorted(
            (release for release in scene.releases if release.deployment.prod_endpoint == endpoint and release.pointer),
            key=lambda release: release.pointer.saved_at if release.pointer else release.requested_at,
        )
        pointers = [release.pointer for release in pointed if release.pointer is not None]
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
            before = pointer.new_config
        found.counts["pointers"] += len(pointers)
        _serves(scene, found, endpoint, before)
        stored = scene.books.pointers(endpoint)
        for pointer in pointers:
            if stored.get(pointer.release_id, {}).get("previous_config", "?") != pointer.previous_config:
                found.wrong["wrong pointers"].append(f"{pointer.release_id}: the history of {endpoint} says otherwise")


def _serves(scene: Scene, found: Findings, endpoint: str, config: str | None) -> None:
    if config is None:
        return
    seen = scene.sagemaker.describe_endpoint(EndpointName=endpoint)
    if (seen["EndpointStatus"], seen["EndpointConfigName"]) != ("InService", config):
        found.wrong["lost promotions"].append(f"{endpoint} is {seen['EndpointStatus']} on {seen['EndpointConfigName']}")


def _clicks(scene: Scene, found: Findings) -> None:
    """Whoever was acknowledged was answered; who was told that it counts is who decided, and the other way round."""
    decided = {release.id: release.decision for release in scene.releases}
    by_release: dict[str, list[Tried]] = defaultdict(list)
    for tried in scene.tried:
        found.counts["clicks and commands"] += 1
        found.counts["shown as failed"] += not tried.ok
        by_release[tried.release].append(tried)
        opened_form = tried.what in {"reject", "roll back"} and not tried.said
        if tried.ok and not tried.said and not opened_form:
            found.wrong["unanswered clicks"].append(f"{tried}")
        counted = tried.ok and any(_COUNTS.get(tried.what, "?") in said for said in tried.said)
        decision = decided.get(tried.release)
        if counted and (decision is None or (decision.kind, decision.by) != (_KINDS[tried.what], tried.by)):
            found.wrong["clicks that lie"].append(f"{tried}, but the decision is {decision}")
    for release, decision in decided.items():
        if decision is None or decision.kind in {DecisionKind.EXPIRED, DecisionKind.SUPERSEDED}:
            continue
        mine = [
            each for each in by_release[release] if each.by == decision.by and _KINDS.get(each.what) is decision.kind
        ]
        heard = [each for each in mine if any(_COUNTS[each.what] in said for said in each.said)]
        if not heard and all(each.ok for each in mine):
            found.wrong["clicks that lie"].append(f"{release} is {decision}, of which nobody was told: {mine}")
        found.counts["took effect though shown as failed"] += not any(each.ok for each in heard)


def _announcements(scene: Scene, found: Findings) -> None:
    """Every fact that speaks was announced, every announcement is there, and what nobody recorded is a repeat."""
    threads: dict[str, list[Json]] = defaultdict(list)
    by_ts = {f"{message['channel']}:{message['ts']}" for message in scene.messages}
    cards: dict[str, list[str]] = defaultdict(list)
    for message in scene.messages:
        if message["user"] != "U0SLUICE" or message["ephemeral"]:
            continue
        if message["thread_ts"] and message["thread_ts"] != message["ts"]:
            threads[f"{message['channel']}:{message['thread_ts']}"].append(message)
        elif message["metadata"]:
            cards[message["metadata"]["event_payload"]["release_id"]].append(f"{message['channel']}:{message['ts']}")
    for release in scene.releases:
        told, acts = scene.store.told(release.id), scene.store.trail(release.id).acts
        announced = [act for act in acts if isinstance(act, Announced)]
        facts = {act.fact for act in announced if act.where == "thread"}
        gone = [act for act in announced if act.where == "thread" and act.place not in by_ts]
        # Files come without an address of their own: their acts name the card.
        for entry in scene.store.log(release.id):
            if thread_message(release, entry) is not None and told.place and entry.seq not in facts:
                found.wrong["lost announcements"].append(f"{release.id}: {type(entry.event).__name__}")
        if gone or told.entries < release.log_length or (told.place and told.place not in by_ts):
            found.wrong["lost announcements"].append(f"{release.id}: told {told}, gone {gone}")
        recorded = sum(act.where == "thread" for act in announced)
        sent = sum(len(threads[card]) for card in cards[release.id])
        found.counts["announcements"] += sent + len(cards[release.id])
        found.counts["repeated announcements"] += sent - recorded + max(0, len(cards[release.id]) - 1)


def _orphans(scene: Scene, found: Findings) -> None:
    """Every config and model that is there is served, or pointed to."""
    kept = set[str]()
    for release in scene.releases:
        for endpoint in (release.deployment.prod_endpoint, release.deployment.staging_endpoint):
            kept |= _served_by(scene.sagemaker, endpoint)
        kept |= {release.pointer.new_config} if release.pointer else set()
        kept |= {release.pointer.previous_config} if release.pointer and release.pointer.previous_config else set()
    models = {model_of(name) for name in kept}
    configs = _listed(scene.sagemaker, "list_endpoint_configs", "EndpointConfigs", "EndpointConfigName")
    for name in filter(is_ours, configs):
        if name not in kept:
            found.wrong["orphans"].append(f"config {name} of {_owner(scene, name)}")
    for name in filter(is_ours, _listed(scene.sagemaker, "list_models", "Models", "ModelName")):
        if name not in models:
            found.wrong["orphans"].append(f"model {name} of {_owner(scene, name)}")
    found.counts["configs that are kept"] = len(kept)


def _owner(scene: Scene, name: str) -> str:
    release = scene.store.load(release_in(name) or "")
    return f"{release.model}, which ended {release.phase.value}" if release is not None else "nobody"


def _served_by(sagemaker: Any, endpoint: str) -> set[str]:
    try:
        return {str(sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"])}
    except sagemaker.exceptions.ClientError:
        return set()


def _listed(sagemaker: Any, operation: str, member: str, name: str) -> Iterator[str]:
    for page in sagemaker.get_paginator(operation).paginate():
        yield from (str(each[name]) for each in page[member])


def _records(scene: Scene, found: Findings) -> None:
    """Every audit log verifies; an order without an answer is what a kill in the middle leaves."""
    for chain in scene.store.chains():
        trail = scene.store.trail(chain)
        for fault in faults(trail):
            found.wrong["broken records"].append(f"{fault}")
        found.counts["orders"] += _count(trail.acts, OrderSent)
        found.counts["orders without an answer"] += _count(trail.acts, OrderSent) - _count(trail.acts, OrderAnswered)


def _count(acts: Iterable[object], kind: type) -> int:
    return sum(isinstance(act, kind) for act in acts)
