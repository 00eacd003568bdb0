"""InvokeEndpoint: pick a variant, forward the request to its container, put its errors into AWS's words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.aws.processes import Container, ContainerGoneError, ProcessFleet
from sandbox.aws.wire import AwsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.aws.endpoints import Deployment, Endpoint
    from sandbox.aws.processes import Answer
    from sandbox.aws.wire import Place

MAX_BODY = 6_291_456
_CLIENT_ERROR, _SERVER_ERROR = 400, 500


@dataclass(frozen=True, slots=True)
class Target:
    """The container an invocation goes to."""

    endpoint: str
    variant: str
    container: Container


class Traffic:
    """Spreads invocations over an endpoint's variants by weight, evenly and without chance.

    Args:
        place: names the account in AWS's messages.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
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
        try:
            answer = target.container.invoke(body, headers)
        except ContainerGoneError:
            gone = f"Amazon SageMaker could not get a response from the {target.endpoint} endpoint."
            raise self._model_error(target, 0, gone) from None
        if answer.status >= _CLIENT_ERROR:
            raise self._model_error(target, answer.status, answer.body.decode("utf-8", "replace"))
        return answer

    def _next(self, endpoint: str, serving: Deployment) -> str:
        weighted = [variant for variant in serving.variants if variant.weight > 0] or serving.variants
        chosen = min(weighted, key=lambda one: self._served.get((endpoint, one.name), 0) / (one.weight or 1.0))
        self._served[endpoint, chosen.name] = self._served.get((endpoint, chosen.name), 0) + 1
        return chosen.name

    def _model_error(self, target: Target, status: int, text: str) -> AwsError:
        region, account = self._place.region, self._place.account
        group = f"/aws/sagemaker/Endpoints/{target.endpoint}"
        side = "client" if _CLIENT_ERROR <= status < _SERVER_ERROR else "server"
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
