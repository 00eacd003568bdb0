"""What about a release asks for more people than usual."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from services.release.model import Evidence, Release, Serving, Verdict
from services.release.naming import role_name


@dataclass(frozen=True, slots=True)
class Quorum:
    """So many people have to approve; `because` names what asks for more than the catalog's `quorum` does."""

    people: int
    because: tuple[str, ...] = ()


def quorum_of(release: Release) -> Quorum:
    """Return how many people have to approve this release."""
    terms = release.deployment.terms
    asking = {name: people for name, people in terms.risk if people > terms.quorum and is_at_risk(release, name)}
    return Quorum(max([terms.quorum, *asking.values()]), tuple(sorted(asking)))


def is_at_risk(release: Release, name: str) -> bool:
    """Say whether the release shows the risk `name`, a key of RISKS; what cannot be compared counts as changed."""
    evidence = release.evidence
    return evidence is not None and RISKS[name](release, evidence)


def _is_first(release: Release, _evidence: Evidence) -> bool:
    return release.gate is not None and release.gate.prod_config is None


def _image(release: Release, evidence: Evidence) -> bool:
    return _changed(release, evidence, lambda serving: serving.image_digest or serving.image)


def _environment(release: Release, evidence: Evidence) -> bool:
    return _changed(release, evidence, lambda serving: serving.environment, unknown=None)


def _instance_type(release: Release, evidence: Evidence) -> bool:
    """Prod takes the catalog's instance type, whatever staging runs on."""
    wanted = release.deployment.instance_type
    return not _is_first(release, evidence) and (evidence.prod is None or evidence.prod.instance_type != wanted)


def _role(release: Release, evidence: Evidence) -> bool:
    """Prod is run with the catalog's role."""
    wanted = role_name(release.deployment.execution_role_arn)
    return not _is_first(release, evidence) and (evidence.prod is None or evidence.prod.role != wanted)


def _schema(release: Release, evidence: Evidence) -> bool:
    return _changed(release, evidence, lambda serving: serving.schema, unknown=())


def _warnings(_release: Release, evidence: Evidence) -> bool:
    quiet = {Verdict.PASSED, Verdict.SKIPPED}
    return any(not check.blocking and check.verdict not in quiet for check in evidence.checks)


def _changed(release: Release, evidence: Evidence, of: Callable[[Serving], object], unknown: object = "") -> bool:
    if _is_first(release, evidence):
        return False
    if evidence.candidate is None or evidence.prod is None:
        return True
    after, before = of(evidence.candidate), of(evidence.prod)
    return after != before or after == unknown


RISKS: Mapping[str, Callable[[Release, Evidence], bool]] = MappingProxyType(
    {
        "first_release": _is_first,
        "image": _image,
        "environment": _environment,
        "instance_type": _instance_type,
        "role": _role,
        "schema": _schema,
        "warnings": _warnings,
    }
)
"""What may ask for more people: the first release to a prod, what changes in prod, and warnings that stand."""
