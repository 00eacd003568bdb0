"""The DueIndex port, and what the store keeps for a while only: one suite for every implementation."""

from datetime import timedelta
from itertools import count

import pytest
from fakes.builders import NOON, after
from fakes.stores import FIRST, LATER, Store, World, change, created, in_threads, named

from services.ports import Inquiry
from services.release import events as e
from services.release.model import Kind

pytestmark = pytest.mark.contract


# --- inquiries, notes, leases ---------------------------------------------------------------------------------------


def test_an_inquiry_is_due_until_it_is_answered(store: Store) -> None:
    inquiry = Inquiry("q1", "endpoints", "", "U1", "https://slack.test/reply", NOON)
    store.ask(inquiry)
    assert store.inquiry("q1") == inquiry
    assert list(store.take(NOON, 30, 10)) == ["inquiry:q1"]
    store.answered("q1")
    assert store.inquiry("q1") is None
    assert list(store.take(LATER, 30, 10)) == []


def test_a_note_lapses(stores: World) -> None:
    stores.store.keep_note("versions:titanic", "7 6 5", 1)
    assert stores.store.note("versions:titanic") == "7 6 5"
    assert stores.store.note("versions:iris") is None
    stores.until(lambda: stores.store.note("versions:titanic") is None)


def test_the_first_note_of_a_name_stays(stores: World) -> None:
    assert stores.store.keep_first_note("request:1", "a there", 1)
    assert stores.store.keep_first_note("request:1", "a there", 1), "the same write again, as its answer got lost"
    assert not stores.store.keep_first_note("request:1", "b here", 60)
    assert stores.store.note("request:1") == "a there"
    stores.until(lambda: stores.store.keep_first_note("request:1", "b here", 60))
    assert stores.store.note("request:1") == "b here"


def test_a_lease_has_one_holder_who_can_renew_it_and_give_it_back(store: Store) -> None:
    assert store.lease("endpoint:prod", "a", 60)
    assert store.lease("endpoint:prod", "a", 60)
    assert not store.lease("endpoint:prod", "b", 60)
    assert store.lease("endpoint:staging", "b", 60)
    store.release_lease("endpoint:prod", "b")
    assert not store.lease("endpoint:prod", "b", 60)
    store.release_lease("endpoint:prod", "a")
    assert store.lease("endpoint:prod", "b", 60)


def test_a_lease_lapses(stores: World) -> None:
    assert stores.store.lease("chore", "a", 0.2)
    stores.until(lambda: stores.store.lease("chore", "b", 60))
    assert not stores.store.lease("chore", "a", 60)


def test_renewing_prolongs_a_lease_from_now_on(stores: World) -> None:
    for name in ("renewed", "left"):
        assert stores.store.lease(name, "a", 0.2)
    assert stores.store.lease("renewed", "a", 60)
    stores.until(lambda: stores.store.lease("left", "b", 60))
    assert not stores.store.lease("renewed", "b", 60)


def test_of_many_who_want_a_lease_one_gets_it(store: Store) -> None:
    assert sum(map(bool, in_threads(8, lambda n: store.lease("chore", f"worker-{n}", 60)))) == 1


# --- the due index --------------------------------------------------------------------------------------------------


def test_nothing_is_due_before_its_time_and_not_a_microsecond_early(store: Store) -> None:
    release = created(store)
    due = NOON + timedelta(seconds=5, microseconds=700)
    store.reschedule(release, due)
    assert list(store.take(due - timedelta(microseconds=1), 30, 10)) == []
    assert list(store.take(due, 30, 10)) == [f"release:{release.id}"]


def test_what_was_taken_comes_again_when_its_lease_is_over(store: Store) -> None:
    created(store)
    assert list(store.take(NOON, 30, 10)) == ["release:r0000000a"]
    assert list(store.take(NOON + timedelta(seconds=29), 30, 10)) == []
    assert list(store.take(NOON + timedelta(seconds=30), 30, 10)) == ["release:r0000000a"]


def test_a_commit_says_when_to_look_again_or_that_nothing_is_left(store: Store) -> None:
    release = created(store)
    store.take(NOON, 30, 10)
    written = store.commit(change(release, due=after(1)))
    assert list(store.take(after(1), 30, 10)) == ["release:r0000000a"]
    store.commit(change(written, due=None))
    assert list(store.take(after(60), 30, 10)) == []


def test_rescheduling_a_document_that_moved_on_makes_it_due_at_once(store: Store) -> None:
    release = created(store)
    written = store.commit(change(release, e.Approved("U1"), due=after(5)))
    store.reschedule(release, None)
    assert list(store.take(NOON, 30, 10)) == ["release:r0000000a"]
    store.reschedule(written, after(7))
    assert list(store.take(after(6), 30, 10)) == []
    store.reschedule(written, None)
    assert list(store.take(after(60), 30, 10)) == []


def test_rescheduling_what_does_not_exist_does_nothing(store: Store) -> None:
    store.reschedule(named("rnothing0"), NOON)
    assert list(store.take(LATER, 30, 10)) == []


def test_take_is_bounded_and_earliest_first(store: Store) -> None:
    for n in (2, 0, 1):
        store.create(named(f"r0000000{n}", Kind.ROLLBACK), FIRST, due=after(n))
    assert list(store.take(after(5), 600, 2)) == ["release:r00000000", "release:r00000001"]
    assert list(store.take(after(5), 600, 2)) == ["release:r00000002"]
    assert list(store.take(after(20), 600, 0)) == []


def test_two_pumps_never_take_the_same_thing(store: Store) -> None:
    ids = [f"r{n:08}" for n in range(120)]
    for release_id in ids:
        store.create(named(release_id, Kind.ROLLBACK), FIRST, due=NOON)
    batches = count()

    def pump(_n: int) -> list[str]:
        taken: list[str] = []
        while batch := store.take(NOON, 30, 7):
            next(batches)
            taken.extend(batch)
        return taken

    taken = [item for batch in in_threads(2, pump) for item in batch]
    assert sorted(taken) == [f"release:{release_id}" for release_id in ids]
    assert next(batches) >= len(ids) / 7
