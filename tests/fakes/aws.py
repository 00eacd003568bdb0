"""SageMaker in memory: registry, hosting and invocations of one region, on an injected clock.

An update shows the OLD config until it is done, a failed one comes back InService on the old config, only deletion
helps a Failed endpoint, changing what is changing is refused (API reference, recorded messages).
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from fakes.acting import ActingFor
from fakes.objects import MemoryObjects
from services.ports import (
    Aws,
    Busy,
    Clock,
    ConfigDescription,
    EndpointDescription,
    ModelDescription,
    PackageDescription,
    PortError,
    Reply,
    SaidNo,
)
from services.release.model import Deployment, Stage
from services.release.naming import VARIANT

PREFIX = "arn:aws:sagemaker:us-east-1:000000000000"
CHANGING = frozenset({"Creating", "Updating", "Deleting", "SystemUpdating", "RollingBack"})
SERVING = frozenset({"InService", "Updating", "SystemUpdating", "RollingBack", "UpdateRollbackFailed"})


class Fate(Enum):
    """How a change of an endpoint ends."""

    LIVE = "live"
    SILENT_ROLLBACK = "silent rollback"
    FAILED = "failed"
    ROLLBACK_FAILED = "rollback failed"


@dataclass
class _Endpoint:
    name: str
    config: str
    status: str
    created_at: datetime
    modified_at: datetime
    instance_count: int
    fate: Fate
    settles_at: datetime | None
    pending_config: str | None = None
    failure_reason: str = ""
    tags: dict[str, str] = field(default_factory=dict)


@dataclass
class _Failure:
    method: str
    error: PortError
    reply_lost: bool


def arn_of(kind: str, name: str) -> str:
    """Return the ARN of a resource; SageMaker gives names back in lower case there."""
    return f"{PREFIX}:{kind}/{name.lower()}"


class FakeAws(ActingFor):
    """Registry, Hosting, Invoker and Regions at once; `seconds` is how long an endpoint takes to change.

    `calls` are all calls, `changes` the creations and updates of endpoints that had
    an effect: (which, endpoint, config).
    """

    def __init__(self, clock: Clock, seconds: float = 60.0) -> None:
        super().__init__()
        self.clock = clock
        self.seconds = seconds
        self.calls: list[tuple[str, ...]] = []
        self.changes: list[tuple[str, str, str]] = []
        self.packages: dict[str, PackageDescription] = {}
        self.approvals: list[tuple[str, str]] = []
        self.models: dict[str, tuple[str, str]] = {}
        self.configs: dict[str, ConfigDescription] = {}
        self.reply: Callable[[str, str], Reply] = lambda _endpoint, _body: Reply(200, "0.5", 5.0)
        self.objects = MemoryObjects()
        self.captured: dict[str, int] = {}
        self._endpoints: dict[str, _Endpoint] = {}
        self._fates: dict[str, Fate] = {}
        self._failures: list[_Failure] = []

    # --- the test's side --------------------------------------------------------------------------------------------

    def of(self, deployment: Deployment, stage: Stage = Stage.STAGING) -> Aws:
        """Return the ports; every region is this one, and every role may do everything."""
        return Aws(registry=self, hosting=self, invoker=self, objects=self.objects)

    def add_package(self, group: str, version: int, **fields: Any) -> str:
        """Register a Completed, not yet approved package and return its ARN; `fields` replace what is described."""
        arn = arn_of("model-package", f"{group}/{version}")
        csv, now = ("text/csv",), self.clock.now()
        package = PackageDescription(arn, group, version, status="Completed", approval="PendingManualApproval")
        package = replace(package, content_types=csv, response_types=csv, image="image:1", created_at=now)
        self.packages[arn] = replace(package, **fields)
        return arn

    def next_change(self, endpoint: str, fate: Fate) -> None:
        """Decide how the next creation or update of an endpoint ends."""
        self._fates[endpoint] = fate

    def fail_next(self, method: str, error: PortError, times: int = 1, *, reply_lost: bool = False) -> None:
        """Let the next calls of `method` fail; with `reply_lost`, after they have taken effect."""
        self._failures.extend([_Failure(method, error, reply_lost)] * times)

    def maintain(self, endpoint: str) -> None:
        """Put an endpoint into SystemUpdating for `seconds`, as AWS does by itself."""
        found = self._endpoints[endpoint]
        found.status, found.fate, found.settles_at = "SystemUpdating", Fate.LIVE, self._later()

    def scale(self, endpoint: str, count: int) -> None:
        """Set the live instance count, as autoscaling does; a later update keeps it."""
        self._endpoints[endpoint].instance_count = count

    def settle(self) -> None:
        """Finish every change now, whatever the clock says."""
        for endpoint in list(self._endpoints.values()):
            self._finish(endpoint, self.clock.now())

    def count(self, method: str) -> int:
        """Return how often `method` was called."""
        return sum(call[0] == method for call in self.calls)

    def dangling(self) -> list[str]:
        """Return what endpoints refer to and nobody can find any more: a config, or the model behind one."""
        wanted = {name for e in self._endpoints.values() for name in (e.config, e.pending_config) if name}
        missing = [f"config {name}" for name in sorted(wanted) if name not in self.configs]
        models = sorted(self.configs[name].model for name in wanted if name in self.configs)
        return missing + [f"model {name}" for name in models if name not in self.models]

    @contextmanager
    def _call(self, method: str, *args: str) -> Iterator[None]:
        """Record a call and raise what the test planned for it, before or after its effect."""
        self.calls.append((method, *args))
        self.note(method)
        self.settle_what_is_due()
        planned = next((failure for failure in self._failures if failure.method == method), None)
        if planned is not None:
            self._failures.remove(planned)
        if planned is not None and not planned.reply_lost:
            raise planned.error
        yield
        if planned is not None:
            raise planned.error

    # --- Registry ---------------------------------------------------------------------------------------------------

    def package(self, arn: str) -> PackageDescription | None:
        """Describe a package, or return None."""
        with self._call("package", arn):
            return self.packages.get(arn)

    def versions(self, group: str) -> Sequence[PackageDescription]:
        """List a group's versions, newest first, with no more than ListModelPackages tells."""
        with self._call("versions", group):
            found = [package for package in self.packages.values() if package.group == group]
            if not found:
                raise SaidNo(f"Model Package Group {group} does not exist")
            return sorted(map(_thinned, found), key=lambda package: package.version, reverse=True)

    def approve(self, arn: str, description: str) -> None:
        """Set ModelApprovalStatus to Approved."""
        with self._call("approve", arn, description):
            self._change(arn, approval="Approved", approval_description=description)
            self.approvals.append((arn, description))

    def mark(self, arn: str, stage: str, status: str, description: str) -> None:
        """Set the life cycle of a package."""
        with self._call("mark", arn, stage, status):
            self._change(arn, life_cycle=(stage, status, description))

    def _change(self, arn: str, **fields: Any) -> None:
        if arn not in self.packages:
            raise SaidNo(f"ModelPackage {arn} does not exist")
        self.packages[arn] = replace(self.packages[arn], **fields)

    # --- Hosting: reading -------------------------------------------------------------------------------------------

    def endpoint(self, name: str) -> EndpointDescription | None:
        """Describe an endpoint as of now."""
        with self._call("endpoint", name):
            return self._described(self._endpoints[name]) if name in self._endpoints else None

    def config(self, name: str) -> ConfigDescription | None:
        """Describe an endpoint configuration, or return None."""
        with self._call("config", name):
            return self.configs.get(name)

    def model(self, name: str) -> ModelDescription | None:
        """Describe a model, or return None."""
        with self._call("model", name):
            if name not in self.models:
                return None
            package_arn, role_arn = self.models[name]
            return ModelDescription(name, package_arn, role_arn=role_arn)

    def tags(self, endpoint_arn: str) -> Mapping[str, str]:
        """Return an endpoint's tags; empty if it does not exist."""
        with self._call("tags", endpoint_arn):
            found = self._by_arn(endpoint_arn)
            return dict(found.tags) if found is not None else {}

    # --- Hosting: changing ------------------------------------------------------------------------------------------

    def create_model(self, name: str, package_arn: str, role_arn: str) -> None:
        """Create a Model from an approved package."""
        with self._call("create_model", name, package_arn, role_arn):
            package = self.packages.get(package_arn)
            if package is None or package.approval != "Approved":
                raise SaidNo(f"ModelPackage {package_arn} does not exist or is not approved")
            if self.models.setdefault(name, (package_arn, role_arn)) != (package_arn, role_arn):
                raise SaidNo(f'Cannot create already existing model "{arn_of("model", name)}".')

    def create_config(self, name: str, model: str, instance_type: str, instance_count: int) -> None:
        """Create an EndpointConfig for a Model that exists."""
        with self._call("create_config", name, model, instance_type, str(instance_count)):
            if model not in self.models:
                raise SaidNo(f'Could not find model "{arn_of("model", model)}".')
            wanted = ConfigDescription(name, model, VARIANT, instance_type, instance_count, self.clock.now())
            kept = self.configs.setdefault(name, wanted)
            if replace(kept, created_at=wanted.created_at) != wanted:
                raise SaidNo(
                    f'Cannot create already existing endpoint configuration "{arn_of("endpoint-config", name)}".'
                )

    def create_endpoint(self, name: str, config: str) -> None:
        """Begin to create an endpoint."""
        with self._call("create_endpoint", name, config):
            there = self._endpoints.get(name)
            if there is not None:
                return _accept_existing(there, config)
            self._need_config(config)
            self.changes.append(("create", name, config))
            now = self.clock.now()
            self._endpoints[name] = _Endpoint(
                name,
                config,
                status="Creating",
                created_at=now,
                modified_at=now,
                instance_count=self.configs[config].instance_count,
                fate=self._fates.pop(name, Fate.LIVE),
                settles_at=self._later(),
            )
            return None

    def update_endpoint(self, name: str, config: str) -> None:
        """Begin to update an endpoint; updating to what it serves changes nothing."""
        with self._call("update_endpoint", name, config):
            found = self._need_endpoint(name)
            if found.status in CHANGING:
                raise Busy(f'Cannot update in-progress endpoint "{arn_of("endpoint", name)}".')
            if found.status == "Failed":
                raise SaidNo(f'Cannot update endpoint "{arn_of("endpoint", name)}" in status Failed.')
            self._need_config(config)
            if config != found.config:
                self.changes.append(("update", name, config))
                found.status, found.pending_config, found.failure_reason = "Updating", config, ""
                found.modified_at, found.settles_at = self.clock.now(), self._later()
                found.fate = self._fates.pop(name, Fate.LIVE)

    def tag_endpoint(self, endpoint_arn: str, tags: Mapping[str, str]) -> None:
        """Add or replace tags."""
        with self._call("tag_endpoint", endpoint_arn):
            found = self._by_arn(endpoint_arn)
            if found is None:
                raise SaidNo(f'Could not find endpoint "{endpoint_arn}".')
            found.tags.update(tags)

    def delete_endpoint(self, name: str) -> None:
        """Begin to delete an endpoint that is not changing."""
        with self._call("delete_endpoint", name):
            found = self._endpoints.get(name)
            if found is None or found.status == "Deleting":
                return
            if found.status in CHANGING:
                raise Busy(f'Cannot update in-progress endpoint "{arn_of("endpoint", name)}".')
            found.status, found.settles_at = "Deleting", self._later()

    def delete_config(self, name: str) -> None:
        """Delete an endpoint configuration, even one in use: SageMaker does not prevent it, `dangling` shows it."""
        with self._call("delete_config", name):
            self.configs.pop(name, None)

    def delete_model(self, name: str) -> None:
        """Delete a model, even one in use."""
        with self._call("delete_model", name):
            self.models.pop(name, None)

    # --- Invoker ----------------------------------------------------------------------------------------------------

    def invoke(self, endpoint: str, body: str, content_type: str, accept: str) -> Reply:
        """Ask an endpoint that serves; the old fleet answers while it is Updating."""
        with self._call("invoke", endpoint, body, content_type, accept):
            found = self._endpoints.get(endpoint)
            if found is None or found.status not in SERVING:
                raise SaidNo(f"Endpoint {endpoint} of account 000000000000 not found.")
            return self.reply(endpoint, body)

    # --- inside -----------------------------------------------------------------------------------------------------

    def _later(self) -> datetime:
        return self.clock.now() + timedelta(seconds=self.seconds)

    def settle_what_is_due(self) -> None:
        """Finish every change whose time has come, at the time it came."""
        for endpoint in list(self._endpoints.values()):
            if endpoint.settles_at is not None and endpoint.settles_at <= self.clock.now():
                self._finish(endpoint, endpoint.settles_at)

    def _finish(self, endpoint: _Endpoint, at: datetime) -> None:
        if endpoint.settles_at is None:
            return
        endpoint.settles_at = None
        if endpoint.status == "Deleting":
            del self._endpoints[endpoint.name]
            return
        endpoint.modified_at = at
        _conclude(endpoint)

    def _described(self, endpoint: _Endpoint) -> EndpointDescription:
        image = self._image(endpoint.config)
        return EndpointDescription(
            name=endpoint.name,
            arn=arn_of("endpoint", endpoint.name),
            status=endpoint.status,
            config=endpoint.config,
            pending_config=endpoint.pending_config,
            failure_reason=endpoint.failure_reason,
            message="Launching 1 instance(s)." if endpoint.status in {"Creating", "Updating"} else "",
            created_at=endpoint.created_at,
            modified_at=endpoint.modified_at,
            instance_count=endpoint.instance_count,
            desired_count=endpoint.instance_count,
            image=image,
            resolved_image=f"{image.rpartition(':')[0]}@sha256:{hashlib.sha256(image.encode()).hexdigest()}",
            data_capture=self.captured.get(endpoint.name),
        )

    def _image(self, config: str) -> str:
        model = self.configs[config].model if config in self.configs else ""
        package = self.packages.get(self.models[model][0]) if model in self.models else None
        return package.image if package else ""

    def _by_arn(self, endpoint_arn: str) -> _Endpoint | None:
        return next((e for e in self._endpoints.values() if arn_of("endpoint", e.name) == endpoint_arn), None)

    def _need_endpoint(self, name: str) -> _Endpoint:
        if name not in self._endpoints:
            raise SaidNo(f'Could not find endpoint "{arn_of("endpoint", name)}".')
        return self._endpoints[name]

    def _need_config(self, name: str) -> None:
        if name not in self.configs:
            raise SaidNo(f'Could not find endpoint configuration "{arn_of("endpoint-config", name)}".')


