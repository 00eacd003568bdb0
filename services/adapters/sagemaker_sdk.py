"""SageMaker over its SDK, version 3: approve, create and delete. The rest is boto3's, each for the reason it names.

Importing this module imports the SDK: about 3 s and 190 MB. Only a worker that was told to use it does so.
"""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from pydantic import ValidationError
from sagemaker.core.config.config_manager import SageMakerConfig
from sagemaker.core.resources import Base, Endpoint, EndpointConfig, Model, ModelPackage
from sagemaker.core.shapes import ContainerDefinition, ModelLifeCycle, ProductionVariant
from typing_extensions import override

from services.adapters.hosting_boto3 import Boto3Hosting
from services.adapters.invoker_boto3 import ONCE, Boto3Invoker
from services.adapters.objects_boto3 import Boto3Objects
from services.adapters.registry_boto3 import Boto3Registry
from services.adapters.sagemaker_boto3 import PATIENT, AwsRegions
from services.ports import Aws
from services.release.naming import VARIANT


class _NoDefaults(SageMakerConfig):
    """The defaults that the SDK fills in: none. Its own looks each creation up anew, in 0.13 s of CPU (3.27)."""

    @override
    def load_default_configs_for_resource_name(self, resource_name: str) -> dict[str, Any]:
        return {}


Base.config_manager = _NoDefaults()


class SdkRegions(AwsRegions):
    """The Regions port over the SDK. One boto3.Session a region serves both: the SDK caches clients by session."""

    @override
    def _connect(self, session: Any) -> Aws:
        client = session.client("sagemaker", config=PATIENT)
        runtime = session.client("sagemaker-runtime", config=ONCE)
        objects = Boto3Objects(session.client("s3", config=PATIENT))
        return Aws(SdkRegistry(client, session), SdkHosting(client, session), Boto3Invoker(runtime), objects)


class SdkRegistry(Boto3Registry):
    """The Registry port: the SDK approves, boto3 reads."""

    def __init__(self, client: Any, session: Any) -> None:
        super().__init__(client)
        self._place = _place(session)

    @override
    def _send_approval(self, arn: str, description: str) -> None:
        def approve() -> None:
            package = ModelPackage.get(model_package_name=arn, **self._place)
            package.update(model_approval_status="Approved", approval_description=description)

        _sdk_first(approve, lambda: super(SdkRegistry, self)._send_approval(arn, description))

    @override
    def _send_mark(self, arn: str, stage: str, status: str, description: str) -> None:
        def mark() -> None:
            package = ModelPackage.get(model_package_name=arn, **self._place)
            life_cycle = ModelLifeCycle(stage=stage, stage_status=status, stage_description=description)
            package.update(model_life_cycle=life_cycle)

        _sdk_first(mark, lambda: super(SdkRegistry, self)._send_mark(arn, stage, status, description))


class SdkHosting(Boto3Hosting):
    """The Hosting port: the SDK creates and deletes, boto3 describes, updates and tags."""

    def __init__(self, client: Any, session: Any) -> None:
        super().__init__(client)
        self._place = _place(session)

    @override
    def _send_model(self, name: str, package_arn: str, role_arn: str) -> None:
        _sdk_first(
            lambda: Model.create(
                model_name=name,
                execution_role_arn=role_arn,
                primary_container=ContainerDefinition(model_package_name=package_arn),
                **self._place,
            ),
            lambda: super(SdkHosting, self)._send_model(name, package_arn, role_arn),
        )

    @override
    def _send_config(self, name: str, model: str, instance_type: str, instance_count: int) -> None:
        variant = ProductionVariant(
            variant_name=VARIANT,
            model_name=model,
            instance_type=instance_type,
            initial_instance_count=instance_count,
            initial_variant_weight=1.0,
        )
        _sdk_first(
            lambda: EndpointConfig.create(endpoint_config_name=name, production_variants=[variant], **self._place),
            lambda: super(SdkHosting, self)._send_config(name, model, instance_type, instance_count),
        )

    @override
    def _send_endpoint(self, name: str, config: str) -> None:
        _sdk_first(
            lambda: Endpoint.create(endpoint_name=name, endpoint_config_name=config, **self._place),
            lambda: super(SdkHosting, self)._send_endpoint(name, config),
        )

    @override
    def _send_endpoint_deletion(self, name: str) -> None:
        _sdk_first(
            lambda: Endpoint.get(endpoint_name=name, **self._place).delete(),
            lambda: super(SdkHosting, self)._send_endpoint_deletion(name),
        )

    @override
    def _send_config_deletion(self, name: str) -> None:
        _sdk_first(
            lambda: EndpointConfig.get(endpoint_config_name=name, **self._place).delete(),
            lambda: super(SdkHosting, self)._send_config_deletion(name),
        )

    @override
    def _send_model_deletion(self, name: str) -> None:
        _sdk_first(
            lambda: Model.get(model_name=name, **self._place).delete(),
            lambda: super(SdkHosting, self)._send_model_deletion(name),
        )


def _place(session: Any) -> dict[str, Any]:
    return {"session": session, "region": session.region_name}


def _sdk_first(sdk: Callable[[], object], boto: Callable[[], None]) -> None:
    """Do it through the SDK; ask boto3 where the SDK cannot tell whether it was done.

    Every call of the SDK that changes something also describes the thing, before or after. When only the describing
    fails (a field that its pydantic model does not accept, a new resource that is not visible yet), the change may
    have been made. The same call over boto3 settles it: it makes the change, or is told that it stands.
    """
    try:
        sdk()
    except ValidationError:
        boto()
    except ClientError as error:
        if not error.operation_name.startswith("Describe"):
            raise
        boto()
