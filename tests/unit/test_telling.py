"""Bringing a release's log to its people: all of it, in order, whatever Slack does meanwhile."""

from dataclasses import replace

import pytest
from fakes import builders as b
from fakes.announcer import Card
from fakes.driver import MODEL, Driver, World

from services.ports import Picture, PortError, SaidNo, Told, Unavailable
from services.release import events as e
from services.release.model import Phase, Release, Verdict
from services.releases import Asker, Started
from services.telling import PICTURE_TRIES, Teller, is_public

METHODS = ["post_card", "update_card", "tell", "tell_requester"]
GONE = SaidNo("message_not_found")


def at_the_gate(memory: World, driver: Driver) -> str:
    release_id = memory.request()
    driver.run_until(release_id, Phase.AWAITING_APPROVAL)
    return release_id


def only_card(memory: World, release_id: str) -> Card:
    (card,) = memory.announcer.cards_of(release_id)
    return card


def everything_told(memory: World, release_id: str) -> bool:
    """Say whether each entry was told at least once, first times in order, and the last card shows the end."""
    told = [entry.seq for entry in memory.announcer.told(release_id)]
    release = memory.release(release_id)
    last = memory.announcer.cards_of(release_id)[-1].drawn[-1]
    return list(dict.fromkeys(told)) == list(range(1, release.log_length + 1)) and last.phase is release.phase


def test_a_release_is_told_in_order_under_one_card(memory: World, driver: Driver) -> None:
    release_id = at_the_gate(memory, driver)
    memory.approve(release_id)
    driver.settle()
    assert only_card(memory, release_id).thread == memory.log(release_id)
    assert only_card(memory, release_id).drawn[-1].phase is Phase.RELEASED


def test_the_requester_hears_once_where_the_card_is(memory: World, driver: Driver) -> None:
    release_id = at_the_gate(memory, driver)
    first = memory.log(release_id)[0]
    assert memory.announcer.requester_told == [(release_id, first, "https://slack.test/CRELEASES/1")]


def test_the_card_shows_no_less_than_its_thread(memory: World, driver: Driver) -> None:
    release_id = at_the_gate(memory, driver)
    card = only_card(memory, release_id)
    assert memory.announcer.calls.index("post_card") < memory.announcer.calls.index("tell")
    assert card.drawn[-1].log_length >= card.thread[-1].seq


def test_the_card_is_redrawn_only_when_there_is_something_new(memory: World, driver: Driver) -> None:
    release_id = at_the_gate(memory, driver)
    calls = list(memory.announcer.calls)
    Teller(memory.store, memory.announcer, memory.clock).tell(memory.release(release_id))
    assert memory.announcer.calls == calls


def test_nothing_is_public_before_something_is_done(memory: World, driver: Driver) -> None:
    release_id = memory.request(99)
    driver.settle()
    assert memory.release(release_id).phase is Phase.PACKAGE_REFUSED
    assert memory.announcer.cards_of(release_id) == []
    assert [entry for _id, entry, _link in memory.announcer.requester_told] == memory.log(release_id)
    assert {link for _id, _entry, link in memory.announcer.requester_told} == {""}


def test_a_rollback_is_public_from_the_first() -> None:
    assert is_public(b.rolling_back())
    assert is_public(b.checked())
    assert not is_public(b.asked())


@pytest.mark.parametrize("delivered", [False, True])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("times", [1, 2, 5])
def test_a_slack_that_is_away_delays_and_loses_nothing(
    memory: World, driver: Driver, method: str, times: int, *, delivered: bool
) -> None:
    memory.announcer.fail_next(times, method, delivered=delivered)
    release_id = at_the_gate(memory, driver)
    memory.approve(release_id)
    driver.settle()
    assert memory.release(release_id).phase is Phase.RELEASED
    assert everything_told(memory, release_id)
    assert memory.announcer.requester_told


def test_a_release_goes_on_while_slack_is_away(memory: World, driver: Driver) -> None:
    memory.announcer.fail_next(10_000)
    release_id = memory.request()
    while memory.release(release_id).phase is not Phase.AWAITING_APPROVAL:
        driver.round()
    assert memory.announcer.told(release_id) == []
    due = memory.store.due_at(f"release:{release_id}")
    assert due is not None
    assert (due - memory.clock.now()).total_seconds() <= 5


