"""`sluice iam`: the IAM policies that Sluice needs for the models of the catalog, in JSON, ready to be put in place."""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.settings import Misconfigured, aws_place, named_catalog, named_secrets
from services.adapters import permissions as p
from services.release.catalog import ModelEntry


@dataclass(frozen=True, slots=True)
class Role:
    """One role: what it may do, who may assume it (None where that depends on where it runs), and its ARN if known."""

    permissions: Callable[[Sequence[ModelEntry]], p.Policy]
    trust: p.Policy | None = None
    arn: Callable[[ModelEntry], str] = lambda _entry: ""


def _worker(entries: Sequence[ModelEntry]) -> p.Policy:
    """Return what the worker itself may do: become its roles, or all of it for models that have none."""
    split = [entry for entry in entries if entry.deployment.roles.prod]
    whole = [entry for entry in entries if not entry.deployment.roles.prod]
    parts = [p.policy(p.SECRETS, (), named_secrets())]
    parts += [p.policy(p.ASSUMING, split)] if split else []
    return p.joined(parts + ([p.policy(p.STAGING, whole), p.policy(p.PROD, whole)] if whole else []))


ROLES: Mapping[str, Role] = {
    "bot": Role(lambda _entries: p.policy(p.SECRETS, (), named_secrets())),
    "worker": Role(_worker),
    "worker-staging": Role(
        lambda entries: p.policy(p.STAGING, entries),
        p.trust_in_worker(of_a_release=False),
        lambda entry: entry.deployment.roles.staging,
    ),
    "worker-prod": Role(
        lambda entries: p.policy(p.PROD, entries),
        p.trust_in_worker(of_a_release=True),
        lambda entry: entry.deployment.roles.prod,
    ),
    "execution": Role(
        lambda entries: p.policy(p.EXECUTION, entries),
        p.trust_in_sagemaker(),
        lambda entry: entry.deployment.execution_role_arn,
    ),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `[--role ROLE] [--trust] [--model NAME]`."""
    parser.add_argument("--role", choices=ROLES, help="only this role's policy, as `aws iam` takes it from a file")
    parser.add_argument("--trust", action="store_true", help="who may assume the role, instead of what it may do")
    parser.add_argument("--model", metavar="NAME", help="only what this model of the catalog needs")


def iam(options: argparse.Namespace) -> int:
    """Print it; what no catalog knows is named on standard error.

    Raises:
        Misconfigured: no such model, models with different roles, a role whose trust depends on where it runs.
    """
    entries = _entries(options.model)
    if options.role:
        printed: object = _one(options.role, entries, trust=options.trust)
    elif options.trust:
        raise Misconfigured(["--trust: name a --role"])
    else:
        printed = {title: _both(role, those) for name in ROLES for title, role, those in _held(name, entries)}
    text = json.dumps(printed, indent=2)
    print(text)
    for name, what in p.PLACEHOLDERS.items():
        if name in text:
            print(f"{name}: {what}", file=sys.stderr)
    return 0


def _entries(model: str | None) -> Sequence[ModelEntry]:
    from bot.wiring import catalog_of

    catalog = catalog_of(named_catalog(), aws_place()[1])
    if model is None:
        return tuple(catalog.values())
    if model not in catalog:
        raise Misconfigured([f"--model: the catalog has no {model}; it has {', '.join(sorted(catalog))}"])
    return (catalog[model],)


def _one(name: str, entries: Sequence[ModelEntry], *, trust: bool) -> p.Policy:
    held = list(_held(name, entries))
    if len(held) > 1:
        raise Misconfigured([f"--role {name}: the models have different ones; name one with --model"])
    _, role, those = held[0]
    if not trust:
        return role.permissions(those)
    if role.trust is None:
        raise Misconfigured([f"--trust: who may be the {name} depends on where it runs"])
    return role.trust


def _held(name: str, entries: Iterable[ModelEntry]) -> Iterable[tuple[str, Role, Sequence[ModelEntry]]]:
    """Yield a role with the models that share it; its title has the ARN where there are several."""
    role, by_arn = ROLES[name], dict[str, list[ModelEntry]]()
    for entry in entries:
        by_arn.setdefault(role.arn(entry), []).append(entry)
    for arn, those in by_arn.items():
        yield name if len(by_arn) == 1 else f"{name} {arn or '(not named)'}", role, those


def _both(role: Role, entries: Sequence[ModelEntry]) -> Mapping[str, p.Policy]:
    trust = {"trust": role.trust} if role.trust is not None else {}
    return {"permissions": role.permissions(entries), **trust}
