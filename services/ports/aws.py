"""SageMaker as a release needs it: the model registry, hosting, and asking an endpoint."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from services.release.audit import AwsCall
from services.release.model import Deployment, Stage


@dataclass(frozen=True, slots=True)
class PackageDescription:
    """A ModelPackage as the registry describes it (DescribeModelPackage).

    `environment` holds the variables that its container is given; their values may be secrets, and are not printed.
    `statistics`, `constraints` and `golden` are the `s3://` addresses of what training registered beside it: what it
    measured, the bounds that it set, and a table of rows with the answers that it got. Empty where there is none.
    `inputs` is the model's own account of its input (ModelInput.DataInputConfig), empty where it gives none.
    `artifacts` is where the model itself lies, container by container, empty for one that names none. `life_cycle` is
    its Stage, StageStatus and StageDescription, empty texts where it has none.
    """

    arn: str
    group: str
    version: int
    status: str
    approval: str
    content_types: tuple[str, ...] = ()
    response_types: tuple[str, ...] = ()
    instance_types: tuple[str, ...] = ()
    image: str = ""
    description: str = ""
    approval_description: str = ""
    created_at: datetime | None = None
    environment: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    statistics: str = ""
    constraints: str = ""
    golden: str = ""
    inputs: str = ""
    life_cycle: tuple[str, str, str] = ("", "", "")
    artifacts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EndpointDescription:
    """An Endpoint as a fresh DescribeEndpoint shows it: `config` is serving, `pending_config` is coming.

    Of its first variant: `instance_count` is what runs, `desired_count` what an update keeps; `image` is as it was
    asked for, `resolved_image` what was found for it (`repository@sha256:...`). `data_capture` is the percentage of
    requests that are captured, None when none are.
    """

    name: str
    arn: str
    status: str
    config: str
    pending_config: str | None
    failure_reason: str
    message: str
    created_at: datetime
    modified_at: datetime
    instance_count: int | None = None
    desired_count: int | None = None
    image: str = ""
    resolved_image: str = ""
    data_capture: int | None = None


@dataclass(frozen=True, slots=True)
class ConfigDescription:
    """An EndpointConfig: its single variant, and the Model behind it."""

    name: str
    model: str
    variant: str
    instance_type: str
    instance_count: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """A Model and the ModelPackage it was made from (None for a model made otherwise).

    `environment` is what the model itself says, over what its package says; the values are not printed. `artifacts` is
    where it lies, container by container, but for those of which its package says so.
    """

    name: str
    package_arn: str | None
    environment: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    role_arn: str = ""
    artifacts: tuple[str, ...] = ()


class Registry(Protocol):
    """The SageMaker Model Registry of one region."""

    def package(self, arn: str) -> PackageDescription | None:
        """Describe a package, or return None if there is none by that ARN.

        Raises:
            SaidNo, Unavailable
        """
        ...

    def versions(self, group: str) -> Sequence[PackageDescription]:
        """List the versions of a group, newest first; only arn, version, status, approval and time are filled in.

        Raises:
            SaidNo: the group does not exist.
            Unavailable
        """
        ...

    def approve(self, arn: str, description: str) -> None:
        """Set ModelApprovalStatus to Approved with an ApprovalDescription (at most 1,024 characters).

        Raises:
            SaidNo, Unavailable
        """
        ...

    def mark(self, arn: str, stage: str, status: str, description: str) -> None:
        """Set ModelLifeCycle, and nothing else: Stage, StageStatus (names) and StageDescription (1,024 characters).

        Raises:
            SaidNo, Busy, Unavailable
        """
        ...


class Hosting(Protocol):
    """SageMaker real-time hosting of one region. Creating what exists with the same content is success."""

    def endpoint(self, name: str) -> EndpointDescription | None:
        """Describe an endpoint afresh, or return None."""
        ...

    def config(self, name: str) -> ConfigDescription | None:
        """Describe an endpoint configuration, or return None."""
        ...

    def model(self, name: str) -> ModelDescription | None:
        """Describe a model, or return None."""
        ...

    def tags(self, endpoint_arn: str) -> Mapping[str, str]:
        """Return the endpoint's tags; empty if the endpoint does not exist."""
        ...

    def create_model(self, name: str, package_arn: str, role_arn: str) -> None:
        """Create a Model from a ModelPackage."""
        ...

    def create_config(self, name: str, model: str, instance_type: str, instance_count: int) -> None:
        """Create an EndpointConfig with the one variant `AllTraffic`."""
        ...

    def create_endpoint(self, name: str, config: str) -> None:
        """Begin to create an endpoint; it is Creating when this returns."""
        ...

    def update_endpoint(self, name: str, config: str) -> None:
        """Begin to update an endpoint, keeping the live capacity of its variant (RetainAllVariantProperties).

        Raises:
            Busy: the endpoint is already changing.
        """
        ...

    def tag_endpoint(self, endpoint_arn: str, tags: Mapping[str, str]) -> None:
        """Add or replace tags of an endpoint."""
        ...

    def delete_endpoint(self, name: str) -> None:
        """Begin to delete an endpoint; deleting what is gone is success."""
        ...

    def delete_config(self, name: str) -> None:
        """Delete an endpoint configuration; deleting what is gone is success."""
        ...

    def delete_model(self, name: str) -> None:
        """Delete a model; deleting what is gone is success."""
        ...


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of an endpoint: the container's HTTP status, what it said, and how long it took."""

    status: int
    body: str
    ms: float


class Invoker(Protocol):
    """Asks an endpoint for predictions, once, without retries, so that errors and latency are honest."""

    def invoke(self, endpoint: str, body: str, content_type: str, accept: str) -> Reply:
        """Send one request; an answer of the container, good or bad, is a Reply.

        Raises:
            SaidNo: the endpoint does not exist or may not be called.
            Unavailable: no answer of the container.
        """
        ...


class Objects(Protocol):
    """Objects in S3, small ones, each read and written whole."""

    def get(self, uri: str, most: int) -> bytes:
        """Return the object at `s3://bucket/key`.

        Raises:
            SaidNo: there is none, it may not be read, or it has more than `most` bytes.
            Unavailable
        """
        ...

    def exists(self, uri: str) -> bool:
        """Say whether there is an object at `s3://bucket/key`.

        Raises:
            SaidNo: it may not be asked.
            Unavailable
        """
        ...

    def put(self, uri: str, data: bytes, content_type: str) -> str:
        """Write the object at `s3://bucket/key` over one that is there; return its version, empty without versions.

        A bucket that keeps versions keeps the older one.

        Raises:
            SaidNo, Unavailable
        """
        ...


@dataclass(frozen=True, slots=True)
class Aws:
    """The ports of one region: SageMaker's three, and S3."""

    registry: Registry
    hosting: Hosting
    invoker: Invoker
    objects: Objects


@dataclass(frozen=True, slots=True)
class Behalf:
    """For whom AWS is called: the release, who asked for it, and who approved it (empty before that)."""

    release_id: str
    requester: str
    approver: str = ""


class Regions(Protocol):
    """Finds the ports of a region."""

    def of(self, deployment: Deployment, stage: Stage = Stage.STAGING) -> Aws:
        """Return the ports of the deployment's region, for what changes prod or, else, for everything but that."""
        ...

    def acting(self, behalf: Behalf) -> AbstractContextManager[Sequence[AwsCall]]:
        """Within the context, have each call of this thread say for whom it is made, where CloudTrail keeps that.

        What is returned holds the calls that change something, as they are answered.
        """
        ...
