"""A model's entry in the catalog, and the whole file."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from bot.catalog.forms import (
    ChannelId,
    CorporateId,
    EndpointName,
    RoleArn,
    S3Place,
    Span,
    Strict,
    UserId,
    seconds_of,
)
from bot.catalog.gate import GateSpec
from bot.catalog.people import PeopleSpec
from services.release.catalog import ModelEntry
from services.release.model import Cleanup, Deployment, Roles

NOBODY: Mapping[str, str] = MappingProxyType({})
"""No ids beside those of Slack."""


_SHORTEST_REHEARSAL_SECONDS = 60


def _gentle(span: str) -> str:
    if seconds_of(span) < _SHORTEST_REHEARSAL_SECONDS:
        message = f"must be at least {_SHORTEST_REHEARSAL_SECONDS}s"
        raise ValueError(message)
    return span


class StagingSpec(Strict):
    """What becomes of the staging endpoint after a release has ended."""

    cleanup: Literal["keep", "after_decision", "after_ttl"] = Field(
        default="keep", description="Keep staging, delete it after the decision, or after `ttl`."
    )
    ttl: Span = Field(default="4h", description="How long staging lives after the release has ended (`after_ttl`).")


class RolesSpec(Strict):
    """The two roles of the worker: `sluice iam` prints what each needs."""

    staging: RoleArn | None = Field(default=None, description="Role for everything but what changes prod.")
    prod: RoleArn | None = Field(default=None, description="Role for what changes prod.")

    def roles(self) -> Roles:
        """Return the core's form."""
        return Roles(self.staging or "", self.prod or "")

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if bool(self.staging) != bool(self.prod):
            message = "staging and prod need each other"
            raise ValueError(message)
        return self


class ModelSpec(Strict):
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
    execution_role_arn: RoleArn = Field(description="Role that SageMaker runs the model with.")
    roles: RolesSpec = Field(
        default=RolesSpec(), description="Roles that the worker assumes; without them it calls AWS as itself."
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
    rehearse: Annotated[Span, AfterValidator(_gentle)] = Field(
        default="1h", description="How often it is looked whether a rollback of prod would work; `1m` at least."
    )
    deploy_timeout: Span = Field(default="2h", description="How long one endpoint change may take before it failed.")
    evidence: S3Place = Field(
        default="",
        description="Where records of evidence, and the reports of ended releases, are put, `s3://bucket/prefix`; "
        "nowhere if empty.",
    )

    def entry(self, name: str, folder: Path, known_as: Mapping[str, str] = NOBODY) -> ModelEntry:
        """Return the core's form; a suite that is a file is relative to the catalog's folder."""
        return ModelEntry(
            name=name,
            deployment=self._deployment(),
            approvers=self.approvers.people(),
            operators=self.operators.people(),
            allow_self_approval=self.gate.allow_self_approval,
            channels=frozenset(self.channels),
            break_glass=self.gate.break_glass.people(),
            rehearse_seconds=seconds_of(self.rehearse),
            known_as=known_as,
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
            roles=self.roles.roles(),
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


class CatalogSpec(Strict):
    """The catalog file."""

    models: dict[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")], ModelSpec] = Field(
        min_length=1, description="Model name, as typed after `/deploy`, to its entry."
    )
    people: dict[UserId, CorporateId] = Field(
        default={},
        description="Slack user id to the id that the person has in your company. It is written down beside what they "
        "decide and try, and decides nothing itself.",
    )
