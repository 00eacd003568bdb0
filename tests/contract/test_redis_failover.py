"""Two real servers and a failover between them: what goes on, and what asynchronous replication loses."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import redis
from fakes.builders import after, asked
from fakes.polling import until
from fakes.redis_servers import SERVERS, Pair, lossy_wire, pair, sentinel
from fakes.stores import FIRST, change, created

from services.adapters.redis_connection import connect
from services.adapters.redis_store import RedisStore
from services.ports import Conflict, Unavailable
from services.release import events as e

pytestmark = [pytest.mark.contract, pytest.mark.crash]

RELEASE = replace(asked(), revision=0)
APPROVED = e.Approved("U1")


@pytest.fixture(params=SERVERS)
def servers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pair]:
    with pair(request.param, tmp_path) as found:
        if found is None:
            pytest.skip("no redis-server is installed on this machine")
        yield found


@pytest.mark.parametrize("kind", SERVERS)
def test_sentinel_leads_the_same_client_to_the_new_primary(kind: str, tmp_path: Path) -> None:
    with pair(kind, tmp_path) as servers:
        if servers is None:
            pytest.skip("no redis-server is installed on this machine")
        with sentinel(kind, tmp_path / "sentinel", servers.primary) as url, connect(url, 1.0) as client:
            store = RedisStore(client)
            release = created(store, RELEASE)
            servers.in_step()
            servers.primary.kill()
            until(lambda: not store.check_ready(), "a primary again")
            assert store.commit(change(release, APPROVED)).revision == release.revision + 1
            assert [entry.event for entry in store.log(release.id)] == [FIRST.event, APPROVED]


def test_a_primary_that_became_a_replica_is_left_for_the_new_one(servers: Pair) -> None:
    """Its connections stay: a client that kept one would be refused for ever."""
    with lossy_wire(servers.primary.port) as wire, connect(wire.url) as client:
        store = RedisStore(client)
        release = created(store, RELEASE)
        servers.in_step()
        servers.promote()
        with redis.Redis.from_url(servers.primary.url) as old:
            old.replicaof("127.0.0.1", servers.replica.port)
        wire.lead_to(servers.replica.port)
        assert store.commit(change(release, APPROVED)).revision == release.revision + 1


def test_a_replica_is_not_taken_for_a_store(servers: Pair) -> None:
    with connect(servers.replica.url) as client:
        assert "it must be the primary" in RedisStore(client).check_ready()[0]


def test_what_the_replica_had_not_seen_is_lost_with_the_primary(servers: Pair) -> None:
    """Not a promise but the truth that docs/how-to/redis.md tells: an acknowledged approval can be lost."""
    with connect(servers.primary.url) as client:
        release = created(RedisStore(client), RELEASE)
        servers.in_step()
        servers.promote()
        approved = RedisStore(client).commit(change(release, APPROVED))
    servers.primary.kill()
    with connect(servers.replica.url) as client:
        store = RedisStore(client)
        assert store.load(RELEASE.id) == release != approved
        # Whoever still has the lost document is refused: nothing rests on what is not there.
        with pytest.raises(Conflict):
            store.commit(change(approved, e.PromotionRefused("x", "y")))
        assert list(store.take(after(1), 30, 10)) == [f"release:{RELEASE.id}"]


@pytest.mark.parametrize("kind", SERVERS)
def test_a_primary_that_demands_a_replica_takes_nothing_without_one(kind: str, tmp_path: Path) -> None:
    with pair(kind, tmp_path, {"min-replicas-to-write": "1", "min-replicas-max-lag": "60"}) as servers:
        if servers is None:
            pytest.skip("no redis-server is installed on this machine")
        with connect(servers.primary.url) as client:
            store = RedisStore(client)
            until(lambda: not _refused(store), "the primary has counted its replica")
            release = created(store, RELEASE)
            servers.replica.kill()
            until(lambda: _refused(store), "the primary misses its replica")
            assert store.load(release.id) == release


def _refused(store: RedisStore) -> bool:
    try:
        store.witness("general")
    except Unavailable as error:
        return "NOREPLICAS" in str(error)
    return False
