"""What only the SageMaker adapters promise: honest requests, SDK first, boto3 where the SDK cannot tell."""

import importlib.util
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError
from fakes.local_aws import CREDENTIALS
from typing_extensions import override

from services.adapters.hosting_boto3 import Boto3Hosting
from services.adapters.sagemaker_boto3 import AwsRegions
from services.adapters.sdk_configuration import CONFIGURATION, quiet_sdk
from services.ports import Aws, Busy, SaidNo, Unavailable
from services.release.model import Deployment

pytestmark = pytest.mark.contract
needs_sdk = pytest.mark.skipif(
    importlib.util.find_spec("sagemaker") is None, reason="the worker's SageMaker SDK is not installed"
)
DEPLOYMENT = Deployment("g", "eu-west-1", None, "staging", "prod", "ml.m5.large", 1, "arn:aws:iam::1:role/x", "C1")


@dataclass
class FailingAws:
    """An AWS that gives every request the same answer, and counts them."""

    status: int
    body: bytes
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def handler(self) -> type[BaseHTTPRequestHandler]:
        failing = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                failing.asked.append(self.path)
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(failing.status)
                self.send_header("Content-Length", str(len(failing.body)))
                self.send_header("x-amzn-ErrorType", "InternalFailure")
                self.end_headers()
                self.wfile.write(failing.body)

            @override
            def log_message(self, *_: object) -> None:
                pass

        return Handler


@pytest.fixture
def aws_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Aws]:
    def connect(url: str) -> Aws:
        for name, value in {**CREDENTIALS, "AWS_ENDPOINT_URL": url}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("AWS_PROFILE", raising=False)
        return AwsRegions(None).of(DEPLOYMENT)

    return connect


@pytest.fixture
def failing() -> Iterator[FailingAws]:
    aws = FailingAws(500, b"{}")
    with ThreadingHTTPServer(("127.0.0.1", 0), aws.handler()) as server:
        aws.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield aws
        server.shutdown()
        thread.join()


def test_an_endpoint_is_asked_once(failing: FailingAws, aws_at: Callable[[str], Aws]) -> None:
    with pytest.raises(Unavailable):
        aws_at(failing.url).invoker.invoke("endpoint", "1", "text/csv", "text/csv")
    assert failing.asked == ["/endpoints/endpoint/invocations"]


def test_nobody_at_the_address_is_unavailable(failing: FailingAws, aws_at: Callable[[str], Aws]) -> None:
    aws = aws_at("http://127.0.0.1:1")
    with pytest.raises(Unavailable):
        aws.invoker.invoke("endpoint", "1", "text/csv", "text/csv")
    with pytest.raises(Unavailable):
        aws.hosting.endpoint("endpoint")


@pytest.mark.parametrize(
    "wire", [{"OriginalStatusCode": 415, "OriginalMessage": "not CSV"}, {"Message": "no container"}]
)
def test_a_model_error_is_the_containers_reply(aws_at: Callable[[str], Aws], wire: dict[str, Any]) -> None:
    invoker = aws_at("http://127.0.0.1:1").invoker
    error = ClientError({"Error": {"Code": "ModelError", "Message": "no container"}, **wire}, "InvokeEndpoint")
    invoker._client = Raising(error)  # type: ignore[attr-defined]  # a stand-in for the client
    reply = invoker.invoke("endpoint", "1", "text/csv", "text/csv")
    assert (reply.status, reply.body) in {(415, "not CSV"), (0, "no container")}


class Raising:
    """A boto3 client all of whose calls fail, but for the answers it is given."""

    def __init__(self, error: Exception, **answers: Any) -> None:
        self._error = error
        self._answers = answers

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**_: Any) -> Any:
            if name in self._answers:
                return self._answers[name]
            raise self._error

        return call


def test_regions_are_connected_once_each(aws_at: Callable[[str], Aws]) -> None:
    aws_at("http://127.0.0.1:1")
    regions = AwsRegions(None)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: regions.of(DEPLOYMENT), range(8)))
    assert len({id(aws) for aws in found}) == 1
    assert regions.of(replace(DEPLOYMENT, region="eu-central-1")) is not found[0]


