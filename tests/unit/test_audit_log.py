"""What the audit log of a release holds: every try, order and announcement, refused ones too."""

from dataclasses import replace
from typing import Any, TypeVar, get_args

import pytest
from fakes import builders as b
from fakes.driver import MODEL, Driver, World

from services.leases import LEASE_SECONDS
from services.ports import Behalf, Busy, PortError, SaidNo, Unavailable
from services.release import audit as a
from services.release import events as e
from services.release.model import Phase, Release
from services.releases import Asker
from services.runner import Runner

T = TypeVar("T", bound=a.Act)
ASKER, APPROVER, OPERATOR, STRANGER = (Asker(each) for each in (b.REQUESTER, b.APPROVER, b.OPERATOR, b.STRANGER))


def acts(memory: World, chain: str, kind: type[T]) -> list[T]:
    trail = memory.store.trail(chain)
    assert a.faults(trail) == ()
    return [act for act in trail.acts if isinstance(act, kind)]


def tries(memory: World, chain: str) -> list[tuple[str, str, str, str]]:
    return [(act.by, act.what, act.code, act.rule) for act in acts(memory, chain, a.Attempted)]


def at_the_gate(memory: World, driver: Driver) -> str:
    release_id = memory.request()
    driver.run_until(release_id, Phase.AWAITING_APPROVAL)
    return release_id


# --- tries ----------------------------------------------------------------------------------------------------------


def test_a_refused_click_is_witnessed_and_changes_nothing(memory: World, driver: Driver) -> None:
    release_id = at_the_gate(memory, driver)
    before = memory.release(release_id)
    memory.releases.approve(release_id, memory.nonce(release_id), STRANGER)
    memory.releases.approve(release_id, memory.nonce(release_id), ASKER)
    memory.releases.reject(release_id, "another", APPROVER, "no")
    memory.releases.may_reject(release_id, memory.nonce(release_id), STRANGER)
    memory.releases.cancel(release_id, STRANGER)
    memory.releases.run_again(release_id, memory.nonce(release_id), ASKER)
    assert [each[:3] for each in tries(memory, release_id)[1:]] == [
        (b.STRANGER, "approve", "not_an_approver"),
        (b.REQUESTER, "approve", "self_approval"),
        (b.APPROVER, "reject", "stale_button"),
        (b.STRANGER, "reject", "not_an_approver"),
        (b.STRANGER, "cancel", "not_an_approver"),
        (b.REQUESTER, "run_again", "not_stale"),
    ]
    assert all(rule for *_, rule in tries(memory, release_id)), "each rests on a rule"
    assert memory.release(release_id) == before


def test_what_is_let_through_is_witnessed_with_its_rule_just_before_the_fact(memory: World, driver: Driver) -> None:
    release_id = at_the_gate(memory, driver)
    memory.approve(release_id)
    asked, approved = tries(memory, release_id)
    assert asked == (b.REQUESTER, "deploy", "", "anyone")
    assert approved[:3] == (b.APPROVER, "approve", "")
    assert b.APPROVER in approved[3]
    *_, tried, sealed = memory.store.trail(release_id).acts
    assert isinstance(tried, a.Attempted)
    assert isinstance(sealed, a.Committed)
    assert isinstance(memory.log(release_id)[sealed.first - 1].event, e.Approved)


def test_a_late_click_is_witnessed_as_such(memory: World, driver: Driver) -> None:
    release_id = at_the_gate(memory, driver)
    nonce = memory.nonce(release_id)
    memory.approve(release_id)
    memory.releases.reject(release_id, nonce, APPROVER, "too late")
    driver.settle()
    memory.releases.cancel(release_id, ASKER)
    assert [each[2] for each in tries(memory, release_id)] == ["", "", "already_decided", "too_late"]


def test_what_concerns_no_release_is_witnessed_too(memory: World) -> None:
    memory.releases.request("titanik", "7", ASKER)
    memory.releases.request(MODEL, "seven", ASKER)
    memory.releases.approve("r0000000x", "n", STRANGER)
    memory.releases.may_reject("r0000000x", "n", STRANGER)
    memory.releases.roll_back("r0000000x", OPERATOR)
    memory.releases.freeze(MODEL, STRANGER, "because", None)
    memory.releases.freeze(MODEL, OPERATOR, "because", None)
    memory.releases.thaw("titanik", OPERATOR)
    memory.releases.thaw(MODEL, OPERATOR)
    assert [each[1:3] for each in tries(memory, a.GENERAL)] == [
        ("deploy", "unknown_model"),
        ("deploy", "bad_version"),
        ("approve", "unknown_release"),
        ("reject", "unknown_release"),
        ("rollback", "no_pointer"),
        ("freeze", "not_an_approver"),
        ("freeze", ""),
        ("thaw", "unknown_model"),
        ("thaw", ""),
    ]
    assert all(rule for *_, code, rule in tries(memory, a.GENERAL) if not code)


