import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ProfileNotFound,
    ReadTimeoutError,
)

from services.adapters.aws_errors import already_exists, is_missing, port_error, port_errors, unless_missing
from services.ports import Busy, PortError, SaidNo, Unavailable

ARN = "arn:aws:sagemaker:eu-west-1:123456789012"


def refusal(code: str, message: str, status: int = 400) -> ClientError:
    answer = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "UpdateEndpoint")


@pytest.mark.parametrize(
    ("code", "message", "status", "kind"),
    [
        ("ValidationException", f'Cannot update in-progress endpoint "{ARN}:endpoint/x".', 400, Busy),
        ("ConflictException", "changed under us", 409, Busy),
        ("ResourceInUse", "in use", 400, Busy),
        ("ThrottlingException", "Rate exceeded", 400, Unavailable),
        ("TooManyRequestsException", "slow down", 429, Unavailable),
        ("ModelNotReadyException", "not yet", 429, Unavailable),
        ("InternalFailure", "", 500, Unavailable),
        ("ServiceUnavailable", "", 503, Unavailable),
        ("InternalDependencyException", "", 530, Unavailable),
        ("ExpiredTokenException", "The security token included in the request is expired", 403, Unavailable),
        ("SlowDown", "Please reduce your request rate.", 400, Unavailable),
        ("InvalidSignatureException", "Signature expired: a is now earlier than b", 403, Unavailable),
        (
            "RequestTimeTooSkewed",
            "The difference between the request time and ours",
            403,
            Unavailable,
        ),
        ("UnrecognizedClientException", "The security token included in the request is invalid", 403, Unavailable),
        ("ValidationException", f'Could not find endpoint configuration "{ARN}:endpoint-config/x".', 400, SaidNo),
        ("ValidationException", f'Cannot create already existing model "{ARN}:model/x".', 400, SaidNo),
        ("AccessDeniedException", "User x is not authorized to perform: sagemaker:CreateModel", 400, SaidNo),
        ("ResourceLimitExceeded", "The account-level service limit 'ml.m5.large' is 0 Instances", 400, SaidNo),
        ("ValidationError", "Endpoint x of account 123456789012 not found.", 400, SaidNo),
    ],
)
def test_what_an_answer_of_aws_amounts_to(code: str, message: str, status: int, kind: type[PortError]) -> None:
    error = port_error(refusal(code, message, status))
    assert type(error) is kind
    assert str(error) == f"{code}: {message}"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:9"), Unavailable),
        (ReadTimeoutError(endpoint_url="http://127.0.0.1:9"), Unavailable),
        (NoCredentialsError(), Unavailable),
        (ParamValidationError(report="bad"), SaidNo),
        (ProfileNotFound(profile="nobody"), SaidNo),
    ],
)
def test_what_no_answer_amounts_to(error: BotoCoreError, kind: type[PortError]) -> None:
    with pytest.raises(kind), port_errors():
        raise error


def test_long_words_of_aws_are_shortened() -> None:
    text = str(port_error(refusal("ValidationException", "x" * 2000)))
    assert len(text) == 500
    assert text.endswith("…")


@pytest.mark.parametrize(
    ("code", "message", "missing"),
    [
        ("ValidationException", f'Could not find endpoint "{ARN}:endpoint/x".', True),
        ("ValidationException", f'Could not find model "{ARN}:model/x".', True),
        ("ValidationException", f"ModelPackage {ARN}:model-package/x/9 does not exist.", True),
        ("ValidationException", f"ModelPackageGroup {ARN}:model-package-group/x does not exist.", True),
        ("ResourceNotFound", "gone", True),
        ("ValidationException", "1 validation error detected: Value 'x_y' at 'endpointName' failed", False),
        ("ValidationException", "The execution role ARN is invalid. Please ensure that the role exists", False),
        ("AccessDeniedException", "Could not find out who you are", False),
    ],
)
def test_absent_is_told_from_refused(code: str, message: str, *, missing: bool) -> None:
    error = refusal(code, message)
    assert is_missing(error) is missing

    def call() -> str:
        raise error

    if missing:
        assert unless_missing(call) is None
    else:
        with pytest.raises(SaidNo):
            unless_missing(call)


def test_only_a_taken_name_already_exists() -> None:
    assert already_exists(
        refusal("ValidationException", f'Cannot create already existing endpoint "{ARN}:endpoint/x".')
    )
    assert not already_exists(refusal("ValidationException", "Cannot create endpoint"))
    assert not already_exists(refusal("InternalFailure", 'Cannot create already existing endpoint "x".', 500))
