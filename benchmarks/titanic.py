"""The Titanic on a local AWS, for the benchmarks of the smoke suite: real endpoints, the product's adapters."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from sandbox.aws.candidates import Candidate
from sandbox.aws.seed import CREDENTIALS, REGION, Seeded, register, seed
from services import smoke
from services.adapters.sagemaker_boto3 import AwsRegions
from services.adapters.suite_tester import background_of
from services.adapters.system_clock import SystemClock
from services.ports import Aws
from services.release.record import EvidenceRecord

ROOT = Path(__file__).resolve().parent.parent
SUITE = ROOT / "sandbox" / "catalog" / "suites" / "titanic.yaml"
PATIENCE = 60.0
LOOK_EVERY = 0.05
FROM_ENVIRONMENT = {"aws_access_key_id": "AWS_ACCESS_KEY_ID", "aws_secret_access_key": "AWS_SECRET_ACCESS_KEY"}


@dataclass(frozen=True, slots=True)
class Titanic:
    """A running local AWS with the model's registry, and the product's ports to it."""

    aws: Aws
    seeded: Seeded
    client: Callable[[str], Any]

    def register(self, candidate: Candidate) -> str:
        """Register a candidate and return the ARN of its version."""
        return register(self.client("s3"), self.client("sagemaker"), candidate.version)

    def deploy(self, name: str, arn: str, instances: tuple[str, int] = ("ml.m5.large", 1)) -> None:
        """Approve a version and put it into service on the endpoint `name`; its configuration has the same name.

        Raises:
            RuntimeError: the endpoint did not come into service.
        """
        self.aws.registry.approve(arn, "by a benchmark")
        self.aws.hosting.create_model(name, arn, self.seeded.role_arn)
        self.aws.hosting.create_config(name, name, *instances)
        self.aws.hosting.create_endpoint(name, name)
        until = time.monotonic() + PATIENCE
        while (found := self.aws.hosting.endpoint(name)) is None or found.status == "Creating":
            if time.monotonic() > until:
                raise RuntimeError(f"{name} is not in service after {PATIENCE:g} s")
            time.sleep(LOOK_EVERY)
        if found.status != "InService":
            raise RuntimeError(f"{name} is {found.status}: {found.failure_reason}")


def run_suite(
    suite: smoke.SmokeSuite, aws: Aws, endpoint: str, package: str, prod: str | smoke.Missing
) -> EvidenceRecord:
    """Run a suite on an endpoint that serves the version `package`, beside prod, and keep the record."""
    known, clock = background_of(suite, aws, prod, package), SystemClock()
    subject, notebook = smoke.Subject(aws.invoker, endpoint, endpoint, known), smoke.begin(suite, known, clock)
    suite = smoke.completed(suite, known)
    while not smoke.is_finished(suite, notebook):
        notebook = smoke.go_on(suite, subject, notebook, clock)
    about = smoke.About("benchmark", "r0", "titanic-survival", "staging", package, "benchmark")
    return smoke.record_of(suite, subject, notebook, about)


@contextmanager
def titanic() -> Iterator[Titanic]:
    """Start a local AWS of its own process, and fill the registry."""
    with _local_aws() as url:
        os.environ.pop("AWS_PROFILE", None)
        os.environ.update({FROM_ENVIRONMENT[name]: value for name, value in CREDENTIALS.items()})
        os.environ["AWS_ENDPOINT_URL"] = url
        clients = {name: boto3.client(name, region_name=REGION) for name in ("s3", "sagemaker", "sagemaker-runtime")}
        yield Titanic(AwsRegions(None).in_region(REGION), seed(url), clients.__getitem__)


@contextmanager
def _local_aws() -> Iterator[str]:
    command = [sys.executable, "-m", "sandbox.aws", "--scale-seconds", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            yield str(json.loads(line)["url"])
        finally:
            process.terminate()
