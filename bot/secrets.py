"""Secrets by reference: a variable holds the secret itself, or names the file or the secret of AWS's that holds it."""

import functools
import json
import re
from pathlib import Path

from services.ports import PortError

_FILE = "file:"
_OF_AWS = re.compile(
    r"(?P<arn>arn:aws[a-z-]*:secretsmanager:(?P<region>[a-z0-9-]+):[0-9]{12}:secret:[\w/+=.@!-]+)(#(?P<key>[\w.-]+))?"
)
"""https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html"""


def revealed(value: str, profile: str | None = None) -> str:
    """Return the secret that is given or named; Secrets Manager is asked, as the AWS profile, only where it is named.

    Raises:
        ValueError: it cannot be read, or there is nothing in it; the message has nothing of what was.
    """
    if not value.startswith((_FILE, "arn:")):
        return value
    found = _in_file(Path(value.removeprefix(_FILE))) if value.startswith(_FILE) else _named_in_aws(value, profile)
    if not found:
        raise ValueError(f"there is nothing in {value}")
    return found


def arn_in(value: str) -> str:
    """Return the ARN of the secret in Secrets Manager that a variable names, empty if it names none."""
    named = _OF_AWS.fullmatch(value)
    return named["arn"] if named is not None else ""


def _in_file(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError:
        raise ValueError(f"the file {path} holds no text") from None
    except OSError as error:
        raise ValueError(f"the file {path} cannot be read ({error.strerror})") from None


def _named_in_aws(value: str, profile: str | None) -> str:
    named = _OF_AWS.fullmatch(value)
    if named is None:
        raise ValueError("is an ARN, but not arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME or that with #KEY")
    text = _in_aws(named["arn"], named["region"], profile)
    return _under(named["key"], text) if named["key"] else text.strip()


@functools.cache
def _in_aws(arn: str, region: str, profile: str | None) -> str:
    """Return a secret's text; one that holds several values is asked for once."""
    from services.adapters.secrets_manager import secret_text

    try:
        return secret_text(arn, region, profile)
    except PortError as error:
        raise ValueError(f"{arn} cannot be read: {error}") from None


def _under(key: str, text: str) -> str:
    """Return one value of a secret that is a JSON object."""
    try:
        held = json.loads(text)
    except ValueError:
        held = None
    value = held.get(key) if isinstance(held, dict) else None
    if isinstance(value, str):
        return value.strip()
    raise ValueError(f"the secret is no JSON object with a text under {key}")
