"""A rollback rests on prod's own role alone: staging's may be gone, or not to be assumed."""

import pytest
from fakes.driver import Driver, World

from services.ports import Aws, SaidNo
from services.release.model import Deployment, Phase, Stage


def test_a_rollback_needs_no_role_but_prods(memory: World, driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    for version in (6, 7):
        undone = memory.request(version)
        driver.run_until(undone, Phase.AWAITING_APPROVAL)
        memory.approve(undone)
        driver.settle()
    everything = memory.aws.of

    def of(deployment: Deployment, stage: Stage = Stage.STAGING) -> Aws:
        if stage is Stage.STAGING:
            raise SaidNo("AccessDenied: not authorized to perform: sts:AssumeRole")
        return everything(deployment, stage)

    monkeypatch.setattr(memory.aws, "of", of)
    rollback = memory.roll_back(memory.store.recent(1)[0].id)
    driver.settle()
    assert memory.release(rollback).phase is Phase.ROLLED_BACK
