"""Find the wanted model package, check that it can be deployed as the catalog says, and approve it."""

from dataclasses import dataclass
from datetime import datetime

from services.ports import PackageDescription, Ports
from services.release import events as e
from services.release.model import ModelPackage, Release
from services.release.wanted import LATEST, version_in_arn
from services.steps.plan import ApprovePackage, Do, Plan, Record, Step

_SHOWN_VERSIONS = 5
_DESCRIPTION_LIMIT = 1024  # ApprovalDescription, botocore's service model


@dataclass(frozen=True, slots=True)
class PackageSight:
    """The wanted package, if there is one, and the versions that there are (newest first)."""

    package: PackageDescription | None
    versions: tuple[int, ...]


def look(release: Release, ports: Ports) -> PackageSight:
    """Find and describe the wanted package."""
    registry = ports.regions.of(release.deployment).registry
    if release.package is not None:
        return PackageSight(registry.package(release.package.arn), ())
    listed = tuple(registry.versions(release.deployment.package_group))
    arn = _wanted_arn(release.wanted, listed)
    return PackageSight(None if arn is None else registry.package(arn), tuple(item.version for item in listed))


def _wanted_arn(wanted: str, listed: tuple[PackageDescription, ...]) -> str | None:
    """Return the ARN of the wanted package; `latest` is the newest that is complete and was not rejected."""
    if wanted.startswith("arn:"):
        return wanted
    if wanted == LATEST:
        deployable = (item for item in listed if item.status == "Completed" and item.approval != "Rejected")
        return next((item.arn for item in deployable), None)
    return next((item.arn for item in listed if item.version == int(wanted)), None)


def plan(release: Release, sight: PackageSight, _now: datetime) -> Plan:
    """Refuse, record or approve what was found."""
    package = sight.package
    if package is None:
        return Record(e.PackageRefused("no_such_version", _none_found(release, sight.versions)))
    problem = _problem(release, package)
    if problem is not None:
        return Record(problem)
    checked = ModelPackage(package.arn, package.group, package.version, package.image, package.description)
    if release.package is None:
        return Record(e.PackageChecked(checked))
    if package.approval != "Approved":
        return Do(ApprovePackage(package.arn, approval_description(release)))
    return Record(e.PackageApproved(checked, already=release.id not in package.approval_description))


def _none_found(release: Release, versions: tuple[int, ...]) -> str:
    group = release.deployment.package_group
    if not versions:
        return f"The group {group} has no version that could be deployed."
    newest = ", ".join(str(version) for version in versions[:_SHOWN_VERSIONS])
    wanted = version_in_arn(release.wanted) or release.wanted
    return f"The group {group} has no version {wanted} that could be deployed; its newest are {newest}."


def _problem(release: Release, package: PackageDescription) -> e.PackageRefused | None:
    """Return the first reason why the package cannot be deployed as the catalog says, or None."""
    deployment = release.deployment
    if package.status != "Completed":
        return e.PackageRefused(
            "package_not_completed", f"Version {package.version} is {package.status}, not Completed."
        )
    if package.approval == "Rejected":
        return e.PackageRefused(
            "package_rejected",
            f"Version {package.version} was rejected in the registry; someone has to take that back there first.",
        )
    if package.content_types and deployment.content_type not in package.content_types:
        known = ", ".join(package.content_types)
        return e.PackageRefused("content_type_unsupported", f"It takes {known}, not {deployment.content_type}.")
    if package.instance_types and deployment.instance_type not in package.instance_types:
        known = ", ".join(package.instance_types)
        return e.PackageRefused("instance_type_unsupported", f"It runs on {known}, not {deployment.instance_type}.")
    return None


def approval_description(release: Release) -> str:
    """Return what the registry shall say of the approval: by whom, for which release, and what it does not mean."""
    text = (
        f"Approved for staging by Sluice release {release.id}, asked for by {release.requested_by}. "
        "The decision about prod is the gate's, not this status."
    )
    return text[:_DESCRIPTION_LIMIT]


def refused(_release: Release, reason: str) -> e.Event:
    """Name what a refusal of AWS amounts to."""
    return e.PackageRefused("aws_refused", reason)


STEP = Step("approve_package", look, plan, refused)
