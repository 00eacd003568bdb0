"""The catalog as people write it (YAML), and how it becomes the core's ModelEntry."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from bot.settings import Misconfigured
from services.release.catalog import Catalog, ModelEntry, People
from services.release.model import Cleanup, Deployment
from services.release.terms import GateTerms, Reminding
from services.release.wanted import ARN_PATTERN
from services.release.windows import read_window

EndpointName = Annotated[str, Field(pattern=r"^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$")]
"""SageMaker's rule for endpoint names (botocore's service model)."""

UserId = Annotated[str, Field(pattern=r"^[UW][A-Z0-9]+$")]
ChannelId = Annotated[str, Field(pattern=r"^[CG][A-Z0-9]+$")]
UserGroupId = Annotated[str, Field(pattern=r"^S[A-Z0-9]+$")]

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
Span = Annotated[str, Field(pattern=r"^[1-9][0-9]*[smhd]$")]
"""A length of time: a whole number and s, m, h or d."""

SHORTEST_RECHECK_SECONDS = 30
"""AWS publishes no rate limit for Describe calls; a gate may be open for days, over many models."""

S3_PLACE = r"^(s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[a-zA-Z0-9!_.*'()/-]{0,600})?)?$"
"""A bucket, or a prefix in it, of the characters that S3 calls safe; empty for none."""
S3Place = Annotated[str, Field(pattern=S3_PLACE)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PeopleSpec(_Strict):
    """People by Slack user id (`U…`) and user group id (`S…`)."""

    users: list[UserId] = Field(default=[], description="Slack user ids (`U…`).")
    groups: list[UserGroupId] = Field(default=[], description="Slack user group ids (`S…`).")

    def people(self) -> People:
        """Return the core's form."""
        return People(frozenset(self.users), frozenset(self.groups))


class StagingSpec(_Strict):
    """What becomes of the staging endpoint after a release has ended."""

    cleanup: Literal["keep", "after_decision", "after_ttl"] = Field(
        default="keep", description="Keep staging, delete it after the decision, or after `ttl`."
    )
    ttl: Span = Field(default="4h", description="How long staging lives after the release has ended (`after_ttl`).")


def _slow_enough(span: str) -> str:
    if seconds_of(span) < SHORTEST_RECHECK_SECONDS:
        message = f"must be at least {SHORTEST_RECHECK_SECONDS}s"
        raise ValueError(message)
    return span


def _readable(window: str) -> str:
    read_window(window)
    return window


RiskName = Literal["first_release", "image", "environment", "instance_type", "role", "warnings"]
"""The keys of services.release.risk.RISKS."""
DeployWindow = Annotated[str, AfterValidator(_readable)]
Quorum = Annotated[int, Field(ge=1, le=20)]


class RemindSpec(_Strict):
    """When people are reminded of a gate that waits."""

    after: Span | None = Field(
        default=None, description="The first reminder; then after twice that, four times that and so on."
    )
    during: list[DeployWindow] = Field(
        default=[], description="When reminders may come, in the form of `gate.windows`; at any time if empty."
    )
    escalate_after: Span | None = Field(default=None, description="After so long `escalate_to` is called, once.")
    escalate_to: list[UserGroupId] = Field(default=[], description="The user groups to call then.")

    def reminding(self) -> Reminding:
        """Return the core's form."""
        return Reminding(
            first_seconds=seconds_of(self.after) if self.after else 0,
            during=tuple(self.during),
            escalate_seconds=seconds_of(self.escalate_after) if self.escalate_after else 0,
            escalate_to=tuple(dict.fromkeys(self.escalate_to)),
        )

    @model_validator(mode="after")
    def _escalates_to_somebody(self) -> Self:
        if bool(self.escalate_after) != bool(self.escalate_to):
            message = "escalate_after and escalate_to need each other"
            raise ValueError(message)
        return self


class GateSpec(_Strict):
    """How the prod gate of a model behaves."""

    lifetime: Span = Field(default="24h", description="How long Approve and Reject are offered.")
    recheck: Annotated[Span, AfterValidator(_slow_enough)] = Field(
        default="10m",
        description="How often staging is looked at again while the gate is open; `30s` at least.",
    )
    allow_self_approval: bool = Field(default=False, description="Whether who asked for a release may approve it.")
    quorum: Quorum = Field(default=1, description="How many distinct people have to approve.")
    groups_required: list[UserGroupId] = Field(
        default=[],
        description="User groups that each have to be among those who approve; `approvers` has to name them too.",
    )
    approve_reason: bool = Field(default=False, description="Whether an approval, too, has to say why.")
    checklist: list[Annotated[str, Field(min_length=1, max_length=75, pattern=r"\S")]] = Field(
        default=[],
        max_length=10,
        description="What everyone who approves has to tick; ten lines of 75 characters at most.",
    )
    risk: dict[RiskName, Quorum] = Field(
        default={}, description="How many people have to approve when the release shows one of these."
    )
    windows: list[DeployWindow] = Field(
        default=[],
        description="When an approval counts, as `mon-fri 09:00-17:00 Europe/Madrid`; at any time if empty.",
    )
    remind: RemindSpec = Field(default=RemindSpec(), description="Reminders while the gate waits.")

    def terms(self) -> GateTerms:
        """Return the core's form of what an approval takes."""
        return GateTerms(
            quorum=self.quorum,
            groups_required=tuple(dict.fromkeys(self.groups_required)),
            reason=self.approve_reason,
            checklist=tuple(dict.fromkeys(self.checklist)),
            risk=tuple(sorted(self.risk.items())),
            windows=tuple(self.windows),
            reminding=self.remind.reminding(),
        )


