"""The ReleaseStore port: one suite for every implementation."""

from dataclasses import replace

import pytest
from fakes.builders import NOON, checked, every_event, freeze, lock, pointer, promoting
from fakes.stores import FIRST, LATER, Store, change, created, in_threads, named

from services.ports import Conflict, NewerDocument, Told
from services.release import events as e
from services.release.model import SCHEMA_VERSION, Evidence, Kind, Phase

pytestmark = pytest.mark.contract


# --- creating and loading -------------------------------------------------------------------------------------------


def test_what_is_created_is_loaded_as_revision_1(store: Store) -> None:
    release = named("r0000000a")
    assert created(store, release) == replace(release, revision=1)
    assert list(store.log("r0000000a")) == [FIRST]


def test_an_unknown_release_is_none_and_has_no_log(store: Store) -> None:
    assert store.load("rnothing0") is None
    assert list(store.log("rnothing0")) == []
    assert store.told("rnothing0") == Told()


def test_a_second_deploy_of_a_model_is_told_who_is_there_and_stores_nothing(store: Store) -> None:
    created(store)
    assert store.create(named("r0000000b"), FIRST, due=NOON) == "r0000000a"
    assert store.load("r0000000b") is None
    assert [release.id for release in store.recent(10)] == ["r0000000a"]
    assert list(store.take(NOON, 30, 10)) == ["release:r0000000a"]


def test_another_model_has_its_own_place(store: Store) -> None:
    created(store)
    assert store.create(named("r0000000b", model="iris"), FIRST, due=NOON) is None


def test_a_rollback_takes_no_place_and_waits_for_none(store: Store) -> None:
    created(store, named("r0000000a", Kind.ROLLBACK))
    created(store, named("r0000000b"))
    created(store, named("r0000000c", Kind.ROLLBACK))


def test_the_place_is_free_again_once_the_deploy_has_ended(store: Store) -> None:
    release = created(store)
    store.commit(change(release, e.Cancelled("U1"), ended=True))
    assert store.create(named("r0000000b"), FIRST, due=NOON) is None


def test_a_deploy_that_goes_on_takes_its_place_again(store: Store) -> None:
    ended = store.commit(change(created(store), e.GaveUp("x"), ended=True))
    going = store.commit(change(ended, e.Recovered(1), goes_on=True))
    assert store.create(named("r0000000b"), FIRST, due=NOON) == going.id
    assert [release.id for release in store.in_progress()] == [going.id]
    assert list(store.take(LATER, 30, 10)) == [f"release:{going.id}"]
    store.commit(change(going, e.GaveUp("x"), ended=True))
    assert store.create(named("r0000000b"), FIRST, due=NOON) is None


def test_a_deploy_that_goes_on_takes_no_place_that_another_has(store: Store) -> None:
    ended = store.commit(change(created(store), e.GaveUp("x"), ended=True))
    created(store, named("r0000000b"))
    with pytest.raises(Conflict):
        store.commit(change(ended, e.Recovered(1), goes_on=True))
    assert store.load(ended.id) == ended
    assert len(store.log(ended.id)) == 2
    assert [release.id for release in store.in_progress()] == ["r0000000b"]


def test_a_deploy_that_never_ended_keeps_the_place_that_it_has(store: Store) -> None:
    going = store.commit(change(created(store), e.Recovered(1), goes_on=True))
    assert [release.id for release in store.in_progress()] == [going.id]


def test_a_release_that_is_created_as_ended_takes_no_place_and_is_not_under_way(store: Store) -> None:
    going = created(store)
    ended = replace(named("r0000000b"), phase=Phase.CANCELLED)
    assert store.create(ended, FIRST, due=LATER) is None
    assert [release.id for release in store.in_progress()] == [going.id]
    assert [release.id for release in store.recent(5)] == ["r0000000b", "r0000000a"]
    assert list(store.take(LATER, 30, 10)) == [f"release:{going.id}", f"release:{ended.id}"]
    assert store.create(named("r0000000c"), FIRST, due=NOON) == going.id


def test_the_end_of_a_rollback_leaves_the_deploys_place_alone(store: Store) -> None:
    created(store)
    rollback = created(store, named("r0000000b", Kind.ROLLBACK))
    store.commit(change(rollback, e.GaveUp("x"), ended=True))
    assert store.create(named("r0000000c"), FIRST, due=NOON) == "r0000000a"


def test_an_id_in_use_is_never_written_over(store: Store) -> None:
    kept = created(store)
    with pytest.raises(Conflict):
        store.create(named(kept.id, Kind.ROLLBACK), FIRST, due=NOON)
    assert store.load(kept.id) == kept


