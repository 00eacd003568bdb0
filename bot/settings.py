"""What the environment says: the only reader of environment variables in the product."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.secrets import arn_in, revealed

SEED_VARIABLES = (
    "MODEL_PACKAGE_ARN",
    "SAGEMAKER_PIPELINE_ROLE_ARN",
    "STAGING_ENDPOINT_NAME",
    "PROD_ENDPOINT_NAME",
    "INSTANCE_TYPE",
    "INITIAL_INSTANCE_COUNT",
    "SLUICE_CHANNEL",
    "SLUICE_APPROVERS",
)
"""The serving contract's variables: with no catalog file they describe the one model."""

SECRETS = ("slack_bot_token", "slack_app_token", "slack_signing_secret", "redis_url")
"""The settings that may name a file or a secret of AWS's instead of holding the secret."""

DEFAULT_REGION = "eu-west-1"
"""The serving contract's region."""


class Misconfigured(Exception):
    """The configuration cannot be used; `problems` says everything that is wrong with it, one sentence each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Settings(BaseSettings):
    """Secrets, addresses and paces. What a model needs stands in the catalog."""

    # A variable that is set to nothing is not set: with an empty signing secret, anybody could sign.
    model_config = SettingsConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True, env_ignore_empty=True)

    slack_bot_token: SecretStr = Field(description="Bot token of the Slack app (`xoxb-…`).")
    slack_app_token: SecretStr | None = Field(
        default=None,
        description="App-level token (`xapp-…`) for Socket Mode. Without it the bot listens for signed HTTP.",
    )
    slack_signing_secret: SecretStr | None = Field(
        default=None,
        validate_default=True,
        description="Signing secret of the Slack app; needed when there is no app token.",
    )
    slack_api_url: str = Field(
        default="https://slack.com/api/", description="Address of the Slack Web API; ends in `/api/`."
    )
    redis_url: SecretStr = Field(
        default=SecretStr("redis://127.0.0.1:6379/0"),
        description="Redis or Valkey that keeps everything: `redis://`, `rediss://` (TLS), or "
        "`redis+sentinel://host:port,host:port/service/database`.",
    )
    sluice_catalog: Path | None = Field(
        default=None,
        description="The catalog file (YAML). Without it the serving contract's variables describe one model.",
    )
    aws_profile: str | None = Field(default=None, description="AWS profile that boto3 uses.")
    aws_region: str = Field(default=DEFAULT_REGION, description="Region of the model when there is no catalog file.")
    sluice_sdk: Literal["auto", "sagemaker", "boto3"] = Field(
        default="auto",
        description="How the worker calls SageMaker: `sagemaker` (SDK v3), `boto3`, or `auto`: v3 where installed.",
    )
    sluice_http_port: int = Field(default=3000, ge=0, le=65535, description="Port for signed HTTP (no app token).")
    sluice_http_host: str = Field(
        default="127.0.0.1", description="Address that the HTTP and health servers listen on."
    )
    sluice_health_port: int = Field(
        default=8080, ge=0, le=65535, description="Port of `/healthz`; 0 takes a free one and logs it."
    )
    sluice_log_format: Literal["json", "console"] = Field(default="json", description="Form of the log lines.")
    sluice_log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least level logged."
    )
    sluice_poll_seconds: float = Field(
        default=15.0, gt=0, le=300, description="Seconds between two looks at an endpoint that is changing."
    )
    sluice_worker_threads: int = Field(default=8, ge=1, le=64, description="Ticks that one worker runs at a time.")

    @field_validator(*SECRETS, mode="before")
    @classmethod
    def _revealed(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        if not value.strip():
            raise ValueError("is empty")
        return revealed(value.strip(), aws_place()[0])

    @field_validator("slack_api_url")
    @classmethod
    def _ends_in_api(cls, value: str) -> str:
        if not value.endswith("/api/"):
            raise ValueError("must end in `/api/`")
        return value

    @field_validator("slack_signing_secret")
    @classmethod
    def _can_be_reached(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is None and info.data.get("slack_app_token") is None:
            raise ValueError("set SLACK_APP_TOKEN (Socket Mode) or this one (signed HTTP)")
        return value


def read_settings() -> Settings:
    """Return the settings of this process's environment.

    Raises:
        Misconfigured: with everything that is wrong, in the names that a person has to change.
    """
    try:
        return Settings()
    except ValidationError as error:
        raise Misconfigured([_sentence(item["loc"], item["msg"]) for item in error.errors()]) from None


def _sentence(location: tuple[int | str, ...], message: str) -> str:
    if not location:
        return message.removeprefix("Value error, ")
    name = str(location[0]).upper()
    return f"{name}: {'is not set' if message == 'Field required' else message.removeprefix('Value error, ')}"


def named_catalog() -> Path | None:
    """Return the catalog file that the environment names, even where other settings are wrong."""
    name = os.environ.get("SLUICE_CATALOG", "").strip()
    return Path(name) if name else None


def aws_place() -> tuple[str | None, str]:
    """Return AWS profile and region, for a command that needs no other setting."""
    region = os.environ.get("AWS_REGION", "").strip() or DEFAULT_REGION
    return os.environ.get("AWS_PROFILE", "").strip() or None, region


def store_address() -> str:
    """Return the address of the store, for a command that needs no other setting.

    Raises:
        Misconfigured: it is named, and cannot be read.
    """
    known: SecretStr = Settings.model_fields["redis_url"].default
    try:
        return revealed(os.environ.get("REDIS_URL", "").strip(), aws_place()[0]) or known.get_secret_value()
    except ValueError as error:
        raise Misconfigured([f"REDIS_URL: {error}"]) from None


def health_address() -> tuple[str, int]:
    """Return host and port at which a process says how it is; a probe comes often and needs no secret.

    Raises:
        Misconfigured: the port is none.
    """
    host, port = Settings.model_fields["sluice_http_host"].default, Settings.model_fields["sluice_health_port"].default
    host = os.environ.get("SLUICE_HTTP_HOST", "").strip() or host
    port = os.environ.get("SLUICE_HEALTH_PORT", "").strip() or str(port)
    if not port.isdecimal():
        raise Misconfigured([f"SLUICE_HEALTH_PORT: {port} is no port"])
    return host, int(port)


def named_secrets() -> tuple[str, ...]:
    """Return the ARNs of the secrets in Secrets Manager that the environment names."""
    arns = (arn_in(os.environ.get(name.upper(), "").strip()) for name in SECRETS)
    return tuple(dict.fromkeys(arn for arn in arns if arn))


def seed_variables() -> Mapping[str, str]:
    """Return those of the serving contract's variables that are set."""
    return {name: os.environ[name] for name in SEED_VARIABLES if os.environ.get(name)}


def add_to_environment(variables: Mapping[str, str]) -> None:
    """Set variables that a library reads at import (the SageMaker SDK's configuration files), unless they are set."""
    for name, value in variables.items():
        os.environ.setdefault(name, value)
