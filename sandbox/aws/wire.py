"""What travels over AWS's wires: JSON structures, ARNs, names and the refusals of the service."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Wire: TypeAlias = dict[str, Any]
"""One JSON structure in AWS's own spelling (CamelCase members)."""

MAX_NAME = 63
ENDPOINT_NAME = r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"
MODEL_NAME = r"[a-zA-Z0-9]([\-a-zA-Z0-9]*[a-zA-Z0-9])?"
APPROVAL_STATUSES = ("Approved", "Rejected", "PendingManualApproval")
INSTANCE_TYPE = r"ml\.[a-z0-9-]+\.(metal|medium|(\d*x)?large)"


@dataclass(frozen=True, slots=True)
class Place:
    """One account in one region: where a resource lives."""

    account: str
    region: str

    def arn(self, kind: str, name: str) -> str:
        """Return the ARN of a SageMaker resource; SageMaker spells names in ARNs in lower case."""
        return f"arn:aws:sagemaker:{self.region}:{self.account}:{kind}/{name.lower()}"


class AwsError(Exception):
    """An answer of AWS that is an error.

    Attributes:
        code: the error code a client sees, for instance `ValidationException`.
        message: the text beside it.
        members: further members of the modelled error, for instance OriginalStatusCode of a ModelError.
    """

    def __init__(self, code: str, message: str, members: Wire | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.members = members or {}


def refusal(message: str) -> AwsError:
    """Return the error by which SageMaker's control plane refuses nearly everything (HTTP 400)."""
    return AwsError("ValidationException", message)


def constraint_refusal(value: object, member: str, constraint: str) -> AwsError:
    """Return the refusal of a value that breaks the service model's own constraint on a member."""
    return refusal(
        f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {constraint}"
    )


@dataclass(frozen=True, slots=True)
class NameRule:
    """What a resource's name must look like, and how the service spells the member in its refusals."""

    member: str
    pattern: str
    limit: int = MAX_NAME
    compiled: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "compiled", re.compile(self.pattern))

    def check(self, name: str) -> None:
        """Refuse a name that is too long or of another form, as the service does; botocore does not look.

        Raises:
            AwsError: ValidationException.
        """
        if len(name) > self.limit:
            limit = f"Member must have length less than or equal to {self.limit}"
            raise constraint_refusal(name, self.member, limit)
        if not self.compiled.fullmatch(name):
            pattern = f"Member must satisfy regular expression pattern: {self.pattern}"
            raise constraint_refusal(name, self.member, pattern)


def check_member(value: object, member: str, allowed: tuple[str, ...]) -> None:
    """Refuse a value that is not one of an enumeration.

    Raises:
        AwsError: ValidationException.
    """
    if value not in allowed:
        allowed_text = f"Member must satisfy enum value set: [{', '.join(allowed)}]"
        raise constraint_refusal(value, member, allowed_text)


def response(answer: Wire) -> Wire:
    """Drop what AWS omits: None, and empty structures and lists; the list that a List operation gives stays.

    The SDK's v3 resources refuse an empty structure where its required members are missing.
    """
    lists: Wire = {key: [] for key, member in answer.items() if member == []}
    stripped: Wire = _without_empties(answer)
    return {**stripped, **lists}


def _without_empties(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: _without_empties(member) for key, member in value.items()}
        return {key: member for key, member in kept.items() if not _is_absent(member)}
    if isinstance(value, list):
        return [_without_empties(member) for member in value]
    return value


def _is_absent(value: object) -> bool:
    return value is None or (isinstance(value, dict | list) and not value)
