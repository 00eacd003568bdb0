"""A commit is one command to Redis: nothing can come between its parts, neither a crash nor another worker."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import redis
from fakes.builders import NOON, after, asked, checked, pointer
from fakes.clock import FakeClock, SequentialIds

from services.adapters.redis_store import RedisStore
from services.looking import Looking
from services.ports import Commit
from services.release import events as e
from services.release.events import LogEntry
from services.release.model import Kind

pytestmark = pytest.mark.contract


@contextmanager
def counted(client: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Note the name of every command that changes something."""
    sent: list[str] = []
    execute: Any = client.execute_command

    def noting(*arguments: Any, **options: Any) -> object:
        if not str(arguments[0]).endswith("GET"):
            sent.append(str(arguments[0]))
        return execute(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(client, "execute_command", noting)
        yield sent


def test_a_commit_is_one_command(valkey: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    store, release = RedisStore(valkey), replace(asked(), revision=0)
    store.create(release, LogEntry(1, NOON, e.Requested("UREQUEST")), NOON)
    stored = store.load(release.id)
    assert stored is not None
    saved = pointer(checked())
    entry = LogEntry(stored.log_length + 1, after(1), e.PromotionIntended(saved))
    with counted(valkey, monkeypatch) as sent:
        store.commit(Commit(replace(stored, log_length=entry.seq), (entry,), after(2), pointer=saved))
    assert sent == ["EVAL"]
    assert store.log(release.id)[-1] == entry
    assert list(store.pointers(saved.endpoint)) == [saved]


def test_a_list_asks_for_all_links_at_once(valkey: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    store = RedisStore(valkey)
    for number in range(3):
        release = replace(asked(Kind.ROLLBACK), id=f"r0000000{number}", revision=0)
        store.create(release, LogEntry(1, NOON, e.Requested("UREQUEST")), NOON)
    monkeypatch.delattr(RedisStore, "told")
    assert len(Looking({}, store, FakeClock(), SequentialIds()).listing().in_progress) == 3
