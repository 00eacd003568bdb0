"""InvokeEndpoint as boto3 sees it: answers, refusals, faults, metrics."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError


@pytest.fixture(scope="module")
def serving(world: Any, client: Any) -> str:
    """An endpoint that serves version 2, for tests that only ask."""
    sagemaker = client("sagemaker")
    package = world.package(2)
    sagemaker.update_model_package(ModelPackageArn=package, ModelApprovalStatus="Approved")
    name = str(world.name("serving"))
    sagemaker.create_model(
        ModelName=name, ExecutionRoleArn=world.seeded.role_arn, PrimaryContainer={"ModelPackageName": package}
    )
    variant = {"VariantName": "AllTraffic", "ModelName": name, "InstanceType": "ml.m5.large"}
    sagemaker.create_endpoint_config(
        EndpointConfigName=name, ProductionVariants=[{**variant, "InitialInstanceCount": 1}]
    )
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    return name


@pytest.fixture(autouse=True)
def _in_service(releaser: Any, serving: str) -> None:
    releaser.settled(serving)


def error_of(caught: pytest.ExceptionInfo[ClientError]) -> tuple[str, int, Any]:
    response: Any = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"], response


def test_the_payload_of_the_contract_gets_one_probability_a_line(releaser: Any, serving: str) -> None:
    man, woman = (float(line) for line in releaser.invoke(serving).splitlines())
    assert 0 < man < 0.5 < woman < 1


def test_the_answer_names_type_and_variant(releaser: Any, serving: str) -> None:
    answer = releaser.runtime.invoke_endpoint(EndpointName=serving, ContentType="text/csv", Body="3,0,,1,0,7.25,2")
    with answer["Body"]:
        assert answer["InvokedProductionVariant"] == "AllTraffic"
        assert answer["ContentType"].startswith("text/csv")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ({"ContentType": "application/json", "Body": "{}"}, 415),
        ({"Body": "a,b,c,d,e,f,g"}, 415),
        ({"Body": b"\xff\xfe"}, 415),
        ({"Accept": "application/xml"}, 406),
        ({"Body": "1,2,3,4,5,6,7,8"}, 400),
    ],
)
def test_what_the_container_refuses_is_a_model_error(
    releaser: Any, serving: str, request_: dict[str, Any], status: int
) -> None:
    with pytest.raises(ClientError) as caught:
        releaser.invoke(serving, **{"body": request_.pop("Body", "3,0,22,1,0,7.25,2"), **request_})
    code, http, response = error_of(caught)
    assert (code, http, response["OriginalStatusCode"]) == ("ModelError", 424, status)
    assert response["OriginalMessage"]
    assert response["LogStreamArn"].endswith(f"/aws/sagemaker/Endpoints/{serving}")
    assert response["Error"]["Message"].startswith(f"Received client error ({status}) from primary with message ")


def test_six_columns_are_scored_like_the_real_container_does(releaser: Any, serving: str) -> None:
    assert 0 < float(releaser.invoke(serving, "3,0,22,1,0,7.25")) < 1


def test_an_empty_body_gets_an_empty_answer(releaser: Any, serving: str) -> None:
    assert releaser.invoke(serving, "") == ""


def test_a_body_over_six_mebibytes_never_reaches_the_container(releaser: Any, serving: str) -> None:
    with pytest.raises(ClientError) as caught:
        releaser.invoke(serving, b"0" * 6_291_457)
    code, http, response = error_of(caught)
    assert (code, http) == ("413", 413)
    assert response["Error"]["Message"] == "HTTP content length exceeded 6291456 bytes."


@pytest.mark.parametrize("change", [str.upper, lambda name: f"{name}x"])
def test_an_endpoint_is_found_in_its_own_spelling_only(releaser: Any, serving: str, change: Any) -> None:
    name = change(serving)
    with pytest.raises(ClientError) as caught:
        releaser.invoke(name)
    code, http, response = error_of(caught)
    assert (code, http) == ("ValidationError", 400)
    assert response["Error"]["Message"] == f"Endpoint {name} of account 123456789012 not found."


def test_an_endpoint_that_is_still_being_created_is_not_found(releaser: Any, sagemaker: Any, world: Any) -> None:
    name = world.name("endpoint")
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=releaser.config(1))
    with pytest.raises(ClientError, match="not found"):
        releaser.invoke(name)


def test_many_at_once(releaser: Any, serving: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(lambda _: releaser.invoke(serving), range(40)))
    assert len(answers) == 1


def test_weights_share_the_traffic(releaser: Any, sagemaker: Any, world: Any) -> None:
    first = sagemaker.describe_endpoint_config(EndpointConfigName=releaser.config(1))["ProductionVariants"][0]
    second = sagemaker.describe_endpoint_config(EndpointConfigName=releaser.config(2))["ProductionVariants"][0]
    config = world.name("config")
    variants = [
        {**first, "VariantName": "Old", "InitialVariantWeight": 3.0},
        {**second, "VariantName": "New", "InitialVariantWeight": 1.0},
    ]
    sagemaker.create_endpoint_config(EndpointConfigName=config, ProductionVariants=variants)
    name = releaser.endpoint(config)
    served = [releaser.invoke(name) for _ in range(8)]
    assert sorted(served.count(one) for one in set(served)) == [2, 6]
    targeted = {releaser.invoke(name, TargetVariant="New") for _ in range(4)}
    assert len(targeted) == 1


def test_a_container_that_crashes_answers_no_more(releaser: Any) -> None:
    name = releaser.endpoint(releaser.faulty("crash_after:2"))
    releaser.invoke(name)
    releaser.invoke(name)
    with pytest.raises(ClientError) as caught:
        releaser.invoke(name)
    code, http, response = error_of(caught)
    assert (code, http, response["OriginalStatusCode"]) == ("ModelError", 424, 0)
    assert "could not get a response" in response["OriginalMessage"]


def test_every_other_answer_can_fail(releaser: Any) -> None:
    name = releaser.endpoint(releaser.faulty("error_every:2"))
    releaser.invoke(name)
    with pytest.raises(ClientError, match=r"Received server error \(500\)"):
        releaser.invoke(name)


def test_a_container_that_never_gets_healthy_fails_the_creation(releaser: Any, sagemaker: Any, world: Any) -> None:
    name = world.name("endpoint")
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=releaser.faulty("slow_ping:60"))
    world.clock.advance(30)
    assert releaser.describe(name)["EndpointStatus"] == "Creating"
    world.clock.advance(30)
    assert releaser.describe(name)["EndpointStatus"] == "Failed"


@pytest.mark.parametrize(
    ("fault", "status", "says_why"),
    [
        ("update_fails", "InService", True),
        ("update_fails_silently", "InService", False),
        ("rollback_fails", "UpdateRollbackFailed", True),
    ],
)
def test_an_update_can_be_made_to_fail(releaser: Any, fault: str, status: str, says_why: bool) -> None:  # noqa: FBT001 - parametrised
    old, new = releaser.config(1), releaser.faulty(fault)
    name = releaser.endpoint(old)
    releaser.sagemaker.update_endpoint(EndpointName=name, EndpointConfigName=new)
    seen = releaser.settled(name)
    assert (seen["EndpointStatus"], seen["EndpointConfigName"]) == (status, old)
    assert ("FailureReason" in seen) is says_why
    assert releaser.endpoint(new), "the same package can be deployed afresh"


def test_invocations_are_counted_in_cloudwatch(releaser: Any, client: Any, world: Any) -> None:
    name = releaser.endpoint(releaser.config(2))
    for body in ("3,0,22,1,0,7.25,2", "letters", "1,1,38,1,0,71.2833,0"):
        try:
            releaser.invoke(name, body)
        except ClientError:
            continue
    dimensions = [{"Name": "EndpointName", "Value": name}, {"Name": "VariantName", "Value": "AllTraffic"}]

    def summed(metric: str) -> float:
        found = client("cloudwatch").get_metric_statistics(
            Namespace="AWS/SageMaker",
            MetricName=metric,
            Dimensions=dimensions,
            StartTime=world.clock.now() - timedelta(hours=1),
            EndTime=world.clock.now() + timedelta(hours=1),
            Period=7200,
            Statistics=["Sum"],
        )
        return float(sum(point["Sum"] for point in found["Datapoints"]))

    query = {"Namespace": "AWS/SageMaker", "MetricName": "Invocations", "Dimensions": dimensions}
    data = client("cloudwatch").get_metric_data(
        MetricDataQueries=[{"Id": "n", "MetricStat": {"Metric": query, "Period": 7200, "Stat": "Sum"}}],
        StartTime=world.clock.now() - timedelta(hours=1),
        EndTime=world.clock.now() + timedelta(hours=1),
    )
    assert sum(data["MetricDataResults"][0]["Values"]) == 3
    assert (summed("Invocations"), summed("Invocation4XXErrors"), summed("Invocation5XXErrors")) == (3, 1, 0)
    assert summed("ModelLatency") > 0