class ModelSpec(_Strict):
    """One model of the catalog."""

    package_group: Annotated[str, Field(pattern=r"^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$")] = Field(
        description="Model package group in the Model Registry."
    )
    region: str = Field(default="eu-west-1", description="AWS region of registry and endpoints.")
    account: Annotated[str, Field(pattern=r"^[0-9]{12}$")] | None = Field(
        default=None, description="AWS account; with it, ARNs of other accounts are refused at once."
    )
    staging_endpoint: EndpointName = Field(description="Name of the staging endpoint.")
    prod_endpoint: EndpointName = Field(description="Name of the prod endpoint.")
    instance_type: Annotated[str, Field(pattern=r"^ml\.")] = Field(
        default="ml.m5.large", description="Instance type of new endpoint configs."
    )
    instance_count: int = Field(
        default=1, ge=1, description="Instances of a new endpoint; updates keep the live capacity."
    )
    execution_role_arn: Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+")] = Field(
        description="Role that SageMaker runs the model with."
    )
    channel: ChannelId = Field(description="Slack channel id for the release's card and thread.")
    channels: list[ChannelId] = Field(
        default=[], description="Channels in which `/deploy` of this model may be typed; anywhere if empty."
    )
    content_type: str = Field(default="text/csv", description="What the model must accept.")
    suite: str = Field(
        default="",
        description="Smoke suite (YAML), relative to the catalog, or `s3://bucket/key`; the seed's payload if empty.",
    )
    approvers: PeopleSpec = Field(default=PeopleSpec(), description="Who may approve and reject; nobody if empty.")
    operators: PeopleSpec = Field(
        default=PeopleSpec(), description="Who may roll back, freeze and thaw; the approvers if empty."
    )
    gate: GateSpec = Field(default=GateSpec(), description="The prod gate.")
    staging: StagingSpec = Field(default=StagingSpec(), description="Cleaning up.")
    deploy_timeout: Span = Field(default="2h", description="How long one endpoint change may take before it failed.")
    evidence: S3Place = Field(
        default="",
        description="Where records of evidence, and the reports of ended releases, are put, `s3://bucket/prefix`; "
        "nowhere if empty.",
    )

    def entry(self, name: str, folder: Path) -> ModelEntry:
        """Return the core's form; a suite that is a file is relative to the catalog's folder."""
        return ModelEntry(
            name=name,
            deployment=self._deployment(),
            approvers=self.approvers.people(),
            operators=self.operators.people(),
            allow_self_approval=self.gate.allow_self_approval,
            channels=frozenset(self.channels),
            suite=self.suite if not self.suite or self.suite.startswith("s3://") else str(folder / self.suite),
        )

    def _deployment(self) -> Deployment:
        return Deployment(
            package_group=self.package_group,
            region=self.region,
            account=self.account,
            staging_endpoint=self.staging_endpoint,
            prod_endpoint=self.prod_endpoint,
            instance_type=self.instance_type,
            instance_count=self.instance_count,
            execution_role_arn=self.execution_role_arn,
            channel=self.channel,
            content_type=self.content_type,
            gate_lifetime_seconds=seconds_of(self.gate.lifetime),
            gate_recheck_seconds=seconds_of(self.gate.recheck),
            staging_cleanup=Cleanup(self.staging.cleanup),
            staging_ttl_seconds=seconds_of(self.staging.ttl),
            deploy_timeout_seconds=seconds_of(self.deploy_timeout),
            evidence_uri=self.evidence,
            terms=self.gate.terms(),
        )

    @model_validator(mode="after")
    def _can_be_approved(self) -> Self:
        """Refuse a gate that could never be passed."""
        strangers = sorted(set(self.gate.groups_required) - set(self.approvers.groups))
        if strangers:
            message = f"gate.groups_required names {', '.join(strangers)}, which approvers.groups does not"
            raise ValueError(message)
        most = max([self.gate.quorum, *self.gate.risk.values()])
        if self.approvers.users and not self.approvers.groups and len(set(self.approvers.users)) < most:
            message = f"gate.quorum, or gate.risk, is {most}, and approvers.users names fewer people"
            raise ValueError(message)
        return self


