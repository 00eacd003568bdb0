"""A Sluice in memory before an AWS on the wire, whose clock moves with Sluice's: no test waits for an endpoint."""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from http.client import HTTPConnection
from typing import Any

import boto3
from typing_extensions import override

from fakes.builders import DEPLOYMENT
from fakes.clock import FakeClock, SequentialIds
from fakes.crash import CrashSchedule
from fakes.driver import World
from handlers.views.thread import thread_message
from sandbox.aws.seed import GROUP, REGION, Seeded
from services.adapters.sagemaker_boto3 import AwsRegions
from services.ports import Ports
from services.release.model import Cleanup, Deployment


class CoupledClock(FakeClock):
    """A clock that takes the local AWS along; the two never show the same time."""

    def __init__(self, aws: "StandIn") -> None:
        super().__init__()
        self._aws = aws

    @override
    def advance_to(self, at: datetime) -> datetime:
        """Move both on."""
        seconds = (at - self.now()).total_seconds()
        if seconds > 0:
            self._aws.tell("advance", seconds=seconds)
        return super().advance_to(at)


@dataclass
class StandIn:
    """The local AWS as `python -m sandbox.aws --stand-in`, and what a test tells it; ids go on from test to test."""

    url: str
    seeded: Seeded
    ids: SequentialIds = field(default_factory=SequentialIds)

    def __post_init__(self) -> None:
        keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing", "region_name": REGION}
        self.regions = AwsRegions(None)
        self.sagemaker: Any = boto3.client("sagemaker", endpoint_url=self.url, **keys)

    def tell(self, what: str, **body: Any) -> None:
        """Have AWS misbehave, or its time pass."""
        connection = HTTPConnection(self.url.removeprefix("http://"), timeout=10)
        connection.request("POST", f"/sandbox/{what}", json.dumps(body))
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        connection.close()

    def plan(self, *outages: dict[str, Any]) -> None:
        """Let the next calls of some operations go wrong."""
        self.tell("outages", outages=outages)

    def faulty(self, fault: str) -> int:
        """Register a version that shows a fault when it is deployed, and return its number."""
        like = self.sagemaker.describe_model_package(ModelPackageName=self.seeded.package_arns[1])
        arn: str = self.sagemaker.create_model_package(
            ModelPackageGroupName=GROUP,
            InferenceSpecification=like["InferenceSpecification"],
            ModelApprovalStatus="PendingManualApproval",
            CustomerMetadataProperties={"sandbox:fault": fault},
        )["ModelPackageArn"]
        return int(arn.rpartition("/")[2])

    def serve_by_hand(self, endpoint: str) -> None:
        """Have an endpoint serve version 1, as somebody made it before Sluice came."""
        package = self.sagemaker.describe_model_package(ModelPackageName=self.seeded.package_arns[0])
        container = {key: package["InferenceSpecification"]["Containers"][0][key] for key in ("Image", "ModelDataUrl")}
        name = f"{endpoint}-v1"
        self.sagemaker.create_model(ModelName=name, PrimaryContainer=container, ExecutionRoleArn=self.seeded.role_arn)
        variant = {"VariantName": "AllTraffic", "ModelName": name, "InitialInstanceCount": 1}
        self.sagemaker.create_endpoint_config(
            EndpointConfigName=name, ProductionVariants=[{**variant, "InstanceType": "ml.m5.large"}]
        )
        self.sagemaker.create_endpoint(EndpointName=endpoint, EndpointConfigName=name)
        self.tell("advance", seconds=120)


class WireWorld(World):
    """One model with endpoints of its own, on the wire of a StandIn; staging is deleted after each release."""

    def __init__(self, aws: StandIn, name: str) -> None:
        self.wire = aws.regions
        super().__init__(deployment_of(aws, name), clock=CoupledClock(aws), ids=aws.ids)

    @override
    def ports(self, schedule: CrashSchedule | None = None) -> Ports:
        """Return the worker's ports, with the real adapters of AWS."""
        return replace(super().ports(schedule), regions=self.wire)

    def told(self, release_id: str) -> str:
        """Return what the release's thread says, as people see it but for the mark-up of characters."""
        release = self.release(release_id)
        said = (thread_message(release, entry) for entry in self.log(release_id))
        return "\n".join(each.text for each in said if each).replace("&amp;", "&")


def deployment_of(aws: StandIn, name: str) -> Deployment:
    """Return where the model `name` runs."""
    return replace(
        DEPLOYMENT,
        account="123456789012",
        execution_role_arn=aws.seeded.role_arn,
        staging_endpoint=f"{name}-staging",
        prod_endpoint=f"{name}-prod",
        staging_cleanup=Cleanup.AFTER_DECISION,
    )
