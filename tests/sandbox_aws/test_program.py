"""`python -m sandbox.aws` as a process: it announces itself, keeps a journal, and takes its children with it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import boto3
import pytest

import sandbox
from sandbox.aws.seed import Seeded, seed

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(sandbox.__file__).parent.parent
PATIENCE = 20.0


class Program:
    """The running program, with one endpoint in service."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "sandbox.aws", "--scale-seconds", "0"),
                *("--port-file", str(folder / "port"), "--state-dir", str(folder / "state")),
                *("--journal", str(folder / "journal.jsonl")),
            ],
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"},
        )
        assert self.process.stdout
        self.url = str(json.loads(self.process.stdout.readline())["url"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout
        self.process.stdout.close()

    def client(self) -> Any:
        connect: Any = boto3.client
        return connect(
            "sagemaker",
            endpoint_url=self.url,
            region_name="eu-west-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )

    def deploy(self, seeded: Seeded) -> None:
        """Bring version 1 into service as `e`."""
        sagemaker, package = self.client(), seeded.package_arns[0]
        sagemaker.update_model_package(ModelPackageArn=package, ModelApprovalStatus="Approved")
        container = {"ModelPackageName": package}
        sagemaker.create_model(ModelName="m", ExecutionRoleArn=seeded.role_arn, PrimaryContainer=container)
        variant = {"VariantName": "AllTraffic", "ModelName": "m", "InstanceType": "ml.m5.large"}
        sagemaker.create_endpoint_config(
            EndpointConfigName="c", ProductionVariants=[{**variant, "InitialInstanceCount": 1}]
        )
        sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="c")
        until(lambda: sagemaker.describe_endpoint(EndpointName="e")["EndpointStatus"] == "InService")
        sagemaker.close()

    def children(self) -> list[int]:
        """Return the process ids of the model servers, from the kernel's own list."""
        found: list[int] = []
        for thread in Path(f"/proc/{self.process.pid}/task").iterdir():
            with suppress(FileNotFoundError):  # the thread has ended meanwhile
                found += map(int, (thread / "children").read_text().split())
        return found


def until(wanted: Any) -> None:
    deadline = time.monotonic() + PATIENCE
    while not wanted():
        assert time.monotonic() < deadline


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    with Program(tmp_path) as running:
        running.deploy(seed(running.url))
        yield running


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").exists(), reason="reads the children of a process from /proc")
@pytest.mark.parametrize("signal_", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_however_it_ends_no_model_server_is_left(program: Program, signal_: signal.Signals) -> None:
    children = program.children()
    assert children
    program.process.send_signal(signal_)
    code = program.process.wait(PATIENCE)
    assert code == (0 if signal_ is not signal.SIGKILL else -signal.SIGKILL)
    until(lambda: not any(is_alive(pid) for pid in children))


@pytest.mark.slow
def test_it_tells_its_port_and_keeps_a_journal(program: Program) -> None:
    assert program.url.endswith(":" + (program.folder / "port").read_text())
    lines = (program.folder / "journal.jsonl").read_text().splitlines()
    entries = [json.loads(line) for line in lines]
    operations = [entry["operation"] for entry in entries if entry["service"] == "sagemaker"]
    assert operations[:2] == ["CreateModelPackageGroup", "CreateModelPackage"]
    created = next(entry for entry in entries if entry["operation"] == "CreateEndpoint")
    assert (created["params"], created["status"]) == ({"EndpointName": "e", "EndpointConfigName": "c"}, 200)
    assert any(entry["service"] == "s3" for entry in entries)
    assert list((program.folder / "state").rglob("xgboost-model.json"))
