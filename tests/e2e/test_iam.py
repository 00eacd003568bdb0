"""The policies that `sluice iam` prints, put on real roles: they are enough for every release, and nothing is too much.

The local AWS holds each call to the policies of who makes it, and its journal has them all.
"""

import importlib.util
import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from e2e.worlds import Models, told_by, write_catalog
from fakes.polling import until
from fakes.story import ANA, BRUNO, Stories

from sandbox.aws.calls import Call
from sandbox.aws.guard import needs_of
from sandbox.aws.seed import BUCKET
from sandbox.world import REGION, ROOT, Recipe, World

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("sagemaker") is None, reason="a few looks are the SDK's alone"),
]
ACCOUNT = "arn:aws:iam::123456789012"
EXECUTION_ROLE = f"{ACCOUNT}:role/sluice-sagemaker-execution"
OURS = {"roles": {"staging": f"{ACCOUNT}:role/worker-staging", "prod": f"{ACCOUNT}:role/worker-prod"}}
SUITE = str(Path(__file__).with_name("suites") / "comparing.yaml")
MODELS: Models = {
    "split": {**OURS, "suite": SUITE, "evidence": f"s3://{BUCKET}/split"},
    "cancelled": {**OURS, "staging": {"cleanup": "after_decision"}},
    "empty": {**OURS, "package_group": "nothing-yet"},
}


@dataclass
class Permitted:
    """A world in which everybody has only what `sluice iam` prints for them."""

    world: World
    catalog: Path
    keys: Mapping[str, Mapping[str, str]]

    def session(self, role: str, name: str = "r0000000a@U0BRUNO") -> Mapping[str, str]:
        """Return the keys of a session that the worker's user opens."""
        sts = self.client("sts", self.keys["worker"])
        answer = sts.assume_role(RoleArn=f"{ACCOUNT}:role/{role}", RoleSessionName=name)["Credentials"]
        sts.close()
        return keys_of(answer["AccessKeyId"], answer["SecretAccessKey"]) | {"aws_session_token": answer["SessionToken"]}

    def client(self, service: str, keys: Mapping[str, str]) -> Any:
        """Return a client with these keys."""
        connect: Any = boto3.client
        return connect(service, endpoint_url=self.world.aws_url, region_name=REGION, **keys)

    def calls(self) -> list[dict[str, Any]]:
        """Return what the journal has."""
        return [json.loads(line) for line in self.world.journal.read_text(encoding="utf-8").splitlines()]


def keys_of(access_key: str, secret_key: str) -> dict[str, str]:
    return {"aws_access_key_id": access_key, "aws_secret_access_key": secret_key}


def printed(catalog: Path) -> Mapping[str, Any]:
    """Return what `sluice iam` prints, with its placeholders filled in."""
    environment = {**os.environ, "SLUICE_CATALOG": str(catalog)}
    command = [sys.executable, "-m", "bot", "iam"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    filled = done.stdout.replace("WORKER-ROLE-ARN", f"{ACCOUNT}:user/worker").replace("METRICS-BUCKET", BUCKET)
    filled = filled.replace("ARTIFACT-BUCKET", BUCKET)
    policies: Mapping[str, Any] = json.loads(filled)
    return policies


def put_in_place(iam: Any, policies: Mapping[str, Any]) -> Mapping[str, Mapping[str, str]]:
    """Make the users and roles, and return the users' keys."""
    keys = {}
    for name in ("bot", "worker"):
        iam.create_user(UserName=name)
        document = json.dumps(policies[name]["permissions"])
        iam.put_user_policy(UserName=name, PolicyName="sluice", PolicyDocument=document)
        made = iam.create_access_key(UserName=name)["AccessKey"]
        keys[name] = keys_of(made["AccessKeyId"], made["SecretAccessKey"])
    for name in ("worker-staging", "worker-prod"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(policies[name]["trust"]))
        document = json.dumps(policies[name]["permissions"])
        iam.put_role_policy(RoleName=name, PolicyName="sluice", PolicyDocument=document)
    return keys


@pytest.fixture(scope="module")
def permitted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Permitted]:
    catalog = write_catalog(tmp_path_factory.mktemp("catalog"), MODELS)
    recipe = Recipe(scale_seconds=0.3, poll_seconds=0.1, workers=0, bots=0, sdk="sagemaker", catalog=catalog)
    with World(recipe) as world:
        given = Permitted(world, catalog, {})
        iam = given.client("iam", keys_of("testing", "testing"))
        given.keys = put_in_place(iam, printed(catalog))
        iam.close()
        for name in ("bot", "worker"):
            world.start(name, name, **{key.upper(): value for key, value in given.keys[name].items()})
        world.people.wait_online(60.0)
        yield given


