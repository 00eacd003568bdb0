"""What can be deployed: models and endpoint configurations."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sandbox.aws.listing import Listing
from sandbox.aws.wire import ENDPOINT_NAME, INSTANCE_TYPE, MODEL_NAME, NameRule, Wire, constraint_refusal, refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.aws.clock import Clock
    from sandbox.aws.registry import Registry
    from sandbox.aws.wire import Place

_MODEL_NAME = NameRule("modelName", MODEL_NAME)
_CONFIG_NAME = NameRule("endpointConfigName", ENDPOINT_NAME)
_VARIANT_NAME = NameRule("productionVariants.1.member.variantName", ENDPOINT_NAME)
_MODELS = Listing("Models", "ModelName")
_CONFIGS = Listing("EndpointConfigs", "EndpointConfigName")
_MAX_VARIANTS = 10


class Models:
    """The Model resources of one account in one region.

    Args:
        place: where the ARNs say they are.
        clock: gives creation times.
        registry: the model packages a model may name.
        role_exists: whether an ARN names a role SageMaker may assume.
    """

    def __init__(self, place: Place, clock: Clock, registry: Registry, role_exists: Callable[[str], bool]) -> None:
        self._place = place
        self._clock = clock
        self._registry = registry
        self._role_exists = role_exists
        self._models: dict[str, Wire] = {}

    def knows(self, arn: str) -> bool:
        """Return whether `arn` is a model here."""
        return any(model["ModelArn"] == arn for model in self._models.values())

    def create(self, request: Wire) -> Wire:
        """CreateModel: only from a model package that is Completed and Approved."""
        name = request["ModelName"]
        _MODEL_NAME.check(name)
        arn = self._place.arn("model", name)
        if name in self._models:
            raise refusal(f'Cannot create already existing model "{arn}".')
        self._check_role(request.get("ExecutionRoleArn", ""))
        for container in _containers(request):
            self._check_package(container)
        kept = {key: value for key, value in request.items() if key != "Tags"}
        network = {"EnableNetworkIsolation": request.get("EnableNetworkIsolation", False)}
        self._models[name] = {**kept, **network, "ModelArn": arn, "CreationTime": self._clock.now()}
        return {"ModelArn": arn}

    def describe(self, request: Wire) -> Wire:
        """DescribeModel."""
        return self.model(request["ModelName"])

    def model(self, name: str) -> Wire:
        """Return a model's description.

        Raises:
            AwsError: ValidationException, there is none.
        """
        if name not in self._models:
            raise refusal(f'Could not find model "{self._place.arn("model", name)}".')
        return self._models[name]

    def container(self, name: str) -> Wire:
        """Return what a model runs: Image, ModelDataUrl and, from a package, its CustomerMetadataProperties."""
        primary = _containers(self.model(name))[0]
        if "ModelPackageName" not in primary:
            return primary
        package = self._registry.package(primary["ModelPackageName"])
        container: Wire = package["InferenceSpecification"]["Containers"][0]
        return {**container, "CustomerMetadataProperties": package.get("CustomerMetadataProperties", {})}

    def list(self, request: Wire) -> Wire:
        """ListModels."""
        members = ("ModelName", "ModelArn", "CreationTime")
        return _MODELS.answer(({key: one[key] for key in members} for one in self._models.values()), request)

    def delete(self, request: Wire) -> Wire:
        """DeleteModel; like AWS it does not look whether an endpoint still needs it."""
        del self._models[self.model(request["ModelName"])["ModelName"]]
        return {}

    def _check_role(self, arn: str) -> None:
        if not self._role_exists(arn):
            raise refusal(
                f'The execution role ARN "{arn}" is invalid. Please ensure that the role exists and that its trust '
                'relationship policy allows the action "sts:AssumeRole" for the service principal '
                '"sagemaker.amazonaws.com".'
            )

    def _check_package(self, container: Wire) -> None:
        # AWS documents that the package must be Approved; the wording of these two refusals is the sandbox's own.
        if "ModelPackageName" not in container:
            return
        package = self._registry.package(container["ModelPackageName"])
        arn = package["ModelPackageArn"]
        if package["ModelPackageStatus"] != "Completed":
            status = package["ModelPackageStatus"]
            raise refusal(f"Cannot create a model from ModelPackage {arn}: its ModelPackageStatus is {status}.")
        if package["ModelApprovalStatus"] != "Approved":
            status = package["ModelApprovalStatus"]
            raise refusal(f"Cannot create a model from ModelPackage {arn}: its ModelApprovalStatus is {status}.")


class EndpointConfigs:
    """The EndpointConfig resources of one account in one region.

    Args:
        place: where the ARNs say they are.
        clock: gives creation times.
        models: the models a variant may name.
    """

    def __init__(self, place: Place, clock: Clock, models: Models) -> None:
        self._place = place
        self._clock = clock
        self._models = models
        self._configs: dict[str, Wire] = {}

    def knows(self, arn: str) -> bool:
        """Return whether `arn` is an endpoint configuration here."""
        return any(config["EndpointConfigArn"] == arn for config in self._configs.values())

    def create(self, request: Wire) -> Wire:
        """CreateEndpointConfig: every variant names a model that exists."""
        name = request["EndpointConfigName"]
        _CONFIG_NAME.check(name)
        arn = self._place.arn("endpoint-config", name)
        if name in self._configs:
            raise refusal(f'Cannot create already existing endpoint configuration "{arn}".')
        variants = [self._variant(variant) for variant in request["ProductionVariants"]]
        _check_variants(variants)
        kept = {key: value for key, value in request.items() if key != "Tags"}
        self._configs[name] = {
            **kept,
            "ProductionVariants": variants,
            "EndpointConfigArn": arn,
            "CreationTime": self._clock.now(),
        }
        return {"EndpointConfigArn": arn}

    def describe(self, request: Wire) -> Wire:
        """DescribeEndpointConfig."""
        return self.config(request["EndpointConfigName"])

    def config(self, name: str) -> Wire:
        """Return a configuration's description.

        Raises:
            AwsError: ValidationException, there is none.
        """
        if name not in self._configs:
            arn = self._place.arn("endpoint-config", name)
            raise refusal(f'Could not find endpoint configuration "{arn}".')
        return self._configs[name]

    def list(self, request: Wire) -> Wire:
        """ListEndpointConfigs."""
        members = ("EndpointConfigName", "EndpointConfigArn", "CreationTime")
        return _CONFIGS.answer(({key: one[key] for key in members} for one in self._configs.values()), request)

    def delete(self, request: Wire) -> Wire:
        """DeleteEndpointConfig; like AWS it allows to delete one in use, which breaks the endpoint's next update."""
        del self._configs[self.config(request["EndpointConfigName"])["EndpointConfigName"]]
        return {}

    def _variant(self, variant: Wire) -> Wire:
        _VARIANT_NAME.check(variant["VariantName"])
        self._models.model(variant["ModelName"])
        instance_type = variant.get("InstanceType", "")
        if not re.fullmatch(INSTANCE_TYPE, instance_type):
            member = "productionVariants.1.member.instanceType"
            raise constraint_refusal(instance_type, member, "Member must satisfy enum value set")
        return {"InitialInstanceCount": 1, "InitialVariantWeight": 1.0, **variant}


def _containers(model: Wire) -> list[Wire]:
    containers: list[Wire] = model.get("Containers") or [model.get("PrimaryContainer", {})]
    return containers


def _check_variants(variants: list[Wire]) -> None:
    if not 1 <= len(variants) <= _MAX_VARIANTS:
        raise refusal(f"ProductionVariants must have 1 to {_MAX_VARIANTS} members, not {len(variants)}.")
    names = [variant["VariantName"] for variant in variants]
    if len(set(names)) < len(names):
        raise refusal("Production variant names must be unique within an endpoint configuration.")
