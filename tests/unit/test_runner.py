"""Moving releases on: what a worker does when things go well, badly, or are in someone else's hands."""

from dataclasses import replace
from datetime import timedelta

import pytest
from fakes import builders as b
from fakes.aws import Fate
from fakes.driver import PROD, STAGING, Driver, World

from services.commits import apply, commit_for
from services.leases import LEASE_SECONDS
from services.ports import Busy, Commit, Conflict, Pace, SaidNo, Unavailable
from services.release import events as e
from services.release.lifecycle import Advanced, decide
from services.release.model import Kind, Lock, Phase, Release, Stage, Verdict
from services.release.naming import config_name
from services.runner import STEPS, Runner
from services.steps import approve_package
from services.steps.plan import Plan, Record

AWAY = Unavailable("Rate exceeded")
SMOOTH = [
    e.Requested,
    e.PackageChecked,
    e.PackageApproved,
    e.StagingUpdateIntended,
    e.EndpointSeen,
    e.StagingLive,
    e.SmokePassed,
    e.GateOpened,
    e.Approved,
    e.PromotionIntended,
    e.EndpointSeen,
    e.ProdLive,
    e.ProdVerified,
    e.CleanedUp,
]


def to_the_gate(memory: World, driver: Driver, version: int = 7) -> str:
    release_id = memory.request(version)
    driver.run_until(release_id, Phase.AWAITING_APPROVAL)
    return release_id


def released(memory: World, driver: Driver, version: int) -> str:
    release_id = to_the_gate(memory, driver, version)
    memory.approve(release_id)
    driver.settle()
    assert memory.release(release_id).phase is Phase.RELEASED
    return release_id


def serving(memory: World) -> str:
    endpoint = memory.prod()
    assert endpoint is not None
    assert endpoint.status == "InService"
    return endpoint.config


def test_every_phase_has_a_step() -> None:
    assert set(STEPS) == set(Phase)


def test_a_first_release(memory: World, driver: Driver) -> None:
    release_id = released(memory, driver, 7)
    assert memory.story(release_id) == SMOOTH
    pointer = memory.release(release_id).pointer
    assert pointer is not None
    assert pointer.previous_config is None
    assert serving(memory) == config_name(memory.release(release_id), Stage.PROD)


def test_a_release_over_another_points_back_to_it(memory: World, driver: Driver) -> None:
    first = memory.release(released(memory, driver, 6))
    second = memory.release(released(memory, driver, 7))
    assert second.pointer is not None
    assert second.pointer.previous_config == config_name(first, Stage.PROD)
    assert second.pointer.previous_version == 6
    assert memory.store.pointers(PROD)[0] == second.pointer


def test_the_pointer_is_in_the_store_and_on_the_endpoint_before_prod_is_updated(memory: World, driver: Driver) -> None:
    released(memory, driver, 6)
    release_id = to_the_gate(memory, driver)
    memory.approve(release_id)
    memory.aws.fail_next("update_endpoint", SaidNo("denied"))
    driver.settle()
    release, first = memory.release(release_id), memory.release("r00000001")
    assert memory.aws.count("update_endpoint") == memory.aws.count("tag_endpoint") + 1  # staging's needs no tag
    assert memory.store.pointers(PROD)[0] == release.pointer
    endpoint = memory.prod()
    assert endpoint is not None
    assert memory.aws.tags(endpoint.arn)["sluice:previous-config"] == config_name(first, Stage.PROD)
    assert release.phase is Phase.PROMOTION_FAILED


@pytest.mark.parametrize(
    ("fate", "phase"),
    [
        (Fate.SILENT_ROLLBACK, Phase.SILENTLY_ROLLED_BACK),
        (Fate.FAILED, Phase.PROMOTION_FAILED),
        (Fate.ROLLBACK_FAILED, Phase.PROMOTION_FAILED),
    ],
)
def test_an_update_of_prod_that_ends_badly_is_never_a_success(
    memory: World, driver: Driver, fate: Fate, phase: Phase
) -> None:
    released(memory, driver, 6)
    release_id = to_the_gate(memory, driver)
    memory.aws.next_change(PROD, fate)
    memory.approve(release_id)
    driver.settle()
    assert memory.release(release_id).phase is phase
    assert e.ProdVerified not in memory.story(release_id)
    assert not memory.aws.dangling()


