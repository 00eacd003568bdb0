"""Holds every call of a role's session or a user to the policies that were put on it over the IAM API.

moto's own enforcement knows only `Resource: "*"` (5.2). Keys that moto did not give away may do everything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.core import DEFAULT_ACCOUNT_ID

from sandbox.aws.calls import Call, read_call
from sandbox.aws.errors import Refusal
from sandbox.aws.policies import Need, allows
from sandbox.aws.principals import principal_of, trust_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sandbox.aws.calls import Application, Environ

_NAMED = {
    "EndpointName": "endpoint",
    "EndpointConfigName": "endpoint-config",
    "ModelName": "model",
    "ModelPackageGroupName": "model-package-group",
}
_BY_ARN = ("ModelPackageName", "ModelPackageArn", "ResourceArn")
_ACCOUNT = f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:root"
_FORBIDDEN = {"sagemaker": 400}  # its control plane says 400, every other service 403


class Guard:
    """A WSGI layer that refuses what the caller's policies do not allow."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Refuse, or have it answered."""
        call = read_call(environ)
        refusal = refused(call)
        return refusal.answer(call, start_response) if refusal else self._application(environ, start_response)


def refused(call: Call) -> Refusal | None:
    """Return why a call is refused, or None."""
    principal = principal_of(call.access_key)
    caller = principal.arn if principal else _ACCOUNT
    for need in needs_of(call):
        if principal is not None and not allows(principal.policies, need):
            return _denied(call, caller, need)
        if need.action == "sts:AssumeRole":
            trust = trust_of(need.resource)
            if trust is None or not allows([trust], need, caller):
                return _denied(call, caller, need)
    return None


def needs_of(call: Call) -> list[Need]:
    """Return what a call needs to be allowed; one that names no resource needs its action on `*`."""
    match call.service, call.operation:
        case "sagemaker", "InvokeEndpoint":
            return [Need("sagemaker:InvokeEndpoint", _arn(call, "endpoint", call.params["EndpointName"]))]
        case "sagemaker", operation:
            return [*(Need(f"sagemaker:{operation}", each) for each in _resources(call)), *_passed(call)]
        case "s3", operation if "Key" in call.params:
            action = operation.replace("HeadObject", "GetObject")
            return [Need(f"s3:{action}", f"arn:aws:s3:::{call.params['Bucket']}/{call.params['Key']}")]
        case "sts", "AssumeRole":
            context = {"sts:RoleSessionName": call.params["RoleSessionName"]}
            return [Need("sts:AssumeRole", call.params["RoleArn"], context)]
        case service, operation:
            return [Need(f"{service}:{operation}", "*")]


def _resources(call: Call) -> list[str]:
    if call.operation.startswith("List") and "ResourceArn" not in call.params:
        return ["*"]
    named = [_arn(call, kind, call.params[name]) for name, kind in _NAMED.items() if name in call.params]
    return named + [call.params[name] for name in _BY_ARN if name in call.params] or ["*"]


def _passed(call: Call) -> list[Need]:
    role = call.params.get("ExecutionRoleArn")
    return [Need("iam:PassRole", role, {"iam:PassedToService": "sagemaker.amazonaws.com"})] if role else []


def _arn(call: Call, kind: str, name: str) -> str:
    return f"arn:aws:sagemaker:{call.region}:{DEFAULT_ACCOUNT_ID}:{kind}/{name}"


def _denied(call: Call, caller: str, need: Need) -> Refusal:
    words = f"User: {caller} is not authorized to perform: {need.action} on resource: {need.resource}"
    code = "AccessDenied" if call.service in {"s3", "sts"} else "AccessDeniedException"
    return Refusal(_FORBIDDEN.get(call.service, 403), code, words)
