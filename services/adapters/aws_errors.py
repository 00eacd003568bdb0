"""The one place that tells what an error of AWS means for a release.

SageMaker's control plane refuses nearly everything with the one undeclared code `ValidationException`; only the
beginning of its message tells the cases apart (seen in aws/sagemaker-python-sdk and terraform-provider-aws issues).
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError, ProfileNotFound, UnknownRegionError

from services.ports import Busy, PortError, SaidNo, Unavailable

LONGEST_TEXT = 500
"""Characters of AWS's own words that travel on; FailureReason alone may have 1,024."""

_THROTTLED = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "SlowDown",
    }
)
"""Those of botocore's retries that SageMaker, S3 or STS can answer; they may come with any HTTP status."""
EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException"})
"""Credentials are renewed while the worker runs; an expired token says nothing of what was asked."""
# Nor does a signature that AWS does not believe: a clock can be set, a key can be put right, and a release goes on.
_UNBELIEVED = frozenset(
    {
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "RequestExpired",
        "RequestInTheFuture",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_BUSY = frozenset({"ConflictException", "ResourceInUse", "ResourceInUseException"})
_REFUSED_INPUT = frozenset({"ValidationException", "ValidationError"})
_NOT_FOUND = frozenset({"ResourceNotFound", "ResourceNotFoundException"})
_MISSING = re.compile(r"(Could not find\b|Model ?Package(Group)? .{0,300}does not exist|Endpoint .{0,200} not found)")
_EXISTS = "Cannot create already existing"
_IN_PROGRESS = "Cannot update in-progress"

_T = TypeVar("_T")


@contextmanager
def port_errors() -> Iterator[None]:
    """Turn botocore's errors into those of the ports.

    Raises:
        SaidNo, Busy, Unavailable: instead of ClientError and BotoCoreError.
    """
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise port_error(error) from error


def unless_missing(call: Callable[[], _T]) -> _T | None:
    """Return what a call returns, or None where what it names does not exist.

    Raises:
        SaidNo, Busy, Unavailable: for any other error.
    """
    with port_errors():
        try:
            return call()
        except ClientError as error:
            if is_missing(error):
                return None
            raise


def port_error(error: ClientError | BotoCoreError) -> PortError:
    """Return what an error amounts to; its text is AWS's own, shortened."""
    if not isinstance(error, ClientError):
        final = isinstance(error, (ParamValidationError, ProfileNotFound, UnknownRegionError))
        return SaidNo(_short(str(error))) if final else Unavailable(_short(str(error)))
    return _kind(error)(_short(f"{code_of(error)}: {_message(error)}"))


def is_missing(error: ClientError) -> bool:
    """Say whether the thing that was named does not exist; a malformed name is another matter."""
    if code_of(error) in _NOT_FOUND:
        return True
    return code_of(error) in _REFUSED_INPUT and _MISSING.match(_message(error)) is not None


def already_exists(error: ClientError) -> bool:
    """Say whether a create was refused because the name is taken."""
    return code_of(error) in _REFUSED_INPUT and _message(error).startswith(_EXISTS)


def code_of(error: ClientError) -> str:
    """Return the error code, for instance `ValidationException`."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _message(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Message", ""))


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _kind(error: ClientError) -> type[PortError]:
    code, status = code_of(error), _status(error)
    if code in _BUSY or _message(error).startswith(_IN_PROGRESS):
        return Busy
    if code in _THROTTLED | EXPIRED | _UNBELIEVED or status == HTTPStatus.TOO_MANY_REQUESTS:
        return Unavailable
    return Unavailable if status >= HTTPStatus.INTERNAL_SERVER_ERROR else SaidNo


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"
