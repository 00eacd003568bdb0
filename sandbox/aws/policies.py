"""IAM policies: what a set of them allows. Pure, and only as much of the language as these tests and Sluice write.

Source of the rules: the IAM guide, "Policy evaluation logic": an explicit Deny wins, without an Allow it is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

Policy: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that a call needs to be allowed: an action on a resource, and what conditions may look at."""

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)


def allows(policies: Iterable[Policy], need: Need, caller: str = "") -> bool:
    """Say whether the policies together allow what is needed; `caller` is who a trust policy's Principal must name."""
    fitting = [
        statement["Effect"]
        for policy in policies
        for statement in _list(policy["Statement"])
        if _fits(statement, need, caller)
    ]
    return "Deny" not in fitting and "Allow" in fitting


def _fits(statement: Policy, need: Need, caller: str) -> bool:
    known = {"Sid", "Effect", "Action", "Resource", "Principal", "Condition"}
    if odd := statement.keys() - known:
        raise ValueError(f"the sandbox does not know {', '.join(sorted(odd))} in a policy")
    return (
        any(_like(pattern.lower(), need.action.lower()) for pattern in _list(statement["Action"]))
        and any(_like(pattern, need.resource) for pattern in _list(statement.get("Resource", "*")))
        and ("Principal" not in statement or _names(statement["Principal"], caller))
        and all(_holds(test, wanted, need.context) for test, wanted in statement.get("Condition", {}).items())
    )


def _names(principal: str | Policy, caller: str) -> bool:
    if principal == "*":
        return True
    named = _list(principal.get("AWS", [])) if not isinstance(principal, str) else []
    account = ":".join(caller.split(":")[:5])
    return any(name in {"*", caller, f"{account}:root"} for name in named)


def _holds(operator: str, wanted: Mapping[str, Any], context: Mapping[str, str]) -> bool:
    """Say whether a condition holds; a key that the call does not have fails it."""
    tests = {"StringEquals": str.__eq__, "StringLike": _like}
    test = tests[operator]
    return all(
        key in context and any(test(pattern, context[key]) for pattern in _list(patterns))
        for key, patterns in wanted.items()
    )


def _like(pattern: str, text: str) -> bool:
    """Match with IAM's wildcards: `*` is any characters, `?` is one."""
    wild = {"*": ".*", "?": "."}
    return re.fullmatch("".join(wild.get(each) or re.escape(each) for each in pattern), text) is not None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
