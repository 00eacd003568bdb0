"""AWS Secrets Manager, for the one call that reads a secret when a process starts."""

import boto3
from botocore.config import Config

from services.adapters.aws_errors import port_errors
from services.ports import SaidNo

_PATIENCE = Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 3, "mode": "standard"})


def secret_text(arn: str, region: str, profile: str | None) -> str:
    """Return the current text of a secret.

    Raises:
        SaidNo, Busy, Unavailable: AWS refused or did not answer, or the secret holds bytes.
    """
    with port_errors():
        client = boto3.Session(profile_name=profile, region_name=region).client("secretsmanager", config=_PATIENCE)
        held = client.get_secret_value(SecretId=arn).get("SecretString")
    if not isinstance(held, str):
        raise SaidNo("the secret holds bytes, not text")
    return held
