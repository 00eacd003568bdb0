"""From what the registry shows of the wanted package to the next move."""

from dataclasses import replace

import pytest
from fakes import builders as b

from services.ports import PackageDescription
from services.release import events as e
from services.release.model import ModelPackage, Release
from services.steps.approve_package import PackageSight, _wanted_arn, approval_description, plan, refused
from services.steps.plan import ApprovePackage, Do, Plan, Record

CHECKED = ModelPackage(b.ARN, "titanic-survival", 7)
OUR_WORDS = approval_description(b.checked())
NOTHING = "The group titanic-survival has no version that could be deployed."
PENDING, APPROVED = b.described(), b.described(approval="Approved", words="by hand")


def refusal(code: str, detail: str) -> Plan:
    return Record(e.PackageRefused(code, detail))


@pytest.mark.parametrize(
    ("release", "package", "planned"),
    [
        (b.asked(), PENDING, Record(e.PackageChecked(CHECKED))),
        (b.asked(), APPROVED, Record(e.PackageChecked(CHECKED))),
        (b.checked(), PENDING, Do(ApprovePackage(b.ARN, OUR_WORDS))),
        (b.checked(), APPROVED, Record(e.PackageApproved(CHECKED, already=True))),
        (
            b.checked(),
            b.described(approval="Approved", words=OUR_WORDS),
            Record(e.PackageApproved(CHECKED, already=False)),
        ),
        (b.asked(), None, refusal("no_such_version", NOTHING)),
        (b.checked(), None, refusal("no_such_version", NOTHING)),
    ],
)
def test_plan(release: Release, package: PackageDescription | None, planned: Plan) -> None:
    assert plan(release, PackageSight(package, ()), b.NOON) == planned


@pytest.mark.parametrize("release", [b.asked(), b.checked()])
@pytest.mark.parametrize(
    ("package", "code"),
    [
        (b.described(status="Pending"), "package_not_completed"),
        (b.described(status="Failed"), "package_not_completed"),
        (b.described(status="Deleting", approval="Approved"), "package_not_completed"),
        (b.described(approval="Rejected"), "package_rejected"),
        (replace(PENDING, content_types=("application/json",)), "content_type_unsupported"),
        (replace(PENDING, instance_types=("ml.c5.large",)), "instance_type_unsupported"),
    ],
)
def test_a_package_that_cannot_be_deployed_is_refused(release: Release, package: PackageDescription, code: str) -> None:
    planned = plan(release, PackageSight(package, (7,)), b.NOON)
    assert isinstance(planned, Record)
    assert isinstance(planned.event, e.PackageRefused)
    assert planned.event.code == code


def test_a_package_that_supports_what_is_wanted_among_others_is_fine() -> None:
    package = replace(PENDING, content_types=("application/json", "text/csv"), instance_types=("a", "ml.m5.large"))
    assert plan(b.asked(), PackageSight(package, ()), b.NOON) == Record(e.PackageChecked(CHECKED))


def test_a_missing_version_is_answered_with_the_newest_that_there_are() -> None:
    detail = "The group titanic-survival has no version 7 that could be deployed; its newest are 6, 5, 4, 3, 2."
    assert plan(b.asked(), PackageSight(None, (6, 5, 4, 3, 2, 1)), b.NOON) == refusal("no_such_version", detail)


def listed(version: int, status: str = "Completed", approval: str = "Approved") -> PackageDescription:
    return PackageDescription(f"arn:v{version}", "titanic-survival", version, status, approval)


@pytest.mark.parametrize(
    ("wanted", "versions", "arn"),
    [
        ("arn:v3", (), "arn:v3"),
        ("7", (listed(8), listed(7)), "arn:v7"),
        ("7", (listed(8, approval="Rejected"), listed(7, approval="Rejected")), "arn:v7"),
        ("7", (listed(8),), None),
        ("latest", (listed(8), listed(7)), "arn:v8"),
        ("latest", (listed(8, approval="Rejected"), listed(7)), "arn:v7"),
        ("latest", (listed(8, status="InProgress"), listed(7, approval="PendingManualApproval")), "arn:v7"),
        ("latest", (listed(8, approval="Rejected"),), None),
        ("latest", (), None),
    ],
)
def test_which_package_is_meant(wanted: str, versions: tuple[PackageDescription, ...], arn: str | None) -> None:
    assert _wanted_arn(wanted, versions) == arn


def test_the_registry_hears_who_asked_and_that_prod_is_decided_elsewhere() -> None:
    words = approval_description(replace(b.checked(), requested_by="U" * 2000))
    assert b.RELEASE_ID in words
    assert len(words) == 1024
    assert "The decision about prod is the gate's" in OUR_WORDS


def test_awss_refusal_refuses_the_package() -> None:
    assert refused(b.asked(), "denied") == e.PackageRefused("aws_refused", "denied")