def test_a_prod_that_failed_to_be_made_is_made_anew_by_the_next_release(memory: World, driver: Driver) -> None:
    first = to_the_gate(memory, driver, 6)
    memory.aws.next_change(PROD, Fate.FAILED)
    memory.approve(first)
    driver.settle()
    assert memory.release(first).phase is Phase.PROMOTION_FAILED
    assert memory.release(released(memory, driver, 7)).pointer == memory.store.pointers(PROD)[0]


def test_a_staging_that_failed_is_made_anew_by_the_next_release(memory: World, driver: Driver) -> None:
    memory.aws.next_change(STAGING, Fate.FAILED)
    first = memory.request(6)
    driver.settle()
    assert memory.release(first).phase is Phase.STAGING_FAILED
    assert memory.aws.endpoint(STAGING) is None
    released(memory, driver, 7)


def test_an_unhealthy_prod_is_told_and_left_to_people(memory: World, driver: Driver) -> None:
    release_id = to_the_gate(memory, driver)
    memory.tester.verdicts[PROD] = Verdict.ERRORED
    memory.approve(release_id)
    driver.settle()
    release = memory.release(release_id)
    assert release.phase is Phase.PROD_UNHEALTHY
    assert serving(memory) == config_name(release, Stage.PROD)


def test_a_rollback_goes_back_locks_prod_and_holds_the_next_approval(memory: World, driver: Driver) -> None:
    first, second = released(memory, driver, 6), released(memory, driver, 7)
    rollback = memory.roll_back(second)
    driver.settle()
    assert memory.release(rollback).phase is Phase.ROLLED_BACK
    assert serving(memory) == config_name(memory.release(first), Stage.PROD)
    lock = memory.store.lock_of("titanic")
    assert lock is not None
    assert lock == Lock("titanic", b.OPERATOR, f"rolled back to {serving(memory)}: wrong answers", lock.since, rollback)


def test_locks_and_freezes_never_hold_a_rollback(memory: World, driver: Driver) -> None:
    released(memory, driver, 6)
    second = released(memory, driver, 7)
    memory.store.freeze(b.freeze("all"))
    memory.store.freeze(b.freeze("titanic"))
    rollback = memory.roll_back(second)
    driver.settle()
    again = memory.roll_back(second)  # prod is locked now
    driver.settle()
    assert [memory.release(each).phase for each in (rollback, again)] == [Phase.ROLLED_BACK] * 2


def test_a_freeze_that_comes_after_the_approval_still_holds_prod(memory: World, driver: Driver) -> None:
    release_id = to_the_gate(memory, driver)
    memory.approve(release_id)
    memory.store.freeze(b.freeze("all"))
    driver.settle()
    release = memory.release(release_id)
    assert release.phase is Phase.PROMOTION_REFUSED
    assert memory.prod() is None


def test_after_many_releases_nothing_is_left_but_what_can_be_returned_to(memory: World, driver: Driver) -> None:
    ids = [released(memory, driver, version) for version in (5, 6, 7, 5, 6)]
    configs = {config_name(memory.release(each), Stage.PROD) for each in ids}
    staging = {config_name(memory.release(ids[-1]), Stage.STAGING)}
    assert set(memory.aws.configs) == configs | staging
    assert not memory.aws.dangling()


# --- errors --------------------------------------------------------------------------------------------------------


def test_an_error_is_tried_again_later_and_later_and_told_when_it_is_over(memory: World, driver: Driver) -> None:
    release_id = memory.request()
    memory.aws.fail_next("versions", AWAY, times=3)
    driver.round()
    waits = []
    for _ in range(3):
        release = memory.release(release_id)
        due = memory.store.due_at(f"release:{release_id}")
        assert due is not None
        waits.append((due - memory.clock.now()).total_seconds())
        assert release.errors_in_a_row == len(waits)
        driver.round()
    assert waits == [2, 4, 8]
    assert memory.release(release_id).errors_in_a_row == 0
    assert memory.aws.count("versions") == 4


