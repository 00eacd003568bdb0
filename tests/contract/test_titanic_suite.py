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
from services.adapters.suite_tester import background_of
from services.ports import Aws
from services.release.model import Deployment, Evidence, Verdict

pytestmark = pytest.mark.contract
SUITE = Path(__file__).parents[2] / "sandbox" / "catalog" / "suites" / "titanic.yaml"
EXAMPLE = Path(__file__).parents[1] / "unit" / "smoke" / "example" / "smoke-suite.yaml"
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


@pytest.fixture(scope="module")
def endpoints(served: tuple[Aws, Any]) -> dict[int, str]:
    return {version: deployed(*served, version) for version in (1, 2, 3)}


def subject(suite: smoke.SmokeSuite, aws: Aws, name: str, prod: str | smoke.Missing, arn: str) -> smoke.Subject:
    return smoke.Subject(aws.invoker, name, name, background_of(suite, aws, prod, arn))


CASES = {"women first", "a man of 22 in third class", "a woman of 38 in first class"}
WRONG = {"auc", "auc.low", "flipped", "golden.max_diff", "mean_shift", *CASES}


@pytest.mark.parametrize(
    ("version", "prod", "failed"), [(1, None, set()), (2, 1, set()), (1, 2, {"auc.low"}), (3, 2, WRONG)]
)
def test_versions_are_told_apart(
    served: tuple[Aws, Any], endpoints: dict[int, str], version: int, prod: int | None, failed: set[str]
) -> None:
    aws, seeded = served
    beside = endpoints[prod] if prod else smoke.NO_PROD
    suite, arn, name = smoke.load(SUITE), seeded.package_arns[version - 1], endpoints[version]
    evidence = smoke.run(suite, subject(suite, aws, name, beside, arn), WallClock())
    assert blocked(evidence) == failed
    assert evidence.verdict is (Verdict.FAILED if failed else Verdict.PASSED)
    skipped = {check.name for check in evidence.checks if check.verdict is Verdict.SKIPPED}
    assert skipped == (set() if prod else {"auc.low", "flipped", "latency.p50", "mean_abs_diff", "mean_shift"})


def test_the_light_run_at_the_gate_tells_them_apart_with_few_requests(
    served: tuple[Aws, Any], endpoints: dict[int, str]
) -> None:
    aws, seeded = served
    light = smoke.lightened(smoke.load(SUITE))
    for version, failed in ((1, set()), (2, set()), (3, {"auc", "golden.max_diff", *CASES})):
        name, arn = endpoints[version], seeded.package_arns[version - 1]
        evidence = smoke.run(light, subject(light, aws, name, endpoints[1], arn), WallClock())
        assert blocked(evidence) == failed
        assert evidence.requests_sent < 10


@pytest.mark.parametrize(("version", "failed"), [(1, set()), (2, set()), (3, WRONG)])
def test_the_seeds_payload_tells_them_apart_as_well(
    served: tuple[Aws, Any], endpoints: dict[int, str], version: int, failed: set[str]
) -> None:
    name = endpoints[version]
    evidence = smoke.run(smoke.DEFAULT, smoke.Subject(served[0].invoker, name, name), WallClock())
    assert blocked(evidence) == failed & {check.name for check in evidence.checks}


def test_the_example_suite_tells_versions_apart_with_the_golden_records_of_each(
    served: tuple[Aws, Any], endpoints: dict[int, str], tmp_path: Path
) -> None:
    for source in (EXAMPLE, SUITE.with_name("canary.csv")):
        (tmp_path / source.name).write_bytes(source.read_bytes())
    aws, seeded = served
    suite = smoke.load(tmp_path / EXAMPLE.name)
    beside: dict[int, str | smoke.Missing] = {1: smoke.NO_PROD, 2: endpoints[1], 3: endpoints[2]}
    results = {
        version: smoke.run(
            suite,
            subject(suite, aws, endpoints[version], beside[version], seeded.package_arns[version - 1]),
            WallClock(),
        )
        for version in beside
    }
    busy = {"latency.p50", "latency.p95"}  # a busy machine is no slow model
    assert blocked(results[1]) - busy == {"auc", "reply.distinct"}  # one split, on sex, is not enough for this suite
    assert blocked(results[2]) - busy == set()
    assert not [check for check in results[2].checks if check.verdict is Verdict.SKIPPED]
    assert {"auc", "auc.low", "flipped", "golden.max_diff", "women first"} <= blocked(results[3])
    assert (
        results[1].suite_digest != results[2].suite_digest == results[3].suite_digest
    )  # v3 came with the same records


def blocked(evidence: Evidence) -> set[str]:
    fine = {Verdict.PASSED, Verdict.SKIPPED}
    return {check.name for check in evidence.checks if check.blocking and check.verdict not in fine}
