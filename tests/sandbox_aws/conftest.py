"""One local AWS for the whole run, on a clock that the tests move."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config

from sandbox.aws.backend import Setting
from sandbox.aws.clock import Pace
from sandbox.aws.seed import REGION, Seeded, seed
from sandbox.aws.server import LocalAws

SCALE = 10.0
PATIENCE = 20.0
SEED_PAYLOAD = "3,0,22,1,0,7.25,2\n1,1,38,1,0,71.2833,0\n"
IN_PROGRESS = {"Creating", "Updating"}


@dataclass
class ManualClock:
    """A clock that stands still until `advance`."""

    seconds: float = 1_000.0
    start: datetime = field(default_factory=lambda: datetime(2026, 11, 23, 9, 0, tzinfo=UTC))

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.seconds)

    def advance(self, seconds: float) -> None:
        self.seconds += seconds


@dataclass
class World:
    """The running local AWS as a test uses it."""

    url: str
    clock: ManualClock
    seeded: Seeded
    names: Iterator[int] = field(default_factory=itertools.count)

    def client(self, service: str) -> Any:
        connect: Callable[..., Any] = boto3.client
        return connect(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
            config=Config(retries={"total_max_attempts": 1}),
        )

    def name(self, kind: str) -> str:
        return f"{kind}-{next(self.names)}"

    def package(self, version: int) -> str:
        return self.seeded.package_arns[version - 1]


@dataclass
class Releaser:
    """Short ways to what most tests need first."""

    world: World
    sagemaker: Any
    runtime: Any

    def config(self, version: int, **variant: Any) -> str:
        """Approve a version and return the name of a configuration that runs it."""
        self.sagemaker.update_model_package(ModelPackageArn=self.world.package(version), ModelApprovalStatus="Approved")
        return self.config_of(self.world.package(version), **variant)

    def config_of(self, package_arn: str, **variant: Any) -> str:
        model, config = self.world.name("model"), self.world.name("config")
        self.sagemaker.create_model(
            ModelName=model,
            ExecutionRoleArn=self.world.seeded.role_arn,
            PrimaryContainer={"ModelPackageName": package_arn},
        )
        one = {"VariantName": "AllTraffic", "ModelName": model, "InstanceType": "ml.m5.large"}
        self.sagemaker.create_endpoint_config(
            EndpointConfigName=config, ProductionVariants=[{**one, "InitialInstanceCount": 1, **variant}]
        )
        return config

    def faulty(self, fault: str, version: int = 2) -> str:
        """Register a version like `version` that asks for a fault, and return a configuration that runs it."""
        like = self.sagemaker.describe_model_package(ModelPackageName=self.world.package(version))
        package = self.sagemaker.create_model_package(
            ModelPackageGroupName=like["ModelPackageGroupName"],
            ModelApprovalStatus="Approved",
            InferenceSpecification=like["InferenceSpecification"],
            CustomerMetadataProperties={"sandbox:fault": fault},
        )
        return self.config_of(package["ModelPackageArn"])

    def endpoint(self, config: str) -> str:
        """Return the name of an endpoint in service."""
        name = self.world.name("endpoint")
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
        assert self.settled(name)["EndpointStatus"] == "InService"
        return name

    def describe(self, name: str) -> Any:
        return self.sagemaker.describe_endpoint(EndpointName=name)

    def settled(self, name: str) -> Any:
        """Let the transition's time pass, and wait for the real container behind it."""
        self.world.clock.advance(3 * SCALE)
        return self.until(name, lambda seen: seen["EndpointStatus"] not in IN_PROGRESS)

    def until(self, name: str, wanted: Callable[[Any], bool]) -> Any:
        deadline = time.monotonic() + PATIENCE
        while not wanted(seen := self.describe(name)):
            assert time.monotonic() < deadline, seen
        return seen

    def stage(self, name: str) -> str:
        """Return the status of the pending deployment's first variant."""
        variants = self.describe(name)["PendingDeploymentSummary"]["ProductionVariants"]
        return str(variants[0]["VariantStatus"][0]["Status"])

    def invoke(self, name: str, body: str | bytes = SEED_PAYLOAD, **request: Any) -> str:
        answer = self.runtime.invoke_endpoint(
            **{"EndpointName": name, "ContentType": "text/csv", "Body": body, **request}
        )
        with answer["Body"] as stream:
            return str(stream.read().decode())


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    clock = ManualClock()
    folder = tmp_path_factory.mktemp("aws")
    with LocalAws(Setting(clock, Pace(SCALE), folder)) as aws:
        yield World(aws.url, clock, seed(aws.url))


@pytest.fixture(scope="session")
def client(world: World) -> Iterator[Callable[[str], Any]]:
    made: dict[str, Any] = {}

    def make(service: str) -> Any:
        made[service] = made.get(service) or world.client(service)
        return made[service]

    yield make
    for one in made.values():
        one.close()


@pytest.fixture
def sagemaker(client: Callable[[str], Any]) -> Any:
    return client("sagemaker")


@pytest.fixture
def releaser(world: World, client: Callable[[str], Any], sagemaker: Any) -> Releaser:
    return Releaser(world, sagemaker, client("sagemaker-runtime"))
