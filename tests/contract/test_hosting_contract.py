"""The Registry, Hosting and Invoker ports: one suite for every implementation."""

import importlib.util
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from threading import Event
from typing import Any

import pytest
from fakes.aws import FakeAws, Fate
from fakes.clock import FakeClock
from fakes.local_aws import CREDENTIALS, local_aws
from fakes.objects import statistics
from fakes.predicting import well

from sandbox.aws.seed import GROUP, REGION, seed
from services.adapters.hosting_boto3 import Boto3Hosting
from services.adapters.registry_boto3 import Boto3Registry
from services.adapters.sagemaker_boto3 import AwsRegions
from services.ports import Aws, Busy, EndpointDescription, Hosting, Invoker, Registry, SaidNo
from services.quality import metrics_at
from services.release.model import Deployment

pytestmark = pytest.mark.contract

SCALE = 0.3
LOOKS = 400
BROKEN = 4
MOVING = {"Creating", "Updating", "Deleting"}
PAYLOAD = "3,0,22,1,0,7.25,2\n1,1,38,1,0,71.2833,0\n"
ELSEWHERE = f"arn:aws:sagemaker:{REGION}:123456789012:endpoint/nowhere"
_NAMES = count(1)


@dataclass
class World:
    """One implementation, and what exists around it."""

    aws: Aws
    packages: tuple[str, ...]
    role: str
    pause: Callable[[], object]
    doom: Callable[[str], None] = lambda _: None
    """Lets the endpoint of that name fail; version 4 of the local AWS does so by itself."""

    @property
    def hosting(self) -> Hosting:
        return self.aws.hosting

    @property
    def registry(self) -> Registry:
        return self.aws.registry

    @property
    def invoker(self) -> Invoker:
        return self.aws.invoker

    def name(self) -> str:
        return f"contract-{next(_NAMES)}"

    def config(self, version: int = 2, instance_count: int = 1) -> str:
        """Make a model and a config of one name that run a version, approved first."""
        name, arn = self.name(), self.packages[version - 1]
        self.registry.approve(arn, "by the contract suite")
        self.hosting.create_model(name, arn, self.role)
        self.hosting.create_config(name, name, "ml.m5.large", instance_count)
        return name

    def endpoint(self, version: int = 2, instance_count: int = 1) -> EndpointDescription:
        """Make an endpoint and wait until it is in service."""
        name = self.name()
        if version == BROKEN:
            self.doom(name)
        self.hosting.create_endpoint(name, self.config(version, instance_count))
        return self.settled(name)

    def seen(self, name: str) -> EndpointDescription:
        found = self.hosting.endpoint(name)
        assert found is not None
        return found

    def settled(self, name: str) -> EndpointDescription:
        found = self.until_still(name)
        assert found is not None
        return found

    def until_still(self, name: str) -> EndpointDescription | None:
        for _ in range(LOOKS):
            found = self.hosting.endpoint(name)
            if found is None or found.status not in MOVING:
                return found
            self.pause()
        raise AssertionError(f"{name} did not settle")


def deployment() -> Deployment:
    return Deployment(
        package_group=GROUP,
        region=REGION,
        account=None,
        staging_endpoint="staging",
        prod_endpoint="prod",
        instance_type="ml.m5.large",
        instance_count=1,
        execution_role_arn="arn:aws:iam::123456789012:role/x",
        channel="C1",
    )


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Any]:
    with local_aws(SCALE) as url, pytest.MonkeyPatch.context() as patch:
        for name, value in {**CREDENTIALS, "AWS_ENDPOINT_URL": url}.items():
            patch.setenv(name, value)
        patch.delenv("AWS_PROFILE", raising=False)
        yield seed(url)


@pytest.fixture(scope="module", params=["memory", "boto3", "sagemaker"])
def world(request: pytest.FixtureRequest) -> World:
    if request.param == "memory":
        return in_memory()
    sandbox = request.getfixturevalue("sandbox")
    regions = AwsRegions(None) if request.param == "boto3" else sdk_regions(request)
    return World(regions.of(deployment()), sandbox.package_arns, sandbox.role_arn, lambda: Event().wait(0.02))


