"""The model registry: model package groups and their versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.aws.faults import read_faults
from sandbox.aws.listing import Listing
from sandbox.aws.wire import APPROVAL_STATUSES, ENDPOINT_NAME, MODEL_NAME, NameRule, Wire, check_member, refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sandbox.aws.clock import Clock
    from sandbox.aws.wire import Place

_GROUP_NAME = NameRule("modelPackageGroupName", MODEL_NAME)
_TEXT = NameRule("approvalDescription", r".*", limit=1024)
_STAGE_TEXT = NameRule("modelLifeCycle.stageDescription", r".{0,1024}", limit=1024)
_GROUPS = Listing("ModelPackageGroupSummaryList", "ModelPackageGroupName", order="Ascending")
_PACKAGES = Listing("ModelPackageSummaryList", "ModelPackageGroupName", order="Ascending")
_SUMMARY = (
    "ModelPackageGroupName",
    "ModelPackageVersion",
    "ModelPackageArn",
    "ModelPackageDescription",
    "CreationTime",
    "ModelPackageStatus",
    "ModelApprovalStatus",
    "ModelLifeCycle",
)
_REPLACED = (
    "ModelApprovalStatus",
    "ApprovalDescription",
    "ModelLifeCycle",
    "SourceUri",
    "InferenceSpecification",
    "ModelCard",
)


class Registry:
    """One account's model packages in one region.

    Args:
        place: where the ARNs say they are.
        clock: gives creation times.
        artifact_exists: whether an `s3://` URL names an object.
    """

    def __init__(self, place: Place, clock: Clock, artifact_exists: Callable[[str], bool]) -> None:
        self._place = place
        self._clock = clock
        self._artifact_exists = artifact_exists
        self._groups: dict[str, Wire] = {}
        self._packages: dict[str, Wire] = {}
        self._versions: dict[str, int] = {}

    def knows(self, arn: str) -> bool:
        """Return whether `arn` is a group or a version here."""
        return arn in self._packages or any(group["ModelPackageGroupArn"] == arn for group in self._groups.values())

    def create_group(self, request: Wire) -> Wire:
        """CreateModelPackageGroup."""
        name = request["ModelPackageGroupName"]
        _GROUP_NAME.check(name)
        arn = self._group_arn(name)
        if name in self._groups:
            raise refusal(f"Model Package Group already exists: {arn}")
        self._groups[name] = {
            "ModelPackageGroupName": name,
            "ModelPackageGroupArn": arn,
            "ModelPackageGroupDescription": request.get("ModelPackageGroupDescription"),
            "CreationTime": self._clock.now(),
            "CreatedBy": self._caller(),
            "ModelPackageGroupStatus": "Completed",
        }
        return {"ModelPackageGroupArn": arn}

    def describe_group(self, request: Wire) -> Wire:
        """DescribeModelPackageGroup."""
        return self._group(request["ModelPackageGroupName"])

    def list_groups(self, request: Wire) -> Wire:
        """ListModelPackageGroups."""
        return _GROUPS.answer(self._groups.values(), request)

    def delete_group(self, request: Wire) -> Wire:
        """DeleteModelPackageGroup: only an empty one."""
        group = self._group(request["ModelPackageGroupName"])
        if any(self._of_group(group["ModelPackageGroupName"])):
            raise refusal("Model Package Group cannot be deleted because it still contains Model Packages.")
        del self._groups[group["ModelPackageGroupName"]]
        return {}

    def create(self, request: Wire) -> Wire:
        """CreateModelPackage, versioned: the version is one more than the group's last, even if that was deleted."""
        if "ModelPackageGroupName" not in request:
            raise refusal("The sandbox keeps versioned model packages only: ModelPackageGroupName is missing.")
        if request.get("Tags"):
            raise refusal("A versioned model package cannot be tagged when it is created; tag its group.")
        group = self._group(request["ModelPackageGroupName"])["ModelPackageGroupName"]
        status = request.get("ModelApprovalStatus", "PendingManualApproval")
        check_member(status, "modelApprovalStatus", APPROVAL_STATUSES)
        read_faults(request.get("CustomerMetadataProperties"))
        version = self._versions.get(group, 0) + 1
        self._versions[group] = version
        arn = self._place.arn("model-package", f"{group}/{version}")
        kept = {key: value for key, value in request.items() if key not in {"Tags", "ClientToken"}}
        self._packages[arn] = {
            **kept,
            "ModelPackageGroupName": group,
            "ModelPackageVersion": version,
            "ModelPackageArn": arn,
            "CreationTime": self._clock.now(),
            "CreatedBy": self._caller(),
            "ModelApprovalStatus": status,
            **self._validated(arn, request),
        }
        return {"ModelPackageArn": arn}

    def describe(self, request: Wire) -> Wire:
        """DescribeModelPackage: a version's ARN; the bare name of a group is no model package."""
        return self.package(request["ModelPackageName"])

    def package(self, arn: str) -> Wire:
        """Return one version's description.

        Raises:
            AwsError: ValidationException, there is none.
        """
        if arn not in self._packages:
            shown = arn if arn.startswith("arn:") else self._place.arn("model-package", arn)
            raise refusal(f"ModelPackage {shown} does not exist.")
        return self._packages[arn]

    def list(self, request: Wire) -> Wire:
        """ListModelPackages: without a group it lists the unversioned ones, and the sandbox has none."""
        name = request.get("ModelPackageGroupName")
        rows = self._of_group(name) if name else self._all_if_versioned(request)
        wanted = request.get("ModelApprovalStatus")
        rows = (row for row in rows if wanted in {None, row["ModelApprovalStatus"]})
        return _PACKAGES.answer([{key: row.get(key) for key in _SUMMARY} for row in rows], request)

    def update(self, request: Wire) -> Wire:
        """UpdateModelPackage: what the request does not name stays."""
        package = self.package(request["ModelPackageArn"])
        if "ModelApprovalStatus" in request:
            check_member(request["ModelApprovalStatus"], "modelApprovalStatus", APPROVAL_STATUSES)
        _check_texts(request)
        properties = {
            **package.get("CustomerMetadataProperties", {}),
            **request.get("CustomerMetadataProperties", {}),
        }
        for key in request.get("CustomerMetadataPropertiesToRemove", []):
            properties.pop(key, None)
        read_faults(properties)
        package.update({key: request[key] for key in _REPLACED if key in request})
        package["CustomerMetadataProperties"] = properties
        package["LastModifiedTime"] = self._clock.now()
        package["LastModifiedBy"] = self._caller()
        return {"ModelPackageArn": package["ModelPackageArn"]}

    def delete(self, request: Wire) -> Wire:
        """DeleteModelPackage."""
        del self._packages[self.package(request["ModelPackageName"])["ModelPackageArn"]]
        return {}

    def _validated(self, arn: str, request: Wire) -> Wire:
        containers = request.get("InferenceSpecification", {}).get("Containers", [])
        missing = [
            url for container in containers if (url := container.get("ModelDataUrl")) and not self._artifact_exists(url)
        ]
        status: Wire = {"Name": arn, "Status": "Failed" if missing else "Completed"}
        if missing:
            status["FailureReason"] = f"Could not find model data at {missing[0]}."
        return {
            "ModelPackageStatus": status["Status"],
            "ModelPackageStatusDetails": {"ValidationStatuses": [status]},
        }

    def _group_arn(self, name: str) -> str:
        return self._place.arn("model-package-group", name)

    def _group(self, name_or_arn: str) -> Wire:
        name = name_or_arn.rsplit("/", 1)[-1]
        if name not in self._groups:
            raise refusal(f"ModelPackageGroup {self._group_arn(name)} does not exist.")
        return self._groups[name]

    def _of_group(self, name: str) -> Iterable[Wire]:
        group = self._group(name)["ModelPackageGroupName"]
        return [package for package in self._packages.values() if package["ModelPackageGroupName"] == group]

    def _all_if_versioned(self, request: Wire) -> Iterable[Wire]:
        return list(self._packages.values()) if request.get("ModelPackageType") in {"Versioned", "Both"} else []

    def _caller(self) -> Wire:
        arn = f"arn:aws:iam::{self._place.account}:user/sandbox"
        return {"IamIdentity": {"Arn": arn, "PrincipalId": "AIDASANDBOX"}}


def _check_texts(request: Wire) -> None:
    """Refuse an approval's words or a life cycle that break the service model's constraints; botocore lets them by."""
    life_cycle = request.get("ModelLifeCycle", {})
    for member in ("Stage", "StageStatus"):
        if member in life_cycle:
            NameRule(f"modelLifeCycle.{member[0].lower()}{member[1:]}", ENDPOINT_NAME).check(life_cycle[member])
    _TEXT.check(request.get("ApprovalDescription", ""))
    _STAGE_TEXT.check(life_cycle.get("StageDescription", ""))
