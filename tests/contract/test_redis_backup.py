"""The commands of docs/how-to/redis.md, as they stand there, on real servers."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fakes.builders import NOON, after, checked, pointer
from fakes.redis_servers import SERVERS, binary, follow_page, free_port
from fakes.stores import FIRST, change, created, named

from sandbox.valkey import EmbeddedValkey
from services.adapters.redis_connection import connect
from services.adapters.redis_store import RedisStore
from services.release import events as e
from services.release.audit import faults

pytestmark = [pytest.mark.contract, pytest.mark.crash]


@pytest.mark.parametrize("kind", SERVERS)
def test_a_backup_is_restored_to_another_server_with_its_append_only_file(kind: str, tmp_path: Path) -> None:
    program = binary(kind)
    if program is None or shutil.which("redis-cli") is None:
        pytest.skip("no redis-server or no redis-cli is installed on this machine")
    with running(EmbeddedValkey(binary=program), tmp_path / "first") as (url, store):
        release = store.commit(change(created(store), e.Approved("U1"), pointer=pointer(checked())))
        follow_page(tmp_path, "Back up", program, {"REDIS_URL": url})
        store.commit(change(release, e.GaveUp("after the backup"), ended=True))
    follow_page(tmp_path, "Restore", program, {"PORT": str(free_port())})
    with running(EmbeddedValkey(binary=program), tmp_path / "restored") as (_, store):
        assert (store.check_ready(), store.warnings()) == ([], [])
        assert store.load(release.id) == release
        assert [entry.event for entry in store.log(release.id)] == [FIRST.event, e.Approved("U1")]
        assert list(store.pointers(pointer(checked()).endpoint)) == [pointer(checked())]
        assert faults(store.trail(release.id)) == ()
        assert list(store.take(after(60), 30, 10)) == [f"release:{release.id}"]
        assert store.create(named("r0000000b"), FIRST, due=NOON) == release.id


@contextmanager
def running(server: EmbeddedValkey, folder: Path) -> Iterator[tuple[str, RedisStore]]:
    url = server.start(folder)
    try:
        with connect(url) as client:
            yield url, RedisStore(client)
    finally:
        server.stop()


def test_a_server_with_an_append_only_file_to_come_ignores_a_snapshot(tmp_path: Path) -> None:
    """Why the page takes the long way."""
    first = EmbeddedValkey(settings={"appendonly": "no"})
    with connect(first.start(tmp_path)) as client:
        created(RedisStore(client))
        client.save()
    first.kill()
    again = EmbeddedValkey()
    with connect(again.start(tmp_path)) as client:
        assert client.dbsize() == 0
    again.stop()
