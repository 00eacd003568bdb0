"""One worker, two roles: who makes which call, on the wire of an AWS that holds sessions to their policies."""

import importlib.util
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from fakes.builders import DEPLOYMENT
from fakes.local_aws import CREDENTIALS, local_aws

from services.adapters.assumed_role import AssumedRole
from services.adapters.sagemaker_boto3 import AwsRegions
from services.adapters.sdk_configuration import quiet_sdk
from services.ports import Behalf, SaidNo
from services.release.model import Roles, Stage

pytestmark = pytest.mark.contract
ROLES = Roles("arn:aws:iam::123456789012:role/sluice/looks", "arn:aws:iam::123456789012:role/sluice/changes")
PLACE = replace(DEPLOYMENT, region="eu-west-1", roles=ROLES)
ANYBODY: dict[str, Any] = {
    "Statement": {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "sts:AssumeRole"}
}
FOR_A_RELEASE: dict[str, Any] = {
    "Statement": {**ANYBODY["Statement"], "Condition": {"StringLike": {"sts:RoleSessionName": "r????????@*"}}}
}
MAY_LOOK = {"Statement": {"Effect": "Allow", "Action": "sagemaker:Describe*", "Resource": "*"}}
VERSION = {"Version": "2012-10-17"}
MINE = Behalf("r0000000a", "UASKS", "UBOB")


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("aws") / "journal.jsonl"
    with local_aws(0.1, "--journal", str(path)) as url, pytest.MonkeyPatch.context() as patch:
        for name, value in {**CREDENTIALS, **quiet_sdk(), "AWS_ENDPOINT_URL": url}.items():
            patch.setenv(name, value)
        patch.delenv("AWS_PROFILE", raising=False)
        iam: Any = boto3.client("iam", region_name="eu-west-1")
        for name, trust in (("looks", ANYBODY), ("changes", FOR_A_RELEASE)):
            iam.create_role(RoleName=name, Path="/sluice/", AssumeRolePolicyDocument=json.dumps(VERSION | trust))
            iam.put_role_policy(RoleName=name, PolicyName="sluice", PolicyDocument=json.dumps(VERSION | MAY_LOOK))
        iam.close()
        yield path


@pytest.fixture(params=["boto3", "sdk"])
def regions(request: pytest.FixtureRequest, journal: Path) -> AwsRegions:
    if request.param == "boto3":
        return AwsRegions(None)
    if importlib.util.find_spec("sagemaker") is None:
        pytest.skip("the worker's SageMaker SDK is not installed")
    from services.adapters.sagemaker_sdk import SdkRegions

    return SdkRegions(None)


def calls_since(journal: Path, seen: int) -> list[tuple[str, str]]:
    entries = [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()[seen:]]
    return [(entry["operation"], entry["by"].rpartition(":assumed-role/")[2]) for entry in entries]


def length(journal: Path) -> int:
    return len(journal.read_text(encoding="utf-8").splitlines())


def test_a_session_is_named_for_the_release_and_who_answers_for_it(regions: AwsRegions, journal: Path) -> None:
    seen = length(journal)
    regions.of(PLACE).hosting.model("m")
    with regions.acting(Behalf("r0000000a", "UASKS")):
        regions.of(PLACE).hosting.model("m")
    with regions.acting(MINE):
        regions.of(PLACE, Stage.PROD).hosting.model("m")
    assert calls_since(journal, seen) == [
        ("AssumeRole", ""),
        ("DescribeModel", "looks/sluice"),
        ("AssumeRole", ""),
        ("DescribeModel", "looks/r0000000a@UASKS"),
        ("AssumeRole", ""),
        ("DescribeModel", "changes/r0000000a@UBOB"),
    ]


def test_a_refused_change_is_noted_with_its_session(regions: AwsRegions, journal: Path) -> None:
    with regions.acting(MINE) as calls, pytest.raises(SaidNo, match=r"UBOB is not authorized to perform: sagemaker:"):
        regions.of(PLACE, Stage.PROD).hosting.update_endpoint("prod", "config")
    assert [(call.operation, call.status, call.session) for call in calls] == [
        ("UpdateEndpoint", 400, "changes/r0000000a@UBOB")
    ]


def test_a_role_can_demand_that_its_sessions_name_a_release(regions: AwsRegions, journal: Path) -> None:
    with pytest.raises(SaidNo, match="not authorized to perform: sts:AssumeRole"):
        regions.of(PLACE, Stage.PROD).hosting.model("m")


def test_without_roles_the_worker_calls_as_itself(regions: AwsRegions, journal: Path) -> None:
    seen = length(journal)
    with regions.acting(MINE):
        regions.of(replace(PLACE, roles=Roles()), Stage.PROD).hosting.model("m")
    assert calls_since(journal, seen) == [("DescribeModel", "")]


class Sts:
    """An STS that counts its sessions."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def assume_role(self, **asked: Any) -> Any:
        self.names.append(asked["RoleSessionName"])
        return {"Credentials": {"AccessKeyId": f"K{len(self.names)}", "SecretAccessKey": "s", "SessionToken": "t"}}


def test_keys_are_kept_until_shortly_before_they_expire_and_dropped_when_aws_calls_them_expired() -> None:
    sts, now = Sts(), [0.0]
    role = AssumedRole(sts, ROLES.prod, lambda: now[0])
    session = role.core()
    role.attend(type("Session", (), {"events": session.get_component("event_emitter")}))

    def key() -> str:
        return str(role.get_frozen_credentials().access_key)

    assert [key(), key()] == ["K1", "K1"]
    now[0] = 3299.0
    assert key() == "K1"
    now[0] = 3301.0
    assert key() == "K2"
    session.emit("after-call.sagemaker.DescribeModel", parsed={"Error": {"Code": "ExpiredTokenException"}})
    assert key() == "K3"
    session.emit("after-call.sagemaker.DescribeModel", parsed={"Error": {"Code": "ValidationException"}})
    assert key() == "K3"
    assert sts.names == ["sluice"] * 3
