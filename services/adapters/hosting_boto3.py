"""SageMaker hosting of one region, over boto3.

What creates and deletes is split in two: what is meant (public), and how it is sent (`_send_...`), which the SDK's
adapter overrides. A create is an "ensure": a repeat after a crash finds its own work and is content with it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError

from services.adapters.aws_errors import already_exists, port_errors, unless_missing
from services.ports import Busy, ConfigDescription, EndpointDescription, ModelDescription, SaidNo
from services.release.naming import VARIANT

Wire = Mapping[str, Any]


class Boto3Hosting:
    """The Hosting port over a boto3 `sagemaker` client."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def endpoint(self, name: str) -> EndpointDescription | None:
        """Describe an endpoint afresh.

        boto3, as the SDK's Endpoint.refresh() keeps fields that AWS no longer sends: a FailureReason or a
        PendingDeploymentSummary of the update before would read as one of this update (sagemaker 3.27).
        """
        found = unless_missing(lambda: self._client.describe_endpoint(EndpointName=name))
        return None if found is None else _endpoint(found)

    def config(self, name: str) -> ConfigDescription | None:
        """Describe an endpoint configuration; boto3, as for endpoints."""
        found = self._find_config(name)
        return None if found is None else _config(found)

    def model(self, name: str) -> ModelDescription | None:
        """Describe a model; boto3, as for endpoints."""
        found = self._find_model(name)
        return None if found is None else _model(found)

    def tags(self, endpoint_arn: str) -> Mapping[str, str]:
        """Return an endpoint's tags; boto3, as the SDK's Endpoint holds none."""
        pages = self._client.get_paginator("list_tags").paginate(ResourceArn=endpoint_arn)
        found = unless_missing(lambda: [tag for page in pages for tag in page["Tags"]])
        return {tag["Key"]: tag["Value"] for tag in found or ()}

    def create_model(self, name: str, package_arn: str, role_arn: str) -> None:
        """Create a Model from a ModelPackage, or find that it stands."""
        _ensure(
            lambda: self._send_model(name, package_arn, role_arn),
            lambda: self._find_model(name),
            lambda found: _same_model(found, package_arn, role_arn),
            f"model {name}",
        )

    def create_config(self, name: str, model: str, instance_type: str, instance_count: int) -> None:
        """Create an EndpointConfig with the one variant, or find that it stands.

        Raises:
            Busy: AWS does not see the model yet.
        """
        wanted = (VARIANT, model, instance_type, instance_count)
        with _busy_until_seen("model", model, lambda: self._find_model(model)):
            _ensure(
                lambda: self._send_config(name, model, instance_type, instance_count),
                lambda: self._find_config(name),
                lambda found: _variants(found) == [wanted],
                f"endpoint configuration {name}",
            )

    def create_endpoint(self, name: str, config: str) -> None:
        """Begin to create an endpoint, or find that it stands or is coming on this configuration.

        Raises:
            Busy: AWS does not see the configuration yet: CreateEndpoint reads a store that is only eventually
                consistent (source: botocore's text on CreateEndpoint).
        """
        with _busy_until_seen("endpoint configuration", config, lambda: self._find_config(config)):
            _ensure(
                lambda: self._send_endpoint(name, config),
                lambda: self.endpoint(name),
                lambda found: config in {found.config, found.pending_config},
                f"endpoint {name}",
            )

    def update_endpoint(self, name: str, config: str) -> None:
        """Begin to update an endpoint.

        boto3, as the SDK's Endpoint.update() takes no configuration name but its own attribute, which its refresh
        sets back to the old one: a repeat would send the old configuration again (sagemaker 3.27).

        Raises:
            Busy: the endpoint is already changing, or AWS does not see the configuration yet.
        """
        with _busy_until_seen("endpoint configuration", config, lambda: self._find_config(config)), port_errors():
            # Without this the update would bring an autoscaled endpoint back to the configuration's first count.
            self._client.update_endpoint(EndpointName=name, EndpointConfigName=config, RetainAllVariantProperties=True)

    def tag_endpoint(self, endpoint_arn: str, tags: Mapping[str, str]) -> None:
        """Add or replace tags; boto3, as the SDK's Tag.add_tags lists all tags after every call."""
        with port_errors():
            self._client.add_tags(
                ResourceArn=endpoint_arn, Tags=[{"Key": key, "Value": value} for key, value in tags.items()]
            )

    def delete_endpoint(self, name: str) -> None:
        """Begin to delete an endpoint."""
        unless_missing(lambda: self._send_endpoint_deletion(name))

    def delete_config(self, name: str) -> None:
        """Delete an endpoint configuration."""
        unless_missing(lambda: self._send_config_deletion(name))

    def delete_model(self, name: str) -> None:
        """Delete a model."""
        unless_missing(lambda: self._send_model_deletion(name))

    def _find_config(self, name: str) -> Wire | None:
        return unless_missing(lambda: self._client.describe_endpoint_config(EndpointConfigName=name))

    def _find_model(self, name: str) -> Wire | None:
        return unless_missing(lambda: self._client.describe_model(ModelName=name))

    def _send_model(self, name: str, package_arn: str, role_arn: str) -> None:
        self._client.create_model(
            ModelName=name, ExecutionRoleArn=role_arn, PrimaryContainer={"ModelPackageName": package_arn}
        )

    def _send_config(self, name: str, model: str, instance_type: str, instance_count: int) -> None:
        variant = {
            "VariantName": VARIANT,
            "ModelName": model,
            "InstanceType": instance_type,
            "InitialInstanceCount": instance_count,
            "InitialVariantWeight": 1.0,
        }
        self._client.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])

    def _send_endpoint(self, name: str, config: str) -> None:
        self._client.create_endpoint(EndpointName=name, EndpointConfigName=config)

    def _send_endpoint_deletion(self, name: str) -> None:
        self._client.delete_endpoint(EndpointName=name)

    def _send_config_deletion(self, name: str) -> None:
        self._client.delete_endpoint_config(EndpointConfigName=name)

    def _send_model_deletion(self, name: str) -> None:
        self._client.delete_model(ModelName=name)


