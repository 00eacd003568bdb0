"""A mistake of Sluice's own is told like any error, and ends a release rather than keeping it for ever."""

import pytest
from fakes.driver import Driver, World

from services.ports import Pace
from services.release import events as e
from services.release.model import Evidence, Phase, Release


def test_a_mistake_of_ours_is_told_and_ends_the_release_in_the_end(
    memory: World, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(_release: Release, _endpoint: str, _config: str) -> Evidence:
        raise ZeroDivisionError

    monkeypatch.setattr(memory.tester, "test", wrong)
    release_id = memory.request()
    driver.settle()
    release = memory.release(release_id)
    assert release.phase is Phase.ERRORED
    assert release.outcome is not None
    assert release.outcome.detail == "Sluice made a mistake (ZeroDivisionError); its log says more"
    assert memory.story(release_id).count(e.StepErrored) == Pace().errors_allowed


def test_a_mistake_of_ours_in_telling_holds_no_rollback(
    memory: World, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = []
    for version in (6, 7):
        released.append(memory.request(version))
        driver.run_until(released[-1], Phase.AWAITING_APPROVAL)
        memory.approve(released[-1])
        driver.settle()
    rollback = memory.roll_back(released[-1])
    with monkeypatch.context() as patch:
        patch.setattr(memory.announcer, "tell", _wrong)
        driver.run_until(rollback, Phase.ROLLED_BACK)
        assert memory.announcer.told(rollback) == []
    driver.settle()
    assert [entry.seq for entry in memory.announcer.told(rollback)] == list(range(1, len(memory.log(rollback)) + 1))


def _wrong(*_: object, **__: object) -> object:
    raise ZeroDivisionError
