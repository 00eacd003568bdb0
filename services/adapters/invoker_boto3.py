"""Asks endpoints over boto3's `sagemaker-runtime`.

boto3 even where the SDK is installed: Endpoint.invoke() goes through a client that repeats failed requests by
itself, which hides errors from the error rate and waiting from the latency.
"""

from time import perf_counter
from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError

from services.adapters.aws_errors import code_of, port_errors
from services.ports import Reply

ONCE = Config(connect_timeout=5, read_timeout=70, retries={"total_max_attempts": 1}, max_pool_connections=32)
"""SageMaker gives a container 60 s to answer and advises clients to wait 70 s; a retry would be a lie."""


class Boto3Invoker:
    """The Invoker port over a boto3 `sagemaker-runtime` client that was made with the configuration `ONCE`."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def invoke(self, endpoint: str, body: str, content_type: str, accept: str) -> Reply:
        """Send one request; a container's error (ModelError, HTTP 424) is a Reply with the container's status."""
        started = perf_counter()
        with port_errors():
            try:
                status, text = self._answer(endpoint, body, content_type, accept)
            except ClientError as error:
                if code_of(error) != "ModelError":
                    raise
                status, text = _refusal(error)
        return Reply(status, text, (perf_counter() - started) * 1000)

    def _answer(self, endpoint: str, body: str, content_type: str, accept: str) -> tuple[int, str]:
        answer = self._client.invoke_endpoint(
            EndpointName=endpoint, Body=body.encode(), ContentType=content_type, Accept=accept
        )
        text = answer["Body"].read().decode("utf-8", "replace")
        return int(answer["ResponseMetadata"]["HTTPStatusCode"]), text


def _refusal(error: ClientError) -> tuple[int, str]:
    wire: dict[str, Any] = dict(error.response)
    message = wire.get("OriginalMessage") or wire.get("Error", {}).get("Message", "")
    return int(wire.get("OriginalStatusCode", 0)), str(message)