class CatalogSpec(_Strict):
    """The catalog file."""

    models: dict[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")], ModelSpec] = Field(
        min_length=1, description="Model name, as typed after `/deploy`, to its entry."
    )


class SeedSpec(_Strict):
    """The serving contract's variables, for one model without a catalog file."""

    model_package_arn: Annotated[str, Field(pattern=ARN_PATTERN)]
    sagemaker_pipeline_role_arn: str
    staging_endpoint_name: str = "titanic-survival-staging"
    prod_endpoint_name: str = "titanic-survival-prod"
    instance_type: str = "ml.m5.large"
    initial_instance_count: int = 1
    sluice_channel: str = ""
    sluice_approvers: str = ""


def seconds_of(span: str) -> int:
    """Return a span such as `90m` in seconds."""
    return int(span[:-1]) * _UNITS[span[-1]]


def read_catalog(path: Path) -> Catalog:
    """Read a catalog file.

    Raises:
        Misconfigured: it is missing, no YAML, or says something that a catalog cannot say; all of it at once.
    """
    try:
        spec = CatalogSpec.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise Misconfigured([f"SLUICE_CATALOG: {path} cannot be read ({error.strerror})"]) from None
    except yaml.YAMLError as error:
        raise Misconfigured([f"{path}: not YAML: {error}"]) from None
    except ValidationError as error:
        raise Misconfigured(_sentences(str(path), error)) from None
    catalog = {name: model.entry(name, path.parent) for name, model in spec.models.items()}
    problems = [f"{path}: {problem}" for problem in _clashes(catalog)]
    if problems:
        raise Misconfigured(problems)
    return catalog


def _clashes(catalog: Catalog) -> list[str]:
    """Return what two entries may not share: one endpoint has one model, and staging is not prod."""
    owners: dict[tuple[str, str], str] = {}
    problems = []
    for name, entry in catalog.items():
        for endpoint in (entry.deployment.staging_endpoint, entry.deployment.prod_endpoint):
            owner = owners.setdefault((entry.deployment.region, endpoint.lower()), name)
            if owner != name or entry.deployment.staging_endpoint == entry.deployment.prod_endpoint:
                problems.append(f"models.{name}: endpoint {endpoint} is used twice (also by {owner})")
    return problems


def seed_catalog(variables: Mapping[str, str], region: str) -> Catalog:
    """Return the catalog of the one model that the serving contract's variables describe.

    Raises:
        Misconfigured: a needed variable is missing or wrong.
    """
    try:
        seed = SeedSpec.model_validate({name.lower(): value for name, value in variables.items()})
        group, account = _group_and_account(seed.model_package_arn)
        spec = ModelSpec(
            package_group=group,
            region=region,
            account=account,
            staging_endpoint=seed.staging_endpoint_name,
            prod_endpoint=seed.prod_endpoint_name,
            instance_type=seed.instance_type,
            instance_count=seed.initial_instance_count,
            execution_role_arn=seed.sagemaker_pipeline_role_arn,
            channel=seed.sluice_channel,
            approvers=PeopleSpec(users=[user for user in seed.sluice_approvers.split(",") if user]),
        )
    except ValidationError as error:
        raise Misconfigured(_seed_sentences(error)) from None
    return {group.lower(): spec.entry(group.lower(), Path())}


def _group_and_account(arn: str) -> tuple[str, str]:
    fields = arn.split(":")
    return fields[5].split("/")[1], fields[4]


_VARIABLES = {
    "model_package_arn": "MODEL_PACKAGE_ARN",
    "sagemaker_pipeline_role_arn": "SAGEMAKER_PIPELINE_ROLE_ARN",
    "execution_role_arn": "SAGEMAKER_PIPELINE_ROLE_ARN",
    "staging_endpoint": "STAGING_ENDPOINT_NAME",
    "prod_endpoint": "PROD_ENDPOINT_NAME",
    "instance_type": "INSTANCE_TYPE",
    "instance_count": "INITIAL_INSTANCE_COUNT",
    "initial_instance_count": "INITIAL_INSTANCE_COUNT",
    "channel": "SLUICE_CHANNEL",
    "users": "SLUICE_APPROVERS",
    "region": "AWS_REGION",
}
"""A field of the one model without a catalog file -> the variable that a person has to change."""


def _seed_sentences(error: ValidationError) -> list[str]:
    named = ((_VARIABLES.get(str(item["loc"][0]), str(item["loc"][0])), item["msg"]) for item in error.errors())
    return [f"{name}: {message} (there is no SLUICE_CATALOG)" for name, message in named]


def _sentences(source: str, error: ValidationError) -> list[str]:
    return [f"{source}: {'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors()]