def _ensure(send: Callable[[], None], find: Callable[[], Any], same: Callable[[Any], bool], what: str) -> None:
    """Send a create; where the name is taken, accept what stands there if it is what was to be created."""
    with port_errors():
        try:
            send()
        except ClientError as error:
            if not already_exists(error):
                raise
            _accept(find(), same, what)


@contextmanager
def _busy_until_seen(kind: str, name: str, find: Callable[[], Any]) -> Iterator[None]:
    """Take "Could not find" for "not yet" where the thing can be described.

    Another one that it could not find, as the configuration that the endpoint serves and that somebody deleted, is
    named in the message by its own ARN, and stays a refusal.
    """
    try:
        yield
    except SaidNo as refusal:
        missing = f'/{name.lower()}"' in str(refusal).lower() and f"Could not find {kind} " in str(refusal)
        if missing and find() is not None:
            raise Busy(str(refusal)) from refusal
        raise


def _accept(found: Any, same: Callable[[Any], bool], what: str) -> None:
    if found is None:
        raise Busy(f"the {what} exists, but cannot be described yet")
    if not same(found):
        raise SaidNo(f"the {what} exists with another content; it was not made by this release")


def _same_model(found: Wire, package_arn: str, role_arn: str) -> bool:
    # SageMaker may spell the names in an ARN in lower case when it gives the ARN back.
    package = _package_of(found) or ""
    return found.get("ExecutionRoleArn") == role_arn and package.casefold() == package_arn.casefold()


def _model(wire: Wire) -> ModelDescription:
    container = _containers(wire)[0]
    environment = container.get("Environment", {})
    own = [each for each in _containers(wire) if each and "ModelPackageName" not in each]
    return ModelDescription(
        name=wire["ModelName"],
        package_arn=_package_of(wire),
        environment=tuple(sorted(environment.items())),
        role_arn=wire.get("ExecutionRoleArn", ""),
        artifacts=tuple(each.get("ModelDataUrl", "") for each in own),
    )


def _package_of(model: Wire) -> str | None:
    return next((each["ModelPackageName"] for each in _containers(model) if "ModelPackageName" in each), None)


def _containers(model: Wire) -> list[Wire]:
    return [*([model["PrimaryContainer"]] if model.get("PrimaryContainer") else ()), *model.get("Containers", ()), {}]


def _variants(config: Wire) -> list[tuple[str, str, str, int]]:
    """Read all variants; one without instances (serverless) or without a model of its own reads as empty there."""
    return [
        (
            each["VariantName"],
            each.get("ModelName", ""),
            each.get("InstanceType", ""),
            each.get("InitialInstanceCount", 0),
        )
        for each in config["ProductionVariants"]
    ]


def _config(wire: Wire) -> ConfigDescription:
    variant, model, instance_type, count = _variants(wire)[0]
    return ConfigDescription(wire["EndpointConfigName"], model, variant, instance_type, count, wire["CreationTime"])


def _endpoint(wire: Wire) -> EndpointDescription:
    pending = wire.get("PendingDeploymentSummary") or {}
    serving = wire.get("ProductionVariants", [])
    first: Wire = next(iter(serving), {})
    image: Wire = next(iter(first.get("DeployedImages", ())), {})
    return EndpointDescription(
        name=wire["EndpointName"],
        arn=wire["EndpointArn"],
        status=wire["EndpointStatus"],
        config=wire.get("EndpointConfigName", ""),
        pending_config=pending.get("EndpointConfigName"),
        failure_reason=wire.get("FailureReason", ""),
        message=_message([*pending.get("ProductionVariants", ()), *serving]),
        created_at=wire["CreationTime"],
        modified_at=wire["LastModifiedTime"],
        instance_count=first.get("CurrentInstanceCount"),
        desired_count=first.get("DesiredInstanceCount"),
        image=image.get("SpecifiedImage", ""),
        resolved_image=image.get("ResolvedImage", ""),
        data_capture=_captured(wire.get("DataCaptureConfig", {})),
    )


def _captured(wire: Wire) -> int | None:
    """Return the percentage that is captured now: capture can be enabled and yet stopped."""
    runs = wire.get("EnableCapture", False) and wire.get("CaptureStatus") == "Started"
    return wire.get("CurrentSamplingPercentage") if runs else None


def _message(variants: Iterable[Wire]) -> str:
    """Return the latest words of AWS on the deployment under way: "Launching 1 instance(s)."."""
    stages = [stage for variant in variants for stage in variant.get("VariantStatus", ())[-1:]]
    return next((stage.get("StatusMessage") or stage.get("Status", "") for stage in stages), "")
