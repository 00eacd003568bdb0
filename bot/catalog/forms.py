"""The forms of single values in the catalog: names, ids, spans, places."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

EndpointName = Annotated[str, Field(pattern=r"^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$")]
"""SageMaker's rule for endpoint names (botocore's service model)."""

UserId = Annotated[str, Field(pattern=r"^[UW][A-Z0-9]+$")]
CorporateId = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[!-~]+$")]
"""What a company calls a person in its own directory: printable ASCII without spaces."""

ChannelId = Annotated[str, Field(pattern=r"^[CG][A-Z0-9]+$")]
UserGroupId = Annotated[str, Field(pattern=r"^S[A-Z0-9]+$")]

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
Span = Annotated[str, Field(pattern=r"^[1-9][0-9]*[smhd]$")]
"""A length of time: a whole number and s, m, h or d."""

ROLE_ARN = r"^arn:aws[a-z-]*:iam::[0-9]{12}:role/[\w+=,.@/-]+$"
RoleArn = Annotated[str, Field(pattern=ROLE_ARN)]
"""An IAM role, its path included."""

S3_PLACE = r"^(s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[a-zA-Z0-9!_.*'()/-]{0,600})?)?$"
"""A bucket, or a prefix in it, of the characters that S3 calls safe; empty for none."""
S3Place = Annotated[str, Field(pattern=S3_PLACE)]


class Strict(BaseModel):
    """What refuses a key that it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def seconds_of(span: str) -> int:
    """Return a span such as `90m` in seconds."""
    return int(span[:-1]) * _UNITS[span[-1]]
