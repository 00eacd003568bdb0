"""What an endpoint serves, from all that AWS tells, and from the half of it."""

from dataclasses import replace

import pytest
from fakes import builders as b
from fakes.aws import FakeAws
from fakes.builders import DEPLOYMENT
from fakes.clock import FakeClock
from fakes.objects import statistics

from services.adapters.hosting_boto3 import Boto3Hosting
from services.adapters.registry_boto3 import Boto3Registry
from services.ports import Aws, PortError, SaidNo, Unavailable
from services.release.model import Serving
from services.serving import fingerprint, schema_of, serving_of

GROUP = DEPLOYMENT.package_group
SECRET = "hunter2"
IMAGE = "1.dkr.ecr.eu-west-1.amazonaws.com/xgb:3.2-0"


@pytest.fixture
def aws() -> FakeAws:
    fake = FakeAws(FakeClock(), seconds=0)
    environment = (("MODE", "fast"), ("TOKEN", SECRET))
    arn = fake.add_package(GROUP, 7, image=IMAGE, environment=environment, statistics="s3://b/metrics.json")
    fake.objects.stored["s3://b/metrics.json"] = statistics({"auc": 0.8, "accuracy": 0.75})
    fake.approve(arn, "")
    fake.create_model("m", arn, "role")
    fake.create_config("c", "m", "ml.m5.large", 1)
    fake.create_endpoint("e", "c")
    fake.settle()
    fake.scale("e", 3)
    fake.captured["e"] = 20
    return fake


def test_everything_is_told(aws: FakeAws) -> None:
    found = serving_of(aws.of(DEPLOYMENT), "e")
    assert found is not None
    assert found.image_digest.startswith("sha256:")
    assert found == Serving(
        config="c",
        version=7,
        image=IMAGE,
        image_digest=found.image_digest,
        instance_type="ml.m5.large",
        instance_count=3,
        environment=(("MODE", fingerprint("MODE", "fast")), ("TOKEN", fingerprint("TOKEN", SECRET))),
        data_capture=20,
        metrics=(("accuracy", 0.75), ("auc", 0.8)),
        role="role",
        schema=("takes text/csv", "answers text/csv"),
    )
    assert SECRET not in repr(found)
    assert all(SECRET not in repr(each) for each in (*aws.packages.values(), aws.model("m")))


def test_fingerprints_tell_values_and_variables_apart() -> None:
    seen = {fingerprint(name, value) for name in ("A", "B") for value in ("", "x", "y")}
    assert len(seen) == 6
    assert fingerprint("A", "x") == fingerprint("A", "x")


def test_a_schema_is_known_when_the_package_says_both_what_it_takes_and_what_it_answers() -> None:
    both = replace(b.described(), content_types=("text/csv", "a/b"), response_types=("c/d",))
    assert schema_of(both) == ("takes a/b", "takes text/csv", "answers c/d")
    assert schema_of(replace(both, inputs='{"x": [1]}'))[3:] == ("inputs " + fingerprint("inputs", '{"x": [1]}'),)
    assert schema_of(replace(both, content_types=())) == schema_of(replace(both, response_types=())) == ()
    assert schema_of(None) == ()


def test_there_may_be_no_endpoint(aws: FakeAws) -> None:
    assert serving_of(aws.of(DEPLOYMENT), "nobody") is None


@pytest.mark.parametrize("error", [SaidNo("AccessDenied"), Unavailable("throttled")])
@pytest.mark.parametrize(
    ("method", "lost"),
    [
        ("config", {"version", "instance_type", "environment", "metrics", "role", "schema"}),
        ("model", {"version", "environment", "metrics", "role", "schema"}),
        ("package", {"environment", "metrics", "schema"}),
        ("get", {"metrics"}),
    ],
)
def test_what_cannot_be_read_is_left_empty(aws: FakeAws, method: str, lost: set[str], error: PortError) -> None:
    whole = serving_of(aws.of(DEPLOYMENT), "e")
    (aws.objects if method == "get" else aws).fail_next(method, error)
    part = serving_of(aws.of(DEPLOYMENT), "e")
    assert {name for name in Serving.__slots__ if getattr(whole, name) != getattr(part, name)} == lost
    assert not any(getattr(part, name) for name in lost)
    assert part is not None
    assert (part.environment is None) == ("environment" in lost), "unknown variables are not the same as none"


