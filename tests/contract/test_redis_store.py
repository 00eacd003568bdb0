"""What only a real server can show: crashes, broken wires, unfit configurations."""

import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import pytest
import redis
from fakes.builders import NOON, after, asked, checked, freeze, lock, pointer
from fakes.redis_servers import SERVERS, LossyWire, free_port, lossy_wire, server
from redis.backoff import NoBackoff
from redis.retry import Retry

from sandbox.valkey import EmbeddedValkey
from services.adapters.redis_connection import connect
from services.adapters.redis_store import RedisStore
from services.ports import Commit, Conflict, Full, Inquiry, Told, Unavailable
from services.release import events as e
from services.release.audit import GENERAL, LOOKS_KEPT, Attempted, Looked, looks
from services.release.events import LogEntry
from services.release.model import Kind, Release

pytestmark = pytest.mark.contract

FIRST = LogEntry(1, NOON, e.Requested("UREQUEST"))
RELEASE = replace(asked(), revision=0)


def approval(release: Release) -> Commit:
    entry = LogEntry(release.log_length + 1, after(1), e.Approved("U1"))
    return Commit(replace(release, log_length=entry.seq), (entry,), after(1))


# --- a server that dies ---------------------------------------------------------------------------------------------


@dataclass
class Lived:
    """A server of our own, that a test may kill."""

    server: EmbeddedValkey
    store: RedisStore


@pytest.fixture(params=SERVERS)
def lived(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lived]:
    found = server(request.param, fsync="always")
    if found is None:
        pytest.skip("no redis-server is installed on this machine")
    with connect(found.start(tmp_path / "data")) as client:
        yield Lived(found, RedisStore(client))
    found.stop()


@pytest.mark.crash
def test_what_was_acknowledged_survives_the_death_of_the_server(lived: Lived) -> None:
    store, saved = lived.store, pointer(checked())
    store.create(RELEASE, FIRST, due=NOON)
    written = store.commit(replace(approval(replace(RELEASE, revision=1)), pointer=saved, lock=lock()))
    store.mark_told(RELEASE.id, Told(1, 1, "C1/1"))
    store.ask(inquiry := Inquiry("q1", "endpoints", "", "U1", "", NOON))
    lived.server.kill()
    lived.server.restart()
    assert store.load(RELEASE.id) == written
    assert [entry.event for entry in store.log(RELEASE.id)] == [FIRST.event, e.Approved("U1")]
    assert list(store.pointers(saved.endpoint)) == [saved]
    assert store.lock_of("titanic") == lock()
    assert store.told(RELEASE.id) == Told(1, 1, "C1/1")
    assert store.inquiry("q1") == inquiry
    assert set(store.take(after(1), 30, 10)) == {f"release:{RELEASE.id}", "inquiry:q1"}


@pytest.mark.crash
def test_every_commit_that_was_answered_before_a_kill_is_there_after_it(lived: Lived) -> None:
    lived.store.create(RELEASE, FIRST, due=NOON)
    answered = count()

    def keep_committing() -> Release:
        release = replace(RELEASE, revision=1)
        try:
            while True:
                release = lived.store.commit(approval(release))
                if next(answered) == 50:
                    lived.server.kill()
        except (Unavailable, Conflict):
            return release

    with ThreadPoolExecutor(1) as pool:
        last = pool.submit(keep_committing).result()
    lived.server.restart()
    found = lived.store.load(RELEASE.id)
    assert found is not None
    # The last commit may have been carried out unanswered; document and log agree all the same.
    assert found.revision in {last.revision, last.revision + 1}
    assert [entry.seq for entry in lived.store.log(RELEASE.id)] == list(range(1, found.log_length + 1))


def test_a_server_that_was_started_again_takes_up_where_it_was(lived: Lived) -> None:
    lived.store.create(RELEASE, FIRST, due=NOON)
    lived.server.stop()
    lived.server.restart()
    assert lived.store.commit(approval(replace(RELEASE, revision=1))).revision == 2


def test_who_looked_is_forgotten_after_a_year_and_what_was_decided_never(lived: Lived) -> None:
    lived.store.witness(looks(NOON), Looked(NOON, "UEVE", "releases"))
    lived.store.witness(GENERAL, Attempted(NOON, "UEVE", "freeze", "all"))
    chains, names = ("looks-2026-11", GENERAL), ("", ":head")
    with connect(lived.server.url) as client:
        left = {client.ttl(f"sluice:audit:{chain}{name}") for chain in chains for name in names}
        assert left == {-1, int(LOOKS_KEPT.total_seconds())} or min(left - {-1}) > 399 * 24 * 3600
        client.delete("sluice:audit:looks-2026-11", "sluice:audit:looks-2026-11:head")
    assert lived.store.chains() == [GENERAL]


