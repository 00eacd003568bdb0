"""What each AWS call says of its release, and what is noted of the calls that change something."""

import importlib.util
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from fakes.local_aws import CREDENTIALS
from typing_extensions import override

from services.adapters.acting import user_agent
from services.adapters.sagemaker_boto3 import AwsRegions
from services.adapters.sdk_configuration import quiet_sdk
from services.ports import Behalf, SaidNo
from services.release.audit import AwsCall
from services.release.model import Deployment

pytestmark = pytest.mark.contract
DEPLOYMENT = Deployment(
    "g", "eu-west-1", None, "staging", "prod", "ml.m5.large", 1, "arn:aws:iam::000000000000:role/x", "C1"
)
MINE = Behalf("r0000000a", "UASKS", "UBOB")
ARN = "arn:aws:sagemaker:eu-west-1:000000000000:model/m"
PACKAGE = "arn:aws:sagemaker:eu-west-1:000000000000:model-package/g/1"


@dataclass
class Listener:
    """An AWS that answers everything alike and remembers who said they were calling."""

    url: str = ""
    status: int = 200
    heard: list[tuple[str, str]] = field(default_factory=list)

    def handler(self) -> type[BaseHTTPRequestHandler]:
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                operation = self.headers.get("X-Amz-Target", self.path).rsplit(".", 1)[-1]
                listener.heard.append((operation, self.headers["User-Agent"]))
                refusal = {"__type": "ValidationException", "message": "no"}
                body = json.dumps({"ModelArn": ARN, "ModelName": "m"} if listener.status == 200 else refusal).encode()
                self.send_response(listener.status)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("x-amzn-RequestId", f"request-{len(listener.heard)}")
                self.end_headers()
                self.wfile.write(body)

            @override
            def log_message(self, *_: object) -> None:
                pass

        return Handler


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    aws = Listener()
    with ThreadingHTTPServer(("127.0.0.1", 0), aws.handler()) as server:
        aws.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        for name, value in {**CREDENTIALS, **quiet_sdk(), "AWS_ENDPOINT_URL": aws.url}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("AWS_PROFILE", raising=False)
        yield aws
        server.shutdown()
        thread.join()


@pytest.fixture(params=["boto3", "sdk"])
def regions(request: pytest.FixtureRequest, listener: Listener) -> AwsRegions:
    if request.param == "boto3":
        return AwsRegions(None)
    if importlib.util.find_spec("sagemaker") is None:
        pytest.skip("the worker's SageMaker SDK is not installed")
    from services.adapters.sagemaker_sdk import SdkRegions

    return SdkRegions(None)


def test_every_call_says_for_whom_it_is_and_a_change_is_noted(regions: AwsRegions, listener: Listener) -> None:
    with regions.acting(MINE) as calls:
        aws = regions.of(DEPLOYMENT)
        aws.hosting.model("m")
        aws.hosting.create_model("m", PACKAGE, DEPLOYMENT.execution_role_arn)
    assert list(calls) == [
        AwsCall("CreateModel", f"request-{number}", 200)
        for number, (operation, _) in enumerate(listener.heard, start=1)
        if operation == "CreateModel"
    ]
    assert len(listener.heard) > len(calls) > 0
    assert all(agent.endswith(user_agent(MINE)) for _, agent in listener.heard)


def test_nothing_is_said_or_noted_outside(regions: AwsRegions, listener: Listener) -> None:
    with regions.acting(MINE) as calls:
        pass
    regions.of(DEPLOYMENT).hosting.create_model("m", PACKAGE, DEPLOYMENT.execution_role_arn)
    assert not calls
    assert not any("sluice" in agent for _, agent in listener.heard)


def test_a_refused_change_is_noted_with_its_request_id(regions: AwsRegions, listener: Listener) -> None:
    listener.status = 400
    with regions.acting(MINE) as calls, pytest.raises(SaidNo):
        regions.of(DEPLOYMENT).hosting.create_model("m", PACKAGE, DEPLOYMENT.execution_role_arn)
    assert AwsCall("CreateModel", "request-1", 400) in calls


def test_threads_do_not_speak_for_each_other(listener: Listener) -> None:
    regions = AwsRegions(None)

    def create(number: int) -> list[AwsCall]:
        with regions.acting(Behalf(f"r{number}", "U")) as calls:
            regions.of(DEPLOYMENT).hosting.create_model(f"m{number}", PACKAGE, DEPLOYMENT.execution_role_arn)
        return list(calls)

    with ThreadPoolExecutor(4) as pool:
        assert [len(calls) for calls in pool.map(create, range(4))] == [1] * 4
    assert sorted(agent.rsplit(" ", 2)[1] for _, agent in listener.heard) == [
        f"md/sluice-release#r{n}" for n in range(4)
    ]


def test_a_name_cannot_break_out_of_its_place() -> None:
    assert user_agent(Behalf("r1", "U1 md/x#y\r\nHost: evil")) == (
        "md/sluice-release#r1 md/sluice-requester#U1-md-x-y--Host--evil"
    )
