"""A world of attacks, which Slack reaches over signed HTTP: the one door at which strangers can knock."""

from collections.abc import Iterator

import pytest
from e2e.attacks.gates import MODELS, Gates
from e2e.worlds import broken_records, told_by, write_catalog
from fakes.attacks import Watch, watched
from fakes.story import Stories, Story

from sandbox.slack.wire import Json
from sandbox.world import Recipe, World
from services.adapters.redis_connection import connect
from services.adapters.redis_store import RedisStore


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    catalog = write_catalog(tmp_path_factory.mktemp("catalog"), MODELS)
    with World(Recipe(scale_seconds=0.1, poll_seconds=0.1, catalog=catalog, sdk="boto3", http=True)) as running:
        yield running
        for name in ("bot", "worker-1"):
            assert "Traceback" not in running.process(name).log.read_text(encoding="utf-8"), running.log_of(name)
        assert broken_records(running) == []


@pytest.fixture(scope="session")
def stories(world: World) -> Iterator[Stories]:
    with told_by(world) as given:
        yield given


@pytest.fixture(scope="session")
def releases() -> dict[str, str]:
    """Model -> the id of its release."""
    return {}


@pytest.fixture
def gates(request: pytest.FixtureRequest, stories: Stories, releases: dict[str, str]) -> Gates:
    """Return a model's release at its gate; all that the file names are asked for together, as they wait together."""
    for model in set(request.module.GATED) - set(releases):
        releases[model] = stories(model).deploy()

    def gate(model: str) -> tuple[Story, str, Json]:
        return stories(model), releases[model], stories(model).gate(releases[model])

    return gate


@pytest.fixture
def store(world: World) -> Iterator[RedisStore]:
    with connect(world.redis_url) as client:
        yield RedisStore(client)


@pytest.fixture
def watch(request: pytest.FixtureRequest, store: RedisStore) -> Iterator[Watch]:
    with watched(request, store) as given:
        yield given
