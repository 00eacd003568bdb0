"""What a person may write for "which version": a number, `latest`, or a ModelPackage ARN."""

import re
from dataclasses import dataclass

from services.release.model import Deployment

LATEST = "latest"
ARN_PATTERN = (
    r"arn:aws[a-z-]*:sagemaker:(?P<region>[a-z0-9-]+):(?P<account>[0-9]{12}):"
    r"model-package/(?P<group>[a-zA-Z0-9-]{1,63})/(?P<version>[0-9]{1,9})"
)
"""A versioned ModelPackage ARN (botocore's service model)."""
_ARN = re.compile(ARN_PATTERN)
_VERSION = re.compile(r"v?(?P<version>[0-9]{1,9})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The text names no version that this model could have; `code` says in which way, `expected` what would do."""

    code: str
    asked: str
    expected: str


def read_wanted(text: str, deployment: Deployment) -> str | Unreadable:
    """Return the wanted version in its one form: `latest`, digits, or a full ARN of the catalog's own group."""
    asked = text.strip()
    if asked.lower() in {"", LATEST}:
        return LATEST
    if found := _VERSION.fullmatch(asked):
        return str(int(found["version"]))
    found = _ARN.fullmatch(asked)
    if found is None:
        return Unreadable("bad_version", asked, "a version number, `latest`, or a ModelPackage ARN")
    return _foreign(found, deployment) or asked


def _foreign(found: re.Match[str], deployment: Deployment) -> Unreadable | None:
    """Return what makes the ARN somebody else's, or None."""
    here = {"region": deployment.region, "account": deployment.account, "group": deployment.package_group}
    for part, expected in here.items():
        # Group names are case-insensitive, and SageMaker returns ARNs in lower case.
        if expected is not None and found[part].lower() != expected.lower():
            return Unreadable(f"other_{part}", found[part], expected)
    return None


def version_asked(wanted: str) -> int:
    """Return the version that a wanted one in its one form names; 0 for `latest`, which names none."""
    return int(wanted) if wanted.isdigit() else version_in_arn(wanted) or 0


def version_in_arn(arn: str) -> int | None:
    """Return the version that a ModelPackage ARN names, or None if it is no such ARN."""
    found = _ARN.fullmatch(arn)
    return int(found["version"]) if found else None
