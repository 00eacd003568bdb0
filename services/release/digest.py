"""What an approval is bound to: one digest of exactly what was tested."""

import hashlib
import json

from services.release.model import Release
from services.release.naming import model_name


def gate_digest(release: Release) -> str:
    """Return the SHA-256 (hex) of a smoked release's package, model, staging config, suite and evidence.

    Raises:
        ValueError: the release has no package or no evidence yet.
    """
    evidence, package = release.evidence, release.package
    if evidence is None or package is None:
        message = f"release {release.id} has nothing to bind an approval to"
        raise ValueError(message)
    tested = {
        "package": package.arn,
        "model": model_name(release),
        "staging_config": evidence.config,
        "suite": evidence.suite_digest,
        "verdict": evidence.verdict.value,
        "checks": [[check.name, check.verdict.value, check.seen, check.rule] for check in evidence.checks],
        "started_at": evidence.started_at.isoformat(),
    }
    if evidence.record_digest:  # a gate that an older Sluice opened was bound without one, and still holds
        tested["record"] = evidence.record_digest
    return hashlib.sha256(json.dumps(tested, sort_keys=True).encode()).hexdigest()


def record_digest(text: str) -> str:
    """Return the SHA-256 (hex) of an evidence record as it is kept: evidence names it, so the gate is bound to it."""
    return hashlib.sha256(text.encode()).hexdigest()