def test_of_many_deploys_asked_for_at_once_one_is_created(store: Store) -> None:
    ids = [f"r0000000{n}" for n in range(8)]
    answers = in_threads(8, lambda n: store.create(named(ids[n]), FIRST, due=NOON))
    assert answers.count(None) == 1
    winner = ids[answers.index(None)]
    assert set(answers) == {None, winner}
    assert [release.id for release in store.in_progress()] == [winner]


def test_a_document_of_a_newer_sluice_is_not_touched(store: Store) -> None:
    store.create(replace(named("r0000000a"), schema_version=SCHEMA_VERSION + 1), FIRST, due=NOON)
    with pytest.raises(NewerDocument):
        store.load("r0000000a")
    with pytest.raises(NewerDocument):
        store.in_progress()
    with pytest.raises(NewerDocument):
        store.recent(1)


def test_one_document_of_a_newer_sluice_hides_no_other(store: Store) -> None:
    store.create(replace(named("r0000000a"), schema_version=SCHEMA_VERSION + 1), FIRST, due=NOON)
    ours = [created(store, named(f"r0000000{each}", Kind.ROLLBACK)) for each in "bc"]
    ended = store.commit(change(ours[1], e.GaveUp("x"), ended=True))
    found = store.listed(10)
    assert [release.id for release in found.in_progress] == [ours[0].id]
    assert {release.id for release in found.recent} == {ours[0].id, ended.id}
    assert found.newer == ("r0000000a",)
    assert store.listed(0) == replace(found, recent=())
    assert list(store.take(NOON, 30, 10)) != [], "it stays due, for a worker that can read it"


def test_a_full_document_comes_back_whole(store: Store) -> None:
    release = replace(promoting(), evidence=evidence_with(latency={"p50": 1.5}), revision=0)
    created(store, release)
    assert store.load(release.id) == replace(release, revision=1)


def test_what_the_caller_does_to_a_document_afterwards_does_not_reach_the_store(store: Store) -> None:
    latency = {"p50": 1.5}
    release = replace(named("r0000000a"), evidence=evidence_with(latency))
    stored = created(store, release)
    latency["p50"] = 99.0
    assert stored.evidence is not None
    stored.evidence.latency_ms["p50"] = 98.0
    found = store.load(release.id)
    assert found is not None
    assert found.evidence is not None
    assert found.evidence.latency_ms == {"p50": 1.5}


def evidence_with(latency: dict[str, float]) -> Evidence:
    smoked = next(fact for fact in every_event() if isinstance(fact, e.SmokePassed))
    return replace(smoked.evidence, latency_ms=latency)


# --- committing -----------------------------------------------------------------------------------------------------


def test_a_commit_writes_the_document_and_appends_its_facts(store: Store) -> None:
    release = created(store)
    written = store.commit(change(release, e.Recovered(1), e.Recovered(2)))
    assert written.revision == 2
    assert store.load(release.id) == written
    assert [entry.seq for entry in store.log(release.id)] == [1, 2, 3]
    assert [entry.event for entry in store.log(release.id, after=1)] == [e.Recovered(1), e.Recovered(2)]
    assert list(store.log(release.id, after=3)) == []


def test_every_kind_of_fact_comes_back_from_the_log(store: Store) -> None:
    release = created(store)
    store.commit(change(release, *every_event()))
    assert tuple(entry.event for entry in store.log(release.id, after=1)) == every_event()


def test_a_commit_from_a_stale_document_changes_nothing_at_all(store: Store) -> None:
    release = created(store)
    store.commit(change(release, e.Recovered(1)))
    before = (store.load(release.id), list(store.log(release.id)))
    saved = pointer(checked())
    with pytest.raises(Conflict):
        store.commit(change(release, e.GaveUp("late"), due=None, ended=True, pointer=saved, lock=lock()))
    assert (store.load(release.id), list(store.log(release.id))) == before
    assert list(store.pointers(saved.endpoint)) == []
    assert store.lock_of("titanic") is None
    assert [found.id for found in store.in_progress()] == [release.id]
    assert list(store.take(LATER, 30, 10)) == [f"release:{release.id}"]


def test_a_commit_to_what_does_not_exist_conflicts(store: Store) -> None:
    with pytest.raises(Conflict):
        store.commit(change(named("rnothing0"), e.Recovered(1)))
    assert store.load("rnothing0") is None


def test_of_many_equal_commits_at_once_exactly_one_wins(store: Store) -> None:
    release = created(store)

    def decide(_n: int) -> bool:
        try:
            store.commit(change(release, e.Approved("U1")))
        except Conflict:
            return False
        return True

    assert sum(map(bool, in_threads(8, decide))) == 1
    assert [entry.event for entry in store.log(release.id, after=1)] == [e.Approved("U1")]


def test_an_ended_release_is_recent_and_not_in_progress(store: Store) -> None:
    release = created(store)
    written = store.commit(change(release, e.GaveUp("x"), ended=True))
    assert list(store.in_progress()) == []
    assert list(store.recent(10)) == [written]


