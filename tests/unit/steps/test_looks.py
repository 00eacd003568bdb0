"""What the steps look at, on the ports in memory."""

from dataclasses import replace

import pytest
from fakes import builders as b
from fakes.driver import PROD, STAGING, Driver, World

from services.ports import EndpointDescription, PackageDescription, SaidNo
from services.release.model import Phase, Release, Stage
from services.release.naming import config_name
from services.steps import approve_package, clean_up, promote, roll_back, smoke_test


def released(memory: World, driver: Driver, version: int) -> Release:
    release_id = memory.request(version)
    driver.run_until(release_id, Phase.AWAITING_APPROVAL)
    memory.approve(release_id)
    driver.settle()
    return memory.release(release_id)


def prod_of(*releases: Release) -> set[str]:
    return {config_name(release, Stage.PROD) for release in releases}


def test_everything_that_refers_to_a_config_is_seen(memory: World, driver: Driver) -> None:
    first, second = released(memory, driver, 5), released(memory, driver, 6)
    third = memory.request(7)
    driver.run_until(third, Phase.AWAITING_APPROVAL)
    sight = clean_up.look(second, memory.ports())
    under_way = {config_name(memory.release(third), stage) for stage in Stage}
    assert sight.kept_configs == prod_of(first, second) | under_way
    assert sight.staging_wanted


def test_what_prod_serves_is_seen_whoever_brought_it_there(memory: World, driver: Driver) -> None:
    release = released(memory, driver, 7)
    theirs = "made-by-hand"
    memory.aws.create_config(theirs, config_name(release, Stage.PROD).removesuffix("-prod"), "ml.m5.large", 1)
    memory.aws.update_endpoint(PROD, theirs)
    assert theirs in clean_up.look(release, memory.ports()).kept_configs
    memory.aws.settle()
    assert theirs in clean_up.look(release, memory.ports()).kept_configs


def test_a_rollback_under_way_keeps_its_target_and_does_not_want_staging(memory: World, driver: Driver) -> None:
    first, second = released(memory, driver, 5), released(memory, driver, 6)
    memory.roll_back(second.id)
    sight = clean_up.look(second, memory.ports())
    assert prod_of(first) <= sight.kept_configs
    assert not sight.staging_wanted


def test_what_is_gone_is_not_there_to_be_deleted(memory: World, driver: Driver) -> None:
    release = released(memory, driver, 7)
    sight = clean_up.look(release, memory.ports())
    assert sight.existing == {config_name(release, stage) for stage in Stage} | {
        config_name(release, Stage.PROD).removesuffix("-prod")
    }


def test_the_last_look_before_prod_sees_all_that_an_approval_rests_on(memory: World, driver: Driver) -> None:
    released(memory, driver, 6)
    release_id = memory.request(7)
    driver.run_until(release_id, Phase.AWAITING_APPROVAL)
    memory.store.freeze(b.freeze())
    sight = promote.look(memory.release(release_id), memory.ports())
    assert sight.freezes == (b.freeze(),)
    assert sight.lock is None
    assert isinstance(sight.package, PackageDescription)
    assert isinstance(sight.staging, EndpointDescription)
    assert isinstance(sight.prod.endpoint, EndpointDescription)
    assert sight.tags == {}


def test_the_pointer_can_be_read_from_the_endpoint_alone(memory: World, driver: Driver) -> None:
    first, second = released(memory, driver, 6), released(memory, driver, 7)
    tags = promote.look(second, memory.ports()).tags
    assert tags == {"sluice:previous-config": config_name(first, Stage.PROD), "sluice:release": second.id}


def test_a_rollback_looks_for_its_target_and_the_model_behind_it(memory: World, driver: Driver) -> None:
    released(memory, driver, 5)
    second = released(memory, driver, 6)
    rollback = memory.release(memory.roll_back(second.id))
    sight = roll_back.look(rollback, memory.ports())
    assert sight.target is not None
    assert sight.model is not None
    memory.aws.delete_model(sight.model.name)
    assert roll_back.look(rollback, memory.ports()).model is None
    memory.aws.delete_config(sight.target.name)
    assert roll_back.look(rollback, memory.ports()).target is None


def test_the_suite_is_not_run_on_a_config_that_is_not_the_releases(memory: World, driver: Driver) -> None:
    release = released(memory, driver, 7)
    tested = list(memory.tester.tested)
    assert smoke_test.look(replace(release, id="r0000000z"), memory.ports()).evidence is None
    assert memory.tester.tested == tested
    assert smoke_test.look(release, memory.ports()).evidence is not None
    assert memory.tester.tested[-1] == (STAGING, config_name(release, Stage.STAGING))


def test_latest_is_pinned_once_it_was_checked(memory: World) -> None:
    group = b.DEPLOYMENT.package_group
    latest = replace(b.asked(), wanted="latest")
    found = approve_package.look(latest, memory.ports())
    assert found.versions == (7, 6, 5)
    assert found.package is not None
    assert found.package.version == 7
    memory.aws.add_package(group, 8)
    pinned = replace(latest, package=replace(b.PACKAGE, arn=found.package.arn))
    assert approve_package.look(pinned, memory.ports()).package == found.package


def test_a_group_that_does_not_exist_is_awss_refusal(memory: World) -> None:
    elsewhere = replace(b.asked(), deployment=replace(b.DEPLOYMENT, package_group="iceberg-risk"))
    with pytest.raises(SaidNo, match="does not exist"):
        approve_package.look(elsewhere, memory.ports())
