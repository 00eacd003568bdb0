"""The model registry as boto3 sees it."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

GROUP = "titanic-survival"


@pytest.fixture
def package(sagemaker: Any, world: Any) -> str:
    """A version of its own for one test, pending approval."""
    like = sagemaker.describe_model_package(ModelPackageName=world.package(1))
    made = sagemaker.create_model_package(
        ModelPackageGroupName=GROUP,
        ModelApprovalStatus="PendingManualApproval",
        InferenceSpecification=like["InferenceSpecification"],
        CustomerMetadataProperties={"git_commit": "abc"},
    )
    return str(made["ModelPackageArn"])


def test_a_seeded_version_tells_what_an_approver_wants_to_know(sagemaker: Any, world: Any) -> None:
    seen = sagemaker.describe_model_package(ModelPackageName=world.package(2))
    assert (seen["ModelPackageStatus"], seen["ModelPackageVersion"]) == ("Completed", 2)
    assert seen["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"].endswith("/v2/metrics.json")
    assert seen["InferenceSpecification"]["SupportedContentTypes"] == ["text/csv"]
    assert "ml.m5.large" in seen["InferenceSpecification"]["SupportedRealtimeInferenceInstanceTypes"]
    assert seen["CreatedBy"]["IamIdentity"]["Arn"]


def test_an_artifact_that_is_not_there_fails_the_package(sagemaker: Any, world: Any) -> None:
    seen = sagemaker.describe_model_package(ModelPackageName=world.package(5))
    assert seen["ModelPackageStatus"] == "Failed"
    reason = seen["ModelPackageStatusDetails"]["ValidationStatuses"][0]["FailureReason"]
    assert "s3://titanic-survival-models/v5/model.tar.gz" in reason


def test_a_change_of_metadata_leaves_the_approval_alone(sagemaker: Any, package: str) -> None:
    sagemaker.update_model_package(
        ModelPackageArn=package, ModelApprovalStatus="Approved", ApprovalDescription="because"
    )
    sagemaker.update_model_package(ModelPackageArn=package, CustomerMetadataProperties={"note": "x"})
    seen = sagemaker.describe_model_package(ModelPackageName=package)
    assert (seen["ModelApprovalStatus"], seen["ApprovalDescription"]) == ("Approved", "because")
    assert seen["CustomerMetadataProperties"] == {"git_commit": "abc", "note": "x"}
    assert seen["LastModifiedTime"]


def test_life_cycle_is_kept_and_metadata_can_be_removed(sagemaker: Any, package: str) -> None:
    stage = {"Stage": "Staging", "StageStatus": "Tested", "StageDescription": "18 of 18"}
    sagemaker.update_model_package(ModelPackageArn=package, ModelLifeCycle=stage)
    sagemaker.update_model_package(ModelPackageArn=package, CustomerMetadataPropertiesToRemove=["git_commit"])
    seen = sagemaker.describe_model_package(ModelPackageName=package)
    assert seen["ModelLifeCycle"] == stage
    assert "CustomerMetadataProperties" not in seen


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"ModelLifeCycle": {"Stage": "In prod", "StageStatus": "Live"}}, "'modelLifeCycle.stage' failed"),
        ({"ModelLifeCycle": {"Stage": "Prod", "StageStatus": "x" * 64}}, "less than or equal to 63"),
        (
            {"ModelLifeCycle": {"Stage": "Prod", "StageStatus": "Live", "StageDescription": "x" * 1025}},
            "less than or equal to 1024",
        ),
        ({"ApprovalDescription": "two\nlines"}, "'approvalDescription' failed"),
    ],
)
def test_a_life_cycle_that_breaks_the_service_model_is_refused(
    sagemaker: Any, package: str, change: dict[str, Any], words: str
) -> None:
    before = sagemaker.describe_model_package(ModelPackageName=package).get("ModelLifeCycle")
    with pytest.raises(ClientError, match=words):
        sagemaker.update_model_package(ModelPackageArn=package, **change)
    assert sagemaker.describe_model_package(ModelPackageName=package).get("ModelLifeCycle") == before


def test_a_status_that_is_none_is_refused(sagemaker: Any, package: str) -> None:
    with pytest.raises(ClientError, match=r"'modelApprovalStatus' failed to satisfy constraint"):
        sagemaker.update_model_package(ModelPackageArn=package, ModelApprovalStatus="Maybe")


def test_a_fault_that_is_none_is_refused(sagemaker: Any, package: str) -> None:
    with pytest.raises(ClientError, match="knows no 'udpate_fails'"):
        sagemaker.update_model_package(
            ModelPackageArn=package, CustomerMetadataProperties={"sandbox:fault": "udpate_fails"}
        )


@pytest.mark.parametrize("name", [GROUP, f"arn:aws:sagemaker:eu-west-1:123456789012:model-package/{GROUP}/77777"])
def test_a_group_or_a_missing_version_is_no_model_package(sagemaker: Any, name: str) -> None:
    with pytest.raises(ClientError, match="does not exist") as caught:
        sagemaker.describe_model_package(ModelPackageName=name)
    assert caught.value.response["Error"]["Code"] == "ValidationException"


def test_listing_versions_sorts_filters_and_pages(sagemaker: Any, world: Any) -> None:
    def versions(**request: Any) -> list[int]:
        found = sagemaker.list_model_packages(ModelPackageGroupName=GROUP, **request)
        return [one["ModelPackageVersion"] for one in found["ModelPackageSummaryList"]]

    assert versions()[:5] == [1, 2, 3, 4, 5]
    newest = versions(SortBy="CreationTime", SortOrder="Descending", MaxResults=2)
    assert newest == sorted(newest, reverse=True)
    assert len(newest) == 2
    sagemaker.update_model_package(ModelPackageArn=world.package(2), ModelApprovalStatus="Rejected")
    assert 2 in versions(ModelApprovalStatus="Rejected")
    assert 2 not in versions(ModelApprovalStatus="PendingManualApproval")


def test_the_group_is_listed_and_an_unknown_one_refused(sagemaker: Any) -> None:
    found = sagemaker.list_model_package_groups(NameContains="titanic")
    assert [one["ModelPackageGroupName"] for one in found["ModelPackageGroupSummaryList"]] == [GROUP]
    with pytest.raises(ClientError, match="does not exist"):
        sagemaker.list_model_packages(ModelPackageGroupName="nope")


def test_a_version_number_is_never_given_twice(sagemaker: Any, world: Any) -> None:
    group = world.name("group")
    sagemaker.create_model_package_group(ModelPackageGroupName=group)
    first = sagemaker.create_model_package(ModelPackageGroupName=group)["ModelPackageArn"]
    with pytest.raises(ClientError, match="still contains"):
        sagemaker.delete_model_package_group(ModelPackageGroupName=group)
    sagemaker.delete_model_package(ModelPackageName=first)
    second = sagemaker.create_model_package(ModelPackageGroupName=group)["ModelPackageArn"]
    assert (first[-2:], second[-2:]) == ("/1", "/2")
    sagemaker.delete_model_package(ModelPackageName=second)
    sagemaker.delete_model_package_group(ModelPackageGroupName=group)


def test_the_metrics_are_where_the_package_says(sagemaker: Any, world: Any, client: Any) -> None:
    seen = sagemaker.describe_model_package(ModelPackageName=world.package(2))
    uri = seen["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"]
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    with client("s3").get_object(Bucket=bucket, Key=key)["Body"] as body:
        assert b"binary_classification_metrics" in body.read()
