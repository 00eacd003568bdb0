"""AWS misbehaves: every row of docs/reference/aws-faults.md, brought about on the wire, ends and is told as it says."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from fakes.driver import Driver
from fakes.local_aws import CREDENTIALS, local_aws
from fakes.wire_world import StandIn, WireWorld

from sandbox.aws.seed import seed
from services.adapters import sagemaker_boto3
from services.release.lifecycle import TERMINAL
from services.release.model import Phase, Stage

pytestmark = [pytest.mark.e2e]
PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "aws-faults.md"
ROW = re.compile(r"^\| `([a-z-]+)` \| (.+) \| (.+) \| `([a-z_]+)` \| (.*) \|$", re.MULTILINE)
HASTY = Config(connect_timeout=5, read_timeout=5, retries={"total_max_attempts": 1})
"""Without botocore's own three tries, which sleep; what goes wrong here goes wrong with each of them."""
PREFIX = "arn:aws:sagemaker:eu-west-1:123456789012"


@pytest.fixture(scope="module")
def aws() -> Iterator[StandIn]:
    with local_aws(60, "--stand-in") as url, pytest.MonkeyPatch.context() as patch:
        for name, value in {**CREDENTIALS, "AWS_ENDPOINT_URL": url}.items():
            patch.setenv(name, value)
        patch.delenv("AWS_PROFILE", raising=False)
        patch.setattr(sagemaker_boto3, "PATIENT", HASTY)
        yield StandIn(url, seed(url))


@dataclass
class Scene:
    """A release of version 2 over what somebody put on prod by hand, at one of its turning points."""

    aws: StandIn
    world: WireWorld
    driver: Driver
    release_id: str = ""

    @property
    def prod(self) -> str:
        """The name of the prod endpoint."""
        return self.world.catalog["titanic"].deployment.prod_endpoint

    @property
    def staging(self) -> str:
        """The name of the staging endpoint."""
        return self.world.catalog["titanic"].deployment.staging_endpoint

    def ask(self, version: int = 2) -> None:
        """Ask for a release."""
        self.release_id = self.world.request(version)

    def to_the_gate(self, version: int = 2) -> None:
        """Ask for a release and bring it to its gate."""
        self.ask(version)
        self.driver.run_until(self.release_id, Phase.AWAITING_APPROVAL)

    def approve_at_the_gate(self) -> None:
        """Approve the release, if it ever comes to its gate."""
        while (phase := self.world.release(self.release_id).phase) not in {*TERMINAL, Phase.AWAITING_APPROVAL}:
            assert self.driver.round(), f"stuck at {phase}"
        if phase is Phase.AWAITING_APPROVAL:
            self.world.approve(self.release_id)

    def config(self, stage: Stage) -> str:
        """Return the name of the config that the release makes for a stage."""
        group = self.world.catalog["titanic"].deployment.package_group
        return f"{group}-v2-{self.release_id}-{stage.value}"

    def config_by_hand(self, name: str) -> str:
        """Make a config like the one that prod serves, as a person at a terminal would."""
        live = self.aws.sagemaker.describe_endpoint(EndpointName=self.prod)["EndpointConfigName"]
        known = self.aws.sagemaker.describe_endpoint_config(EndpointConfigName=live)["ProductionVariants"]
        self.aws.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=known)
        return name


Act = Callable[[Scene], None]


def error(code: str, message: str, status: int = 400, **more: Any) -> dict[str, Any]:
    return {"code": code, "message": message, "status": status, **more}


def staging(*outages: dict[str, Any]) -> Act:
    """Let calls go wrong from the request on."""

    def act(scene: Scene) -> None:
        scene.aws.plan(*outages)
        scene.ask()
        scene.approve_at_the_gate()

    return act


def prod(*outages: dict[str, Any]) -> Act:
    """Let calls go wrong from the approval on."""

    def act(scene: Scene) -> None:
        scene.to_the_gate()
        scene.aws.plan(*outages)
        scene.world.approve(scene.release_id)

    return act


def showing(fault: str) -> Act:
    """Approve a version that shows a fault where it is deployed: on staging, or where it replaces another."""

    def act(scene: Scene) -> None:
        scene.ask(scene.aws.faulty(fault))
        scene.approve_at_the_gate()

    return act


def unseen_config(scene: Scene) -> None:
    scene.to_the_gate()
    name = scene.config(Stage.PROD)
    words = f'Could not find endpoint configuration "{PREFIX}:endpoint-config/{name}".'
    scene.aws.plan({"operation": "UpdateEndpoint", "times": 3, **error("ValidationException", words)})
    scene.world.approve(scene.release_id)


def deleted_config(scene: Scene) -> None:
    scene.to_the_gate()
    live = scene.aws.sagemaker.describe_endpoint(EndpointName=scene.prod)["EndpointConfigName"]
    scene.aws.sagemaker.delete_endpoint_config(EndpointConfigName=live)
    scene.world.approve(scene.release_id)


def maintained(scene: Scene) -> None:
    """Let AWS's maintenance of prod begin when the pointer is saved and the update has yet to be sent."""
    scene.to_the_gate()
    scene.aws.plan({"operation": "AddTags", **error("InternalFailure", "", 500)})
    scene.world.approve(scene.release_id)
    scene.driver.round()
    assert scene.world.release(scene.release_id).pointer is not None
    scene.aws.tell("maintain", endpoint=scene.prod)


def staging_gone(scene: Scene) -> None:
    scene.to_the_gate()
    scene.aws.sagemaker.delete_endpoint(EndpointName=scene.staging)
    scene.world.approve(scene.release_id)