def test_waiting_after_errors_is_recovering(memory: World, driver: Driver) -> None:
    release_id = memory.request()
    while memory.release(release_id).staging is None:
        driver.round()
    memory.aws.fail_next("endpoint", AWAY)
    driver.round()
    driver.round()
    assert memory.story(release_id)[-2:] == [e.StepErrored, e.Recovered]
    assert memory.release(release_id).errors_in_a_row == 0


def test_too_many_errors_in_a_row_end_the_release(memory: World, driver: Driver) -> None:
    release_id = memory.request()
    memory.aws.fail_next("versions", AWAY, times=99)
    driver.settle()
    release = memory.release(release_id)
    assert release.phase is Phase.ERRORED
    assert release.outcome is not None
    assert release.outcome.detail == "Rate exceeded"
    assert memory.story(release_id).count(e.StepErrored) == Pace().errors_allowed
    assert memory.clock.now() - release.requested_at > timedelta(minutes=10)


def test_an_outage_that_ends_in_time_changes_nothing(memory: World, driver: Driver) -> None:
    memory.aws.fail_next("endpoint", AWAY, times=Pace().errors_allowed)
    release_id = released(memory, driver, 7)
    assert [event for event in memory.story(release_id) if event not in {e.StepErrored, e.Recovered}] == SMOOTH


@pytest.mark.parametrize(
    "method", ["approve", "create_model", "create_config", "create_endpoint", "update_endpoint", "tag_endpoint"]
)
def test_a_lost_reply_does_not_repeat_a_change(memory: World, driver: Driver, method: str) -> None:
    released(memory, driver, 6)
    clean = World()
    released(clean, Driver(clean), 6)
    for world, worker in ((clean, Driver(clean)), (memory, driver)):
        if world is memory:
            world.aws.fail_next(method, AWAY, reply_lost=True)
        released(world, worker, 7)
    assert memory.aws.count(method) == clean.aws.count(method)


def test_a_refusal_of_aws_ends_the_step_at_once(memory: World, driver: Driver) -> None:
    memory.aws.fail_next("create_endpoint", SaidNo("AccessDeniedException"))
    release_id = memory.request()
    driver.settle()
    release = memory.release(release_id)
    assert release.phase is Phase.STAGING_FAILED
    assert release.outcome is not None
    assert (release.outcome.code, release.outcome.detail) == ("aws_refused", "AccessDeniedException")


def test_a_busy_endpoint_is_no_error(memory: World, driver: Driver) -> None:
    memory.aws.fail_next("create_endpoint", Busy("Cannot update in-progress endpoint"), times=40)
    assert memory.story(released(memory, driver, 7)) == SMOOTH


def test_a_store_that_is_away_is_left_to_the_due_index(
    memory: World, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_release_id: str) -> Release:
        raise AWAY

    release_id = memory.request()
    with monkeypatch.context() as patch:
        patch.setattr(memory.store, "load", away)
        with pytest.raises(Unavailable):
            Runner(memory.ports()).run(release_id)
        driver.round()
    driver.run_until(release_id, Phase.AWAITING_APPROVAL)