@pytest.fixture(scope="module")
def tellers(permitted: Permitted) -> Iterator[Stories]:
    with told_by(permitted.world) as given:
        yield given


def test_what_the_policies_allow_is_what_releases_do(permitted: Permitted, tellers: Stories) -> None:
    _go_to_prod_twice_and_back(tellers)
    _put_away_what_was_cancelled(tellers)
    _ask_for_a_version_of_an_empty_group(tellers)
    used, allowed = _used(permitted), _allowed(permitted)
    assert used["worker-staging"] == allowed["worker-staging"]
    assert used["worker-prod"] == allowed["worker-prod"]
    assert used["worker"] == allowed["worker"] == {"sts:AssumeRole"}
    assert "bot" not in used
    nameless = {call["operation"] for call in permitted.calls() if call["by"].endswith("/sluice")}
    assert [name for name in nameless if not name.startswith(("Describe", "Head", "List"))] == [], (
        "people look, without one"
    )


def _go_to_prod_twice_and_back(stories: Stories) -> None:
    """Make prod anew that is Failed, and staging; update both, return, and put away what nobody refers to any more."""
    story = stories("split")
    _fail_by_hand(story.aws.sagemaker, story.prod, story.aws.package(story.world.seeded.package_arns[3]))
    until(lambda: (story.aws.endpoint(story.prod) or {}).get("EndpointStatus") == "Failed", "prod Failed")
    first = story.release(1)
    by_hand = "titanic-survival-v9-r00000000-prod"
    story.aws.bring_by_hand(story.staging, by_hand)
    second = story.release(2)
    sessions = [act["session"] for act in _changes(story.redis.lrange(f"sluice:audit:{second}", 0, -1))]
    assert f"worker-staging/{second}@{ANA}" in sessions
    assert f"worker-prod/{second}@{BRUNO}" in sessions
    story.until_phase(story.roll_back("as before"), "rolled_back")
    assert story.serving() == f"titanic-survival-v1-{first}-prod"
    until(lambda: story.document(second)["cleaned_up"], f"{second} cleaned up")


def _put_away_what_was_cancelled(stories: Stories) -> None:
    """Delete all that a cancelled release made: the staging endpoint, its config, and the Model."""
    story = stories("cancelled")
    release, _ = story.to_gate(1)
    story.slash(ANA, f"/release cancel {release}")
    until(lambda: story.document(release)["cleaned_up"], f"{release} cleaned up")


def _ask_for_a_version_of_an_empty_group(stories: Stories) -> None:
    story = stories("empty")
    story.aws.sagemaker.create_model_package_group(ModelPackageGroupName="nothing-yet")
    story.until_phase(story.deploy(1), "package_refused")


def _changes(lines: Any) -> list[dict[str, Any]]:
    acts = [json.loads(line.split(" ", 2)[2])["act"] for line in lines]
    return [call for act in acts for call in act.get("calls", ())]


def _fail_by_hand(sagemaker: Any, endpoint: str, package: Mapping[str, Any]) -> None:
    container = {key: package["InferenceSpecification"]["Containers"][0][key] for key in ("Image", "ModelDataUrl")}
    sagemaker.create_model(ModelName="broken", PrimaryContainer=container, ExecutionRoleArn=EXECUTION_ROLE)
    variant = {"VariantName": "AllTraffic", "ModelName": "broken", "InitialInstanceCount": 1}
    sagemaker.create_endpoint_config(
        EndpointConfigName="broken", ProductionVariants=[{**variant, "InstanceType": "ml.m5.large"}]
    )
    sagemaker.create_endpoint(EndpointName=endpoint, EndpointConfigName="broken")


