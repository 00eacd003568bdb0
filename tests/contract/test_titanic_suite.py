"""The sandbox's own suite on the sandbox's own models: the good ones pass, the silently wrong one does not."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from fakes.local_aws import CREDENTIALS, local_aws

from sandbox.aws.seed import REGION, seed
from services import smoke
from services.adapters.sagemaker_boto3 import AwsRegions
from services.ports import Aws
from services.release.model import Deployment, Verdict

pytestmark = pytest.mark.contract
SUITE = Path(__file__).parents[2] / "sandbox" / "catalog" / "suites" / "titanic.yaml"
LOOKS = 400


class WallClock:
    """The port Clock on the machine's own time: requests are real here."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Aws, Any]]:
    with local_aws(0) as url, pytest.MonkeyPatch.context() as patch:
        for name, value in {**CREDENTIALS, "AWS_ENDPOINT_URL": url}.items():
            patch.setenv(name, value)
        patch.delenv("AWS_PROFILE", raising=False)
        seeded = seed(url)
        place = Deployment("g", REGION, None, "staging", "prod", "ml.m5.large", 1, seeded.role_arn, "C1")
        yield AwsRegions(None).of(place), seeded


def deployed(aws: Aws, seeded: Any, version: int) -> str:
    name, arn = f"suite-v{version}", seeded.package_arns[version - 1]
    aws.registry.approve(arn, "by the test")
    aws.hosting.create_model(name, arn, seeded.role_arn)
    aws.hosting.create_config(name, name, "ml.m5.large", 1)
    aws.hosting.create_endpoint(name, name)
    for _ in range(LOOKS):
        found = aws.hosting.endpoint(name)
        if found is not None and found.status == "InService":
            return name
        Event().wait(0.02)
    raise AssertionError(f"{name} did not come into service")


@pytest.mark.parametrize(
    ("version", "failed"),
    [(1, set()), (2, set()), (3, {"auc", "a man of 22 in third class", "a woman of 38 in first class"})],
)
def test_versions_are_told_apart(served: tuple[Aws, Any], version: int, failed: set[str]) -> None:
    aws, seeded = served
    name = deployed(aws, seeded, version)
    for suite, expected in ((smoke.load(SUITE), failed), (smoke.DEFAULT, failed - {"auc"})):
        evidence = smoke.run(suite, aws.invoker, name, name, WallClock())
        blocked = {check.name for check in evidence.checks if check.blocking and check.verdict is not Verdict.PASSED}
        assert blocked == expected
        assert evidence.verdict is (Verdict.FAILED if failed else Verdict.PASSED)