@pytest.mark.parametrize("put", [b"not compressed \xff", zlib.compress(b"\xff another")])
def test_what_somebody_put_in_a_records_place_is_read_as_it_is(lived: Lived, put: bytes) -> None:
    """Whoever holds it against the digest of the record finds out: an error here would say less."""
    lived.store.keep_record("r1", "the record")
    with connect(lived.server.url) as client:
        client.set("sluice:record:r1", put)
    assert lived.store.record("r1") not in {None, "the record"}


def test_a_server_that_is_gone_is_unavailable_to_every_method(lived: Lived) -> None:
    lived.server.kill()
    impatient = redis.Redis.from_url(lived.server.url, retry=Retry(NoBackoff(), 0))
    store, release = RedisStore(impatient), replace(RELEASE, revision=1)
    calls: list[Callable[[], object]] = [
        lambda: store.create(RELEASE, FIRST, NOON),
        lambda: store.load("x"),
        lambda: store.keep_record("x", "text"),
        lambda: store.record("x"),
        lambda: store.commit(approval(release)),
        lambda: store.reschedule(release, None),
        lambda: store.log("x"),
        lambda: store.recent(1),
        lambda: store.told("x"),
        lambda: store.pointers("x"),
        lambda: store.thaw("x"),
        lambda: store.ask(Inquiry("q", "", "", "", "", NOON)),
        lambda: store.lease("x", "y", 1),
        lambda: store.take(NOON, 1, 1),
        store.warnings,
    ]
    for call in calls:
        with pytest.raises(Unavailable):
            call()
    assert "does not answer" in store.check_ready()[0]


# --- a wire that breaks ---------------------------------------------------------------------------------------------


@pytest.fixture
def wire(valkey: redis.Redis) -> Iterator[LossyWire]:
    with lossy_wire(valkey.connection_pool.connection_kwargs["port"]) as found:
        yield found


@pytest.fixture
def lossy(wire: LossyWire) -> Iterator[RedisStore]:
    with connect(wire.url) as client:
        found = RedisStore(client)
        found.create(replace(RELEASE, id="rwarmup00", kind=Kind.ROLLBACK), FIRST, NOON)
        found.commit(approval(replace(RELEASE, id="rwarmup00", revision=1)))
        yield found


def test_a_creation_whose_reply_is_lost_is_not_told_that_its_place_is_taken(lossy: RedisStore, wire: LossyWire) -> None:
    wire.lose_reply()
    assert lossy.create(RELEASE, FIRST, due=NOON) is None
    assert wire.lost == 1
    assert len(lossy.log(RELEASE.id)) == 1


def test_a_commit_whose_reply_is_lost_wins_once(lossy: RedisStore, wire: LossyWire) -> None:
    lossy.create(RELEASE, FIRST, due=NOON)
    wire.lose_reply()
    written = lossy.commit(approval(replace(RELEASE, revision=1)))
    assert wire.lost == 1
    assert lossy.load(RELEASE.id) == written
    assert [entry.seq for entry in lossy.log(RELEASE.id)] == [1, 2]


def test_a_word_of_witness_whose_reply_is_lost_is_written_once(lossy: RedisStore, wire: LossyWire) -> None:
    wire.lose_reply()
    lossy.witness("general", tried := Attempted(NOON, "U1", "freeze"))
    assert wire.lost == 1
    assert lossy.trail("general").acts.count(tried) == 1


def test_an_equal_commit_of_someone_else_still_conflicts(lossy: RedisStore) -> None:
    lossy.create(RELEASE, FIRST, due=NOON)
    lossy.commit(approval(replace(RELEASE, revision=1)))
    with pytest.raises(Conflict):
        lossy.commit(approval(replace(RELEASE, revision=1)))


# --- what is left in the server -------------------------------------------------------------------------------------


