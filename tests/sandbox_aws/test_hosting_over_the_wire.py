"""Endpoints as boto3 sees them: names, refusals, transitions, rollbacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

ARN = "arn:aws:sagemaker:eu-west-1:123456789012"
ALL_AT_ONCE = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}


def refusal(call: Callable[..., object], **request: object) -> str:
    with pytest.raises(ClientError) as caught:
        call(**request)
    error = caught.value.response["Error"]
    assert error["Code"] == "ValidationException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    return str(error["Message"])


def test_creating_ends_in_service_only_after_its_time(releaser: Any, sagemaker: Any, world: Any) -> None:
    name, config = world.name("endpoint"), releaser.config(1)
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
    first = releaser.describe(name)
    assert (first["EndpointStatus"], first["EndpointConfigName"]) == ("Creating", config)
    assert "ProductionVariants" not in first
    assert releaser.settled(name)["EndpointStatus"] == "InService"


def test_a_settled_endpoint_shows_its_variant_and_image(releaser: Any) -> None:
    seen = releaser.describe(releaser.endpoint(releaser.config(1)))
    variant = seen["ProductionVariants"][0]
    assert (variant["VariantName"], variant["CurrentInstanceCount"]) == ("AllTraffic", 1)
    image = variant["DeployedImages"][0]
    assert image["SpecifiedImage"].endswith("sagemaker-xgboost:3.2-0")
    assert "sagemaker-xgboost@sha256:" in image["ResolvedImage"]
    assert {"FailureReason", "PendingDeploymentSummary", "DataCaptureConfig"}.isdisjoint(seen)


def test_duplicates_are_refused_in_the_words_of_aws(releaser: Any, sagemaker: Any) -> None:
    config = releaser.config(1)
    name = releaser.endpoint(config)
    described = sagemaker.describe_endpoint_config(EndpointConfigName=config)
    model = described["ProductionVariants"][0]["ModelName"]
    request = {"EndpointConfigName": config, "ProductionVariants": described["ProductionVariants"]}
    container = sagemaker.describe_model(ModelName=model)["PrimaryContainer"]
    role = sagemaker.describe_model(ModelName=model)["ExecutionRoleArn"]
    assert refusal(sagemaker.create_endpoint, EndpointName=name.upper(), EndpointConfigName=config) == (
        f'Cannot create already existing endpoint "{ARN}:endpoint/{name}".'
    )
    assert refusal(sagemaker.create_endpoint_config, **request) == (
        f'Cannot create already existing endpoint configuration "{ARN}:endpoint-config/{config}".'
    )
    assert refusal(sagemaker.create_model, ModelName=model, PrimaryContainer=container, ExecutionRoleArn=role) == (
        f'Cannot create already existing model "{ARN}:model/{model}".'
    )


def test_what_is_missing_is_named_by_its_arn(releaser: Any, sagemaker: Any) -> None:
    assert refusal(sagemaker.describe_endpoint, EndpointName="Nope") == (
        f'Could not find endpoint "{ARN}:endpoint/nope".'
    )
    assert refusal(sagemaker.describe_endpoint_config, EndpointConfigName="nope") == (
        f'Could not find endpoint configuration "{ARN}:endpoint-config/nope".'
    )
    assert refusal(sagemaker.describe_model, ModelName="nope") == f'Could not find model "{ARN}:model/nope".'
    assert "Could not find endpoint configuration" in refusal(
        sagemaker.create_endpoint, EndpointName="fresh", EndpointConfigName="nope"
    )


@pytest.mark.parametrize("name", ["under_score", "a" * 64, "-dash", "dot.ted"])
def test_names_aws_would_refuse_are_refused(releaser: Any, sagemaker: Any, name: str) -> None:
    config = releaser.config(1)
    text = refusal(sagemaker.create_endpoint, EndpointName=name, EndpointConfigName=config)
    assert text.startswith(f"1 validation error detected: Value '{name}' at 'endpointName' failed to satisfy")


def test_a_model_needs_an_approved_and_complete_package(releaser: Any, sagemaker: Any, world: Any) -> None:
    like = {"ExecutionRoleArn": world.seeded.role_arn, "ModelName": world.name("model")}
    sagemaker.update_model_package(ModelPackageArn=world.package(3), ModelApprovalStatus="Rejected")
    sagemaker.update_model_package(ModelPackageArn=world.package(5), ModelApprovalStatus="Approved")
    for version, why in ((3, "ModelApprovalStatus is Rejected"), (5, "ModelPackageStatus is Failed")):
        container = {"ModelPackageName": world.package(version)}
        assert why in refusal(sagemaker.create_model, PrimaryContainer=container, **like)
    missing = {"ModelPackageName": f"{ARN}:model-package/titanic-survival/99999"}
    assert "does not exist" in refusal(sagemaker.create_model, PrimaryContainer=missing, **like)


def test_a_model_needs_a_role_that_exists(sagemaker: Any, world: Any) -> None:
    role = "arn:aws:iam::123456789012:role/nobody"
    container = {"ModelPackageName": world.package(1)}
    text = refusal(sagemaker.create_model, ModelName="m", ExecutionRoleArn=role, PrimaryContainer=container)
    assert text.startswith(f'The execution role ARN "{role}" is invalid.')


def test_an_update_shows_its_stages_and_the_old_config_until_it_is_done(releaser: Any, sagemaker: Any) -> None:
    old, new = releaser.config(1), releaser.config(2)
    name = releaser.endpoint(old)
    before = releaser.invoke(name)
    sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=new)
    seen = releaser.describe(name)
    assert (seen["EndpointStatus"], seen["EndpointConfigName"]) == ("Updating", old)
    pending = seen["PendingDeploymentSummary"]
    assert pending["EndpointConfigName"] == new
    assert pending["ProductionVariants"][0]["VariantStatus"][0]["StatusMessage"] == "Launching 1 instance(s)."
    assert releaser.invoke(name) == before, "traffic stays with the old fleet"
    done = releaser.settled(name)
    assert (done["EndpointStatus"], done["EndpointConfigName"]) == ("InService", new)
    assert "PendingDeploymentSummary" not in done
    assert releaser.invoke(name) != before


def test_a_bake_serves_the_new_fleet_and_then_ends(releaser: Any, sagemaker: Any, world: Any) -> None:
    name = releaser.endpoint(releaser.config(1))
    before = releaser.invoke(name)
    policy = {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": ALL_AT_ONCE, "TerminationWaitInSeconds": 300}}
    sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=releaser.config(2), DeploymentConfig=policy)
    assert releaser.stage(name) == "Creating"
    world.clock.advance(7)
    releaser.until(name, lambda _: releaser.stage(name) == "ActivatingTraffic")
    world.clock.advance(4)
    assert releaser.stage(name) == "Baking"
    assert releaser.invoke(name) != before
    done = releaser.settled(name)
    assert done["LastDeploymentConfig"]["BlueGreenUpdatePolicy"]["TerminationWaitInSeconds"] == 300


def test_an_alarm_in_the_bake_takes_the_old_config_back(releaser: Any, sagemaker: Any, client: Any, world: Any) -> None:
    cloudwatch, alarm = client("cloudwatch"), world.name("alarm")
    cloudwatch.put_metric_alarm(
        AlarmName=alarm,
        MetricName="Invocation5XXErrors",
        Namespace="AWS/SageMaker",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
    )
    old = releaser.config(1)
    name = releaser.endpoint(old)
    policy = {
        "BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": ALL_AT_ONCE, "TerminationWaitInSeconds": 300},
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": alarm}]},
    }
    sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=releaser.config(2), DeploymentConfig=policy)
    world.clock.advance(11)
    releaser.until(name, lambda _: releaser.stage(name) == "Baking")
    cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="test")
    seen = releaser.settled(name)
    assert (seen["EndpointStatus"], seen["EndpointConfigName"]) == ("InService", old)
    assert alarm in seen["FailureReason"]


def test_a_failed_update_is_in_service_on_the_old_config(releaser: Any, sagemaker: Any) -> None:
    old = releaser.config(2)
    name = releaser.endpoint(old)
    before = releaser.invoke(name)
    sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=releaser.config(4))
    seen = releaser.settled(name)
    assert (seen["EndpointStatus"], seen["EndpointConfigName"]) == ("InService", old)
    assert seen["FailureReason"].startswith("The primary container for production variant AllTraffic did not pass")
    assert releaser.invoke(name) == before
    sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=releaser.config(1))
    assert "FailureReason" not in releaser.describe(name), "the next update forgets it"


def test_a_failed_creation_only_allows_deletion(releaser: Any, sagemaker: Any, world: Any) -> None:
    name, config = world.name("endpoint"), releaser.config(4)
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
    seen = releaser.settled(name)
    assert seen["EndpointStatus"] == "Failed"
    assert "did not pass the ping health check" in seen["FailureReason"]
    assert "Failed" in refusal(sagemaker.update_endpoint, EndpointName=name, EndpointConfigName=config)
    sagemaker.delete_endpoint(EndpointName=name)


def test_the_log_of_a_failed_container_is_in_cloudwatch(releaser: Any, sagemaker: Any, world: Any, client: Any) -> None:
    name = world.name("endpoint")
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=releaser.config(4))
    releaser.settled(name)
    events = client("logs").filter_log_events(logGroupName=f"/aws/sagemaker/Endpoints/{name}")["events"]
    # How many health checks it answered before it gave up depends on how busy the machine is.
    assert any("is not an XGBoost JSON model" in event["message"] for event in events)


def test_nothing_is_accepted_in_the_middle_of_a_transition(releaser: Any, sagemaker: Any) -> None:
    config = releaser.config(1)
    name = releaser.endpoint(config)
    sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=config)
    text = f'Cannot update in-progress endpoint "{ARN}:endpoint/{name}".'
    assert refusal(sagemaker.update_endpoint, EndpointName=name, EndpointConfigName=config) == text
    assert refusal(sagemaker.delete_endpoint, EndpointName=name) == text


def test_an_update_needs_the_config_it_comes_from(releaser: Any, sagemaker: Any) -> None:
    old, new = releaser.config(1), releaser.config(2)
    name = releaser.endpoint(old)
    sagemaker.delete_endpoint_config(EndpointConfigName=old)
    assert refusal(sagemaker.update_endpoint, EndpointName=name, EndpointConfigName=new) == (
        f'Could not find endpoint configuration "{ARN}:endpoint-config/{old}".'
    )


def test_deleting_takes_its_time_and_leaves_config_and_model(releaser: Any, sagemaker: Any, world: Any) -> None:
    config = releaser.config(1)
    name = releaser.endpoint(config)
    sagemaker.delete_endpoint(EndpointName=name)
    assert releaser.describe(name)["EndpointStatus"] == "Deleting"
    world.clock.advance(11)
    assert refusal(sagemaker.describe_endpoint, EndpointName=name).startswith("Could not find endpoint ")
    assert sagemaker.describe_endpoint_config(EndpointConfigName=config)
    releaser.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)


def resize(releaser: Any, name: str, count: int) -> None:
    wanted = [{"VariantName": "AllTraffic", "DesiredInstanceCount": count, "DesiredWeight": 1.0}]
    releaser.sagemaker.update_endpoint_weights_and_capacities(EndpointName=name, DesiredWeightsAndCapacities=wanted)


def test_scaling_shows_what_is_desired_before_it_is_current(releaser: Any) -> None:
    name = releaser.endpoint(releaser.config(1))
    resize(releaser, name, 3)
    seen = releaser.describe(name)
    variant = seen["ProductionVariants"][0]
    assert seen["EndpointStatus"] == "Updating"
    assert (variant["CurrentInstanceCount"], variant["DesiredInstanceCount"]) == (1, 3)
    assert releaser.settled(name)["ProductionVariants"][0]["CurrentInstanceCount"] == 3


@pytest.mark.parametrize(
    ("retained", "count"),
    [
        ({}, 1),
        ({"RetainAllVariantProperties": True}, 3),
        (
            {
                "RetainAllVariantProperties": True,
                "ExcludeRetainedVariantProperties": [{"VariantPropertyType": "DesiredInstanceCount"}],
            },
            1,
        ),
    ],
)
def test_an_update_keeps_real_capacity_only_when_told(releaser: Any, retained: dict[str, Any], count: int) -> None:
    name = releaser.endpoint(releaser.config(1))
    resize(releaser, name, 3)
    releaser.settled(name)
    new = releaser.config(2)
    releaser.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=new, **retained)
    assert releaser.settled(name)["ProductionVariants"][0]["CurrentInstanceCount"] == count


def test_data_capture_has_a_status_and_outlives_an_update_only_when_told(
    releaser: Any, sagemaker: Any, world: Any
) -> None:
    model = sagemaker.describe_endpoint_config(EndpointConfigName=releaser.config(1))["ProductionVariants"]
    config = world.name("config")
    sagemaker.create_endpoint_config(
        EndpointConfigName=config,
        ProductionVariants=model,
        DataCaptureConfig={
            "EnableCapture": True,
            "InitialSamplingPercentage": 20,
            "DestinationS3Uri": "s3://titanic-survival-models/capture",
            "CaptureOptions": [{"CaptureMode": "Input"}],
        },
    )
    name = releaser.endpoint(config)
    capture = releaser.describe(name)["DataCaptureConfig"]
    assert (capture["CaptureStatus"], capture["CurrentSamplingPercentage"]) == ("Started", 20)
    sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=releaser.config(2), RetainAllVariantProperties=True)
    assert releaser.settled(name)["DataCaptureConfig"] == capture
    sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=releaser.config(1))
    assert "DataCaptureConfig" not in releaser.settled(name)


def test_listing_endpoints_sorts_filters_and_pages(releaser: Any, sagemaker: Any, world: Any) -> None:
    config, prefix = releaser.config(1), world.name("listed")
    for letter in "abc":
        sagemaker.create_endpoint(EndpointName=f"{prefix}-{letter}", EndpointConfigName=config)
        world.clock.advance(1)
    newest = sagemaker.list_endpoints(NameContains=prefix, MaxResults=2)
    assert [one["EndpointName"][-1] for one in newest["Endpoints"]] == ["c", "b"]
    rest = sagemaker.list_endpoints(NameContains=prefix, MaxResults=2, NextToken=newest["NextToken"])
    assert [one["EndpointName"][-1] for one in rest["Endpoints"]] == ["a"]
    assert "NextToken" not in rest
    named = sagemaker.list_endpoints(NameContains=prefix, SortBy="Name", SortOrder="Ascending")
    assert [one["EndpointName"][-1] for one in named["Endpoints"]] == ["a", "b", "c"]
    assert sagemaker.list_endpoints(NameContains=prefix, StatusEquals="Failed")["Endpoints"] == []


NOT_IN_MOTO = ["ml.m5.xlarge", "ml.c5.large", "ml.c6i.2xlarge", "ml.m6i.large", "ml.g5.xlarge"]


@pytest.mark.parametrize("instance_type", NOT_IN_MOTO)
def test_instance_types_moto_does_not_know_are_accepted(releaser: Any, instance_type: str) -> None:
    assert releaser.config(1, InstanceType=instance_type)


def test_an_instance_type_that_is_none_is_refused(releaser: Any) -> None:
    with pytest.raises(ClientError, match="enum value set"):
        releaser.config(1, InstanceType="m5.large")


def test_tags_on_every_resource(releaser: Any, sagemaker: Any, world: Any) -> None:
    config = releaser.config(1)
    described = sagemaker.describe_endpoint_config(EndpointConfigName=config)
    model = sagemaker.describe_model(ModelName=described["ProductionVariants"][0]["ModelName"])
    endpoint = releaser.describe(releaser.endpoint(config))
    arns = [endpoint["EndpointArn"], described["EndpointConfigArn"], model["ModelArn"]]
    for arn in [*arns, world.package(1), world.seeded.group_arn]:
        sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "1"}])
        sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "a", "Value": "2"}])
        sagemaker.delete_tags(ResourceArn=arn, TagKeys=["b"])
        assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "2"}]
    assert "nope" in refusal(sagemaker.list_tags, ResourceArn=f"{ARN}:endpoint/nope")


def test_tags_given_at_creation_are_kept(releaser: Any, sagemaker: Any, world: Any) -> None:
    tags = [{"Key": "sluice:release", "Value": "r1"}]
    arn = sagemaker.create_endpoint(
        EndpointName=world.name("endpoint"), EndpointConfigName=releaser.config(1), Tags=tags
    )["EndpointArn"]
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == tags
