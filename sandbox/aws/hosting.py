"""The endpoints of one account in one region, as the SageMaker API shows them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from sandbox.aws.endpoints import Deployment, Endpoint, Status
from sandbox.aws.listing import Listing
from sandbox.aws.variants import retain
from sandbox.aws.wire import ENDPOINT_NAME, NameRule, Wire, refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.aws.definitions import EndpointConfigs
    from sandbox.aws.endpoints import Surroundings
    from sandbox.aws.variants import Variant
    from sandbox.aws.wire import Place

_ENDPOINT_NAME = NameRule("endpointName", ENDPOINT_NAME)
_ENDPOINTS = Listing("Endpoints", "EndpointName", status="EndpointStatus")


class Launcher(Protocol):
    """Starts what an endpoint configuration describes."""

    def launch(self, endpoint_name: str, config: Wire) -> Deployment:
        """Start the containers of `config` and return the deployment, without waiting for them.

        Raises:
            AwsError: ValidationException, a model of the configuration is gone.
        """


class Hosting:
    """Endpoints by name; names are one whatever their case.

    Args:
        place: where the ARNs say they are.
        around: what moves endpoints on, and back.
        configs: the endpoint configurations to deploy.
        launcher: starts containers.
    """

    def __init__(self, place: Place, around: Surroundings, configs: EndpointConfigs, launcher: Launcher) -> None:
        self._place = place
        self._around = around
        self._configs = configs
        self._launcher = launcher
        self._endpoints: dict[str, Endpoint] = {}

    def knows(self, arn: str) -> bool:
        """Return whether `arn` is an endpoint here."""
        return any(endpoint.arn == arn for endpoint in self._settled())

    def close(self) -> None:
        """End every container."""
        for endpoint in self._endpoints.values():
            endpoint.stop()
        self._endpoints.clear()

    def create(self, request: Wire) -> Wire:
        """CreateEndpoint."""
        name = request["EndpointName"]
        _ENDPOINT_NAME.check(name)
        arn = self._place.arn("endpoint", name)
        if self.find(name):
            raise refusal(f'Cannot create already existing endpoint "{arn}".')
        deployment = self._launcher.launch(name, self._configs.config(request["EndpointConfigName"]))
        deployment.policy = request.get("DeploymentConfig")
        endpoint = Endpoint(name, arn, deployment, self._around)
        endpoint.last_policy = deployment.policy
        self._endpoints[name.lower()] = endpoint
        return {"EndpointArn": arn}

    def update(self, request: Wire) -> Wire:
        """UpdateEndpoint: needs the configuration it comes from as much as the one it goes to."""
        endpoint = self.endpoint(request["EndpointName"])
        endpoint.check_settled()
        config = self._configs.config(request["EndpointConfigName"])
        self._configs.config(endpoint.live.config_name)
        deployment = self._launcher.launch(endpoint.name, config)
        deployment.policy = request.get("DeploymentConfig")
        if request.get("RetainDeploymentConfig"):
            deployment.policy = endpoint.last_policy
        if request.get("RetainAllVariantProperties"):
            _retain_properties(deployment, endpoint.live, request)
        endpoint.update(deployment)
        return {"EndpointArn": endpoint.arn}

    def resize(self, request: Wire) -> Wire:
        """UpdateEndpointWeightsAndCapacities."""
        endpoint = self.endpoint(request["EndpointName"])
        wanted = {one["VariantName"]: one for one in request["DesiredWeightsAndCapacities"]}
        known = {variant.name for variant in endpoint.live.variants}
        for name in wanted.keys() - known:
            config = endpoint.live.config_name
            raise refusal(f'The variant name(s) "{name}" is/are not present within endpoint configuration "{config}".')
        variants = [_resized(variant, wanted.get(variant.name, {})) for variant in endpoint.live.variants]
        endpoint.resize(variants)
        return {"EndpointArn": endpoint.arn}

    def describe(self, request: Wire) -> Wire:
        """DescribeEndpoint: while it updates, EndpointConfigName is still the old one."""
        endpoint = self.endpoint(request["EndpointName"])
        creating = endpoint.status is Status.CREATING
        return {
            "EndpointName": endpoint.name,
            "EndpointArn": endpoint.arn,
            "EndpointConfigName": endpoint.live.config_name,
            "ProductionVariants": None if creating else _variants(endpoint),
            "DataCaptureConfig": _data_capture(endpoint.live.data_capture),
            "EndpointStatus": endpoint.status.value,
            "FailureReason": endpoint.failure_reason or None,
            "CreationTime": endpoint.created,
            "LastModifiedTime": endpoint.modified,
            "LastDeploymentConfig": endpoint.last_policy,
            "PendingDeploymentSummary": endpoint.stages(),
        }

    def list(self, request: Wire) -> Wire:
        """ListEndpoints."""
        return _ENDPOINTS.answer((_summary(endpoint) for endpoint in self._settled()), request)

    def delete(self, request: Wire) -> Wire:
        """DeleteEndpoint; its configuration and models stay."""
        self.endpoint(request["EndpointName"]).delete()
        return {}

    def endpoint(self, name: str) -> Endpoint:
        """Return an endpoint, moved on to now.

        Raises:
            AwsError: ValidationException, there is none.
        """
        endpoint = self.find(name)
        if endpoint is None:
            raise refusal(f'Could not find endpoint "{self._place.arn("endpoint", name)}".')
        return endpoint

    def find(self, name: str) -> Endpoint | None:
        """Return an endpoint, moved on to now, or None."""
        endpoint = self._endpoints.get(name.lower())
        if endpoint is None:
            return None
        endpoint.settle()
        if endpoint.gone:
            del self._endpoints[name.lower()]
            return None
        return endpoint

    def _settled(self) -> Sequence[Endpoint]:
        found = (self.find(name) for name in list(self._endpoints))
        return [endpoint for endpoint in found if endpoint]


def _retain_properties(deployment: Deployment, live: Deployment, request: Wire) -> None:
    excluded = {one["VariantPropertyType"] for one in request.get("ExcludeRetainedVariantProperties") or []}
    deployment.variants = retain(deployment.variants, live.variants, excluded)
    if "DataCaptureConfig" not in excluded:
        deployment.data_capture = live.data_capture


def _resized(variant: Variant, wanted: Wire) -> Variant:
    return replace(
        variant,
        weight=wanted.get("DesiredWeight", variant.weight),
        instances=wanted.get("DesiredInstanceCount", variant.instances),
    )


def _variants(endpoint: Endpoint) -> list[Wire]:
    if endpoint.resized is None:
        return [variant.summary() for variant in endpoint.live.variants]
    pairs = zip(endpoint.live.variants, endpoint.resized, strict=True)
    return [variant.desiring(wanted) for variant, wanted in pairs]


def _data_capture(config: Wire | None) -> Wire | None:
    if config is None:
        return None
    enabled = config.get("EnableCapture", False)
    return {
        "EnableCapture": enabled,
        "CaptureStatus": "Started" if enabled else "Stopped",
        "CurrentSamplingPercentage": config.get("InitialSamplingPercentage", 0),
        "DestinationS3Uri": config.get("DestinationS3Uri", ""),
        "KmsKeyId": config.get("KmsKeyId", ""),
    }


def _summary(endpoint: Endpoint) -> Wire:
    return {
        "EndpointName": endpoint.name,
        "EndpointArn": endpoint.arn,
        "CreationTime": endpoint.created,
        "LastModifiedTime": endpoint.modified,
        "EndpointStatus": endpoint.status.value,
    }