def test_a_question_that_has_lapsed_leaves_the_due_index(valkey: redis.Redis) -> None:
    store = RedisStore(valkey)
    store.ask(Inquiry("q1", "endpoints", "", "U1", "", NOON))
    assert 0 < int(valkey.ttl("sluice:inquiry:q1")) <= 3600
    valkey.delete("sluice:inquiry:q1")
    assert list(store.take(after(1), 30, 10)) == []
    assert valkey.zcard("sluice:due") == 0


def test_every_key_is_under_the_prefix(valkey: redis.Redis) -> None:
    store = RedisStore(valkey)
    store.create(RELEASE, FIRST, due=NOON)
    store.commit(replace(approval(replace(RELEASE, revision=1)), pointer=pointer(checked()), lock=lock()))
    store.mark_told(RELEASE.id, Told(1))
    store.keep_note("versions:titanic", "7", 60)
    store.lease("chore", "a", 60)
    keys: set[bytes] = set(valkey.scan_iter())
    assert keys
    assert all(key.startswith(b"sluice:") for key in keys)


# --- is this server fit? --------------------------------------------------------------------------------------------


@pytest.fixture
def setting(valkey: redis.Redis) -> Iterator[Callable[[str, str], object]]:
    """Change a setting of the shared server until the test ends."""
    names = ("maxmemory", "maxmemory-policy", "appendonly")
    before = {name: str(valkey.config_get(name)[name]) for name in names}
    yield valkey.config_set
    for name, value in before.items():
        valkey.config_set(name, value)


def test_the_embedded_server_is_fit(valkey: redis.Redis) -> None:
    assert RedisStore(valkey).check_ready() == []
    assert RedisStore(valkey).warnings() == []


def test_a_server_that_may_evict_releases_is_not(valkey: redis.Redis, setting: Callable[[str, str], object]) -> None:
    setting("maxmemory", "100mb")
    setting("maxmemory-policy", "allkeys-lru")
    assert "maxmemory-policy is allkeys-lru" in RedisStore(valkey).check_ready()[0]
    setting("maxmemory", "0")
    assert RedisStore(valkey).check_ready() == []


def test_a_cluster_is_not(tmp_path: Path) -> None:
    found = EmbeddedValkey(settings={"cluster-enabled": "yes", "cluster-port": str(free_port())})
    try:
        with connect(found.start(tmp_path)) as client:
            assert "cluster mode" in RedisStore(client).check_ready()[0]
    finally:
        found.stop()


@pytest.mark.parametrize(
    "address", ["redis+sentinel://h1,h2", "redis+sentinel:///sluice", "http+sentinel://h/sluice", "http://h:1"]
)
def test_an_address_that_cannot_be_one_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match=r"redis\+sentinel://|scheme"):
        connect(address)


def test_a_server_without_its_append_only_file_is_warned_of(
    valkey: redis.Redis, setting: Callable[[str, str], object]
) -> None:
    setting("appendonly", "no")
    assert RedisStore(valkey).check_ready() == []
    assert "appendonly is off" in RedisStore(valkey).warnings()[0]


def test_a_full_server_says_so_writes_nothing_by_halves_and_goes_on_when_there_is_room(
    valkey: redis.Redis, setting: Callable[[str, str], object]
) -> None:
    store = RedisStore(valkey)
    store.create(RELEASE, FIRST, due=NOON)
    store.lease("chore", "a", 60)
    before = _everything(valkey)
    setting("maxmemory", "1")
    calls: list[Callable[[], object]] = [
        lambda: store.create(replace(RELEASE, id="rother000", model="other"), FIRST, NOON),
        lambda: store.commit(approval(replace(RELEASE, revision=1))),
        lambda: store.witness("general", Attempted(NOON, "U1", "freeze")),
        lambda: store.mark_told(RELEASE.id, Told(1)),
        lambda: store.mark_told(RELEASE.id, Told(1), [Attempted(NOON, "U1", "freeze")]),
        lambda: store.ask(Inquiry("q", "endpoints", "", "U1", "", NOON)),
        lambda: store.freeze(freeze()),
        lambda: store.keep_record("x", "text"),
        lambda: store.keep_note("x", "text", 60),
        lambda: store.lease("x", "y", 1),
    ]
    for call in calls:
        with pytest.raises(Full):
            call()
        assert _everything(valkey) == before
    store.release_lease("chore", "a")
    setting("maxmemory", "0")
    assert store.commit(approval(replace(RELEASE, revision=1))).revision == 2


def _everything(client: redis.Redis) -> dict[bytes, object]:
    return {key: client.dump(key) for key in client.scan_iter()}
