"""What is left when everything has settled, read once from Redis, AWS and Slack: plain data, which a judge looks at."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.kills.books import Books
from benchmarks.kills.tried import Tried
from sandbox.slack.wire import Json
from services.adapters.redis_store import RedisStore
from services.ports import Told
from services.release.audit import Trail
from services.release.events import LogEntry
from services.release.model import Release
from services.release.naming import is_ours

_CHANGES = frozenset({"CreateEndpoint", "UpdateEndpoint", "DeleteEndpoint"})
_OK = 200


@dataclass(frozen=True, slots=True)
class Change:
    """One change of an endpoint that AWS accepted."""

    operation: str
    endpoint: str
    config: str


@dataclass(frozen=True, slots=True)
class Serving:
    """What AWS says of an endpoint."""

    status: str
    config: str


@dataclass(frozen=True)
class Scene:
    """Everything that is left.

    Attributes:
        releases: oldest first.
        due: what waits in the due index.
        logs: the facts of each release.
        told: how far people were told of each release.
        trails: the audit log of each chain.
        history: for each endpoint and release, the config that its stored rollback pointer leads back to.
        changes: what the local AWS did to endpoints, in order, as its own journal has it.
        serving: the endpoints that are there.
        resources: the names of all configs and models that are ours.
        messages: what the channel shows in the end.
        tried: what people did.
        mistakes: lines of the processes' logs that own up to one.
        stuck: what somebody waited for in vain.
    """

    releases: Sequence[Release]
    due: Sequence[str]
    logs: Mapping[str, Sequence[LogEntry]]
    told: Mapping[str, Told]
    trails: Mapping[str, Trail]
    history: Mapping[str, Mapping[str, str | None]]
    changes: Sequence[Change]
    serving: Mapping[str, Serving]
    resources: Sequence[str]
    messages: Sequence[Json]
    tried: Sequence[Tried]
    mistakes: Sequence[str] = ()
    stuck: Sequence[str] = ()

    @property
    def prods(self) -> list[str]:
        """The names of the prod endpoints."""
        return sorted({release.deployment.prod_endpoint for release in self.releases})


@dataclass(frozen=True, slots=True)
class Ends:
    """Where to look: the product's reader of the store, the raw Redis, AWS's client and journal."""

    store: RedisStore
    books: Books
    sagemaker: Any
    journal: Path


def gathered(
    ends: Ends,
    messages: Sequence[Json],
    tried: Sequence[Tried],
    mistakes: Sequence[str] = (),
    stuck: Sequence[str] = (),
) -> Scene:
    """Read everything."""
    found = [ends.store.load(each) for each in ends.books.releases()]
    releases = [release for release in found if release is not None]
    deployments = [release.deployment for release in releases]
    prods = {each.prod_endpoint for each in deployments}
    return Scene(
        releases,
        ends.books.due(),
        {release.id: ends.store.log(release.id) for release in releases},
        {release.id: ends.store.told(release.id) for release in releases},
        {chain: ends.store.trail(chain) for chain in ends.store.chains()},
        {prod: _history(ends.books, prod) for prod in prods},
        list(_changes(ends.journal)),
        dict(_serving(ends.sagemaker, prods | {each.staging_endpoint for each in deployments})),
        [name for name in _resources(ends.sagemaker) if is_ours(name)],
        messages,
        tried,
        mistakes,
        stuck,
    )


def _history(books: Books, endpoint: str) -> dict[str, str | None]:
    return {release: saved["previous_config"] for release, saved in books.pointers(endpoint).items()}


def _changes(journal: Path) -> Iterator[Change]:
    for text in journal.read_text(encoding="utf-8").splitlines():
        line = json.loads(text)
        if line["operation"] in _CHANGES and line["status"] == _OK:
            params = line["params"]
            yield Change(line["operation"], params["EndpointName"], params.get("EndpointConfigName", ""))


def _serving(sagemaker: Any, endpoints: set[str]) -> Iterator[tuple[str, Serving]]:
    for name in _listed(sagemaker, "list_endpoints", "Endpoints", "EndpointName"):
        if name in endpoints:
            seen = sagemaker.describe_endpoint(EndpointName=name)
            yield name, Serving(seen["EndpointStatus"], seen["EndpointConfigName"])


def _resources(sagemaker: Any) -> Iterator[str]:
    yield from _listed(sagemaker, "list_endpoint_configs", "EndpointConfigs", "EndpointConfigName")
    yield from _listed(sagemaker, "list_models", "Models", "ModelName")


def _listed(sagemaker: Any, operation: str, member: str, name: str) -> Iterator[str]:
    for page in sagemaker.get_paginator(operation).paginate():
        yield from (str(each[name]) for each in page[member])