def in_memory() -> World:
    clock = FakeClock()
    fake = FakeAws(clock)
    fake.reply = lambda _endpoint, body: well(body, "text/csv")
    about: dict[str, object] = {
        "instance_types": ("ml.m5.large", "ml.c5.large"),
        "image": "sagemaker-xgboost:3.2-0",
        "description": "Gradient boosting",
    }
    about |= {"statistics": "s3://b/metrics.json", "golden": "s3://b/golden.csv"}
    fake.objects.stored["s3://b/metrics.json"] = statistics({"auc": 0.818707, "accuracy": 0.777512})
    packages = tuple(fake.add_package(GROUP, version, **about) for version in range(1, 6))
    role = "arn:aws:iam::000000000000:role/x"
    return World(
        fake.of(deployment()), packages, role, lambda: clock.advance(30), lambda n: fake.next_change(n, Fate.FAILED)
    )


def sdk_regions(request: pytest.FixtureRequest) -> AwsRegions:
    if importlib.util.find_spec("sagemaker") is None:
        pytest.skip("the worker's SageMaker SDK is not installed")
    from services.adapters.sdk_configuration import quiet_sdk

    patch = pytest.MonkeyPatch()
    request.addfinalizer(patch.undo)
    for name, value in quiet_sdk().items():
        patch.setenv(name, value)
    from services.adapters.sagemaker_sdk import SdkRegions

    return SdkRegions(None)


@pytest.fixture(scope="module")
def shared(world: World) -> str:
    return world.endpoint().name


@pytest.fixture
def live(world: World, shared: str) -> EndpointDescription:
    """An endpoint in service; the tests that use it leave it so, on whatever config."""
    return world.settled(shared)


def test_a_package_is_described(world: World) -> None:
    package = world.registry.package(world.packages[1])
    assert package is not None
    assert (package.arn, package.group, package.version) == (world.packages[1], GROUP, 2)
    assert package.status == "Completed"
    assert package.content_types == package.response_types == ("text/csv",)
    assert "ml.m5.large" in package.instance_types
    assert "sagemaker-xgboost" in package.image
    assert package.description.startswith("Gradient boosting")
    assert package.created_at is not None
    assert package.created_at.tzinfo is not None


def test_a_package_that_is_not_there_is_none(world: World) -> None:
    assert world.registry.package(world.packages[1].rsplit("/", 1)[0] + "/999") is None
    assert world.registry.package(world.packages[1].replace(GROUP, "nobody")) is None


def test_what_training_registered_is_read(world: World) -> None:
    package = world.registry.package(world.packages[1])
    assert package is not None
    assert metrics_at(world.aws.objects, package.statistics)["auc"] == pytest.approx(0.8187, abs=0.001)
    assert package.golden.endswith("/golden.csv")


def test_versions_come_newest_first(world: World) -> None:
    found = world.registry.versions(GROUP)
    assert [each.version for each in found] == [5, 4, 3, 2, 1]
    assert found[3].arn == world.packages[1]
    assert {each.status for each in found} <= {"Completed", "Failed"}


def test_an_unknown_group_is_refused(world: World) -> None:
    with pytest.raises(SaidNo):
        world.registry.versions("nobody")


def test_approval_and_mark_stand_side_by_side_and_may_be_repeated(world: World) -> None:
    for status in ("Approved", "Live", "Live"):
        world.registry.approve(world.packages[0], "tested " * 200)
        world.registry.mark(world.packages[0], "Production", status, "x" * 1024)
    package, missing = world.registry.package(world.packages[0]), world.packages[0].rsplit("/", 1)[0] + "/999"
    assert package is not None
    assert (package.approval, package.life_cycle) == ("Approved", ("Production", "Live", "x" * 1024))
    assert (package.content_types, package.approval_description[:7]) == (("text/csv",), "tested ")
    for change in (world.registry.approve, lambda arn, _: world.registry.mark(arn, "Staging", "Rejected", "")):
        with pytest.raises(SaidNo):
            change(missing, "")


