"""The moto internals the sandbox stands on. When moto moves one of them, this says which."""

from __future__ import annotations

import inspect
from importlib.metadata import version

from moto.cloudwatch.models import CloudWatchBackend
from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, BaseResponse
from moto.iam.models import IAMBackend
from moto.logs.models import LogsBackend
from moto.moto_server import werkzeug_app
from moto.s3.models import S3Backend
from moto.sagemaker import models as sagemaker_models
from moto.sagemaker import urls as sagemaker_urls
from moto.sagemaker.responses import SageMakerResponse
from moto.sagemakerruntime import urls as runtime_urls
from moto.sagemakerruntime.responses import SageMakerRuntimeResponse

from sandbox.aws.responses import LocalSageMakerResponse


def parameters(function: object) -> list[str]:
    assert callable(function)
    return list(inspect.signature(function).parameters)


def test_the_version_is_the_one_that_was_read() -> None:
    assert version("moto").startswith("5.2.")


def test_backends_are_made_from_a_class_that_can_be_replaced() -> None:
    assert isinstance(sagemaker_models.sagemaker_backends, BackendDict)
    assert parameters(sagemaker_models.SageMakerModelBackend) == ["region_name", "account_id"]
    assert isinstance(inspect.getattr_static(BaseBackend, "_url_module"), property)
    assert "self.__init__(" in inspect.getsource(BaseBackend.reset)


def test_routes_are_looked_up_by_the_patterns_that_are_replaced() -> None:
    assert "{0}/$" in sagemaker_urls.url_paths
    assert "{0}/endpoints/(?P<name>[^/]+)/invocations$" in runtime_urls.url_paths
    assert parameters(werkzeug_app.create_backend_app) == ["service"]
    assert werkzeug_app.MotoRequestHandler


def test_operations_are_methods_named_like_the_api() -> None:
    ours = {name for name, member in vars(LocalSageMakerResponse).items() if inspect.isfunction(member)}
    public = {name for name in ours if not name.startswith("_")}
    assert public - set(dir(SageMakerResponse)) == {
        "update_endpoint",
        "delete_model_package",
        "delete_model_package_group",
    }
    assert hasattr(SageMakerRuntimeResponse, "invoke_endpoint")


def test_requests_come_parsed_and_responses_go_as_results() -> None:
    assert SageMakerResponse().automated_parameter_parsing is True
    assert "self.params" in inspect.getsource(BaseResponse.parse_parameters)
    assert "use_raw_body" in inspect.getsource(BaseResponse.setup_class)
    assert parameters(ActionResult) == ["result"]


def test_errors_take_a_code_a_message_and_modelled_members() -> None:
    error = ServiceException("ModelError", "text")
    assert (error.code, error.message) == ("ModelError", "text")


def test_the_neighbours_can_be_asked_in_process() -> None:
    assert parameters(S3Backend.get_object)[1:3] == ["bucket_name", "key_name"]
    assert parameters(IAMBackend.get_roles) == ["self"]
    assert parameters(CloudWatchBackend.put_metric_data) == ["self", "namespace", "metric_data"]
    assert "self.alarms" in inspect.getsource(CloudWatchBackend.__init__)
    assert parameters(LogsBackend.put_log_events)[1:] == ["log_group_name", "log_stream_name", "log_events"]
    assert parameters(LogsBackend.ensure_log_stream)[1:] == ["log_group_name", "log_stream_name"]
