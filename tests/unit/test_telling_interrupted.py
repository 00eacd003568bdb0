"""Telling while Slack is away or a channel is barred, and after a teller that did not live to say what it had told."""

from dataclasses import replace

import pytest
from fakes import builders as b
from fakes.driver import Driver, World
from unit.test_telling import at_the_gate, everything_told, only_card

from services.ports import Away, Barred
from services.release import events as e
from services.release.model import Phase
from services.telling import Teller, Telling

# --- Slack is away, or its channel is barred ------------------------------------------------------------------------

BARRED = Barred("Sluice cannot write to <#C0> (not_in_channel). Invite @Sluice to it.")


def teller_of(memory: World) -> Teller:
    return Teller(memory.store, memory.announcer, memory.clock)


def test_who_is_sent_away_spares_the_others_the_way(memory: World) -> None:
    one = replace(memory.release(memory.request()), package=b.PACKAGE)
    other = replace(one, id="r00000099")
    memory.announcer.fail_next(1, "post_card", Away("ratelimited", 40))
    assert teller_of(memory).tell(one).retry_after == 40
    memory.clock.advance(30)
    assert teller_of(memory).tell(other).retry_after == 10
    assert memory.announcer.calls == ["post_card"], "Slack asked to be left alone for 40 s, by all of us"
    memory.clock.advance(10)
    assert teller_of(memory).tell(other) == teller_of(memory).tell(one) == Telling()


def test_an_outage_is_told_afterwards_with_the_card_drawn_once(memory: World, driver: Driver) -> None:
    release_id = at_the_gate(memory, driver)
    drawn, said = len(only_card(memory, release_id).drawn), len(only_card(memory, release_id).thread)
    memory.announcer.fail_next(20, error=Away("no connection", 5))
    memory.approve(release_id)
    driver.settle()
    card = only_card(memory, release_id)
    assert len(card.thread) - said >= 4
    assert len(card.drawn) - drawn == 1
    assert everything_told(memory, release_id)


def test_a_deploy_waits_for_its_channel_and_says_so_once(memory: World, driver: Driver) -> None:
    memory.announcer.fail_next(5, "post_card", BARRED)
    release_id = memory.request()
    for _ in range(4):
        driver.round()
        memory.clock.advance(30)
    assert memory.release(release_id).phase is Phase.CHECKING_PACKAGE
    assert memory.aws.count("approve") == memory.aws.count("create_model") == 0
    assert memory.announcer.warned == [(release_id, str(BARRED), True)]
    driver.run_until(release_id, Phase.AWAITING_APPROVAL)
    assert only_card(memory, release_id).thread == memory.log(release_id)
    assert memory.store.told(release_id).barred_since is None


def test_a_deploy_does_not_wait_for_its_channel_for_ever(memory: World, driver: Driver) -> None:
    memory.announcer.fail_next(999, "post_card", BARRED)
    release_id = memory.request()
    driver.settle()
    assert memory.release(release_id).phase is Phase.ERRORED
    assert e.GaveUp(str(BARRED)) in [entry.event for _id, entry, _link in memory.announcer.requester_told]
    assert len(memory.announcer.warned) == 1


def test_a_deploy_that_is_called_off_while_its_channel_is_barred_is_told_privately(memory: World) -> None:
    release = replace(memory.release(memory.request()), package=b.PACKAGE, phase=Phase.CANCELLED)
    memory.announcer.fail_next(1, "post_card", BARRED)
    assert teller_of(memory).tell(release) == Telling()
    assert [entry for _id, entry, _link in memory.announcer.requester_told] == memory.log(release.id)
    assert memory.announcer.warned == []


def test_what_a_barred_thread_lacks_is_kept_for_it(memory: World, driver: Driver) -> None:
    release_id = at_the_gate(memory, driver)
    for method in ("update_card", "tell"):
        memory.announcer.fail_next(9, method, BARRED)
    memory.approve(release_id)
    driver.run_until(release_id, Phase.RELEASED)
    assert memory.announcer.warned == [(release_id, str(BARRED), False)]
    driver.settle()
    assert only_card(memory, release_id).thread == memory.log(release_id)


# --- What may have been told already --------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["post_card", "tell"])
def test_a_reply_that_was_lost_has_nothing_told_twice(memory: World, driver: Driver, method: str) -> None:
    memory.announcer.fail_next(3, method, delivered=True)
    release_id = at_the_gate(memory, driver)
    assert only_card(memory, release_id).thread == memory.log(release_id)


def test_it_is_looked_for_before_the_first_message_only(memory: World, driver: Driver) -> None:
    release_id = at_the_gate(memory, driver)
    told = memory.store.told(release_id)
    assert not told.unsure
    assert memory.announcer.looked == []
    memory.store.mark_told(release_id, replace(told, unsure=True, entries=told.entries - 2))
    assert teller_of(memory).tell(memory.release(release_id)) == Telling()
    assert memory.announcer.looked == ["tell"]
    assert only_card(memory, release_id).thread[-1] == memory.log(release_id)[-1]