def test_what_is_absent_reads_as_none(world: World) -> None:
    assert world.hosting.endpoint("nowhere") is None
    assert world.hosting.config("nowhere") is None
    assert world.hosting.model("nowhere") is None
    assert world.hosting.tags(ELSEWHERE) == {}


def test_model_and_config_read_back(world: World) -> None:
    name = world.config(instance_count=2)
    model, config = world.hosting.model(name), world.hosting.config(name)
    assert model is not None
    assert config is not None
    assert (model.name, model.package_arn, model.role_arn) == (name, world.packages[1], world.role)
    assert (config.name, config.model, config.variant) == (name, name, "AllTraffic")
    assert (config.instance_type, config.instance_count) == ("ml.m5.large", 2)
    assert config.created_at.tzinfo is not None


def test_creating_the_same_again_is_success(world: World) -> None:
    name = world.config()
    world.hosting.create_model(name, world.packages[1], world.role)
    world.hosting.create_config(name, name, "ml.m5.large", 1)


def test_creating_something_else_under_a_taken_name_is_refused(world: World) -> None:
    name, other = world.config(), world.config(version=1)
    with pytest.raises(SaidNo):
        world.hosting.create_model(name, world.packages[0], world.role)
    with pytest.raises(SaidNo):
        world.hosting.create_model(name, world.packages[1], world.role + "-other")
    for model, kind, instances in [(other, "ml.m5.large", 1), (name, "ml.c5.large", 1), (name, "ml.m5.large", 2)]:
        with pytest.raises(SaidNo):
            world.hosting.create_config(name, model, kind, instances)
    config = world.hosting.config(name)
    assert config is not None
    assert (config.model, config.instance_type, config.instance_count) == (name, "ml.m5.large", 1)


def test_a_model_of_a_missing_package_is_refused(world: World) -> None:
    with pytest.raises(SaidNo):
        world.hosting.create_model(world.name(), world.packages[0].rsplit("/", 1)[0] + "/999", world.role)


def test_a_malformed_name_is_refused_not_absent(world: World) -> None:
    if isinstance(world.hosting, FakeAws):
        pytest.skip("the fake leaves the form of names to the local AWS")
    with pytest.raises(SaidNo):
        world.hosting.create_endpoint("under_scored", world.config())


def test_an_endpoint_of_a_missing_config_is_refused(world: World) -> None:
    with pytest.raises(SaidNo):
        world.hosting.create_endpoint(world.name(), "nowhere")


def test_an_endpoint_from_creation_to_deletion(world: World) -> None:
    name, config = world.name(), world.config()
    world.hosting.create_endpoint(name, config)
    creating = world.seen(name)
    assert (creating.status, creating.config) == ("Creating", config)
    world.hosting.create_endpoint(name, config)
    live = world.settled(name)
    assert (live.name, live.status, live.config, live.pending_config) == (name, "InService", config, None)
    assert (live.failure_reason, live.message, live.instance_count) == ("", "", 1)
    assert live.created_at <= live.modified_at
    assert live.arn.endswith(f"endpoint/{name}")
    world.hosting.create_endpoint(name, config)
    world.hosting.delete_endpoint(name)
    assert world.until_still(name) is None
    world.hosting.delete_endpoint(name)
    world.hosting.delete_config(config)
    world.hosting.delete_model(config)
    assert world.hosting.config(config) is None
    assert world.hosting.model(config) is None


def test_the_sdk_does_it_where_there_is_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    if type(world.hosting) in {Boto3Hosting, FakeAws}:
        pytest.skip("no SDK here")

    def fallen_back(*_: Any) -> None:
        raise AssertionError("boto3 was asked where the SDK should have been")

    for kind in (Boto3Hosting, Boto3Registry):
        for name in [name for name in vars(kind) if name.startswith("_send_")]:
            monkeypatch.setattr(kind, name, fallen_back)
    live = world.endpoint()
    world.hosting.delete_endpoint(live.name)
    assert world.until_still(live.name) is None
    world.hosting.delete_config(live.config)
    world.hosting.delete_model(live.config)


