"""Answers to questions that need a look at AWS."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from fakes import builders as b
from fakes.aws import Fate
from fakes.driver import MODEL, PROD, STAGING, Driver, World

from services.commits import apply
from services.inquiries import Inquiries
from services.ports import (
    EndpointsAnswer,
    EvidenceAnswer,
    NewerDocument,
    NoAnswer,
    RollbackAnswer,
    SaidNo,
    Unavailable,
)
from services.rehearsing import Rehearsals
from services.release import events as e
from services.release.audit import Announced
from services.release.events import LogEntry
from services.release.model import Phase, Release, RollbackPointer, Stage
from services.release.naming import config_name
from services.releases import Asked, Asker
from services.way_back import pointer_from, pointer_to_follow


def released(memory: World, driver: Driver, version: int) -> Release:
    release_id = memory.request(version)
    driver.run_until(release_id, Phase.AWAITING_APPROVAL)
    memory.approve(release_id)
    driver.settle()
    return memory.release(release_id)


def ask(memory: World, topic: str, model: str = MODEL) -> str:
    asked = memory.releases.looking.ask(topic, model, Asker(b.REQUESTER))
    assert isinstance(asked, Asked)
    return asked.inquiry.id


def rollback_answer(memory: World, driver: Driver) -> RollbackAnswer:
    ask(memory, "rollback")
    driver.settle()
    answer = memory.announcer.answers[-1][1]
    assert isinstance(answer, RollbackAnswer)
    return answer


def endpoints_answer(memory: World, driver: Driver, model: str = "") -> EndpointsAnswer:
    ask(memory, "endpoints", model)
    driver.settle()
    answer = memory.announcer.answers[-1][1]
    assert isinstance(answer, EndpointsAnswer)
    return answer


def test_what_is_live_where(memory: World, driver: Driver) -> None:
    release = released(memory, driver, 7)
    answer = endpoints_answer(memory, driver)
    prod, staging = answer.views
    assert (prod.name, prod.stage, staging.name, staging.stage) == (PROD, "prod", STAGING, "staging")
    assert (prod.version, prod.release_id, prod.error) == (7, release.id, "")
    assert prod.description is not None
    assert prod.config is not None
    assert prod.config.name == prod.description.config == config_name(release, Stage.PROD)
    assert (answer.locks, answer.looked_at) == ((), memory.clock.now())


def test_endpoints_that_are_not_there_are_shown_as_such(memory: World, driver: Driver) -> None:
    for view in endpoints_answer(memory, driver, MODEL).views:
        assert (view.description, view.config, view.version, view.release_id, view.error) == (None,) * 4 + ("",)


def test_an_endpoint_that_cannot_be_read_hides_no_other(memory: World, driver: Driver) -> None:
    released(memory, driver, 7)
    memory.aws.fail_next("endpoint", Unavailable("Rate exceeded"))
    prod, staging = endpoints_answer(memory, driver).views
    assert (prod.description, prod.error) == (None, "Rate exceeded")
    assert staging.description is not None


def test_after_a_rollback_prod_is_shown_as_the_rollbacks_doing(memory: World, driver: Driver) -> None:
    released(memory, driver, 6)
    rollback = memory.roll_back(released(memory, driver, 7).id)
    driver.settle()
    answer = endpoints_answer(memory, driver)
    assert (answer.views[0].version, answer.views[0].release_id) == (6, rollback)
    assert [lock.release_id for lock in answer.locks] == [rollback]


def test_only_the_model_that_was_asked_for_is_shown(memory: World, driver: Driver) -> None:
    memory.catalog["iceberg"] = replace(b.ENTRY, name="iceberg")
    assert {view.model for view in endpoints_answer(memory, driver).views} == {MODEL, "iceberg"}
    assert {view.model for view in endpoints_answer(memory, driver, "iceberg").views} == {"iceberg"}


def test_a_rollback_is_offered_with_its_checked_target(memory: World, driver: Driver) -> None:
    first, second = released(memory, driver, 6), released(memory, driver, 7)
    answer = rollback_answer(memory, driver)
    assert answer.pointer == second.pointer
    assert answer.pointer is not None
    assert answer.pointer.previous_config == config_name(first, Stage.PROD)
    assert (answer.current_config, answer.current_version) == (config_name(second, Stage.PROD), 7)
    assert (answer.refusal, answer.detail) == ("", "")


def test_a_second_rollback_goes_further_back_and_not_forward_again(memory: World, driver: Driver) -> None:
    first, second, third = (released(memory, driver, version) for version in (5, 6, 7))
    memory.roll_back(third.id)
    driver.settle()
    pointer = rollback_answer(memory, driver).pointer
    assert pointer == second.pointer
    assert pointer is not None
    assert pointer.previous_config == config_name(first, Stage.PROD)


def test_after_a_silent_rollback_the_offer_undoes_what_prod_serves(memory: World, driver: Driver) -> None:
    released(memory, driver, 5)
    second = released(memory, driver, 6)
    third = memory.request(7)
    driver.run_until(third, Phase.AWAITING_APPROVAL)
    memory.aws.next_change(PROD, Fate.SILENT_ROLLBACK)
    memory.approve(third)
    driver.settle()
    assert rollback_answer(memory, driver).pointer == second.pointer


def test_there_is_nothing_to_roll_back_without_a_prod(memory: World, driver: Driver) -> None:
    assert rollback_answer(memory, driver).refusal == "no_prod"


def test_a_prod_that_is_gone_is_made_anew_from_the_newest_way_back(memory: World, driver: Driver) -> None:
    first = released(memory, driver, 6)
    second = released(memory, driver, 7)
    memory.aws.delete_endpoint(PROD)
    memory.aws.settle()
    answer = rollback_answer(memory, driver)
    assert (answer.current_config, answer.pointer, answer.refusal) == (None, second.pointer, "")
    rollback = memory.roll_back(second.id)
    driver.settle()
    assert memory.release(rollback).phase is Phase.ROLLED_BACK
    prod = memory.prod()
    assert prod is not None
    assert prod.config == config_name(first, Stage.PROD)


def test_the_first_release_has_nothing_to_go_back_to(memory: World, driver: Driver) -> None:
    released(memory, driver, 7)
    assert rollback_answer(memory, driver).refusal == "first_release"


def test_a_prod_that_sluice_did_not_bring_there_has_no_pointer(memory: World, driver: Driver) -> None:
    memory.aws.approve(memory.aws.add_package("by-hand", 1), "by hand")
    memory.aws.create_model("by-hand", next(arn for arn in memory.aws.packages if "by-hand" in arn), "role")
    memory.aws.create_config("by-hand", "by-hand", "ml.m5.large", 1)
    memory.aws.create_endpoint(PROD, "by-hand")
    answer = rollback_answer(memory, driver)
    assert (answer.refusal, answer.current_config, answer.current_version) == ("no_pointer", "by-hand", None)


@pytest.mark.parametrize("kind", ["EndpointConfig", "Model"])
def test_a_target_that_is_gone_is_not_offered(memory: World, driver: Driver, kind: str) -> None:
    first = released(memory, driver, 6)
    released(memory, driver, 7)
    target = config_name(first, Stage.PROD)
    if kind == "Model":
        target = memory.aws.configs[target].model
        memory.aws.delete_model(target)
    else:
        memory.aws.delete_config(target)
    answer = rollback_answer(memory, driver)
    assert (answer.refusal, answer.detail) == ("target_gone", f"{kind} {target} no longer exists.")


def test_an_inquiry_is_answered_once_and_forgotten(memory: World, driver: Driver) -> None:
    inquiry_id = ask(memory, "rollback")
    driver.settle()
    Inquiries(memory.catalog, memory.ports()).run(inquiry_id)
    assert len(memory.announcer.answers) == 1
    assert memory.store.inquiry(inquiry_id) is None


@pytest.mark.parametrize("where", ["aws", "slack"])
def test_an_inquiry_that_cannot_be_answered_now_is_answered_later(memory: World, driver: Driver, where: str) -> None:
    if where == "aws":
        memory.aws.fail_next("endpoint", Unavailable("Rate exceeded"))
    else:
        memory.announcer.fail_next(1, "answer")
    inquiry_id = ask(memory, "rollback")
    driver.round()
    assert memory.announcer.answers == []
    driver.settle()
    assert [inquiry.id for inquiry, _answer in memory.announcer.answers] == [inquiry_id]


def test_awss_refusal_is_an_answer(memory: World, driver: Driver) -> None:
    memory.aws.fail_next("endpoint", SaidNo("AccessDeniedException"))
    answer = rollback_answer(memory, driver)
    assert (answer.refusal, answer.detail) == ("aws_refused", "AccessDeniedException")


def test_a_model_that_left_the_catalog_is_answered_too(memory: World, driver: Driver) -> None:
    ask(memory, "rollback")
    del memory.catalog[MODEL]
    driver.settle()
    answer = memory.announcer.answers[-1][1]
    assert isinstance(answer, RollbackAnswer)
    assert answer.refusal == "unknown_model"


def test_an_answer_that_nobody_can_receive_is_not_repeated(memory: World, driver: Driver) -> None:
    memory.announcer.fail_next(9, "answer", SaidNo("user_not_found"))
    inquiry_id = ask(memory, "rollback")
    driver.settle()
    assert memory.announcer.calls.count("answer") == 1
    assert memory.store.inquiry(inquiry_id) is None


def test_the_deployable_versions_are_noted_newest_first(memory: World) -> None:
    memory.aws.add_package(b.DEPLOYMENT.package_group, 8, status="Failed")
    memory.aws.add_package(b.DEPLOYMENT.package_group, 9, approval="Rejected")
    memory.aws.add_package(b.DEPLOYMENT.package_group, 10, approval="Approved")
    Inquiries(memory.catalog, memory.ports()).note_versions()
    assert memory.releases.looking.known_versions(MODEL) == (10, 7, 6, 5)


def test_what_was_last_seen_is_kept_while_the_registry_is_away(memory: World) -> None:
    inquiries = Inquiries(memory.catalog, memory.ports())
    inquiries.note_versions()
    memory.aws.fail_next("versions", Unavailable("Rate exceeded"))
    inquiries.note_versions()
    assert memory.releases.looking.known_versions(MODEL) == (7, 6, 5)


def test_an_endpoint_of_the_same_name_in_another_region_lends_no_way_back(memory: World, driver: Driver) -> None:
    """Two models may each have a prod of that name, one in each region; one of them is gone."""
    released(memory, driver, 6)
    ours = released(memory, driver, 7)
    elsewhere = replace(b.DEPLOYMENT, region="us-east-1")
    theirs = replace(b.approved(), id="r0000us01", model="titanic-us", deployment=elsewhere)
    memory.store.create(theirs, LogEntry(1, b.NOON, e.Requested(b.REQUESTER)), b.NOON)
    apply(memory.store, theirs, e.PromotionIntended(b.pointer(theirs)), b.NOON)
    assert memory.store.pointers(PROD)[0].release_id == theirs.id
    assert pointer_to_follow(memory.store, b.DEPLOYMENT, None) == ours.pointer
    assert pointer_to_follow(memory.store, elsewhere, None) == b.pointer(theirs)


OURS = config_name(b.checked(), Stage.PROD)
MADE = b.pointer(b.approved())
REPEATED = replace(MADE, release_id="r0000000z")
OLDER = replace(MADE, release_id="r00000009", new_config=b.OLD_CONFIG)


@pytest.mark.parametrize(
    ("pointers", "config", "pending", "found"),
    [
        ((), OURS, None, None),
        ((MADE,), OURS, None, MADE),
        ((REPEATED, MADE), OURS, None, MADE),
        ((REPEATED,), OURS, None, None),
        ((MADE, OLDER), b.OLD_CONFIG, None, OLDER),
        ((MADE, OLDER), b.OLD_CONFIG, OURS, MADE),
        ((MADE,), "by-hand", None, None),
    ],
)
def test_which_pointer_undoes_what_prod_serves(
    pointers: tuple[RollbackPointer, ...], config: str, pending: str | None, found: RollbackPointer | None
) -> None:
    assert pointer_from(pointers, b.prod(config, pending=pending)) == found


# --- the report of a release ----------------------------------------------------------------------------------------


def test_a_report_is_brought_to_the_thread_and_its_link_to_who_asked(memory: World, driver: Driver) -> None:
    release_id = memory.request(7)
    driver.run_until(release_id, Phase.AWAITING_APPROVAL)
    before = len(memory.store.trail(release_id).lines)
    memory.releases.looking.evidence(release_id, Asker(b.APPROVER))
    driver.run_until(release_id, Phase.AWAITING_APPROVAL)
    _, answer = memory.announcer.answers[-1]
    assert isinstance(answer, EvidenceAnswer)
    assert (len(answer.links), answer.problem) == (2, "")
    assert list(memory.announcer.reports.values()) == [b.APPROVER]
    (said,) = memory.store.trail(release_id).acts[before:]
    assert isinstance(said, Announced)
    assert said.where == "thread"


def test_a_report_that_is_there_is_linked_and_not_announced_again(memory: World, driver: Driver) -> None:
    release_id = memory.request(7)
    driver.run_until(release_id, Phase.AWAITING_APPROVAL)
    for _ in range(2):
        memory.releases.looking.evidence(release_id, Asker(b.APPROVER))
        driver.run_until(release_id, Phase.AWAITING_APPROVAL)
    assert len(memory.announcer.answers) == 2
    said = [act for act in memory.store.trail(release_id).acts if isinstance(act, Announced)]
    assert len([act for act in said if act.place == memory.store.told(release_id).place and act.where == "thread"]) == 1


def test_a_report_that_cannot_be_brought_is_said_to_who_asked(memory: World, driver: Driver) -> None:
    release_id = memory.request(7)
    driver.run_until(release_id, Phase.AWAITING_APPROVAL)
    memory.announcer.fail_next(1, "bring_report", SaidNo("no scope files:write"))
    memory.releases.looking.evidence(release_id, Asker(b.APPROVER))
    driver.settle()
    _, answer = memory.announcer.answers[-1]
    assert isinstance(answer, EvidenceAnswer)
    assert (answer.links, answer.problem) == ((), "no scope files:write")


# --- what cannot be answered ----------------------------------------------------------------------------------------


def test_what_only_a_newer_sluice_can_read_is_answered_so_where_no_newer_one_answers(
    memory: World, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def newer(_endpoint: str) -> list[RollbackPointer]:
        raise NewerDocument("cannot read a stored RollbackPointer")

    released(memory, driver, 7)
    monkeypatch.setattr(memory.store, "pointers", newer)
    for topic in ("rollback", "endpoints"):
        began = memory.clock.now()
        ask(memory, topic)
        with pytest.raises(NewerDocument):
            Inquiries(memory.catalog, memory.ports()).run(ask(memory, topic))
        driver.settle()
        assert memory.announcer.answers[-1][1] == NoAnswer("cannot read a stored RollbackPointer")
        assert memory.clock.now() - began < timedelta(minutes=2)


def test_what_cannot_be_answered_is_not_passed_over_in_silence(memory: World, driver: Driver) -> None:
    began = memory.clock.now()
    memory.aws.fail_next("endpoint", Unavailable("Rate exceeded"), times=10_000)
    ask(memory, "rollback")
    driver.settle()
    assert memory.announcer.answers[-1][1] == NoAnswer()
    assert memory.clock.now() - began < timedelta(minutes=11)


def test_a_model_that_only_a_newer_sluice_can_read_holds_no_other_one_up(
    memory: World, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    released(memory, driver, 6)
    released(memory, driver, 7)
    elsewhere = replace(b.DEPLOYMENT, prod_endpoint="aaa-prod")
    pointers = memory.store.pointers

    def newer(endpoint: str) -> Sequence[RollbackPointer]:
        if endpoint == elsewhere.prod_endpoint:
            raise NewerDocument("cannot read a stored RollbackPointer")
        return pointers(endpoint)

    monkeypatch.setattr(memory.store, "pointers", newer)
    catalog = {"aaa": replace(b.ENTRY, name="aaa", deployment=elsewhere), **memory.catalog}
    inquiries = Inquiries(catalog, memory.ports())
    inquiries.warn_where_behind()
    inquiries.rehearse()
    assert Rehearsals(memory.ports()).known(MODEL) is not None
