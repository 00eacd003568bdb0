"""The audit log of the store: one suite for every implementation."""

from dataclasses import replace

import pytest
from fakes.builders import NOON, after
from fakes.stores import FIRST, Store, change, created, in_threads, named

from services.ports import Conflict, Told
from services.release import audit as a
from services.release import events as e

pytestmark = pytest.mark.contract
TRIED = a.Attempted(NOON, "UEVE", "approve", code="not_an_approver", rule="approvers.users", detail="🙈 <!channel>\n")
SENT = a.OrderSent(after(1), "UpdateEndpoint", (("name", "titanic-prod"),))
ANSWERED = a.OrderAnswered(after(2), "UpdateEndpoint", (a.AwsCall("UpdateEndpoint", "4f1b-77", 200),), "Busy: later")
SAID = a.Announced(after(3), "thread", 2, 1, "C1:17.1")


def test_a_new_release_begins_a_chain_that_seals_document_and_fact(store: Store) -> None:
    store.create(named("r0000000a"), FIRST, due=NOON, acts=(TRIED,))
    trail = store.trail("r0000000a")
    asked, sealed = trail.acts
    assert asked == TRIED
    assert isinstance(sealed, a.Committed)
    assert (sealed.revision, sealed.first, len(sealed.facts)) == (1, 1, 1)
    assert a.faults(trail) == ()
    assert a.covered_from(trail) == 1


def test_a_release_that_was_lost_is_sealed_after_what_was_witnessed_of_it_meanwhile(store: Store) -> None:
    late = a.OrderAnswered(NOON, "UpdateEndpoint", ())
    store.witness("r0000000a", late)
    created(store)
    trail = store.trail("r0000000a")
    assert trail.acts[0] == late
    assert [type(act) for act in trail.acts] == [a.OrderAnswered, a.Committed]
    assert a.faults(trail) == ()


def test_a_commit_is_sealed_after_the_acts_that_led_to_it(store: Store) -> None:
    release = created(store)
    store.commit(change(release, e.Recovered(1), e.Recovered(2), acts=(TRIED,)))
    trail = store.trail(release.id)
    assert trail.acts[1] == TRIED
    sealed = trail.acts[2]
    assert isinstance(sealed, a.Committed)
    assert (sealed.revision, sealed.first, len(sealed.facts)) == (2, 2, 2)
    assert a.faults(trail) == ()


def test_a_commit_that_conflicts_leaves_no_line(store: Store) -> None:
    release = created(store)
    store.commit(change(release, e.Recovered(1)))
    before = store.trail(release.id)
    with pytest.raises(Conflict):
        store.commit(change(release, e.GaveUp("late"), acts=(TRIED,)))
    assert store.trail(release.id) == before


def test_acts_are_witnessed_without_touching_the_release(store: Store) -> None:
    release = created(store)
    store.witness(release.id, TRIED)
    store.witness(release.id, SENT, ANSWERED)
    trail = store.trail(release.id)
    assert trail.acts[1:] == (TRIED, SENT, ANSWERED)
    assert a.faults(trail) == ()
    assert store.load(release.id) == release
    assert store.commit(change(release, e.Recovered(1))).revision == 2


def test_what_was_told_is_witnessed_with_it(store: Store) -> None:
    release = created(store)
    store.mark_told(release.id, Told(1, 1, "C1:17.1"), (SAID,))
    store.mark_told(release.id, Told(2, 1, "C1:17.1"))
    assert store.told(release.id) == Told(2, 1, "C1:17.1")
    assert store.trail(release.id).acts[1:] == (SAID,)
    assert a.faults(store.trail(release.id)) == ()


def test_what_concerns_no_release_has_a_chain_of_its_own(store: Store) -> None:
    store.witness(a.GENERAL, TRIED)
    trail = store.trail(a.GENERAL)
    assert trail.acts == (TRIED,)
    assert a.faults(trail) == ()
    assert store.chains() == [a.GENERAL]


def test_who_looked_at_what_is_in_a_chain_of_its_month(store: Store) -> None:
    looked = a.Looked(NOON, "UEVE", "release", "r0000000a")
    store.witness(a.looks(NOON), looked)
    store.witness(a.looks(NOON), looked)
    trail = store.trail("looks-2026-11")
    assert trail.acts == (looked, looked)
    assert a.faults(trail) == ()
    assert store.chains() == [a.GENERAL, "looks-2026-11"]


def test_every_release_has_a_chain(store: Store) -> None:
    created(store, named("r0000000b", model="iris", minutes=2))
    created(store)
    assert store.chains() == [a.GENERAL, "r0000000a", "r0000000b"]
    assert store.trail("rnothing0") == a.Trail("rnothing0", (), ())


def test_many_writers_at_once_make_one_whole_chain(store: Store) -> None:
    release = created(store)

    def write(number: int) -> None:
        for times in range(5):
            store.witness(release.id, replace(TRIED, by=f"U{number}{times}"))

    in_threads(8, write)
    trail = store.trail(release.id)
    assert a.faults(trail) == ()
    seen = [act.by for act in trail.acts if isinstance(act, a.Attempted)]
    assert sorted(seen) == sorted(f"U{number}{times}" for number in range(8) for times in range(5))


def test_of_those_who_say_the_same_in_the_same_moment_each_is_in_the_chain(store: Store) -> None:
    release = created(store)

    def say_so(_: int) -> None:
        for _ in range(5):
            store.witness(release.id, TRIED)

    in_threads(8, say_so)
    trail = store.trail(release.id)
    assert a.faults(trail) == ()
    assert trail.acts.count(TRIED) == 40


def test_of_equal_commits_at_once_the_winner_alone_is_in_the_chain(store: Store) -> None:
    release = created(store)

    def decide(number: int) -> bool:
        try:
            store.commit(change(release, e.Approved(f"U{number}"), acts=(replace(TRIED, by=f"U{number}"),)))
        except Conflict:
            store.witness(release.id, replace(TRIED, by=f"U{number}", code="already_decided"))
            return False
        return True

    assert sum(in_threads(8, decide)) == 1
    trail = store.trail(release.id)
    assert a.faults(trail) == ()
    assert len([act for act in trail.acts if isinstance(act, a.Attempted)]) == 8
