"""After the store was lost: what is rebuilt from AWS and from the cards, and what is honestly not."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pytest
from fakes.aws import Fate
from fakes.builders import OPERATOR, after
from fakes.crash import Crash, CrashSchedule, Moment, crashing
from fakes.driver import MODEL, PROD, STAGING, Driver, World

from handlers.found_cards import card_metadata
from services.inquiries import lost_release
from services.ports import Busy, EndpointDescription, FoundCard, SaidNo
from services.recovering import CardsSeen, Recovery, carry_out, look, look_for_cards, plan
from services.release.audit import GENERAL, Attempted, faults
from services.release.model import DecisionKind, Freeze, Phase, Release, Stage, Verdict
from services.release.naming import config_name

BY = "ops (sluice recover)"
CHANGES = ("approve", "create", "delete", "tag_endpoint", "update")


class Channel:
    """The Cards port: the cards that stood when it was made, or none to be read."""

    def __init__(self, memory: World, *releases: Release, closed: str = "") -> None:
        self._cards = [_card(release, memory.store.told(release.id).place) for release in releases]
        self._closed = closed

    def cards(self, channel: str, since: datetime) -> Sequence[FoundCard]:
        """Return the cards."""
        if self._closed:
            raise SaidNo(self._closed)
        return [card for card in self._cards if card.posted_at > since]


def _card(release: Release, place: str) -> FoundCard:
    said = card_metadata(release).event_payload
    return FoundCard(place=place, posted_at=release.requested_at, **said)


def recovery(memory: World, channel: Channel, *, merge: bool = False) -> Recovery:
    entry = memory.catalog[MODEL]
    cards = look_for_cards(entry, channel, after(-600))
    sight = look(entry, memory.aws.of(entry.deployment), memory.store, cards, memory.clock.now())
    return plan(sight, merge=merge)


def recover(memory: World, channel: Channel, *, merge: bool = False) -> Recovery:
    found = recovery(memory, channel, merge=merge)
    carry_out(found, memory.store, BY, memory.clock.now())
    return found


def released(memory: World, driver: Driver, version: int) -> Release:
    release_id = memory.request(version)
    driver.run_until(release_id, Phase.AWAITING_APPROVAL)
    memory.approve(release_id)
    driver.settle()
    return memory.release(release_id)


def waiting(memory: World, driver: Driver, version: int = 7) -> Release:
    release_id = memory.request(version)
    return driver.run_until(release_id, Phase.AWAITING_APPROVAL)


def pointer_config(memory: World) -> list[str | None]:
    return [pointer.previous_config for pointer in memory.store.pointers(PROD)]


def test_what_prod_serves_and_the_way_back_are_known_again(memory: World, driver: Driver) -> None:
    first, second = released(memory, driver, 5), released(memory, driver, 6)
    orders = len(memory.aws.calls)
    channel = Channel(memory, first, second)
    memory.store.wipe()
    found = recover(memory, channel)
    assert (found.refused, [each.release.id for each in found.rebuildings]) == ("", [second.id])
    rebuilt = memory.release(second.id)
    assert (rebuilt.phase, rebuilt.wanted) == (Phase.RELEASED, "6")
    assert rebuilt.package is not None
    assert second.package is not None
    assert rebuilt.package.arn == second.package.arn
    assert pointer_config(memory) == [config_name(first, Stage.PROD)]
    assert lost_release(memory.store, memory.prod()) is None
    said = list(memory.announcer.calls)
    driver.settle()
    assert memory.announcer.calls == said, "its people heard of it before"
    assert not [call for call in memory.aws.calls[orders:] if call[0].startswith(CHANGES)]
    rollback = memory.roll_back(second.id)
    driver.settle()
    assert memory.release(rollback).phase is Phase.ROLLED_BACK
    prod = memory.prod()
    assert prod is not None
    assert prod.config == config_name(first, Stage.PROD)


def test_what_was_under_way_is_cancelled_and_told_in_its_thread(memory: World, driver: Driver) -> None:
    released(memory, driver, 6)
    lost = waiting(memory, driver)
    channel, place = Channel(memory, lost), memory.store.told(lost.id).place
    memory.store.wipe()
    recover(memory, channel)
    cancelled = memory.release(lost.id)
    assert cancelled.phase is Phase.CANCELLED
    assert cancelled.decision is not None
    assert cancelled.decision.kind is DecisionKind.CANCELLED
    assert memory.store.told(lost.id).place == place
    driver.settle()
    told = memory.store.told(lost.id)
    assert (told.place, told.entries) == (place, 2)
    assert memory.store.in_progress() == []
    assert waiting(memory, driver).phase is Phase.AWAITING_APPROVAL, "the model's place is free"


def test_a_rollback_that_was_under_way_has_failed(memory: World, driver: Driver) -> None:
    released(memory, driver, 5)
    rollback = memory.release(memory.roll_back(released(memory, driver, 6).id))
    channel = Channel(memory, rollback)
    memory.store.wipe()
    recover(memory, channel)
    found = memory.release(rollback.id)
    assert (found.phase, found.target_config) == (Phase.ROLLBACK_FAILED, rollback.target_config)
    driver.settle()


def test_a_release_that_prod_had_just_got_is_released_and_told(memory: World, driver: Driver) -> None:
    release = waiting(memory, driver)
    memory.approve(release.id)
    lost = driver.run_until(release.id, Phase.RELEASED)
    channel, place = Channel(memory, replace(lost, phase=Phase.VERIFYING_PROD)), memory.store.told(lost.id).place
    memory.store.wipe()
    recover(memory, channel)
    assert memory.release(lost.id).phase is Phase.RELEASED
    driver.settle()
    assert memory.store.told(lost.id).place == place
    assert pointer_config(memory) == [None]


def test_a_prod_that_was_rolled_back_has_no_way_back_and_says_so(memory: World, driver: Driver) -> None:
    first, second = released(memory, driver, 5), released(memory, driver, 6)
    memory.roll_back(second.id)
    driver.settle()
    channel = Channel(memory)
    memory.store.wipe()
    found = recover(memory, channel)
    assert "nothing tells of a way back" in found.seen[0]
    assert [each.release.id for each in found.rebuildings] == [first.id]
    assert pointer_config(memory) == []
    assert lost_release(memory.store, memory.prod()) is None


def test_where_slack_cannot_be_read_staging_tells_what_may_have_been_open(memory: World, driver: Driver) -> None:
    released(memory, driver, 6)
    lost = waiting(memory, driver)
    channel = Channel(memory, closed="the app lacks the scope")
    memory.store.wipe()
    found = recover(memory, channel)
    assert "the app lacks the scope" in found.seen[-1]
    assert memory.release(lost.id).phase is Phase.CANCELLED
    driver.settle()
    assert memory.store.told(lost.id).place, "a new card says it"


def test_a_store_that_knows_the_model_is_left_alone_unless_told(memory: World, driver: Driver) -> None:
    released(memory, driver, 5)
    before = memory.store.backup()
    second = released(memory, driver, 6)
    memory.store.bring_back(before)
    assert "--merge" in recover(memory, Channel(memory, second)).refused
    assert memory.store.load(second.id) is None
    assert memory.store.freezes(MODEL) == ()
    recover(memory, Channel(memory, second), merge=True)
    assert second.pointer is not None
    assert pointer_config(memory)[0] == second.pointer.previous_config
    assert memory.release(second.id).phase is Phase.RELEASED


def test_what_is_under_way_in_an_older_copy_has_its_card_drawn_again(memory: World, driver: Driver) -> None:
    release = waiting(memory, driver)
    before = memory.store.backup()
    memory.approve(release.id)
    driver.settle()
    memory.store.bring_back(before)
    [card] = memory.announcer.cards_of(release.id)
    assert [each.phase for each in card.drawn][-1] is Phase.RELEASED
    recover(memory, Channel(memory, release), merge=True)
    driver.run_until(release.id, Phase.AWAITING_APPROVAL)
    assert [each.phase for each in card.drawn][-1] is Phase.AWAITING_APPROVAL
    assert len(memory.announcer.cards_of(release.id)) == 1


def test_what_ended_in_the_store_before_prod_was_changed_gets_its_way_back(memory: World, driver: Driver) -> None:
    released(memory, driver, 5)
    second = waiting(memory, driver, 6)
    before = memory.store.backup()
    memory.approve(second.id)
    driver.settle()
    memory.store.bring_back(before)
    memory.reject(second.id)
    driver.settle()
    assert lost_release(memory.store, memory.prod()) == second.id
    recover(memory, Channel(memory), merge=True)
    assert memory.release(second.id).phase is Phase.REJECTED
    assert lost_release(memory.store, memory.prod()) is None


def test_it_can_be_done_again(memory: World, driver: Driver) -> None:
    released(memory, driver, 6)
    lost = waiting(memory, driver)
    channel = Channel(memory, lost)
    memory.store.wipe()
    recover(memory, channel)
    once = memory.store.backup()
    assert recover(memory, channel, merge=True).rebuildings == ()
    assert memory.store.backup() == once


@pytest.mark.parametrize("moment", Moment)
def test_one_that_died_anywhere_is_done_again(memory: World, driver: Driver, moment: Moment) -> None:
    released(memory, driver, 5)
    on_prod, lost = released(memory, driver, 6), waiting(memory, driver)
    channel = Channel(memory, on_prod, lost)
    memory.store.wipe()
    empty, found = memory.store.backup(), recovery(memory, channel)
    schedule = CrashSchedule()
    carry_out(found, crashing(memory.store, schedule), BY, memory.clock.now())
    whole = kept(memory, on_prod.id, lost.id)
    for at in range(1, len(schedule.calls) + 1):
        memory.store.bring_back(empty)
        with pytest.raises(Crash):
            carry_out(found, crashing(memory.store, CrashSchedule(at, moment)), BY, memory.clock.now())
        recover(memory, channel, merge=True)
        assert kept(memory, on_prod.id, lost.id) == whole, f"at {schedule.calls[at - 1]}"


def kept(memory: World, *releases: str) -> list[object]:
    """Return what a recovery wrote."""
    known = [(memory.release(each), memory.story(each), memory.store.told(each)) for each in releases]
    due = [memory.store.due_at(f"release:{each}") for each in releases]
    return [known, due, memory.store.pointers(PROD), memory.store.freezes(MODEL)]


def test_two_at_once_write_and_tell_everything_once(memory: World, driver: Driver) -> None:
    released(memory, driver, 6)
    lost = waiting(memory, driver)
    channel = Channel(memory, lost)
    memory.store.wipe()
    one, other = recovery(memory, channel), recovery(memory, channel)
    carry_out(one, memory.store, BY, memory.clock.now())
    driver.settle()
    told, said = memory.store.told(lost.id), list(memory.announcer.calls)
    carry_out(other, memory.store, BY, memory.clock.now())
    driver.settle()
    assert (memory.store.told(lost.id), memory.announcer.calls) == (told, said)


def test_a_prod_that_failed_is_not_called_released_and_keeps_its_way_back(memory: World, driver: Driver) -> None:
    first, second = released(memory, driver, 5), waiting(memory, driver, 6)
    memory.aws.next_change(PROD, Fate.FAILED)
    memory.approve(second.id)
    driver.settle()
    failed = replace(prod_of(memory), status="Failed", config=config_name(second, Stage.PROD))
    memory.store.wipe()
    entry = memory.catalog[MODEL]
    sight = look(entry, memory.aws.of(entry.deployment), memory.store, CardsSeen({}), memory.clock.now())
    packages = {failed.config: sight.packages[config_name(first, Stage.PROD)]}
    found = plan(replace(sight, prod=failed, packages=packages), merge=False)
    carry_out(found, memory.store, BY, memory.clock.now())
    assert "prod is Failed on" in found.seen[0]
    assert memory.release(second.id).phase is Phase.PROMOTION_FAILED
    assert pointer_config(memory) == [config_name(first, Stage.PROD)]
    assert lost_release(memory.store, failed) is None


def prod_of(memory: World) -> EndpointDescription:
    prod = memory.prod()
    assert prod is not None
    return prod


def test_what_did_not_pass_prods_suite_is_not_called_released(memory: World, driver: Driver) -> None:
    release = waiting(memory, driver)
    memory.tester.verdicts[PROD] = Verdict.FAILED
    memory.approve(release.id)
    driver.settle()
    channel = Channel(memory, memory.release(release.id))
    memory.store.wipe()
    recover(memory, channel)
    assert memory.release(release.id).phase is Phase.PROD_UNHEALTHY
    assert lost_release(memory.store, memory.prod()) is None


def test_what_a_worker_is_at_is_not_meddled_with(memory: World, driver: Driver) -> None:
    release = waiting(memory, driver)
    told = replace(memory.store.told(release.id), entries=1)
    memory.store.mark_told(release.id, told)
    assert memory.store.lease(f"release:{release.id}", "a worker that tells the rest", 15)
    with pytest.raises(Busy, match=release.id):
        recover(memory, Channel(memory, release), merge=True)
    assert memory.store.told(release.id) == told
    assert not memory.store.lease(f"release:{release.id}", "another", 15)


def test_prod_that_is_changing_is_waited_for(memory: World, driver: Driver) -> None:
    released(memory, driver, 5)
    release = waiting(memory, driver)
    memory.approve(release.id)
    driver.run_until(release.id, Phase.PROMOTING)
    memory.store.wipe()
    assert "come again" in recovery(memory, Channel(memory)).refused


def test_it_is_on_record_and_prod_is_frozen_until_somebody_has_looked(memory: World, driver: Driver) -> None:
    second = released(memory, driver, 6)
    channel = Channel(memory)
    memory.store.wipe()
    recover(memory, channel)
    for chain in (GENERAL, second.id):
        trail = memory.store.trail(chain)
        assert faults(trail) == ()
        first = trail.acts[0]
        assert isinstance(first, Attempted)
        assert (first.what, first.by) == ("recover", BY)
    assert [freeze.scope for freeze in memory.store.freezes(MODEL)] == [MODEL]


def test_a_freeze_that_ends_by_itself_does_not_stand_for_somebodys_look(memory: World, driver: Driver) -> None:
    released(memory, driver, 5)
    memory.store.freeze(Freeze(MODEL, OPERATOR, "Black Friday", memory.clock.now(), memory.clock.now()))
    before = memory.store.backup()
    second = released(memory, driver, 6)
    memory.store.bring_back(before)
    recover(memory, Channel(memory, second), merge=True)
    assert [freeze.until for freeze in memory.store.freezes(MODEL)] == [None]


def test_a_model_without_endpoints_has_nothing_to_recover(memory: World) -> None:
    found = recover(memory, Channel(memory))
    assert (found.seen, found.rebuildings, found.refused) == (("prod has no endpoint",), (), "")
    assert memory.store.freezes(MODEL) == ()


def test_staging_of_a_release_that_is_known_is_none_that_was_lost(memory: World, driver: Driver) -> None:
    known = waiting(memory, driver)
    assert memory.aws.endpoint(STAGING) is not None
    found = recovery(memory, Channel(memory, closed="closed"), merge=True)
    assert found.rebuildings == ()
    assert memory.release(known.id).phase is Phase.AWAITING_APPROVAL


@pytest.mark.parametrize("cards", [(), ("heard",)])
def test_the_dry_run_writes_nothing(memory: World, driver: Driver, cards: tuple[str, ...]) -> None:
    second = released(memory, driver, 6)
    memory.store.wipe()
    before = memory.store.backup()
    assert recovery(memory, Channel(memory, *([second] if cards else []))).rebuildings
    assert memory.store.backup() == before
