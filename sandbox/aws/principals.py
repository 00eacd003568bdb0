"""Whose access keys these are: a session of a role, or a user. Keys that moto did not give away are the account's."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from moto.core import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

from sandbox.aws.policies import Policy

if TYPE_CHECKING:
    from moto.iam.models import Role, User


_PARTITION = "aws"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls, and the policies that say what they may.

    Attributes:
        arn: a session's (`arn:aws:sts::123456789012:assumed-role/ROLE/SESSION`) or a user's.
        policies: those that are put on the role or user; managed ones are not looked at.
    """

    arn: str
    policies: tuple[Policy, ...]


def principal_of(access_key: str) -> Principal | None:
    """Return who has been given an access key, or None."""
    session = sts_backends[DEFAULT_ACCOUNT_ID][_PARTITION].get_assumed_role_from_access_key(access_key)
    if session is not None:
        return Principal(
            session.arn, _policies(iam_backends[DEFAULT_ACCOUNT_ID][_PARTITION].get_role_by_arn(session.role_arn))
        )
    user = iam_backends[DEFAULT_ACCOUNT_ID][_PARTITION].get_user_from_access_key_id(access_key)
    return Principal(user.arn, _policies(user)) if user is not None else None


def trust_of(role_arn: str) -> Policy | None:
    """Return who may assume a role, or None where there is no such role."""
    roles = iam_backends[DEFAULT_ACCOUNT_ID][_PARTITION].get_roles()
    found = next((role.assume_role_policy_document for role in roles if role.arn == role_arn), None)
    return json.loads(found) if found is not None else None


def _policies(holder: Role | User) -> tuple[Policy, ...]:
    return tuple(json.loads(text) for text in holder.policies.values())
