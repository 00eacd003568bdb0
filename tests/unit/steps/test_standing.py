"""How an endpoint stands to a wanted config, what must exist first, and what is told while waiting."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from fakes import builders as b
from hypothesis import given
from hypothesis import strategies as st

from services.ports import ConfigDescription, EndpointDescription, ModelDescription
from services.release.events import EndpointSeen
from services.release.model import EndpointSighting, Release, Stage
from services.release.naming import config_name, model_name
from services.steps.plan import CreateConfig, CreateModel, Do, Plan, Record, Wait
from services.steps.standing import (
    Clash,
    HostingSight,
    Standing,
    missing_resource,
    reason_of,
    standing,
    timed_out,
    watch,
)

WANTED = config_name(b.checked(), Stage.PROD)
SETTLED = {"InService", "Failed", "OutOfService", "UpdateRollbackFailed"}
STATUSES = ["Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting", "SomethingNew", *sorted(SETTLED)]


@pytest.mark.parametrize(
    ("endpoint", "stands"),
    [
        (None, Standing.ABSENT),
        (b.prod(WANTED), Standing.LIVE),
        (b.prod(b.OLD_CONFIG), Standing.OTHER),
        (b.prod(WANTED, pending=b.OLD_CONFIG), Standing.MOVING),
        (b.prod(b.OLD_CONFIG, pending=WANTED), Standing.MOVING),
        (b.prod(WANTED, "Creating"), Standing.MOVING),
        (b.prod(WANTED, "Updating"), Standing.MOVING),
        (b.prod(WANTED, "SystemUpdating"), Standing.MOVING),
        (b.prod(WANTED, "RollingBack"), Standing.MOVING),
        (b.prod(WANTED, "Deleting"), Standing.MOVING),
        (b.prod(WANTED, "SomethingNew"), Standing.MOVING),
        (b.prod(WANTED, "Failed"), Standing.FAILED),
        (b.prod(WANTED, "OutOfService"), Standing.STUCK),
        (b.prod(WANTED, "UpdateRollbackFailed"), Standing.STUCK),
    ],
)
def test_standing(endpoint: EndpointDescription | None, stands: Standing) -> None:
    assert standing(endpoint, WANTED) is stands


@given(st.sampled_from(STATUSES), st.sampled_from([WANTED, b.OLD_CONFIG]), st.sampled_from([None, WANTED, "other"]))
def test_live_means_in_service_on_the_wanted_config_with_nothing_pending(
    status: str, config: str, pending: str | None
) -> None:
    live = (status, config, pending) == ("InService", WANTED, None)
    assert (standing(b.prod(config, status, pending=pending), WANTED) is Standing.LIVE) == live


MODEL = CreateModel(model_name(b.checked()), b.ARN, b.DEPLOYMENT.execution_role_arn)
CONFIG = CreateConfig(WANTED, model_name(b.checked()), "ml.m5.large", 1)


@pytest.mark.parametrize(
    ("model", "config", "missing"),
    [
        (None, None, Do(MODEL)),
        (None, b.made_config(Stage.PROD), Do(MODEL)),
        (b.made_model(), None, Do(CONFIG)),
        (b.made_model(), b.made_config(Stage.PROD), None),
    ],
)
def test_what_is_missing_is_made_in_order(
    model: ModelDescription | None, config: ConfigDescription | None, missing: Do | None
) -> None:
    assert missing_resource(b.checked(), HostingSight(model, config, None), Stage.PROD) == missing


@pytest.mark.parametrize(
    ("model", "config"),
    [
        (b.made_model(None), None),
        (b.made_model(b.ARN + "1"), b.made_config(Stage.PROD)),
        (b.made_model(), b.made_config(Stage.PROD, model="another-model")),
        (b.made_model(), b.made_config(Stage.PROD, variant="blue")),
    ],
)
def test_a_name_that_is_taken_by_something_else_is_a_clash(
    model: ModelDescription, config: ConfigDescription | None
) -> None:
    assert isinstance(missing_resource(b.checked(), HostingSight(model, config, None), Stage.PROD), Clash)


def test_nothing_can_be_made_without_a_package() -> None:
    assert isinstance(missing_resource(b.asked(), HostingSight(None, None, None), Stage.PROD), Clash)


def watched(before: EndpointSighting | None, endpoint: EndpointDescription, now: datetime) -> Plan:
    return watch(replace(b.promoting(), prod=before), Stage.PROD, endpoint, now)


MOVING = b.prod(b.OLD_CONFIG, "Updating")
SEEN = b.sighting()


def test_the_first_sight_of_a_phase_is_told() -> None:
    assert watched(None, MOVING, b.after(1)) == Record(EndpointSeen(Stage.PROD, b.sighting("Updating", *twice(1))))
    earlier = b.sighting(at=b.after(-1), since=b.after(-1))
    assert watched(earlier, MOVING, b.after(1)) == Record(EndpointSeen(Stage.PROD, b.sighting("Updating", *twice(1))))


def twice(minutes: float) -> tuple[datetime, datetime]:
    return b.after(minutes), b.after(minutes)


@pytest.mark.parametrize(
    "endpoint",
    [
        replace(MOVING, status="RollingBack"),
        replace(MOVING, config=WANTED),
        replace(MOVING, pending_config=WANTED),
        replace(MOVING, message="Waiting for capacity"),
    ],
)
def test_every_change_is_told(endpoint: EndpointDescription) -> None:
    told = watched(SEEN, endpoint, b.after(1))
    assert isinstance(told, Record)
    assert isinstance(told.event, EndpointSeen)
    assert told.event.sighting.since == b.after(1)


def test_each_endpoint_is_compared_with_its_own_last_sight() -> None:
    release = replace(b.deploying(), prod=SEEN)
    assert isinstance(watch(release, Stage.STAGING, MOVING, b.after(1)), Record)
    assert watch(replace(release, staging=SEEN), Stage.STAGING, MOVING, b.after(1)) == Wait()


def milestones(release: Release, until: int) -> list[float]:
    """Watch an endpoint that never changes every quarter of a minute; return the minutes at which it was told."""
    told = []
    for quarter in range(until * 4):
        now = b.NOON + timedelta(seconds=15 * quarter)
        plan = watch(release, Stage.PROD, MOVING, now)
        if isinstance(plan, Record):
            assert isinstance(plan.event, EndpointSeen)
            release = replace(release, prod=plan.event.sighting)
            told.append((now - b.NOON).total_seconds() / 60)
    return told


def test_long_waits_are_told_less_and_less_often() -> None:
    assert milestones(b.promoting(), until=70) == [0, 2, 4, 8, 16, 32, 64]


def test_a_deployment_has_its_time() -> None:
    release = b.deploying()
    assert not timed_out(release, b.NOON, b.after(60))
    assert timed_out(release, b.NOON, b.after(60.1))


def test_sagemakers_own_reason_is_told_where_there_is_one() -> None:
    assert reason_of(b.prod(status="Failed", reason="no capacity")) == "no capacity"
    assert reason_of(b.prod(status="Failed")) == "SageMaker gave no reason; the endpoint is Failed."