def test_what_ended_while_slack_was_away_is_told_when_it_is_back(memory: World, driver: Driver) -> None:
    memory.announcer.fail_next(30)
    memory.tester.verdicts[b.DEPLOYMENT.staging_endpoint] = Verdict.FAILED
    release_id = memory.request()
    driver.settle()
    assert memory.release(release_id).cleaned_up
    assert everything_told(memory, release_id)


def test_a_deploy_whose_card_slack_will_not_take_ends_before_anything_is_done(memory: World, driver: Driver) -> None:
    memory.announcer.fail_next(9, "post_card", SaidNo("not_in_channel"))
    release_id = memory.request()
    driver.settle()
    release = memory.release(release_id)
    assert release.phase is Phase.ERRORED
    assert release.outcome is not None
    assert release.outcome.detail == "not_in_channel"
    assert memory.aws.count("approve") == memory.aws.count("create_model") == 0
    told = [entry.event for _id, entry, _link in memory.announcer.requester_told]
    assert e.GaveUp("not_in_channel") in told


def test_a_rollback_whose_card_slack_will_not_take_goes_on(memory: World, driver: Driver) -> None:
    first = at_the_gate(memory, driver)
    memory.approve(first)
    driver.settle()
    second = at_the_gate(memory, driver)
    memory.approve(second)
    driver.settle()
    memory.announcer.fail_next(999, "post_card", SaidNo("channel_is_archived"))
    rollback = memory.roll_back(second)
    driver.settle()
    assert memory.release(rollback).phase is Phase.ROLLED_BACK
    assert memory.prod() is not None
    told = [entry.seq for told_id, entry, _link in memory.announcer.requester_told if told_id == rollback]
    assert told == list(range(1, memory.release(rollback).log_length + 1))


def test_a_card_that_someone_deleted_is_posted_again(memory: World, driver: Driver) -> None:
    release_id = at_the_gate(memory, driver)
    memory.announcer.fail_next(1, "update_card", GONE)
    memory.approve(release_id)
    driver.settle()
    lost, new = memory.announcer.cards_of(release_id)
    assert lost.thread + new.thread == memory.log(release_id)
    assert new.drawn[-1].phase is Phase.RELEASED
    assert memory.store.told(release_id).link == f"https://slack.test/{new.place}"


def test_a_fact_that_slack_will_not_take_is_passed_over(memory: World, driver: Driver) -> None:
    memory.announcer.fail_next(1, "tell", SaidNo("msg_too_long"))
    release_id = at_the_gate(memory, driver)
    assert only_card(memory, release_id).thread == memory.log(release_id)[1:]


def test_what_the_thread_will_not_take_reaches_the_requester(memory: World, driver: Driver) -> None:
    memory.announcer.fail_next(1, "tell", SaidNo("restricted_action"))
    release_id = at_the_gate(memory, driver)
    (entry,) = [entry for told_id, entry, _link in memory.announcer.requester_told[1:] if told_id == release_id]
    assert entry == memory.log(release_id)[0]


def test_a_channel_that_is_archived_under_a_promotion_stops_nothing(memory: World, driver: Driver) -> None:
    release_id = at_the_gate(memory, driver)
    memory.approve(release_id)
    for method in ("update_card", "post_card", "tell"):
        memory.announcer.fail_next(999, method, SaidNo("is_archived"))
    driver.settle()
    assert memory.release(release_id).phase is Phase.RELEASED
    told = [entry.event for told_id, entry, _link in memory.announcer.requester_told if told_id == release_id]
    assert any(isinstance(event, e.ProdVerified) for event in told)
    assert memory.store.told(release_id).link


def test_a_requester_who_cannot_be_answered_holds_nothing_up(memory: World, driver: Driver) -> None:
    memory.announcer.fail_next(99, "tell_requester", SaidNo("user_not_found"))
    release_id = at_the_gate(memory, driver)
    assert only_card(memory, release_id).thread == memory.log(release_id)