def test_a_deploy_that_finds_another_under_way_is_witnessed_there(memory: World) -> None:
    release_id = memory.request()
    memory.releases.request(MODEL, "6", OPERATOR)
    assert tries(memory, release_id)[1][:3] == (b.OPERATOR, "deploy", "in_progress")


def test_a_refusal_that_cannot_be_witnessed_is_no_answer(memory: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_args: object) -> None:
        raise Unavailable("away")

    monkeypatch.setattr(memory.store, "witness", away)
    with pytest.raises(Unavailable):
        memory.releases.approve("r0000000x", "n", STRANGER)


# --- orders ---------------------------------------------------------------------------------------------------------


def test_every_change_of_aws_stands_between_its_order_and_its_answer(memory: World, driver: Driver) -> None:
    release_id = at_the_gate(memory, driver)
    memory.approve(release_id)
    driver.settle()
    sent, answered = acts(memory, release_id, a.OrderSent), acts(memory, release_id, a.OrderAnswered)
    assert [each.order for each in sent] == [each.order for each in answered]
    changes = [call[0] for call in memory.aws.calls if call[0].startswith(("approve", "create_", "update_", "tag_"))]
    assert [call.operation for each in answered for call in each.calls] == changes
    assert len({call.request_id for each in answered for call in each.calls}) == len(changes)
    assert ("name", b.DEPLOYMENT.staging_endpoint) in next(each for each in sent if "Endpoint" in each.order).arguments


def test_an_order_that_is_refused_has_its_error_in_the_log(memory: World, driver: Driver) -> None:
    memory.aws.fail_next("create_model", Busy("later"))
    release_id = at_the_gate(memory, driver)
    first, second, *_ = [act for act in acts(memory, release_id, a.OrderAnswered) if act.order == "CreateModel"]
    assert (first.error, second.error) == ("Busy: later", "")


def test_aws_is_not_asked_to_change_what_cannot_be_witnessed(
    memory: World, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_chain: str, *acts: a.Act) -> Any:
        if any(isinstance(act, a.OrderSent) for act in acts):
            raise Unavailable("away")

    release_id = memory.request()
    monkeypatch.setattr(memory.store, "witness", away)
    for _ in range(10):
        driver.round()
    assert memory.release(release_id).last_error == "away"
    assert not [call for call in memory.aws.calls if call[0].startswith(("approve", "create_", "update_", "tag_"))]


def test_aws_hears_for_whom_it_is_called(memory: World, driver: Driver) -> None:
    release_id = at_the_gate(memory, driver)
    assert set(memory.aws.behalves) == {Behalf(release_id, b.REQUESTER)}
    memory.approve(release_id)
    memory.aws.behalves.clear()
    driver.settle()
    assert set(memory.aws.behalves) == {Behalf(release_id, b.REQUESTER, b.APPROVER)}


# --- announcements --------------------------------------------------------------------------------------------------


def test_every_message_is_witnessed(memory: World, driver: Driver) -> None:
    release_id = at_the_gate(memory, driver)
    memory.reject(release_id)
    driver.settle()
    said = acts(memory, release_id, a.Announced)
    (card,) = memory.announcer.cards_of(release_id)
    assert [each.fact for each in said if each.where == "thread"] == [entry.seq for entry in card.thread]
    assert len([each for each in said if each.where == "card"]) == memory.announcer.calls.count("post_card") + len(
        [each for each in memory.announcer.calls if each == "update_card"]
    )
    assert [each.fact for each in said if each.where == "requester"] == [1]
    assert all(each.place for each in said if each.where != "requester")


# --- the archive ----------------------------------------------------------------------------------------------------


class Shelf:
    """The Archive port; `troubles` are raised one after the other, then it takes what it is given."""

    def __init__(self, *troubles: PortError) -> None:
        self.troubles = list(troubles)
        self.kept: list[str] = []

    def put_away(self, release: Release) -> None:
        if self.troubles:
            raise self.troubles.pop(0)
        self.kept.append(release.id)


