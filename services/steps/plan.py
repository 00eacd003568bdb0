"""What a step can want: to record a fact, to look again later, or to have one order carried out."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Generic, TypeVar

from services.ports import Aws, Ports, Registry
from services.release.events import Event
from services.release.model import Deployment, Release, Stage
from services.release.naming import stage_in


@dataclass(frozen=True, slots=True)
class ApprovePackage:
    """Set the package's approval status in the registry."""

    arn: str
    description: str


@dataclass(frozen=True, slots=True)
class MarkPackage:
    """Have the registry say what became of a package at the gate, and in prod."""

    arn: str
    stage: str
    status: str
    description: str


@dataclass(frozen=True, slots=True)
class CreateModel:
    """Make the Model that staging and prod share."""

    name: str
    package_arn: str
    role_arn: str


@dataclass(frozen=True, slots=True)
class CreateConfig:
    """Make an EndpointConfig."""

    name: str
    model: str
    instance_type: str
    instance_count: int


@dataclass(frozen=True, slots=True)
class CreateEndpoint:
    """Begin to create an endpoint."""

    name: str
    config: str


@dataclass(frozen=True, slots=True)
class UpdateEndpoint:
    """Begin to move an endpoint to another config."""

    name: str
    config: str


@dataclass(frozen=True, slots=True)
class TagEndpoint:
    """Mirror on the endpoint what must survive the loss of the store."""

    name: str
    arn: str
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DeleteEndpoint:
    """Begin to delete an endpoint."""

    name: str


@dataclass(frozen=True, slots=True)
class DeleteConfig:
    """Delete an endpoint configuration that nothing refers to."""

    name: str


@dataclass(frozen=True, slots=True)
class DeleteModel:
    """Delete a model that nothing refers to."""

    name: str


Order = (
    ApprovePackage
    | MarkPackage
    | CreateModel
    | CreateConfig
    | CreateEndpoint
    | UpdateEndpoint
    | TagEndpoint
    | DeleteEndpoint
    | DeleteConfig
    | DeleteModel
)
"""One change of AWS; every one may be carried out twice without harm."""


@dataclass(frozen=True, slots=True)
class Record:
    """Write this fact in the release's log; it may move the release on."""

    event: Event


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do now; look again after `seconds`, or at the usual pace."""

    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Do:
    """Carry out this order, then look again."""

    order: Order


Plan = Record | Wait | Do

SightT = TypeVar("SightT")


@dataclass(frozen=True, slots=True)
class Step(Generic[SightT]):
    """One step: what it reads, what it makes of that, and what it means when AWS refuses.

    `look` only reads. `plan` is pure. `refused` names the event that a SaidNo amounts to.
    """

    name: str
    look: Callable[[Release, Ports], SightT]
    plan: Callable[[Release, SightT, datetime], Plan]
    refused: Callable[[Release, str], Event]

    def next(self, release: Release, ports: Ports) -> Plan:
        """Look and plan.

        Raises:
            PortError: the look failed.
        """
        return self.plan(release, self.look(release, ports), ports.clock.now())


def endpoint_of(order: Order) -> str | None:
    """Return the endpoint that an order changes, for which a lease is taken; None if it changes none."""
    if isinstance(order, CreateEndpoint | UpdateEndpoint | TagEndpoint | DeleteEndpoint):
        return order.name
    return None


def stage_changed(order: Order, deployment: Deployment) -> Stage:
    """Return whose role an order needs. Prod may depend on any Model, so that deleting one changes prod."""
    match order:
        case CreateEndpoint() | UpdateEndpoint() | TagEndpoint() | DeleteEndpoint():
            return Stage.PROD if order.name == deployment.prod_endpoint else Stage.STAGING
        case CreateConfig() | DeleteConfig():
            return stage_in(order.name)
        case DeleteModel():
            return Stage.PROD
        case ApprovePackage() | MarkPackage() | CreateModel():
            return Stage.STAGING


def arguments_of(order: Order) -> tuple[tuple[str, str], ...]:
    """Return what an order says, field by field, as the audit log has it."""
    held = ((each.name, getattr(order, each.name)) for each in fields(order))
    return tuple((name, json.dumps(value) if isinstance(value, Mapping) else str(value)) for name, value in held)


def carry_out(order: Order, aws: Aws) -> None:
    """Make the one AWS call that `order` stands for.

    Raises:
        PortError: it was refused, or nothing is known of its effect.
    """
    match order:
        case ApprovePackage() | MarkPackage():
            _tell(order, aws.registry)
        case CreateModel(name=name, package_arn=package_arn, role_arn=role_arn):
            aws.hosting.create_model(name, package_arn, role_arn)
        case CreateConfig(name=name, model=model, instance_type=instance_type, instance_count=count):
            aws.hosting.create_config(name, model, instance_type, count)
        case CreateEndpoint(name=name, config=config):
            aws.hosting.create_endpoint(name, config)
        case UpdateEndpoint(name=name, config=config):
            aws.hosting.update_endpoint(name, config)
        case TagEndpoint(arn=arn, tags=tags):
            aws.hosting.tag_endpoint(arn, tags)
        case DeleteEndpoint(name=name):
            aws.hosting.delete_endpoint(name)
        case DeleteConfig(name=name):
            aws.hosting.delete_config(name)
        case DeleteModel(name=name):
            aws.hosting.delete_model(name)


def _tell(order: ApprovePackage | MarkPackage, registry: Registry) -> None:
    match order:
        case ApprovePackage(arn=arn, description=description):
            registry.approve(arn, description)
        case MarkPackage(arn=arn, stage=stage, status=status, description=description):
            registry.mark(arn, stage, status, description)