def test_a_worker_that_died_after_the_card_still_owes_the_requester_its_link(memory: World) -> None:
    started = memory.releases.request(MODEL, "7", Asker(b.REQUESTER))
    assert isinstance(started, Started)
    release = replace(memory.release(started.release.id), package=b.PACKAGE)
    posted = memory.announcer.post_card(release)
    memory.store.mark_told(release.id, Told(0, 1, posted.place, posted.link))
    Teller(memory.store, memory.announcer, memory.clock).tell(release)
    assert [link for _id, _entry, link in memory.announcer.requester_told] == ["https://slack.test/CRELEASES/1"]
    assert len(memory.announcer.cards) == 1


def test_telling_again_later_is_asked_for_and_hopelessness_is_reported(memory: World) -> None:
    release = replace(memory.release(memory.request()), package=b.PACKAGE)
    teller = Teller(memory.store, memory.announcer, memory.clock)
    memory.announcer.fail_next(1, "post_card", Unavailable("ratelimited"))
    assert teller.tell(release).retry_after == 5
    memory.announcer.fail_next(1, "post_card", SaidNo("not_in_channel"))
    assert teller.tell(release).hopeless == "not_in_channel"
    told = teller.tell(release)
    assert (told.retry_after, told.hopeless) == (None, None)


# --- The picture of the evidence ------------------------------------------------------------------------------------

RECORD = "r1.staging.1"


def with_a_record(memory: World, driver: Driver) -> Release:
    """Bring a release to its gate, as it would be had the suite's run been recorded."""
    release = memory.release(at_the_gate(memory, driver))
    assert release.evidence is not None
    return replace(release, evidence=replace(release.evidence, record=RECORD))


def told_until_settled(memory: World, release: Release) -> list[float]:
    """Tell again and again, as the runner does; return the pauses that were asked for."""
    teller, pauses = Teller(memory.store, memory.announcer, memory.clock), []
    while (after := teller.tell(release).retry_after) is not None:
        pauses.append(after)
        assert len(pauses) <= 2 * PICTURE_TRIES
    return pauses


def test_the_card_gets_its_picture_after_everything_is_told(memory: World, driver: Driver) -> None:
    release = with_a_record(memory, driver)
    assert told_until_settled(memory, release) == []
    assert memory.announcer.calls[-2:] == ["bring_picture", "update_card"]
    picture = memory.store.told(release.id).picture
    assert picture == Picture(RECORD, "F1", f"the picture of {RECORD}", shown=True, attempts=1)
    assert only_card(memory, release.id).pictures[-1] == replace(picture, shown=False)


def test_the_gate_opens_before_a_picture_is_brought(memory: World, driver: Driver) -> None:
    release = replace(with_a_record(memory, driver), phase=Phase.OPENING_GATE)
    assert told_until_settled(memory, release) == []
    assert memory.announcer.pictures == []


def test_a_picture_that_is_shown_stays_and_is_brought_once(memory: World, driver: Driver) -> None:
    release = with_a_record(memory, driver)
    told_until_settled(memory, release)
    calls = list(memory.announcer.calls)
    told_until_settled(memory, release)
    assert memory.announcer.calls == calls
    told_until_settled(memory, replace(release, log_length=release.log_length + 1))
    assert memory.announcer.calls == [*calls, "update_card"]
    assert only_card(memory, release.id).pictures[-1] == memory.store.told(release.id).picture


def test_a_picture_that_is_not_ready_is_tried_again_later_and_later(memory: World, driver: Driver) -> None:
    release = with_a_record(memory, driver)
    memory.announcer.not_ready = 3
    assert told_until_settled(memory, release) == [1, 2, 4]
    picture = memory.store.told(release.id).picture
    assert picture is not None
    assert picture.shown
    assert memory.announcer.pictures == [RECORD]


def test_a_picture_that_is_never_ready_leaves_a_card_that_says_so(memory: World, driver: Driver) -> None:
    release = with_a_record(memory, driver)
    memory.announcer.not_ready = 10_000
    assert told_until_settled(memory, release) == [1, 2, 4, 8, 15, 15, 15]
    last = only_card(memory, release.id).pictures[-1]
    assert last is not None
    assert last.problem
    assert memory.announcer.pictures == [RECORD]


