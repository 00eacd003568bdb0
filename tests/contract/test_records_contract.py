"""The Records port: one suite for every implementation."""

import pytest
from fakes.stores import Store, created

pytestmark = pytest.mark.contract
NAME = "r0000000a.staging.20261123T120000000000Z"


@pytest.mark.parametrize("text", ["{}", "\u202eolleh \U0001f6a2 <!channel>\n", "x" * 1_000_000])
def test_a_kept_record_is_there(store: Store, text: str) -> None:
    store.keep_record(NAME, text)
    assert store.record(NAME) == text


def test_there_is_no_record_of_another_name(store: Store) -> None:
    store.keep_record(NAME, "{}")
    assert store.record(NAME.replace("staging", "prod")) is None


def test_the_same_name_again_replaces_the_record(store: Store) -> None:
    for text in ("first", "second"):
        store.keep_record(NAME, text)
    assert store.record(NAME) == "second"


def test_a_record_is_no_release_and_no_note(store: Store) -> None:
    created(store)
    store.keep_note("r0000000a", "a note", 60)
    store.keep_record("r0000000a", "a record")
    assert store.note("r0000000a") == "a note"
    assert [release.id for release in store.recent(10)] == ["r0000000a"]
    assert store.record("r0000000a") == "a record"
