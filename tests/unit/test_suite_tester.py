"""What a release is compared with, and what it is not."""

from dataclasses import replace
from pathlib import Path

import pytest
from fakes.aws import FakeAws
from fakes.builders import DEPLOYMENT
from fakes.clock import FakeClock

from services.adapters.suite_tester import PROD_ITSELF, prod_of, registered_of, subject_of
from services.ports import Unavailable
from services.release.model import Verdict
from services.smoke import DEFAULT, NO_PACKAGE, NO_PROD, Missing, load

SUITE = Path(__file__).parents[2] / "sandbox" / "catalog" / "suites" / "titanic.yaml"
GROUP = DEPLOYMENT.package_group


@pytest.fixture
def aws() -> FakeAws:
    return FakeAws(FakeClock())


def live(aws: FakeAws, name: str) -> str:
    arn = aws.add_package(GROUP, 1)
    aws.approve(arn, "")
    aws.create_model(name, arn, "role")
    aws.create_config(name, name, "ml.m5.large", 1)
    aws.create_endpoint(name, name)
    return arn


def test_prod_is_compared_with_once_it_serves(aws: FakeAws) -> None:
    ports = aws.of(DEPLOYMENT)
    assert prod_of(ports, "prod") == NO_PROD
    live(aws, "prod")
    assert prod_of(ports, "prod") == NO_PROD
    aws.settle()
    assert prod_of(ports, "prod") == "prod"


def test_what_cannot_be_read_is_errored(aws: FakeAws) -> None:
    ports = aws.of(DEPLOYMENT)
    aws.fail_next("endpoint", Unavailable("throttled"))
    aws.fail_next("quality", Unavailable("throttled"))
    for found in (prod_of(ports, "prod"), registered_of(ports, "arn")):
        assert isinstance(found, Missing)
        assert found.verdict is Verdict.ERRORED
        assert found.why.endswith("throttled")


def test_registered_metrics_are_absent_or_there(aws: FakeAws) -> None:
    ports, arn = aws.of(DEPLOYMENT), aws.add_package(GROUP, 1)
    assert registered_of(ports, None) == NO_PACKAGE
    absent = registered_of(ports, arn)
    assert isinstance(absent, Missing)
    assert absent.verdict is Verdict.SKIPPED
    aws.qualities[arn] = {"auc": 0.8}
    assert registered_of(ports, arn) == {"auc": 0.8}


def test_only_what_the_suite_asks_for_is_looked_up(aws: FakeAws) -> None:
    ports, arn = aws.of(DEPLOYMENT), aws.add_package(GROUP, 1)
    subject_of(DEFAULT, ports, ("staging", "config"), "prod", arn)
    assert aws.calls == []
    suite = load(SUITE)
    subject = subject_of(suite, ports, ("prod", "config"), PROD_ITSELF, arn)
    assert subject.prod == PROD_ITSELF
    assert [call[0] for call in aws.calls] == ["quality"]
    bare = replace(suite, checks=suite.checks[:1])
    assert subject_of(bare, ports, ("staging", "config"), "prod", arn).registry == NO_PACKAGE