def test_an_upload_that_fails_is_tried_a_few_times_and_then_said(memory: World, driver: Driver) -> None:
    release = with_a_record(memory, driver)
    memory.announcer.fail_next(999, "bring_picture", Unavailable("no upload today"))
    assert len(told_until_settled(memory, release)) == PICTURE_TRIES - 1
    last = only_card(memory, release.id).pictures[-1]
    assert last is not None
    assert last.problem == "no upload today"


def test_a_picture_that_is_refused_is_said_at_once(memory: World, driver: Driver) -> None:
    release = with_a_record(memory, driver)
    memory.announcer.fail_next(1, "bring_picture", SaidNo("no scope"))
    assert told_until_settled(memory, release) == []
    last = only_card(memory, release.id).pictures[-1]
    assert last is not None
    assert last.problem == "no scope"


@pytest.mark.parametrize("method", ["bring_picture", "update_card"])
def test_why_there_is_no_picture_is_said_though_slack_was_away_just_then(
    memory: World, driver: Driver, method: str
) -> None:
    release = with_a_record(memory, driver)
    memory.announcer.not_ready = 10_000
    if method == "bring_picture":
        memory.announcer.fail_next(999, "bring_picture", SaidNo("no scope"))
    memory.announcer.fail_next(PICTURE_TRIES + 1, "update_card")
    told_until_settled(memory, release)
    last = only_card(memory, release.id).pictures[-1]
    assert last is not None
    assert last.problem


def test_a_card_deleted_under_its_picture_stops_nothing(memory: World, driver: Driver) -> None:
    release = with_a_record(memory, driver)
    memory.announcer.fail_next(1, "update_card", GONE)
    assert told_until_settled(memory, release) == []


@pytest.mark.parametrize("method", ["bring_picture", "update_card"])
@pytest.mark.parametrize("delivered", [False, True])
def test_a_slack_that_loses_one_answer_costs_a_second_upload_at_most(
    memory: World, driver: Driver, method: str, *, delivered: bool
) -> None:
    release = with_a_record(memory, driver)
    memory.announcer.fail_next(1, method, delivered=delivered)
    told_until_settled(memory, release)
    picture = memory.store.told(release.id).picture
    assert picture is not None
    assert picture.shown
    assert len(memory.announcer.pictures) <= 2
    assert len(memory.announcer.cards_of(release.id)) == 1


def test_new_evidence_gets_a_picture_of_its_own(memory: World, driver: Driver) -> None:
    release = with_a_record(memory, driver)
    told_until_settled(memory, release)
    assert release.evidence is not None
    again = replace(release, evidence=replace(release.evidence, record="r1.staging.2"))
    told_until_settled(memory, again)
    assert memory.announcer.pictures == [RECORD, "r1.staging.2"]


def test_a_release_goes_on_while_its_pictures_cannot_be_brought(
    memory: World, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fakes.driver.evidence", lambda *seen: replace(b.evidence(*seen), record=RECORD))
    memory.announcer.fail_next(999, "bring_picture")
    release_id = at_the_gate(memory, driver)
    memory.approve(release_id)
    driver.settle()
    assert memory.release(release_id).phase is Phase.RELEASED
    assert everything_told(memory, release_id)


# --- Facts that take several messages -------------------------------------------------------------------------------


@pytest.mark.parametrize(("error", "parts"), [(Unavailable("away"), [0, 1, 2]), (SaidNo("invalid_blocks"), [0])])
def test_a_message_that_fails_does_not_have_those_before_it_said_again(
    memory: World, driver: Driver, error: PortError, parts: list[int]
) -> None:
    memory.announcer.parts_of_verdicts = 3
    memory.announcer.failing_parts = {1: error}
    release_id = at_the_gate(memory, driver)
    (verdict,) = [entry.seq for entry in memory.log(release_id) if isinstance(entry.event, e.SmokePassed)]
    said = only_card(memory, release_id).parts
    assert [part for seq, part in said if seq == verdict] == parts
    assert said == sorted(said)
    assert len(memory.announcer.requester_told) == 1
