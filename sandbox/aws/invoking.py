"""InvokeEndpoint: pick a variant, forward the request to its container, put its errors into AWS's words."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.aws.processes import Answer, Container, ContainerGoneError, ProcessFleet
from sandbox.aws.wire import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.aws.endpoints import Deployment, Endpoint
    from sandbox.aws.wire import Place

MAX_BODY = 6_291_456
_CLIENT_ERROR, _SERVER_ERROR = 400, 500


@dataclass(frozen=True, slots=True)
class Target:
    """The container an invocation goes to."""

    endpoint: str
    variant: str
    container: Container


@dataclass(frozen=True, slots=True)
class Measurement:
    """One invocation as CloudWatch counts it. `status` is the container's, 0 when it gave none."""

    endpoint: str
    variant: str
    status: int
    microseconds: float

    @property
    def is_client_error(self) -> bool:
        """Whether the container refused the request."""
        return _CLIENT_ERROR <= self.status < _SERVER_ERROR

    @property
    def is_server_error(self) -> bool:
        """Whether the container failed or was gone."""
        return self.status == 0 or self.status >= _SERVER_ERROR


class Traffic:
    """Spreads invocations over an endpoint's variants by weight, evenly and without chance.

    Args:
        place: names the account in AWS's messages.
        measure: takes one measurement per invocation that reached a container.
    """

    def __init__(self, place: Place, measure: Callable[[Measurement], None]) -> None:
        self._place = place
        self._measure = measure
        self._served: dict[tuple[str, str], int] = {}

    def aim(self, endpoint: Endpoint | None, name: str, wanted: str | None) -> Target:
        """Return the container that answers now.

        Args:
            endpoint: the endpoint, or None when there is none of that name.
            name: the name the client asked for; it matches in its own case only.
            wanted: TargetVariant of the request, if any.

        Raises:
            AwsError: ValidationError (not ValidationException), nothing of that name serves.
        """
        serving = endpoint.serving() if endpoint and endpoint.name == name else None
        if serving is None or not isinstance(serving.fleet, ProcessFleet):
            raise AwsError("ValidationError", f"Endpoint {name} of account {self._place.account} not found.")
        variant = wanted or self._next(name, serving)
        if variant not in {one.name for one in serving.variants}:
            raise AwsError("ValidationError", f"Variant {variant} was not found for endpoint {name}.")
        return Target(name, variant, serving.fleet.container(variant))

    def forward(self, target: Target, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send the request and return the container's answer when it is a success.

        Raises:
            AwsError: ModelError, the container refused, failed or is gone.
        """
        began = time.perf_counter()
        answer = _answer(target, body, headers)
        elapsed = (time.perf_counter() - began) * 1_000_000
        measured = Measurement(target.endpoint, target.variant, answer.status, elapsed)
        self._measure(measured)
        if measured.is_client_error or measured.is_server_error:
            raise self._model_error(target, measured, answer.body.decode("utf-8", "replace"))
        return answer

    def _next(self, endpoint: str, serving: Deployment) -> str:
        weighted = [variant for variant in serving.variants if variant.weight > 0] or serving.variants
        chosen = min(weighted, key=lambda one: self._served.get((endpoint, one.name), 0) / (one.weight or 1.0))
        self._served[endpoint, chosen.name] = self._served.get((endpoint, chosen.name), 0) + 1
        return chosen.name

    def _model_error(self, target: Target, measured: Measurement, text: str) -> AwsError:
        region, account = self._place.region, self._place.account
        group = f"/aws/sagemaker/Endpoints/{target.endpoint}"
        side, status = "client" if measured.is_client_error else "server", measured.status
        message = (
            f'Received {side} error ({status}) from primary with message "{text}". '
            f"See https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}"
            f"#logEventViewer:group={group} in account {account} for more information."
        )
        members = {
            "OriginalStatusCode": status,
            "OriginalMessage": text,
            "LogStreamArn": f"arn:aws:logs:{region}:{account}:log-group:{group}",
        }
        return AwsError("ModelError", message, members)


def _answer(target: Target, body: bytes, headers: Mapping[str, str]) -> Answer:
    try:
        return target.container.invoke(body, headers)
    except ContainerGoneError:
        gone = f"Amazon SageMaker could not get a response from the {target.endpoint} endpoint."
        return Answer(0, "", gone.encode())