# --- listing --------------------------------------------------------------------------------------------------------


def test_recent_is_newest_first_and_knows_models_and_limits(store: Store) -> None:
    for n, model in enumerate(["titanic", "iris", "titanic", "iris"]):
        created(store, named(f"r0000000{n}", Kind.ROLLBACK, model, minutes=n))
    assert [release.id for release in store.recent(3)] == ["r00000003", "r00000002", "r00000001"]
    assert [release.id for release in store.recent(3, "titanic")] == ["r00000002", "r00000000"]
    assert list(store.recent(0)) == []
    assert list(store.recent(3, "nobody")) == []


def test_in_progress_is_oldest_first(store: Store) -> None:
    for n in (2, 0, 1):
        created(store, named(f"r0000000{n}", Kind.ROLLBACK, minutes=n))
    assert [release.id for release in store.in_progress()] == ["r00000000", "r00000001", "r00000002"]


# --- telling --------------------------------------------------------------------------------------------------------


def test_what_was_told_is_kept(store: Store) -> None:
    store.mark_told("r0000000a", Told(2, 3, "C1/17.1", "https://slack.test/C1/17.1"))
    assert store.told("r0000000a") == Told(2, 3, "C1/17.1", "https://slack.test/C1/17.1")
    store.mark_told("r0000000a", Told(4, 4))
    assert store.told("r0000000a") == Told(4, 4)


def test_the_links_of_cards_come_in_the_order_in_which_they_were_asked_for(store: Store) -> None:
    store.mark_told("r0000000a", Told(2, 3, "C1/17.1", "https://slack.test/C1/17.1"))
    store.mark_told("r0000000b", Told(2, 3, "C1/17.2", "https://slack.test/C1/17.2"))
    asked = ("r0000000b", "rnothing0", "r0000000a")
    assert list(store.links(asked)) == ["https://slack.test/C1/17.2", "", "https://slack.test/C1/17.1"]
    assert list(store.links(())) == []


# --- pointers, locks, freezes ---------------------------------------------------------------------------------------


def test_the_first_pointer_of_a_release_stays(store: Store) -> None:
    release, saved = created(store), pointer(checked())
    written = store.commit(change(release, e.PromotionIntended(saved), pointer=saved))
    later = replace(saved, previous_config="the-new-one")
    store.commit(change(written, e.PromotionIntended(later), pointer=later))
    assert list(store.pointers(saved.endpoint)) == [saved]


def test_pointers_are_newest_first_and_of_one_endpoint(store: Store) -> None:
    for n in range(3):
        release = created(store, named(f"r0000000{n}", Kind.ROLLBACK))
        saved = replace(pointer(checked()), release_id=release.id)
        store.commit(change(release, pointer=saved))
    assert [saved.release_id for saved in store.pointers("titanic-prod")] == ["r00000002", "r00000001", "r00000000"]
    assert list(store.pointers("elsewhere")) == []


def test_the_history_of_pointers_is_bounded_and_keeps_the_newest(store: Store) -> None:
    for n in range(60):
        release = created(store, named(f"r000000{n:02}", Kind.ROLLBACK))
        store.commit(change(release, pointer=replace(pointer(checked()), release_id=release.id)))
    kept = [saved.release_id for saved in store.pointers("titanic-prod")]
    assert 20 <= len(kept) < 60
    assert kept == [f"r000000{n:02}" for n in range(59, 59 - len(kept), -1)]


def test_the_newest_lock_stands_and_is_lifted_once(store: Store) -> None:
    """What went past an older lock must still find that of a rollback since."""
    release = created(store)
    written = store.commit(change(release, lock=replace(lock(), by="USOMEONE")))
    store.commit(change(written, lock=lock()))
    assert store.lock_of("titanic") == lock()
    assert store.lock_of("iris") is None
    assert store.lift_lock("titanic") == lock()
    assert store.lift_lock("titanic") is None
    assert store.lock_of("titanic") is None


def test_freezes_are_of_a_model_and_of_all(store: Store) -> None:
    for frozen in (freeze("titanic"), freeze("all", until=LATER), freeze("iris")):
        store.freeze(frozen)
    assert set(store.freezes("titanic")) == {freeze("titanic"), freeze("all", until=LATER)}
    assert store.freezes("all") == (freeze("all", until=LATER),)


def test_a_freeze_replaces_one_of_its_scope_and_thaws_once(store: Store) -> None:
    store.freeze(freeze("titanic"))
    store.freeze(freeze("titanic", until=LATER))
    assert store.freezes("titanic") == (freeze("titanic", until=LATER),)
    assert store.thaw("titanic") == freeze("titanic", until=LATER)
    assert store.thaw("titanic") is None
    assert store.freezes("titanic") == ()
