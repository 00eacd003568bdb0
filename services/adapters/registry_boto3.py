"""The model registry of one region, over boto3."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from services.adapters.aws_errors import port_errors, unless_missing
from services.ports import PackageDescription

APPROVAL_TEXT_LIMIT = 1024
"""Characters of ApprovalDescription (source: botocore's service model)."""
GOLDEN = "golden_records"
"""The property of a package (CustomerMetadataProperties) that says where its golden records are; a name of ours."""
MOST_VERSIONS = 1000
"""Versions listed of one group: ten pages of AWS's largest size."""


class Boto3Registry:
    """The Registry port over a boto3 `sagemaker` client."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def package(self, arn: str) -> PackageDescription | None:
        """Describe a package.

        boto3, as the SDK's ModelPackage loses SupportedContentTypes and SupportedRealtimeInferenceInstanceTypes
        (sagemaker 3.27: its InferenceSpecification is shadowed by a model card's shape of the same name).
        """
        found = unless_missing(lambda: self._client.describe_model_package(ModelPackageName=arn))
        return None if found is None else _package(found)

    def versions(self, group: str) -> Sequence[PackageDescription]:
        """List a group's versions, newest first, at most 1,000.

        boto3, as the SDK's ModelPackage.get_all describes every package it lists: a call a version, not a hundred.
        """
        with port_errors():
            pages = self._client.get_paginator("list_model_packages").paginate(
                ModelPackageGroupName=group,
                SortBy="CreationTime",
                SortOrder="Descending",
                PaginationConfig={"PageSize": 100},
            )
            found = [_package(each) for each in islice(_summaries(pages), MOST_VERSIONS)]
            if not found:
                # That ListModelPackages refuses an unknown group is written nowhere; of this call it is known.
                self._client.describe_model_package_group(ModelPackageGroupName=group)
        return found

    def approve(self, arn: str, description: str) -> None:
        """Set ModelApprovalStatus to Approved."""
        with port_errors():
            self._send_approval(arn, description[:APPROVAL_TEXT_LIMIT])

    def _send_approval(self, arn: str, description: str) -> None:
        self._client.update_model_package(
            ModelPackageArn=arn, ModelApprovalStatus="Approved", ApprovalDescription=description
        )

    def mark(self, arn: str, stage: str, status: str, description: str) -> None:
        """Set ModelLifeCycle."""
        with port_errors():
            self._send_mark(arn, stage, status, description)

    def _send_mark(self, arn: str, stage: str, status: str, description: str) -> None:
        life_cycle = {"Stage": stage, "StageStatus": status, "StageDescription": description}
        self._client.update_model_package(ModelPackageArn=arn, ModelLifeCycle=life_cycle)


def _summaries(pages: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for page in pages:
        yield from page["ModelPackageSummaryList"]


def _package(wire: Mapping[str, Any]) -> PackageDescription:
    """Read a DescribeModelPackage answer, or a summary of ListModelPackages, which has less."""
    inference = wire.get("InferenceSpecification", {})
    containers: Sequence[Mapping[str, Any]] = inference.get("Containers", ())
    container = next(iter(containers), {})
    return PackageDescription(
        arn=wire["ModelPackageArn"],
        group=wire.get("ModelPackageGroupName", ""),
        version=wire.get("ModelPackageVersion", 0),
        status=wire.get("ModelPackageStatus", ""),
        approval=wire.get("ModelApprovalStatus", ""),
        content_types=tuple(inference.get("SupportedContentTypes", ())),
        response_types=tuple(inference.get("SupportedResponseMIMETypes", ())),
        instance_types=tuple(inference.get("SupportedRealtimeInferenceInstanceTypes", ())),
        image=container.get("Image", ""),
        artifacts=tuple(each.get("ModelDataUrl", "") for each in containers),
        description=wire.get("ModelPackageDescription", ""),
        approval_description=wire.get("ApprovalDescription", ""),
        created_at=wire.get("CreationTime"),
        environment=tuple(sorted(container.get("Environment", {}).items())),
        statistics=_file_of(wire, "ModelMetrics", "Statistics"),
        # Those of DriftCheckBaselines were chosen as the bounds to hold a version to. Those of ModelMetrics a pipeline
        # computes anew from each version, which then meets them by itself (AWS's guide on QualityCheck steps).
        constraints=_file_of(wire, "DriftCheckBaselines", "Constraints")
        or _file_of(wire, "ModelMetrics", "Constraints"),
        inputs=container.get("ModelInput", {}).get("DataInputConfig", ""),
        life_cycle=_life_cycle(wire.get("ModelLifeCycle", {})),
        golden=wire.get("CustomerMetadataProperties", {}).get(GOLDEN, ""),
    )


def _file_of(wire: Mapping[str, Any], part: str, kind: str) -> str:
    """Return the address of a ModelQuality file, empty where there is none."""
    uri: str = wire.get(part, {}).get("ModelQuality", {}).get(kind, {}).get("S3Uri", "")
    return uri


def _life_cycle(wire: Mapping[str, str]) -> tuple[str, str, str]:
    return wire.get("Stage", ""), wire.get("StageStatus", ""), wire.get("StageDescription", "")
