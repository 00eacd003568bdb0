"""What a release is compared with, and what it is not."""

from dataclasses import replace
from pathlib import Path

import pytest
from fakes.aws import FakeAws
from fakes.builders import DEPLOYMENT, after, smoking
from fakes.clock import FakeClock
from fakes.objects import statistics
from fakes.predicting import well
from fakes.store import MemoryStore

from services.adapters.suite_tester import (
    PROD_ITSELF,
    SuiteTester,
    background_of,
    notebook_name,
    prod_of,
    registered_of,
)
from services.ports import Reply, Unavailable, Unfinished
from services.release.model import Evidence, Verdict
from services.smoke import DEFAULT, NO_PACKAGE, NO_PROD, Missing, SmokeSuite, load
from services.smoke.suite import DEFAULT_FORM, built_in

SUITE = Path(__file__).parents[2] / "sandbox" / "catalog" / "suites" / "titanic.yaml"
GROUP = DEPLOYMENT.package_group
STAGING, PROD = DEPLOYMENT.staging_endpoint, DEPLOYMENT.prod_endpoint
_LOAD = DEFAULT_FORM.load.model_copy(update={"concurrency": 1})
IN_TURN = built_in(DEFAULT_FORM.model_copy(update={"load": _LOAD}))
"""Nothing at once: the fake time moves with each request."""


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
    aws.fail_next("package", Unavailable("throttled"))
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
    arn = aws.add_package(GROUP, 2, statistics="s3://b/metrics.json")
    unread = registered_of(ports, arn)
    assert isinstance(unread, Missing)
    assert unread.verdict is Verdict.ERRORED
    aws.objects.stored["s3://b/metrics.json"] = statistics({"auc": 0.8})
    assert registered_of(ports, arn) == {"auc": 0.8}


def test_only_what_the_suite_asks_for_is_looked_up(aws: FakeAws) -> None:
    ports, arn = aws.of(DEPLOYMENT), aws.add_package(GROUP, 1)
    background_of(DEFAULT, ports, "prod", arn)
    assert aws.calls == []
    suite = load(SUITE)
    assert background_of(suite, ports, PROD_ITSELF, arn).prod == PROD_ITSELF
    assert [call[0] for call in aws.calls] == ["package"]
    bare = replace(suite, checks=suite.checks[:1])
    assert background_of(bare, ports, "prod", arn).registry == NO_PACKAGE


class SlowPlace:
    """A tester over a store, on an endpoint that needs `seconds` for an answer."""

    def __init__(self, seconds: float) -> None:
        self.clock = FakeClock()
        self.aws = FakeAws(self.clock)
        self.store = MemoryStore(self.clock)
        self.asked: list[str] = []
        self.seconds = seconds
        self.aws.reply = self._reply
        live(self.aws, STAGING)
        self.aws.settle()

    def _reply(self, _endpoint: str, body: str) -> Reply:
        self.asked.append(body)
        self.clock.advance(self.seconds)
        return well(body, "text/csv")

    def tick(self, suite: SmokeSuite = IN_TURN) -> Evidence | Unfinished:
        """Do what one tick of a fresh worker does."""
        tester = SuiteTester({"titanic": suite}, self.aws, self.clock, self.store)
        return tester.test(smoking(), STAGING, "config")


def test_a_suite_that_takes_long_is_gone_on_with_by_another_worker() -> None:
    place, seen = SlowPlace(seconds=0.25), []
    while isinstance(found := place.tick(), Unfinished):
        seen.append((found.requests_sent, found.seconds))
    assert seen == [(20, 5.0), (40, 9.75), (60, 14.75)]
    assert found.verdict is Verdict.PASSED
    assert found.requests_sent == len(place.asked)
    assert found.seconds == 17.5
    asked = len(place.asked)
    assert place.tick() == found
    assert len(place.asked) == asked


def test_a_lost_or_a_strange_notebook_begins_the_run_anew() -> None:
    place = SlowPlace(seconds=0.25)
    name = notebook_name(smoking(), STAGING, "config")
    for text in ("no JSON", '{"from": "the future"}'):
        place.store.keep_note(name, text, 60)
        assert place.tick() == Unfinished(20, 5.0)
        assert place.tick() == Unfinished(40, 9.75)
    assert place.tick(replace(IN_TURN, digest="another")) == Unfinished(20, 5.0)


def test_runs_have_notebooks_of_their_own() -> None:
    release = smoking()
    later = replace(release, phase_since=after(30))
    names = {notebook_name(r, name, c) for r in (release, later) for name in (STAGING, PROD) for c in ("one", "two")}
    assert len(names) == 8
