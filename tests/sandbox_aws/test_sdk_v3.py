"""The SageMaker SDK's resource classes, which refuse plain moto's empty structures, drive the local SageMaker."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import boto3
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 20.0


@pytest.fixture(scope="module")
def resources() -> Any:
    """Load the SDK for this file only: it would take each process that gathers tests two seconds."""
    return pytest.importorskip("sagemaker.core.resources", reason="the worker's SageMaker SDK is not installed")


@pytest.fixture(scope="module")
def shapes(resources: Any) -> Any:
    return pytest.importorskip("sagemaker.core.shapes")


@pytest.fixture(scope="module")
def where(world: Any) -> Iterator[dict[str, Any]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", world.url)
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        yield {"session": boto3.Session(region_name="eu-west-1"), "region": "eu-west-1"}


def test_a_release_from_approval_to_deletion(world: Any, resources: Any, shapes: Any, where: dict[str, Any]) -> None:
    name, arn = world.name("v3"), world.package(2)
    package = resources.ModelPackage.get(model_package_name=arn, **where)
    cycle = shapes.ModelLifeCycle(stage="Staging", stage_status="Testing")
    package.update(model_approval_status="Approved", approval_description="tested", model_life_cycle=cycle)
    assert resources.ModelPackage.get(model_package_name=arn, **where).model_life_cycle.stage == "Staging"

    model = resources.Model.create(
        model_name=name,
        execution_role_arn=world.seeded.role_arn,
        primary_container=shapes.ContainerDefinition(model_package_name=arn),
        **where,
    )
    variant = shapes.ProductionVariant(
        variant_name="AllTraffic", model_name=name, instance_type="ml.m5.large", initial_instance_count=1
    )
    config = resources.EndpointConfig.create(endpoint_config_name=name, production_variants=[variant], **where)
    endpoint = resources.Endpoint.create(endpoint_name=name, endpoint_config_name=name, **where)
    assert endpoint.endpoint_status == "Creating"

    world.clock.advance(30)
    settle(endpoint, "InService")
    answer = endpoint.invoke(body="3,0,22,1,0,7.25,2\n", content_type="text/csv", accept="text/csv")
    with answer.body as body:
        assert 0 < float(body.read()) < 0.5

    endpoint.update(retain_all_variant_properties=True)
    assert endpoint.endpoint_status == "Updating"
    assert endpoint.pending_deployment_summary.endpoint_config_name == name
    world.clock.advance(30)
    settle(endpoint, "InService")

    endpoint.delete()
    world.clock.advance(30)
    assert name not in {one.endpoint_name for one in resources.Endpoint.get_all(name_contains=name, **where)}
    config.delete()
    model.delete()


def settle(endpoint: Any, status: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while endpoint.refresh().endpoint_status != status:
        assert time.monotonic() < deadline, endpoint
