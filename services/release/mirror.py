"""What the model registry is to say of a gate: the life cycle of each package that the gate's end concerns."""

from dataclasses import dataclass
from datetime import datetime

from services.release.lifecycle import TERMINAL
from services.release.model import Decision, DecisionKind, Kind, Phase, Release
from services.release.naming import release_in, version_in

STAGING, PROD = "Staging", "Production"
DESCRIPTION_LIMIT = 1024
"""Characters of StageDescription, which has no line breaks (source: botocore's service model)."""
_LETS_THROUGH = frozenset({DecisionKind.APPROVED, DecisionKind.BREAK_GLASS})
_SERVES = {Phase.RELEASED: "Live", Phase.ROLLED_BACK: "Live", Phase.PROD_UNHEALTHY: "Unhealthy"}
"""Phases in which prod serves what the release brought there, and what the registry says of it."""


@dataclass(frozen=True, slots=True)
class Mark:
    """The life cycle of one package (`ModelLifeCycle`): Stage, StageStatus and StageDescription.

    `release_id` names the release that brought the package here: its package is the one that is meant.
    """

    release_id: str
    stage: str
    status: str
    description: str


def marks(release: Release) -> tuple[Mark, ...]:
    """Return what the registry is to say now, nothing before the gate has ended.

    ModelApprovalStatus is not touched: it says that a package may be deployed at all, and other releases, other models
    and the last look before prod rest on it (docs/decisions, "the gate in the registry").
    """
    if release.phase in _SERVES:
        return tuple(_after_change(release, _SERVES[release.phase]))
    decision = release.decision
    if release.kind is Kind.ROLLBACK or decision is None or release.gate is None or _is_in_prod(release):
        return ()
    if decision.kind not in _LETS_THROUGH:
        return (Mark(release.id, STAGING, _words(decision), described(release)),)
    status = "NotDeployed" if release.phase in TERMINAL else _words(decision)
    return (Mark(release.id, PROD, status, described(release)),)


def _after_change(release: Release, serving: str) -> list[Mark]:
    """Return what prod serves now, and what it served before, where releases brought both there."""
    pointer = release.pointer
    if pointer is None:
        return []
    brought = release_in(pointer.new_config)
    before = release_in(pointer.previous_config) if pointer.previous_config is not None else None
    gone = "RolledBack" if release.kind is Kind.ROLLBACK else "Replaced"
    found = [] if brought is None else [Mark(brought, PROD, serving, described(release))]
    if before is not None and pointer.previous_version != pointer.new_version:
        found.append(Mark(before, PROD, gone, described(release)))
    return found


def _is_in_prod(release: Release) -> bool:
    """Say whether prod serves the version already: what comes of another release of it is no news of the package."""
    serving = release.gate.prod_config if release.gate is not None else None
    wanted = release.package.version if release.package is not None else None
    return serving is not None and version_in(serving) == wanted


def _words(decision: Decision) -> str:
    """Return `BreakGlass` for `break_glass`: a StageStatus takes letters, digits and hyphens."""
    return decision.kind.value.title().replace("_", "")


def described(release: Release) -> str:
    """Return who decided what and when, in one line: nothing of it needs Slack or Sluice to be understood."""
    decision, gate = release.decision, release.gate
    if release.kind is Kind.ROLLBACK:
        said = f"Rolled back by {release.requested_by} at {_at(release.requested_at)}, Sluice release {release.id}."
        return _fitted(f"{said} {release.reason}")
    if decision is None or gate is None:
        return f"Sluice release {release.id}."
    who = f"{decision.kind.value} by {decision.by} at {_at(decision.at)}, asked for by {release.requested_by}"
    return _fitted(f"Sluice release {release.id}: {who}, digest sha256:{gate.digest}. {decision.reason}")


def _at(when: datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"


def _fitted(text: str) -> str:
    return " ".join(text.split())[:DESCRIPTION_LIMIT]