def test_an_unknown_profile_is_refused() -> None:
    with pytest.raises(SaidNo, match="nobody-of-that-name"):
        AwsRegions("nobody-of-that-name").of(DEPLOYMENT)


def test_a_config_that_aws_does_not_see_yet_is_worth_another_look() -> None:
    text = 'Could not find endpoint configuration "arn:aws:sagemaker:eu-west-1:1:endpoint-config/c".'
    unseen = ClientError({"Error": {"Code": "ValidationException", "Message": text}}, "CreateEndpoint")
    variant = {"VariantName": "AllTraffic", "ModelName": "m", "InstanceType": "t", "InitialInstanceCount": 1}
    config = {"EndpointConfigName": "c", "ProductionVariants": [variant], "CreationTime": None}
    with pytest.raises(Busy):
        Boto3Hosting(Raising(unseen, describe_endpoint_config=config)).create_endpoint("e", "c")
    with pytest.raises(SaidNo):
        Boto3Hosting(Raising(unseen)).create_endpoint("e", "c")


def test_what_exists_and_cannot_be_seen_yet_is_worth_another_look() -> None:
    class Forgetful:
        def create_model(self, **_: Any) -> None:
            raise refusal('Cannot create already existing model "m".')

        def describe_model(self, **_: Any) -> None:
            raise refusal('Could not find model "m".')

    with pytest.raises(Busy):
        Boto3Hosting(Forgetful()).create_model("m", "arn", "role")


def refusal(message: str, operation: str = "CreateModel") -> ClientError:
    return ClientError({"Error": {"Code": "ValidationException", "Message": message}}, operation)


def test_the_sdk_is_told_to_keep_quiet() -> None:
    variables = quiet_sdk()
    assert variables["SAGEMAKER_ADMIN_CONFIG_OVERRIDE"] == variables["SAGEMAKER_USER_CONFIG_OVERRIDE"]
    assert yaml.safe_load(CONFIGURATION.read_text()) == {
        "SchemaVersion": "1.0",
        "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}},
    }


@needs_sdk
def test_the_sdk_reads_that_file_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    from sagemaker.core.config import load_sagemaker_config

    for name, value in quiet_sdk().items():
        monkeypatch.setenv(name, value)
    assert load_sagemaker_config() == yaml.safe_load(CONFIGURATION.read_text())


@needs_sdk
def test_the_sdk_reads_no_file_to_fill_in_what_a_creation_leaves_out(monkeypatch: pytest.MonkeyPatch) -> None:
    from sagemaker.core.config.config_manager import SageMakerConfig
    from sagemaker.core.resources import Model

    importlib.import_module("services.adapters.sagemaker_sdk")
    read: list[str] = []
    monkeypatch.setattr(SageMakerConfig, "_load_config_from_file", lambda _, file: read.append(file))
    given = {"model_name": "m", "vpc_config": None}
    filled = Model.get_updated_kwargs_with_configured_attributes({"vpc_config": {}, "tags": {}}, "Model", **given)
    assert (filled, read) == (given, [])


@needs_sdk
def test_the_sdk_comes_first_and_boto3_settles_what_it_cannot_tell() -> None:
    from pydantic import TypeAdapter, ValidationError

    from services.adapters.sagemaker_sdk import _sdk_first

    def odd() -> None:
        TypeAdapter(int).validate_python("odd")

    def undescribed() -> None:
        raise refusal('Could not find model "m".', "DescribeModel")

    def refused() -> None:
        raise refusal('Cannot create already existing model "m".')

    calls: list[str] = []
    _sdk_first(lambda: calls.append("sdk"), lambda: calls.append("boto3"))
    _sdk_first(odd, lambda: calls.append("after an answer it does not accept"))
    _sdk_first(undescribed, lambda: calls.append("after a describe that failed"))
    with pytest.raises(ClientError):
        _sdk_first(refused, lambda: calls.append("never"))
    with pytest.raises(ValidationError):
        _sdk_first(odd, odd)
    assert calls == ["sdk", "after an answer it does not accept", "after a describe that failed"]