def prod_gone(scene: Scene) -> None:
    scene.to_the_gate()
    scene.aws.sagemaker.delete_endpoint(EndpointName=scene.prod)
    scene.aws.tell("advance", seconds=120)
    scene.world.approve(scene.release_id)


def prod_updated(scene: Scene) -> None:
    scene.to_the_gate()
    by_hand = scene.config_by_hand(f"by-hand-{scene.release_id}")
    scene.aws.sagemaker.update_endpoint(EndpointName=scene.prod, EndpointConfigName=by_hand)
    scene.aws.tell("advance", seconds=120)
    scene.world.approve(scene.release_id)


def skewed(seconds: float) -> Act:
    def act(scene: Scene) -> None:
        scene.to_the_gate()
        scene.aws.tell("skew", seconds=seconds)
        scene.world.approve(scene.release_id)

    return act


IN_PROGRESS = error("ValidationException", f'Cannot update in-progress endpoint "{PREFIX}:endpoint/prod".')
NOT_FOUND = error("ValidationException", f'Could not find endpoint "{PREFIX}:endpoint/staging".')
QUOTA = error(
    "ResourceLimitExceeded",
    "The account-level service limit 'ml.m5.large for endpoint usage' is 0 Instances, with current utilization of 0 "
    "Instances and a request delta of 1 Instances. Please use AWS Service Quotas to request an increase.",
)
CHANGES = ("UpdateModelPackage", "CreateModel", "CreateEndpointConfig", "CreateEndpoint", "UpdateEndpoint", "AddTags")
ROLE = (
    'The execution role ARN "arn:aws:iam::123456789012:role/x" is invalid. Please ensure that the role exists and that '
    'its trust relationship policy allows the action "sts:AssumeRole" for the service principal '
    '"sagemaker.amazonaws.com".'
)
EXPIRED = "Signature expired: 20261123T120000Z is now earlier than 20261123T120300Z (20261123T120800Z - 5 min.)"

CASES: Mapping[str, Act] = {
    "throttled": staging(
        {"operation": "DescribeEndpoint", "times": 4, **error("ThrottlingException", "Rate exceeded")}
    ),
    "server-error": prod({"operation": "UpdateEndpoint", "times": 4, **error("InternalFailure", "Try again", 500)}),
    "no-answer": prod({"operation": "DescribeEndpoint", "times": 4}),
    "reply-lost": staging(*({"operation": each, "after": True} for each in CHANGES)),
    "outage": prod({"operation": "DescribeEndpoint", "times": 100, **error("ServiceUnavailable", "Come back", 503)}),
    "not-seen-yet": staging({"operation": "DescribeEndpoint", "times": 8, **NOT_FOUND}),
    "config-not-seen-yet": unseen_config,
    "in-progress": prod({"operation": "UpdateEndpoint", "times": 3, **IN_PROGRESS}),
    "no-capacity": showing("no_capacity"),
    "quota": staging({"operation": "CreateEndpoint", **QUOTA}),
    "rolled-back": showing("update_fails"),
    "rolled-back-silently": showing("update_fails_silently"),
    "rollback-failed": showing("rollback_fails"),
    "maintenance": maintained,
    "staging-deleted": staging_gone,
    "prod-deleted": prod_gone,
    "prod-changed": prod_updated,
    "config-deleted": deleted_config,
    "clock-ahead": skewed(-600),
    "clock-behind": skewed(600),
    "clock-refused": prod({"operation": "DescribeEndpoint", "times": 4, **error("InvalidSignatureException", EXPIRED)}),
    "credentials-expired": prod(
        {
            "operation": "DescribeEndpoint",
            "times": 4,
            **error("ExpiredTokenException", "The security token included in the request is expired"),
        }
    ),
    "credentials-wrong": staging(
        {
            "operation": "*",
            "times": 100,
            **error("UnrecognizedClientException", "The security token included in the request is invalid."),
        }
    ),
    "denied": prod(
        {
            "operation": "UpdateEndpoint",
            **error("AccessDeniedException", "User: x is not authorized to perform: sagemaker:UpdateEndpoint on y"),
        }
    ),
    "execution-role": staging({"operation": "CreateModel", **error("ValidationException", ROLE)}),
}


@dataclass(frozen=True)
class Row:
    """What the page says of a fault."""

    phase: str
    words: tuple[str, ...]


def rows() -> Mapping[str, Row]:
    found = ROW.findall(PAGE.read_text(encoding="utf-8"))
    return {name: Row(phase, tuple(re.findall("“([^”]+)”", told))) for name, _, _, phase, told in found}


def test_the_page_has_every_fault() -> None:
    assert list(rows()) == list(CASES)


@pytest.mark.parametrize("name", CASES)
def test_a_fault_ends_and_is_told_as_the_page_says(name: str, aws: StandIn) -> None:
    world = WireWorld(aws, name)
    scene = Scene(aws, world, Driver(world))
    aws.plan()
    aws.serve_by_hand(scene.prod)
    CASES[name](scene)
    scene.driver.settle()
    aws.plan()
    aws.tell("skew", seconds=0)
    said, row = world.told(scene.release_id), rows()[name]
    assert world.release(scene.release_id).phase.value == row.phase, said
    assert [words for words in row.words if words not in said] == [], said
    live = aws.sagemaker.list_endpoints(NameContains=f"{name}-prod")["Endpoints"]
    assert all(each["EndpointStatus"] in {"InService", "UpdateRollbackFailed"} for each in live)
    if row.phase == "released":
        assert "took the update" not in said