def test_a_plan_that_its_phase_does_not_know_is_not_repeated_at_once(
    memory: World, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(_release: Release, _sight: object, _now: object) -> Plan:
        return Record(e.Expired())

    wrong_step = replace(approve_package.STEP, plan=wrong)
    monkeypatch.setattr("services.runner.STEPS", {**STEPS, Phase.CHECKING_PACKAGE: wrong_step})
    release_id = memory.request()
    driver.round()
    due = memory.store.due_at(f"release:{release_id}")
    assert due == memory.clock.now() + timedelta(seconds=Pace().retry_most)
    assert memory.story(release_id) == [e.Requested]


# --- others --------------------------------------------------------------------------------------------------------


def test_a_release_that_is_in_someone_elses_hands_is_left_alone(memory: World) -> None:
    release_id = memory.request()
    assert memory.store.lease(f"release:{release_id}", "someone else", LEASE_SECONDS)
    Runner(memory.ports()).run(release_id)
    assert memory.story(release_id) == [e.Requested]
    memory.clock.advance(LEASE_SECONDS)
    Runner(memory.ports()).run(release_id)
    assert e.PackageApproved in memory.story(release_id)


def test_an_endpoint_that_is_in_another_releases_hands_is_not_called(memory: World, driver: Driver) -> None:
    assert memory.store.lease(f"endpoint:{STAGING}", "r00000009", 20.0)
    release_id = memory.request()
    driver.round()
    assert memory.aws.count("create_endpoint") == 0
    driver.run_until(release_id, Phase.AWAITING_APPROVAL)
    assert memory.aws.count("create_endpoint") == 1


def test_a_release_is_given_back_when_it_has_to_wait(memory: World) -> None:
    release_id = memory.request()
    Runner(memory.ports()).run(release_id)
    assert memory.store.lease(f"release:{release_id}", "the next", LEASE_SECONDS)
    assert memory.store.lease(f"endpoint:{STAGING}", "the next", LEASE_SECONDS)


def test_an_unknown_release_is_nothing_to_do(memory: World) -> None:
    Runner(memory.ports()).run("r0000000z")


def test_a_decision_between_look_and_commit_wins(memory: World, driver: Driver) -> None:
    """The gate expires and is approved at the same moment: the store lets one of them happen."""
    release_id = to_the_gate(memory, driver)
    stale = memory.release(release_id)
    memory.approve(release_id)
    with pytest.raises(Conflict):
        apply(memory.store, stale, e.Expired(), b.after(1))
    driver.settle()
    assert memory.release(release_id).phase is Phase.RELEASED


def test_a_click_during_a_tick_is_looked_at_at_once(memory: World, driver: Driver) -> None:
    release_id = to_the_gate(memory, driver)
    stale = memory.release(release_id)
    memory.approve(release_id)
    memory.store.reschedule(stale, b.after(24 * 60))
    due = memory.store.due_at(f"release:{release_id}")
    assert due is not None
    assert due <= memory.clock.now()


def test_a_change_that_was_overtaken_is_looked_at_afresh(memory: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Someone calls the release off between this worker's look and its commit."""
    release_id = memory.request()
    commit = memory.store.commit

    def overtaken(change: Commit) -> Release:
        monkeypatch.setattr(memory.store, "commit", commit)
        memory.cancel(release_id)
        return commit(change)

    monkeypatch.setattr(memory.store, "commit", overtaken)
    Runner(memory.ports()).run(release_id)
    assert memory.story(release_id) == [e.Requested, e.Cancelled, e.CleanedUp]


# --- the atomic change ---------------------------------------------------------------------------------------------


def advanced(release: Release, event: e.Event) -> Advanced:
    moved = decide(release, event, b.after(1))
    assert isinstance(moved, Advanced)
    return moved


def test_an_intended_promotion_keeps_its_pointer_and_no_lock() -> None:
    commit = commit_for(advanced(b.approved(), e.PromotionIntended(b.pointer(b.approved()))), due=None)
    assert (commit.pointer, commit.lock, commit.ended) == (b.pointer(b.approved()), None, False)


def test_an_intended_rollback_keeps_its_pointer_and_locks_prod() -> None:
    release = replace(b.rolling_back(), reason="wrong answers")
    commit = commit_for(advanced(release, e.PromotionIntended(b.pointer(b.approved()))), due=None)
    assert commit.release.kind is Kind.ROLLBACK
    assert commit.pointer is not None
    why = f"rolled back to {b.OLD_CONFIG}: wrong answers"
    assert commit.lock == Lock("titanic", b.OPERATOR, why, b.after(1), release.id)


def test_only_an_end_is_an_end() -> None:
    assert commit_for(advanced(b.awaiting(), e.Expired()), due=None).ended
    assert not commit_for(advanced(b.awaiting(), e.Approved(b.APPROVER)), due=None).ended
