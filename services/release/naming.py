"""The names that Sluice gives to AWS resources: derived from the release, so a repeat asks for the same thing.

SageMaker takes at most 63 characters of letters, digits and inner hyphens (source: botocore's service model,
`EndpointConfigName`).
"""

import hashlib
import re

from services.release.model import Release, Stage

VARIANT = "AllTraffic"
"""One constant name: guardrails and RetainAllVariantProperties need it equal in the old and the new config."""

NAME_LIMIT = 63
_MARK = 6
_RELEASE_ID = re.compile(r"r[0-9a-z]{8}")
_STAGE_ROOM = len("-staging")
_OURS = re.compile(r"^[a-zA-Z0-9-]+-v[0-9]+-r[0-9a-z]{8}(-staging|-prod)?$")


def is_release_id(text: str) -> bool:
    """Say whether `text` has the form of a release id: `r` and eight characters of 0-9a-z."""
    return _RELEASE_ID.fullmatch(text) is not None


def model_name(release: Release) -> str:
    """Return the name of the Model that staging and prod share: what was tested is what runs.

    Raises:
        ValueError: the release has no checked package yet.
    """
    if release.package is None:
        message = f"release {release.id} has no package yet"
        raise ValueError(message)
    return _fitted(release.package.group, f"-v{release.package.version}-{release.id}")


def pattern_of(group: str) -> str:
    """Return a pattern, with IAM's `*`, that fits every Model name of a group; `-staging` and `-prod` make configs'."""
    longest = "-v123456789-r12345678"  # a version has at most nine digits (botocore's service model)
    if _fitted(group, longest) == group + longest:
        return f"{group}-v*"
    return f"{_fitted(group, longest).removesuffix(longest)[: -_MARK - 1]}*"


def config_name(release: Release, stage: Stage) -> str:
    """Return the EndpointConfig name of this release for `stage`; a rollback's prod config is its target.

    Raises:
        ValueError: the release has no checked package yet.
    """
    if release.target_config is not None:
        return release.target_config
    return f"{model_name(release)}-{stage.value}"


def is_ours(name: str) -> bool:
    """Say whether a Model or EndpointConfig name is one that Sluice gave; others are never deleted."""
    return _OURS.fullmatch(name) is not None


def model_of(config: str) -> str:
    """Return the name of the Model behind a config that Sluice named."""
    return config.removesuffix("-staging").removesuffix("-prod")


def stage_in(config: str) -> Stage:
    """Return the stage that a config which Sluice named is for; one of any other name is not prod's."""
    return Stage.PROD if config.endswith("-prod") else Stage.STAGING


def version_in(name: str) -> int | None:
    """Return the model version that a name given by Sluice tells, or None for any other name."""
    found = re.search(r"-v([0-9]+)-r[0-9a-z]{8}(?:-staging|-prod)?$", name)
    return int(found.group(1)) if found else None


def role_name(arn: str) -> str:
    """Return the name of an IAM role, with its path, without the account that its ARN names."""
    return arn.rpartition(":role/")[2]


def release_in(name: str) -> str | None:
    """Return the id of the release that gave `name`, or None for a name that is not ours."""
    found = re.search(r"-v[0-9]+-(r[0-9a-z]{8})(?:-staging|-prod)?$", name)
    return found.group(1) if found else None


def archive_address(place: str, model: str, file: str) -> str:
    """Return where a file about a model is put below `place` (`s3://bucket/prefix`), which the catalog names."""
    return f"{place.rstrip('/')}/{model}/{file}"


def _fitted(group: str, suffix: str) -> str:
    """Return group + suffix with room left for a stage; a long group is cut and marked with a digest of its whole.

    Room is left whether it is used or not: `model_of` takes the stage off a config's name to find its model.
    """
    room = NAME_LIMIT - _STAGE_ROOM - len(suffix)
    if len(group) <= room:
        return group + suffix
    mark = hashlib.sha256(group.encode()).hexdigest()[:_MARK]
    kept = group[: room - len(mark) - 1].rstrip("-")
    return f"{kept}-{mark}{suffix}"
