"""Documents of another version: an older one is read and written on as ours, a newer one is left as it is."""

import json
from pathlib import Path
from typing import Any

import pytest
from fakes.builders import promoting
from fakes.stores import change
from redis import Redis

from services.adapters.redis_documents import entry_from, from_text, release_from
from services.adapters.redis_store import RedisStore
from services.ports import Conflict, NewerDocument, Told
from services.release import events as e
from services.release.model import SCHEMA_VERSION, Freeze, Lock, RollbackPointer

V1: dict[str, Any] = json.loads((Path(__file__).parent / "documents" / "v1.json").read_text(encoding="utf-8"))
"""Written by the last Sluice whose documents had schema_version 1 (its test data, through its own code)."""


def test_what_version_1_wrote_is_read() -> None:
    release = release_from(json.dumps(V1["release"]))
    assert (release.id, release.phase, release.schema_version) == ("r0000000a", promoting().phase, 1)
    assert release.evidence is not None
    assert release.evidence.record == "", "what came later has the value that says so"
    assert [entry_from(json.dumps(entry)).seq for entry in V1["log"]] == list(range(1, len(V1["log"]) + 1))
    for name, kind in (("pointer", RollbackPointer), ("lock", Lock), ("freeze", Freeze), ("told", Told)):
        assert isinstance(from_text(kind, json.dumps(V1[name])), kind)


def stored(valkey: Redis, document: dict[str, Any]) -> RedisStore:
    """Put a document into the store as another version would have."""
    fields: dict[Any, Any] = {"revision": document["revision"], "document": json.dumps(document)}
    valkey.hset(f"sluice:release:{document['id']}", mapping=fields)
    valkey.zadd("sluice:open", {document["id"]: 0})
    return RedisStore(valkey)


def document_of(valkey: Redis, release_id: str) -> dict[str, Any]:
    text: Any = valkey.hget(f"sluice:release:{release_id}", "document")
    found: dict[str, Any] = json.loads(text)
    return found


def test_an_older_document_is_written_on_as_ours(valkey: Redis) -> None:
    store = stored(valkey, V1["release"])
    release = store.load("r0000000a")
    assert release is not None
    written = store.commit(change(release, e.Recovered(1)))
    assert document_of(valkey, release.id)["schema_version"] == written.schema_version == SCHEMA_VERSION
    assert store.load(release.id) == written


def test_a_newer_document_stays_as_it_is_to_the_byte(valkey: Redis) -> None:
    newer = {**V1["release"], "schema_version": SCHEMA_VERSION + 1, "canary": {"percent": 5}}
    store = stored(valkey, newer)
    with pytest.raises(NewerDocument, match=f"schema_version {SCHEMA_VERSION + 1}; this Sluice knows {SCHEMA_VERSION}"):
        store.load(newer["id"])
    assert store.listed(10).newer == (newer["id"],)
    assert document_of(valkey, newer["id"]) == newer


def test_a_release_that_a_newer_sluice_moved_on_cannot_be_written_over(valkey: Redis) -> None:
    """The older worker read it before, as one still does that slept through the update."""
    store = stored(valkey, V1["release"])
    read = store.load("r0000000a")
    assert read is not None
    newer = {**V1["release"], "schema_version": SCHEMA_VERSION + 1, "revision": read.revision + 1}
    stored(valkey, newer)
    with pytest.raises(Conflict):
        store.commit(change(read, e.Recovered(1)))
    assert document_of(valkey, read.id) == newer
