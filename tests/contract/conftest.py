"""Servers that the contract suites share: one of each kind a session, emptied before every test."""

from collections.abc import Iterator
from threading import Event

import pytest
import redis
from fakes.clock import FakeClock
from fakes.redis_servers import server
from fakes.store import MemoryStore
from fakes.stores import Store, World

from services.adapters.redis_connection import connect
from services.adapters.redis_store import RedisStore


def _running(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    found = server(kind)
    if found is None:
        pytest.skip("no redis-server is installed on this machine")
    yield found.start(tmp_path_factory.mktemp(kind))
    found.stop()


@pytest.fixture(scope="session")
def valkey_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from _running("valkey", tmp_path_factory)


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    yield from _running("redis", tmp_path_factory)


@pytest.fixture
def valkey(valkey_url: str) -> Iterator[redis.Redis]:
    yield from emptied(valkey_url)


@pytest.fixture
def redis_server(redis_url: str) -> Iterator[redis.Redis]:
    yield from emptied(redis_url)


def emptied(url: str) -> Iterator[redis.Redis]:
    with connect(url) as client:
        client.flushdb()
        yield client


@pytest.fixture(params=["memory", "valkey", "redis_server"])
def stores(request: pytest.FixtureRequest) -> World:
    if request.param == "memory":
        clock = FakeClock()
        return World(MemoryStore(clock), lambda: clock.advance(0.1))
    return World(RedisStore(request.getfixturevalue(request.param)), lambda: Event().wait(0.02))


@pytest.fixture
def store(stores: World) -> Store:
    return stores.store
