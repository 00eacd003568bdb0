"""An endpoint that AWS calls in progress for longer than it shows: nobody waits for it without a word, or for ever."""

from datetime import timedelta

import pytest
from fakes.aws import Fate
from fakes.driver import PROD, Driver, World

from services.ports import Busy, Pace
from services.release import events as e
from services.release.model import Kind, Phase

BUSY = Busy("Cannot update in-progress endpoint")


def at_its_gate(memory: World, driver: Driver, version: int) -> str:
    release_id = memory.request(version)
    driver.run_until(release_id, Phase.AWAITING_APPROVAL)
    return release_id


def released(memory: World, driver: Driver, version: int) -> str:
    release_id = at_its_gate(memory, driver, version)
    memory.approve(release_id)
    driver.settle()
    assert memory.release(release_id).phase is Phase.RELEASED
    return release_id


@pytest.mark.parametrize("kind", Kind)
def test_it_is_told_and_given_up_in_the_end(memory: World, driver: Driver, kind: Kind) -> None:
    released(memory, driver, 6)
    if kind is Kind.DEPLOY:
        release_id = at_its_gate(memory, driver, 7)
        memory.approve(release_id)
    else:
        release_id = memory.roll_back(released(memory, driver, 7))
    memory.aws.fail_next("update_endpoint", BUSY, times=300)
    driver.settle()
    release = memory.release(release_id)
    assert release.phase is Phase.ERRORED
    assert release.outcome is not None
    assert release.outcome.detail == str(BUSY)
    told = [entry.event for entry in memory.announcer.told(release_id)]
    assert sum(isinstance(event, e.StepErrored) for event in told) == Pace().errors_allowed
    assert memory.clock.now() - release.requested_at < timedelta(hours=1)


def test_one_that_ends_after_some_minutes_was_no_harm(memory: World, driver: Driver) -> None:
    released(memory, driver, 6)
    release_id = at_its_gate(memory, driver, 7)
    memory.aws.fail_next("update_endpoint", BUSY, times=160)
    memory.approve(release_id)
    driver.settle()
    assert memory.release(release_id).phase is Phase.RELEASED
    assert e.StepErrored in memory.story(release_id)
    assert [change[0] for change in memory.aws.changes if change[1] == PROD] == ["create", "update"]


def test_what_aws_accepts_without_effect_is_not_sent_for_ever(memory: World, driver: Driver) -> None:
    """SageMaker could not take prod's update back, and takes an update to the config that it shows for none."""
    released(memory, driver, 6)
    failing = at_its_gate(memory, driver, 7)
    memory.aws.next_change(PROD, Fate.ROLLBACK_FAILED)
    memory.approve(failing)
    while memory.release(failing).pointer is None:
        driver.round()
    rollback = memory.roll_back(failing)
    driver.settle()
    release = memory.release(rollback)
    assert release.phase is Phase.ERRORED
    assert release.outcome is not None
    assert release.outcome.detail == "AWS accepts UpdateEndpoint, and nothing comes of it"
    assert memory.story(rollback).count(e.StepErrored) == Pace().errors_allowed
    sent = [call for call in memory.aws.calls if call[:2] == ("update_endpoint", PROD)]
    assert len(sent) < 60