def ended(memory: World, shelf: Shelf, place: str = "s3://audit/here") -> str:
    entry = memory.catalog[MODEL]
    memory.catalog[MODEL] = replace(entry, deployment=replace(entry.deployment, evidence_uri=place))
    release_id = memory.request()
    memory.cancel(release_id)
    runner = Runner(replace(memory.ports(), archive=shelf))
    while (due := memory.store.next_due()) is not None and due < b.after(600):
        memory.clock.advance_to(due)
        for _ in memory.store.take(memory.clock.now(), LEASE_SECONDS, 1):
            runner.run(release_id)
    assert memory.release(release_id).cleaned_up
    return release_id


def test_an_ended_release_is_put_away_once_and_on_record(memory: World) -> None:
    shelf = Shelf()
    release_id = ended(memory, shelf)
    assert shelf.kept == [release_id]
    assert [act.order for act in acts(memory, release_id, a.OrderSent)][-1] == "ArchiveReport"
    assert acts(memory, release_id, a.OrderAnswered)[-1].error == ""


def test_an_archive_that_is_away_is_tried_again(memory: World) -> None:
    shelf = Shelf(Unavailable("away"), Unavailable("away"))
    release_id = ended(memory, shelf)
    assert shelf.kept == [release_id]
    assert [act.error for act in acts(memory, release_id, a.OrderAnswered)] == ["Unavailable: away"] * 2 + [""]


def test_an_archive_that_refuses_is_left_alone_and_its_words_are_on_record(memory: World) -> None:
    shelf = Shelf(SaidNo("no such bucket"))
    release_id = ended(memory, shelf)
    assert shelf.kept == []
    assert acts(memory, release_id, a.OrderAnswered)[-1].error == "SaidNo: no such bucket"


def test_without_a_place_nothing_is_put_away(memory: World) -> None:
    shelf = Shelf()
    release_id = ended(memory, shelf, place="")
    assert shelf.kept == []
    assert not acts(memory, release_id, a.OrderSent)


# --- all of it ------------------------------------------------------------------------------------------------------


def lived(memory: World, driver: Driver) -> list[a.Act | None]:
    """Live through two releases, a refused click, a freeze and a way back that breaks; return all that is on record."""
    first = at_the_gate(memory, driver)
    memory.approve(first)
    driver.settle()
    release_id = at_the_gate(memory, driver)
    memory.releases.looking.evidence(release_id, STRANGER)
    memory.releases.approve(release_id, memory.nonce(release_id), STRANGER)
    memory.approve(release_id)
    driver.settle()
    memory.releases.freeze(MODEL, OPERATOR, "the quarter ends", None)
    memory.aws.models.clear()
    memory.releases.looking.ask("rollback", MODEL, OPERATOR)
    driver.settle()
    return [act for chain in memory.store.chains() for act in memory.store.trail(chain).acts]


def test_every_kind_of_thing_that_the_record_promises_is_in_it(memory: World, driver: Driver) -> None:
    """Commands, clicks, decisions, refusals, changes of AWS and announcements: the list of the issue, one by one."""
    whole = lived(memory, driver)
    assert {type(act) for act in whole} == set(get_args(a.Act))
    tried = {(act.what, bool(act.code)) for act in whole if isinstance(act, a.Attempted)}
    assert tried == {("deploy", False), ("approve", False), ("approve", True), ("freeze", False)}
    assert {act.what for act in whole if isinstance(act, a.Looked)} == {"evidence", "rollback"}
    assert {act.where for act in whole if isinstance(act, a.Announced)} == {"card", "thread", "requester", "channel"}
    sent, answered = ([act.order for act in whole if isinstance(act, kind)] for kind in (a.OrderSent, a.OrderAnswered))
    assert sent == answered
    assert set(sent) >= {
        "CreateModel",
        "CreateConfig",
        "CreateEndpoint",
        "UpdateEndpoint",
        "TagEndpoint",
        "MarkPackage",
    }
    calls = [call for act in whole if isinstance(act, a.OrderAnswered) for call in act.calls]
    assert calls
    assert all(call.request_id and call.status for call in calls)
    facts = [len(act.facts) for act in whole if isinstance(act, a.Committed)]
    assert sum(facts) == sum(len(memory.log(release.id)) for release in memory.store.recent(10))