def _thinned(package: PackageDescription) -> PackageDescription:
    """Leave out what ListModelPackages does not tell."""
    return PackageDescription(
        package.arn, package.group, package.version, package.status, package.approval, created_at=package.created_at
    )


def _accept_existing(endpoint: _Endpoint, config: str) -> None:
    """Take a repeated creation for success if it asks for what is there, refuse it otherwise."""
    if endpoint.status == "Deleting":
        raise Busy(f'Cannot create endpoint "{arn_of("endpoint", endpoint.name)}" while it is Deleting.')
    if config not in {endpoint.config, endpoint.pending_config}:
        raise SaidNo(f'Cannot create already existing endpoint "{arn_of("endpoint", endpoint.name)}".')


def _conclude(endpoint: _Endpoint) -> None:
    """Bring a change to the end that its fate says."""
    pending, endpoint.pending_config = endpoint.pending_config, None
    failed = f"The primary container for production variant {VARIANT} did not pass the ping health check."
    match endpoint.fate:
        case Fate.LIVE:
            endpoint.status, endpoint.config = "InService", pending or endpoint.config
            endpoint.failure_reason = ""
        case Fate.SILENT_ROLLBACK if pending is not None:
            endpoint.status, endpoint.failure_reason = "InService", failed
        case Fate.ROLLBACK_FAILED if pending is not None:
            endpoint.status, endpoint.failure_reason = "UpdateRollbackFailed", failed
        case _:
            endpoint.status, endpoint.failure_reason = "Failed", failed