def test_deleting_what_is_gone_is_success(world: World) -> None:
    world.hosting.delete_endpoint("nowhere")
    world.hosting.delete_config("nowhere")
    world.hosting.delete_model("nowhere")


def test_an_endpoint_name_taken_by_another_config_is_refused(world: World, live: EndpointDescription) -> None:
    with pytest.raises(SaidNo):
        world.hosting.create_endpoint(live.name, world.config())
    assert world.seen(live.name) == live


def test_an_update_shows_old_and_new_until_it_is_done(world: World, live: EndpointDescription) -> None:
    config = world.config(version=1)
    world.hosting.update_endpoint(live.name, config)
    updating = world.seen(live.name)
    assert (updating.status, updating.config, updating.pending_config) == ("Updating", live.config, config)
    assert updating.message
    world.hosting.create_endpoint(live.name, config)
    done = world.settled(live.name)
    assert (done.status, done.config, done.pending_config, done.message) == ("InService", config, None, "")
    assert done.modified_at > live.modified_at


def test_a_moving_endpoint_is_busy(world: World, live: EndpointDescription) -> None:
    config = world.config(version=1)
    world.hosting.update_endpoint(live.name, config)
    with pytest.raises(Busy):
        world.hosting.update_endpoint(live.name, config)
    with pytest.raises(Busy):
        world.hosting.delete_endpoint(live.name)
    assert world.settled(live.name).config == config


def test_updating_to_or_from_what_is_not_there_is_refused(world: World, live: EndpointDescription) -> None:
    with pytest.raises(SaidNo):
        world.hosting.update_endpoint(live.name, "nowhere")
    with pytest.raises(SaidNo):
        world.hosting.update_endpoint("nowhere", live.config)
    assert world.seen(live.name).status == "InService"


def test_an_update_keeps_the_live_capacity(world: World) -> None:
    live = world.endpoint(instance_count=3)
    assert re.fullmatch(live.image.partition(":")[0] + "@sha256:[0-9a-f]{64}", live.resolved_image)
    world.hosting.update_endpoint(live.name, world.config(version=1, instance_count=1))
    assert (kept := world.settled(live.name)).instance_count == 3
    assert (kept.desired_count, kept.data_capture) == (3, None)


def test_tags_are_added_and_replaced(world: World, live: EndpointDescription) -> None:
    world.hosting.tag_endpoint(live.arn, {"sluice:previous": "a", "team": "ml"})
    world.hosting.tag_endpoint(live.arn, {"sluice:previous": "b"})
    assert world.hosting.tags(live.arn) == {"sluice:previous": "b", "team": "ml"}


def test_a_broken_artifact_ends_failed_with_a_reason(world: World) -> None:
    failed = world.endpoint(version=BROKEN)
    assert failed.status == "Failed"
    assert failed.failure_reason
    with pytest.raises((SaidNo, Busy)):
        world.hosting.update_endpoint(failed.name, world.config())
    world.hosting.delete_endpoint(failed.name)
    assert world.until_still(failed.name) is None


def test_an_endpoint_answers(world: World, live: EndpointDescription) -> None:
    reply = world.invoker.invoke(live.name, PAYLOAD, "text/csv", "text/csv")
    assert reply.status == 200
    first, second = (float(line) for line in reply.body.split())
    assert first < 0.5 < second
    assert reply.ms > 0


@pytest.mark.parametrize("body", ["a,b", "{}", "1,2,3,4,5,6,7,8,9"])
def test_a_refusal_of_the_container_is_a_reply(world: World, live: EndpointDescription, body: str) -> None:
    reply = world.invoker.invoke(live.name, body, "text/csv", "text/csv")
    assert 400 <= reply.status < 500
    assert reply.body


def test_asking_a_missing_endpoint_is_refused(world: World) -> None:
    with pytest.raises(SaidNo):
        world.invoker.invoke("nowhere", PAYLOAD, "text/csv", "text/csv")
