"""The use cases: what a person can ask of Sluice, and what they are answered."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

import pytest
from fakes import builders as b
from fakes.driver import MODEL, PROD, Driver, World
from structlog.testing import capture_logs

from services.ports import Commit, Conflict
from services.release import events as e
from services.release.audit import Act
from services.release.catalog import People
from services.release.events import LogEntry
from services.release.model import DecisionKind, Kind, Phase, Release, Roles
from services.release.policy import Denied
from services.release.wanted import Unreadable
from services.releases import Asked, Asker, Decided, InProgress, Started, UnknownModel

ASKER, APPROVER, OPERATOR = Asker(b.REQUESTER, "reply-here"), Asker(b.APPROVER), Asker(b.OPERATOR)
STRANGER = Asker(b.STRANGER)


def at_the_gate(memory: World, driver: Driver, version: int = 7) -> str:
    release_id = memory.request(version)
    driver.run_until(release_id, Phase.AWAITING_APPROVAL)
    return release_id


def released(memory: World, driver: Driver, version: int) -> str:
    release_id = at_the_gate(memory, driver, version)
    memory.approve(release_id)
    driver.settle()
    return release_id


def code(answer: object) -> str:
    assert isinstance(answer, Denied)
    return answer.code


# --- asking --------------------------------------------------------------------------------------------------------


def test_a_request_is_stored_with_its_first_fact_and_is_due_at_once(memory: World) -> None:
    started = memory.releases.request(MODEL, " V7 ", ASKER)
    assert isinstance(started, Started)
    stored = memory.release(started.release.id)
    assert (stored.kind, stored.wanted, stored.phase) == (Kind.DEPLOY, "7", Phase.CHECKING_PACKAGE)
    assert (stored.requested_by, stored.reply_to, stored.requested_at) == (b.REQUESTER, "reply-here", b.NOON)
    assert [entry.event for entry in memory.log(stored.id)] == [e.Requested(b.REQUESTER)]
    assert memory.store.due_at(f"release:{stored.id}") == b.NOON


def test_the_catalog_of_the_request_is_the_releases_for_good(memory: World, driver: Driver) -> None:
    release_id = at_the_gate(memory, driver)
    memory.catalog[MODEL] = replace(b.ENTRY, deployment=replace(b.DEPLOYMENT, prod_endpoint="elsewhere"))
    memory.approve(release_id)
    driver.settle()
    assert memory.aws.endpoint("elsewhere") is None
    assert memory.prod() is not None


def test_an_unknown_model_is_answered_with_the_nearest(memory: World) -> None:
    assert memory.releases.request("titanik", "7", ASKER) == UnknownModel("titanik", (MODEL,), (MODEL,))
    assert memory.releases.request("zzz", "7", ASKER) == UnknownModel("zzz", (), (MODEL,))


def test_an_unreadable_version_starts_nothing(memory: World) -> None:
    assert isinstance(memory.releases.request(MODEL, "seven", ASKER), Unreadable)
    assert memory.releases.looking.listing().recent == ()


def test_a_model_has_one_release_at_a_time(memory: World, driver: Driver) -> None:
    first = at_the_gate(memory, driver)
    second = memory.releases.request(MODEL, "6", ASKER)
    assert isinstance(second, InProgress)
    assert second.release.id == first
    assert second.link == "https://slack.test/CRELEASES/1"
    memory.reject(first)
    assert isinstance(memory.releases.request(MODEL, "6", ASKER), Started)


def test_of_two_requests_at_once_one_starts(memory: World) -> None:
    answers = at_once([lambda: memory.releases.request(MODEL, "7", ASKER)] * 8)
    assert sum(isinstance(answer, Started) for answer in answers) == 1
    assert sum(isinstance(answer, InProgress) for answer in answers) == 7


def test_a_holder_that_ended_between_two_calls_is_no_obstacle(memory: World, monkeypatch: pytest.MonkeyPatch) -> None:
    create, gone = memory.store.create, iter(["r0000000z"])

    def create_late(release: Release, entry: LogEntry, due: datetime, acts: Sequence[Act]) -> str | None:
        return next(gone, None) or create(release, entry, due, acts)

    monkeypatch.setattr(memory.store, "create", create_late)
    assert isinstance(memory.releases.request(MODEL, "7", ASKER), Started)


def test_a_question_is_kept_for_the_worker(memory: World) -> None:
    asked = memory.releases.looking.ask("endpoints", "", ASKER)
    assert isinstance(asked, Asked)
    assert memory.store.inquiry(asked.inquiry.id) == asked.inquiry
    assert (asked.inquiry.by, asked.inquiry.reply_to) == (b.REQUESTER, "reply-here")
    assert isinstance(memory.releases.looking.ask("endpoints", "titanik", ASKER), UnknownModel)


# --- rolling back --------------------------------------------------------------------------------------------------


def test_a_rollback_goes_to_what_was_there_before(memory: World, driver: Driver) -> None:
    first, second = released(memory, driver, 6), released(memory, driver, 7)
    before = memory.release(first).pointer
    assert before is not None
    started = memory.releases.roll_back(second, OPERATOR, "wrong answers")
    assert isinstance(started, Started)
    rollback = started.release
    assert (rollback.kind, rollback.phase, rollback.reason) == (Kind.ROLLBACK, Phase.ROLLING_BACK, "wrong answers")
    assert (rollback.target_config, rollback.target_version) == (before.new_config, 6)


def test_a_rollback_goes_to_the_endpoint_that_the_release_changed_whatever_the_catalog_says_now(
    memory: World, driver: Driver
) -> None:
    released(memory, driver, 6)
    second = released(memory, driver, 7)
    memory.catalog[MODEL] = replace(b.ENTRY, deployment=replace(b.DEPLOYMENT, prod_endpoint="elsewhere"))
    started = memory.releases.roll_back(second, OPERATOR)
    assert isinstance(started, Started)
    assert started.release.deployment.prod_endpoint == PROD


def test_a_rollback_has_the_rights_of_today(memory: World, driver: Driver) -> None:
    """The roles of then may be gone by now; or there were none, and the worker itself may not change prod any more."""
    released(memory, driver, 6)
    second = released(memory, driver, 7)
    roles = Roles("arn:aws:iam::123456789012:role/looks", "arn:aws:iam::123456789012:role/changes")
    memory.catalog[MODEL] = replace(b.ENTRY, deployment=replace(b.DEPLOYMENT, roles=roles))
    started = memory.releases.roll_back(second, OPERATOR)
    assert isinstance(started, Started)
    assert started.release.deployment.roles == roles


@pytest.mark.parametrize("phase", [Phase.AWAITING_APPROVAL, Phase.RELEASED])
def test_there_is_no_rollback_without_something_to_go_back_to(memory: World, driver: Driver, phase: Phase) -> None:
    release_id = at_the_gate(memory, driver)
    if phase is Phase.RELEASED:
        memory.approve(release_id)
        driver.settle()
    assert code(memory.releases.roll_back(release_id, OPERATOR)) == "no_pointer"
    assert code(memory.releases.roll_back("r0000000z", OPERATOR)) == "no_pointer"


def test_a_rollback_is_for_operators_and_one_at_a_time(memory: World, driver: Driver) -> None:
    released(memory, driver, 6)
    second = released(memory, driver, 7)
    assert code(memory.releases.roll_back(second, STRANGER)) == "not_an_approver"
    started = memory.releases.roll_back(second, OPERATOR)
    again = memory.releases.roll_back(second, APPROVER)
    assert isinstance(started, Started)
    assert isinstance(again, InProgress)
    assert again.release.id == started.release.id


def test_a_rollback_of_a_model_that_left_the_catalog_is_refused(memory: World, driver: Driver) -> None:
    released(memory, driver, 6)
    second = released(memory, driver, 7)
    del memory.catalog[MODEL]
    assert code(memory.releases.roll_back(second, OPERATOR)) == "no_policy"


def test_neither_a_release_under_way_nor_holds_stop_a_rollback(memory: World, driver: Driver) -> None:
    released(memory, driver, 5)
    second = released(memory, driver, 6)
    at_the_gate(memory, driver, 7)
    memory.store.freeze(b.freeze("all"))
    assert isinstance(memory.releases.roll_back(second, OPERATOR), Started)


# --- deciding ------------------------------------------------------------------------------------------------------


def test_an_approval_is_stored_and_due_at_once(memory: World, driver: Driver) -> None:
    release_id = at_the_gate(memory, driver)
    decided = memory.releases.approve(release_id, memory.nonce(release_id), APPROVER)
    assert isinstance(decided, Decided)
    assert decided.release == memory.release(release_id)
    assert decided.release.phase is Phase.PROMOTING
    assert memory.store.due_at(f"release:{release_id}") == memory.clock.now()


def test_a_rejection_says_why(memory: World, driver: Driver) -> None:
    release_id = at_the_gate(memory, driver)
    memory.reject(release_id)
    decision = memory.release(release_id).decision
    assert decision is not None
    assert (decision.kind, decision.by, decision.reason) == (DecisionKind.REJECTED, b.APPROVER, "too slow")


@pytest.mark.parametrize(
    ("asker", "nonce", "refusal"),
    [(ASKER, None, "self_approval"), (STRANGER, None, "not_an_approver"), (APPROVER, "old", "stale_button")],
)
def test_a_click_that_may_not_count_changes_nothing(
    memory: World, driver: Driver, asker: Asker, nonce: str | None, refusal: str
) -> None:
    release_id = at_the_gate(memory, driver)
    before = memory.release(release_id)
    shown = nonce or memory.nonce(release_id)
    assert code(memory.releases.approve(release_id, shown, asker)) == refusal
    assert code(memory.releases.reject(release_id, shown, asker, "no")) == refusal
    assert code(memory.releases.may_reject(release_id, shown, asker)) == refusal
    assert memory.release(release_id) == before


def test_whoever_may_reject_is_told_so_before_writing_a_reason(memory: World, driver: Driver) -> None:
    release_id = at_the_gate(memory, driver)
    before = memory.release(release_id)
    assert memory.releases.may_reject(release_id, memory.nonce(release_id), APPROVER) is None
    assert memory.release(release_id) == before
    assert code(memory.releases.may_reject("r0000000z", "nonce", APPROVER)) == "unknown_release"


def test_a_gate_that_is_over_takes_no_click_even_before_the_worker_has_noticed(memory: World, driver: Driver) -> None:
    release_id = at_the_gate(memory, driver)
    nonce = memory.nonce(release_id)
    memory.clock.advance(24 * 3600)
    assert code(memory.releases.approve(release_id, nonce, APPROVER)) == "expired"
    assert memory.release(release_id).phase is Phase.AWAITING_APPROVAL


def test_a_late_click_hears_who_decided_and_when(memory: World, driver: Driver) -> None:
    release_id = at_the_gate(memory, driver)
    nonce = memory.nonce(release_id)
    memory.reject(release_id)
    late = memory.releases.approve(release_id, nonce, APPROVER)
    by = People(users=frozenset({b.APPROVER}))
    assert late == Denied("already_decided", by, memory.clock.now(), "too slow", DecisionKind.REJECTED)


def test_an_approver_by_user_group_may_approve_while_the_group_can_be_read(memory: World, driver: Driver) -> None:
    memory.catalog[MODEL] = replace(b.ENTRY, approvers=People(groups=frozenset({"STEAM"})))
    release_id = at_the_gate(memory, driver)
    nonce = memory.nonce(release_id)
    assert code(memory.releases.approve(release_id, nonce, APPROVER)) == "group_unreadable"
    memory.directory.groups["STEAM"] = frozenset({b.APPROVER})
    assert isinstance(memory.releases.approve(release_id, nonce, APPROVER), Decided)


def test_an_approver_who_lost_the_role_may_no_longer_approve(memory: World, driver: Driver) -> None:
    release_id = at_the_gate(memory, driver)
    memory.catalog[MODEL] = replace(b.ENTRY, approvers=People(users=frozenset({b.OPERATOR})))
    assert code(memory.releases.approve(release_id, memory.nonce(release_id), APPROVER)) == "not_an_approver"
    del memory.catalog[MODEL]
    assert code(memory.releases.approve(release_id, memory.nonce(release_id), OPERATOR)) == "no_policy"


@pytest.mark.parametrize("scope", [MODEL, "all"])
def test_what_holds_prod_refuses_an_approval_but_no_rejection(memory: World, driver: Driver, scope: str) -> None:
    release_id = at_the_gate(memory, driver)
    memory.store.freeze(b.freeze(scope))
    assert code(memory.releases.approve(release_id, memory.nonce(release_id), APPROVER)) == "frozen"
    memory.reject(release_id)


def test_of_many_decisions_at_once_exactly_one_wins(memory: World, driver: Driver) -> None:
    release_id = at_the_gate(memory, driver)
    nonce, use = memory.nonce(release_id), memory.releases
    clicks: list[Callable[[], object]] = [
        lambda: use.approve(release_id, nonce, APPROVER),
        lambda: use.reject(release_id, nonce, APPROVER, "no"),
        lambda: use.cancel(release_id, ASKER),
    ]
    answers = at_once(clicks * 5)
    assert sum(isinstance(answer, Decided) for answer in answers) == 1
    refusals = {answer.code for answer in answers if isinstance(answer, Denied)}
    assert refusals <= {"already_decided", "too_late"}
    decisions = [kind for kind in memory.story(release_id) if kind in {e.Approved, e.Rejected, e.Cancelled}]
    assert len(decisions) == 1


def at_once(calls: list[Callable[[], object]]) -> list[object]:
    """Make all calls from threads that start together; return their answers."""
    answers: list[object] = []
    ready = threading.Barrier(len(calls))

    def call(one: Callable[[], object]) -> None:
        ready.wait()
        answers.append(one())

    threads = [threading.Thread(target=call, args=(one,)) for one in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_a_document_that_always_changes_is_given_up(
    memory: World, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def conflict(_commit: Commit) -> Release:
        raise Conflict("changed")

    release_id = at_the_gate(memory, driver)
    monkeypatch.setattr(memory.store, "commit", conflict)
    assert code(memory.releases.approve(release_id, memory.nonce(release_id), APPROVER)) == "contended"


def test_a_decision_is_logged_with_the_line_of_the_policy_that_let_it_be(memory: World, driver: Driver) -> None:
    with capture_logs() as lines:
        release_id = at_the_gate(memory, driver)
        memory.releases.approve(release_id, memory.nonce(release_id), ASKER)
        memory.releases.approve(release_id, memory.nonce(release_id), APPROVER)
        driver.settle()
        second = memory.request(6)
        memory.releases.cancel(second, ASKER)
    decided = [line for line in lines if line["event"] == "recorded" and "rule" in line]
    assert [(line["release"], line["fact"], line["by"], line["rule"]) for line in decided] == [
        (release_id, "Requested", b.REQUESTER, "anyone"),
        (release_id, "Approved", b.APPROVER, f"approvers.users has {b.APPROVER}"),
        (second, "Requested", b.REQUESTER, "anyone"),
        (second, "Cancelled", b.REQUESTER, "requester"),
    ]


def test_a_release_is_called_off_by_who_asked_or_an_operator_until_prod_is_touched(
    memory: World, driver: Driver
) -> None:
    release_id = at_the_gate(memory, driver)
    assert code(memory.releases.cancel(release_id, STRANGER)) == "not_an_approver"
    assert code(memory.releases.cancel("r0000000z", OPERATOR)) == "unknown_release"
    memory.approve(release_id)
    assert memory.releases.cancel(release_id, OPERATOR) == Denied("too_late", reason="promoting")
    driver.settle()
    second = memory.request(6)
    assert isinstance(memory.releases.cancel(second, OPERATOR, "not today"), Decided)
    outcome = memory.release(second).outcome
    assert outcome is not None
    assert (outcome.code, outcome.detail) == ("cancelled", "not today")


# --- looking -------------------------------------------------------------------------------------------------------


def test_a_release_is_shown_with_its_log_and_its_card(memory: World, driver: Driver) -> None:
    release_id = at_the_gate(memory, driver)
    detail = memory.releases.looking.detail(release_id)
    assert detail is not None
    assert detail.release == memory.release(release_id)
    assert list(detail.log) == memory.log(release_id)
    assert detail.told.link == "https://slack.test/CRELEASES/1"
    assert memory.releases.looking.detail("r0000000z") is None


def test_the_listing_has_what_is_under_way_and_what_is_newest(memory: World, driver: Driver) -> None:
    ids = [released(memory, driver, version) for version in (5, 6)]
    memory.clock.advance(60)
    ids.append(at_the_gate(memory, driver, 7))
    listing = memory.releases.looking.listing(limit=2)
    assert [release.id for release, _link in listing.in_progress] == ids[2:]
    assert [release.id for release, _link in listing.recent] == [ids[2], ids[1]]
    assert all(link.startswith("https://slack.test/") for _release, link in listing.recent)


def test_the_versions_that_the_worker_last_saw(memory: World) -> None:
    assert memory.releases.looking.known_versions(MODEL) == ()
    memory.store.keep_note(f"versions:{MODEL}", "7 6 5", 60)
    assert memory.releases.looking.known_versions(MODEL) == (7, 6, 5)
    assert memory.store.pointers(PROD) == []