def _used(permitted: Permitted) -> Mapping[str, set[str]]:
    """Return what each user and role did, as the actions that its calls needed."""
    used: dict[str, set[str]] = defaultdict(set)
    for entry in permitted.calls():
        who = entry["by"].rpartition(":")[2].split("/")
        if len(who) > 1:
            call = Call(entry["service"], entry["operation"], entry["params"], region=REGION)
            used[who[1]] |= {need.action for need in needs_of(call)}
    return used


def _allowed(permitted: Permitted) -> Mapping[str, set[str]]:
    policies = printed(permitted.catalog)
    return {name: set(_actions(each["permissions"])) for name, each in policies.items()}


def _actions(policy: Mapping[str, Any]) -> Iterator[str]:
    for statement in policy["Statement"]:
        if statement["Effect"] == "Allow":
            yield from statement["Action"]


DENIED: list[tuple[str, str, str, dict[str, Any]]] = [
    ("worker-staging", "sagemaker", "update_endpoint", {"EndpointName": "split-prod", "EndpointConfigName": "c"}),
    ("worker-staging", "sagemaker", "create_endpoint", {"EndpointName": "split-prod", "EndpointConfigName": "c"}),
    ("worker-staging", "sagemaker", "delete_endpoint", {"EndpointName": "split-prod"}),
    ("worker-staging", "sagemaker", "delete_model", {"ModelName": "titanic-survival-v1-r00000000"}),
    (
        "worker-staging",
        "sagemaker",
        "delete_endpoint_config",
        {"EndpointConfigName": "titanic-survival-v1-r00000000-prod"},
    ),
    (
        "worker-staging",
        "sagemaker",
        "update_endpoint",
        {"EndpointName": "split-staging", "EndpointConfigName": "titanic-survival-v1-r00000000-prod"},
    ),
    (
        "worker-staging",
        "sagemaker",
        "add_tags",
        {"ResourceArn": f"arn:aws:sagemaker:{REGION}:123456789012:endpoint/split-prod", "Tags": []},
    ),
    (
        "worker-staging",
        "sagemaker",
        "create_model",
        {"ModelName": "titanic-survival-v1-r00000000", "ExecutionRoleArn": f"{ACCOUNT}:role/admin"},
    ),
    ("worker-staging", "s3", "put_object", {"Bucket": BUCKET, "Key": "v1/model.tar.gz"}),
    (
        "worker-prod",
        "sagemaker",
        "create_model",
        {
            "ModelName": "titanic-survival-v1-r00000000",
            "ExecutionRoleArn": EXECUTION_ROLE,
        },
    ),
    (
        "worker-prod",
        "sagemaker",
        "update_model_package",
        {"ModelPackageArn": f"arn:aws:sagemaker:{REGION}:123456789012:model-package/titanic-survival/1"},
    ),
    ("worker-prod", "sagemaker", "update_endpoint", {"EndpointName": "other-prod", "EndpointConfigName": "c"}),
    ("worker-prod", "sagemaker", "delete_endpoint", {"EndpointName": "split-staging"}),
    ("worker-prod", "sagemaker-runtime", "invoke_endpoint", {"EndpointName": "split-prod", "Body": b"1"}),
    ("worker-prod", "s3", "get_object", {"Bucket": BUCKET, "Key": "v1/model.tar.gz"}),
    ("worker", "sagemaker", "describe_endpoint", {"EndpointName": "split-prod"}),
    ("worker", "sts", "assume_role", {"RoleArn": f"{ACCOUNT}:role/worker-prod", "RoleSessionName": "sluice"}),
    ("bot", "sagemaker", "describe_endpoint", {"EndpointName": "split-prod"}),
    ("bot", "sts", "assume_role", {"RoleArn": f"{ACCOUNT}:role/worker-prod", "RoleSessionName": "r0000000a@U0B"}),
]


@pytest.mark.parametrize(("who", "service", "operation", "asked"), DENIED, ids=lambda value: str(value)[:40])
def test_nobody_can_do_what_is_anothers(
    permitted: Permitted, who: str, service: str, operation: str, asked: dict[str, Any]
) -> None:
    keys = permitted.keys[who] if who in permitted.keys else permitted.session(who)
    client = permitted.client(service, keys)
    with pytest.raises(ClientError) as refused:
        getattr(client, operation)(**asked)
    client.close()
    assert refused.value.response["Error"]["Code"].startswith("AccessDenied")
    assert "is not authorized to perform" in str(refused.value)
