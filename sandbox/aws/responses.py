"""The operations: moto parses the request and writes the response, our parts answer in between."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.sagemaker.models import sagemaker_backends
from moto.sagemaker.responses import SageMakerResponse
from moto.sagemakerruntime.responses import SageMakerRuntimeResponse

from sandbox.aws.invoking import MAX_BODY
from sandbox.aws.wire import AwsError, Wire, response

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.aws.backend import LocalSageMakerBackend

_FORWARDED = {"Content-Type": "Content-Type", "Accept": "Accept"}
_TOO_LARGE = f"HTTP content length exceeded {MAX_BODY} bytes."


class ModelledError(ServiceException):
    """An AwsError in the form from which moto writes the status and members that the service model gives it."""

    def __init__(self, error: AwsError) -> None:
        super().__init__(error.code, error.message)
        for name, value in error.members.items():
            setattr(self, name, value)


class LocalSageMakerResponse(SageMakerResponse):
    """The control plane's operations that are ours; moto's own class answers the others."""

    @property
    def _local(self) -> LocalSageMakerBackend:
        backend: LocalSageMakerBackend = sagemaker_backends[self.current_account][self.region]
        return backend

    def _answer(self, operation: Callable[[Wire], Wire]) -> ActionResult:
        with self._local.lock:
            try:
                return ActionResult(response(operation(self.params)))
            except AwsError as error:
                raise ModelledError(error) from None

    def _tagged(self, create: Callable[[Wire], Wire]) -> ActionResult:
        def create_with_tags(request: Wire) -> Wire:
            created = create(request)
            self._local.local_tags.put(next(iter(created.values())), request.get("Tags", []))
            return created

        return self._answer(create_with_tags)

    def create_model_package_group(self) -> ActionResult:
        """CreateModelPackageGroup."""
        return self._tagged(self._local.registry.create_group)

    def describe_model_package_group(self) -> ActionResult:
        """DescribeModelPackageGroup."""
        return self._answer(self._local.registry.describe_group)

    def list_model_package_groups(self) -> ActionResult:
        """ListModelPackageGroups."""
        return self._answer(self._local.registry.list_groups)

    def delete_model_package_group(self) -> ActionResult:
        """DeleteModelPackageGroup."""
        return self._answer(self._local.registry.delete_group)

    def create_model_package(self) -> ActionResult:
        """CreateModelPackage."""
        return self._tagged(self._local.registry.create)

    def describe_model_package(self) -> ActionResult:
        """DescribeModelPackage."""
        return self._answer(self._local.registry.describe)

    def list_model_packages(self) -> ActionResult:
        """ListModelPackages."""
        return self._answer(self._local.registry.list)

    def update_model_package(self) -> ActionResult:
        """UpdateModelPackage."""
        return self._answer(self._local.registry.update)

    def delete_model_package(self) -> ActionResult:
        """DeleteModelPackage."""
        return self._answer(self._local.registry.delete)

    def create_model(self) -> ActionResult:
        """CreateModel."""
        return self._tagged(self._local.models.create)

    def describe_model(self) -> ActionResult:
        """DescribeModel."""
        return self._answer(self._local.models.describe)

    def list_models(self) -> ActionResult:
        """ListModels."""
        return self._answer(self._local.models.list)

    def delete_model(self) -> ActionResult:
        """DeleteModel."""
        return self._answer(self._local.models.delete)

    def create_endpoint_config(self) -> ActionResult:
        """CreateEndpointConfig."""
        return self._tagged(self._local.configs.create)

    def describe_endpoint_config(self) -> ActionResult:
        """DescribeEndpointConfig."""
        return self._answer(self._local.configs.describe)

    def list_endpoint_configs(self) -> ActionResult:
        """ListEndpointConfigs."""
        return self._answer(self._local.configs.list)

    def delete_endpoint_config(self) -> ActionResult:
        """DeleteEndpointConfig."""
        return self._answer(self._local.configs.delete)

    def create_endpoint(self) -> ActionResult:
        """CreateEndpoint."""
        return self._tagged(self._local.hosting.create)

    def describe_endpoint(self) -> ActionResult:
        """DescribeEndpoint."""
        return self._answer(self._local.hosting.describe)

    def list_endpoints(self) -> ActionResult:
        """ListEndpoints."""
        return self._answer(self._local.hosting.list)

    def update_endpoint(self) -> ActionResult:
        """UpdateEndpoint."""
        return self._answer(self._local.hosting.update)

    def update_endpoint_weights_and_capacities(self) -> ActionResult:
        """UpdateEndpointWeightsAndCapacities."""
        return self._answer(self._local.hosting.resize)

    def delete_endpoint(self) -> ActionResult:
        """DeleteEndpoint."""
        return self._answer(self._local.hosting.delete)

    def add_tags(self) -> ActionResult:
        """AddTags."""
        return self._answer(self._local.local_tags.add)

    def list_tags(self) -> ActionResult:
        """ListTags."""
        return self._answer(self._local.local_tags.list)

    def delete_tags(self) -> ActionResult:
        """DeleteTags."""
        return self._answer(self._local.local_tags.delete)


class LocalRuntimeResponse(SageMakerRuntimeResponse):
    """InvokeEndpoint, answered by the endpoint's containers."""

    use_raw_body = True

    def invoke_endpoint(self) -> tuple[int, dict[str, object], bytes]:
        """InvokeEndpoint."""
        if len(self.raw_body) > MAX_BODY:
            return 413, {"status": 413, "Content-Type": "text/plain"}, _TOO_LARGE.encode()
        name = unquote(self.path.split("/")[2])
        try:
            return self._forwarded(name)
        except AwsError as error:
            raise ModelledError(error) from None

    def _forwarded(self, name: str) -> tuple[int, dict[str, object], bytes]:
        backend: LocalSageMakerBackend = sagemaker_backends[self.current_account][self.region]
        with backend.lock:
            wanted = self.headers.get("X-Amzn-SageMaker-Target-Variant")
            target = backend.traffic.aim(backend.hosting.find(name), name, wanted)
        headers = {ours: self.headers[theirs] for theirs, ours in _FORWARDED.items() if theirs in self.headers}
        answer = backend.traffic.forward(target, self.raw_body, headers)
        return (
            200,
            {
                "status": 200,
                "Content-Type": answer.content_type,
                "x-Amzn-Invoked-Production-Variant": target.variant,
            },
            answer.body,
        )