def test_an_endpoint_that_cannot_be_read_is_the_callers_to_handle(aws: FakeAws) -> None:
    aws.fail_next("endpoint", Unavailable("throttled"))
    with pytest.raises(Unavailable):
        serving_of(aws.of(DEPLOYMENT), "e")


def test_a_config_of_ours_tells_the_version_that_its_package_does_not(aws: FakeAws) -> None:
    name = f"{GROUP}-v12-r0123abcd-prod"
    aws.create_config(name, "m", "ml.m5.large", 1)
    aws.update_endpoint("e", name)
    aws.settle()
    aws.fail_next("model", Unavailable("throttled"))
    found = serving_of(aws.of(DEPLOYMENT), "e")
    assert found is not None
    assert found.version == 12


class Client:
    """A boto3 client that describes one endpoint."""

    def __init__(self, **answers: object) -> None:
        self._answers = answers

    def __getattr__(self, name: str) -> object:
        return lambda **_: self._answers[name]


def described(aws: FakeAws, endpoint: dict[str, object], model: dict[str, object]) -> Serving:
    moment = {"CreationTime": aws.clock.now()}
    variant = {"VariantName": "AllTraffic", "ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 4}
    client = Client(
        describe_endpoint={
            **moment,
            "LastModifiedTime": aws.clock.now(),
            "EndpointName": "e",
            "EndpointArn": "arn",
            "EndpointConfigName": "c",
            "EndpointStatus": "InService",
            **endpoint,
        },
        describe_endpoint_config={**moment, "EndpointConfigName": "c", "ProductionVariants": [variant]},
        describe_model={"ModelName": "m", **model},
        describe_model_package={
            "ModelPackageArn": "arn",
            "InferenceSpecification": {
                "Containers": [{"Image": "p:1", "Environment": {"A": "package", "B": "package"}}]
            },
        },
    )
    ports = Aws(Boto3Registry(client), Boto3Hosting(client), aws, aws.objects)
    found = serving_of(ports, "e")
    assert found is not None
    return found


PACKAGED: dict[str, object] = {"ModelPackageName": "arn:aws:sagemaker:eu-west-1:123456789012:model-package/g/7"}


def test_the_models_variables_come_over_its_packages(aws: FakeAws) -> None:
    model: dict[str, object] = {"PrimaryContainer": {**PACKAGED, "Environment": {"B": "model"}}}
    found = described(aws, {}, model)
    assert found.environment == (("A", fingerprint("A", "package")), ("B", fingerprint("B", "model")))
    assert found.version == 7


def test_a_model_without_a_package_has_its_own_variables(aws: FakeAws) -> None:
    container = {"Image": "x", "Environment": {"A": "1"}}
    models: tuple[dict[str, object], ...] = ({"PrimaryContainer": container}, {"Containers": [container]})
    for model in models:
        found = described(aws, {}, model)
        assert (found.environment, found.version) == ((("A", fingerprint("A", "1")),), None)
    assert described(aws, {}, {}).environment == ()


def test_capacity_and_image_come_from_what_there_is(aws: FakeAws) -> None:
    bare = described(aws, {}, {"PrimaryContainer": PACKAGED})
    assert (bare.instance_count, bare.image, bare.image_digest) == (4, "p:1", "")
    variant: dict[str, object] = {"VariantName": "AllTraffic", "CurrentInstanceCount": 2}
    assert described(aws, {"ProductionVariants": [variant]}, {}).instance_count == 2
    image = {"SpecifiedImage": "x:1", "ResolvedImage": "x@sha256:ab"}
    more = {**variant, "DesiredInstanceCount": 3, "DeployedImages": [image]}
    found = described(aws, {"ProductionVariants": [more]}, {})
    assert (found.instance_count, found.image, found.image_digest) == (3, "x:1", "sha256:ab")


@pytest.mark.parametrize(
    ("wire", "percentage"),
    [
        ({"EnableCapture": True, "CaptureStatus": "Started", "CurrentSamplingPercentage": 5}, 5),
        ({"EnableCapture": True, "CaptureStatus": "Stopped", "CurrentSamplingPercentage": 5}, None),
        ({"EnableCapture": False, "CaptureStatus": "Stopped", "CurrentSamplingPercentage": 0}, None),
    ],
)
def test_capture_counts_while_it_runs(aws: FakeAws, wire: dict[str, object], percentage: int | None) -> None:
    assert described(aws, {"DataCaptureConfig": wire}, {}).data_capture == percentage
