"""The life of one endpoint: a state machine over time and health. No processes, no HTTP, no moto.

Nothing happens in the background. Whoever reads or changes an endpoint first calls `settle`, which moves it to where it
stands by now. Source of statuses and stages: DescribeEndpoint and PendingDeploymentSummary in the API reference.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from sandbox.aws.clock import Clock, Pace
from sandbox.aws.variants import Variant
from sandbox.aws.wire import Wire, refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

_NO_PING = (
    "The primary container for production variant {variant} did not pass the ping health check. "
    "Please check CloudWatch logs for this endpoint."
)

_NO_CAPACITY = (
    "Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity error. Please retry using "
    "a different ML instance type or after some time."
)
_UPDATE_FAULTS = frozenset({"update_fails", "update_fails_silently", "rollback_fails"})


class Status(StrEnum):
    """EndpointStatus, as far as the sandbox shows it."""

    CREATING = "Creating"
    UPDATING = "Updating"
    IN_SERVICE = "InService"
    FAILED = "Failed"
    DELETING = "Deleting"
    UPDATE_ROLLBACK_FAILED = "UpdateRollbackFailed"
    SYSTEM_UPDATING = "SystemUpdating"


IN_PROGRESS = frozenset({Status.CREATING, Status.UPDATING, Status.DELETING, Status.SYSTEM_UPDATING})


class Health(StrEnum):
    """What a fleet's containers say together."""

    STARTING = "starting"
    READY = "ready"
    DEAD = "dead"


class Fleet(Protocol):
    """The running containers of one deployed configuration."""

    def health(self) -> Health:
        """Return at once how the containers are."""

    def failure(self) -> str:
        """Return why a dead fleet died, or "" when it does not say."""

    def stop(self) -> None:
        """End the containers."""


class Alarms(Protocol):
    """CloudWatch, as far as deployment guardrails look at it."""

    def ringing(self, names: Sequence[str]) -> list[str]:
        """Return those of the named alarms that are in state ALARM."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an endpoint's life depends on besides itself."""

    clock: Clock
    pace: Pace
    alarms: Alarms


@dataclass(slots=True)
class Deployment:
    """One configuration on its way to, or at, serving an endpoint.

    Attributes:
        config_name: the EndpointConfig it came from.
        variants: its variants with their weights and instance counts.
        fleet: its containers.
        data_capture: its DataCaptureConfig, if any.
        faults: what its model packages ask to go wrong in an update.
        policy: the DeploymentConfig of the update that brought it.
    """

    config_name: str
    variants: list[Variant]
    fleet: Fleet
    data_capture: Wire | None = None
    faults: frozenset[str] = frozenset()
    policy: Wire | None = None

    @property
    def termination_wait(self) -> int:
        """Seconds to bake before the old fleet ends, by AWS's clock."""
        return int((self.policy or {}).get("BlueGreenUpdatePolicy", {}).get("TerminationWaitInSeconds", 0))

    @property
    def alarm_names(self) -> list[str]:
        """The alarms that roll the update back."""
        alarms = (self.policy or {}).get("AutoRollbackConfiguration", {}).get("Alarms", [])
        return [alarm["AlarmName"] for alarm in alarms]


@dataclass(slots=True)
class Endpoint:
    """One endpoint.

    Attributes:
        live: what it serves, or tries to serve for the first time.
        pending: the update on its way.
        resized: the instance counts and weights on their way (UpdateEndpointWeightsAndCapacities).
        since: monotonic seconds at which the current transition began.
    """

    name: str
    arn: str
    live: Deployment
    around: Surroundings
    status: Status = Status.CREATING
    failure_reason: str = ""
    pending: Deployment | None = None
    resized: list[Variant] | None = None
    last_policy: Wire | None = None
    gone: bool = False
    since: float = field(init=False)
    started: datetime = field(init=False)
    created: datetime = field(init=False)
    modified: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.created = self.around.clock.now()
        self._begin(Status.CREATING)

    def settle(self) -> None:
        """Move on to where the endpoint stands by now."""
        match self.status:
            case Status.CREATING:
                self._settle_creation()
            case Status.UPDATING if self.pending:
                self._settle_update(self.pending)
            case Status.UPDATING if self.resized and self._elapsed() >= self.around.pace.scale:
                self.live.variants, self.resized = self.resized, None
                self._end(Status.IN_SERVICE)
            case Status.SYSTEM_UPDATING if self._elapsed() >= self.around.pace.scale:
                self._end(Status.IN_SERVICE)
            case Status.DELETING if self._elapsed() >= self.around.pace.scale:
                self.gone = True
            case _:
                pass

    def update(self, deployment: Deployment) -> None:
        """Begin an update; traffic stays with the live fleet until the new one is activated.

        Raises:
            AwsError: ValidationException, a transition is under way or the endpoint has failed.
        """
        self.check_settled()
        self.failure_reason = ""
        self.pending = deployment
        self.last_policy = deployment.policy
        self._begin(Status.UPDATING)

    def resize(self, variants: list[Variant]) -> None:
        """Begin a change of weights and instance counts.

        Raises:
            AwsError: ValidationException, a transition is under way or the endpoint has failed.
        """
        self.check_settled()
        self.resized = variants
        self._begin(Status.UPDATING)

    def maintain(self) -> None:
        """Begin what AWS does to an endpoint by itself; it serves meanwhile, and takes no change.

        Raises:
            AwsError: ValidationException, a transition is under way or the endpoint has failed.
        """
        self.check_settled()
        self._begin(Status.SYSTEM_UPDATING)

    def delete(self) -> None:
        """Begin the end; the containers stop at once.

        Raises:
            AwsError: ValidationException, a transition is under way.
        """
        self._check_idle()
        self.stop()
        self._begin(Status.DELETING)

    def stop(self) -> None:
        """End every container of the endpoint."""
        self.live.fleet.stop()
        if self.pending:
            self.pending.fleet.stop()

    def check_settled(self) -> None:
        """Refuse a change in the middle of another, and any change but deletion of a failed endpoint.

        Raises:
            AwsError: ValidationException.
        """
        self._check_idle()
        if self.status is Status.FAILED:
            raise refusal(f'Cannot update endpoint "{self.arn}" in Failed status. Delete it and create it again.')

    def _check_idle(self) -> None:
        if self.status in IN_PROGRESS:
            raise refusal(f'Cannot update in-progress endpoint "{self.arn}".')

    def serving(self) -> Deployment | None:
        """Return what traffic meets now: nothing, the live deployment, or in a bake already the new one."""
        if self.status in {Status.CREATING, Status.FAILED, Status.DELETING}:
            return None
        return self.pending if self.pending and self._stage() == "Baking" else self.live

    def stages(self) -> Wire | None:
        """Return PendingDeploymentSummary, or None when no update is under way."""
        if self.pending is None:
            return None
        status, message = self._stage(), self._stage_message(self.pending)
        stage = {"Status": status, "StatusMessage": message, "StartTime": self.started}
        return {
            "EndpointConfigName": self.pending.config_name,
            "StartTime": self.started,
            "ProductionVariants": [
                {**variant.summary(), "VariantStatus": [stage]} for variant in self.pending.variants
            ],
        }

    def _settle_creation(self) -> None:
        failure = self._failure_of(self.live)
        if failure is not None:
            self.failure_reason = failure
            self.live.fleet.stop()
            self._end(Status.FAILED)
        elif self._elapsed() >= self.around.pace.scale and self.live.fleet.health() is Health.READY:
            self._end(Status.IN_SERVICE)

    def _settle_update(self, pending: Deployment) -> None:
        failure = self._failure_of(pending)
        if failure is None and pending.faults & _UPDATE_FAULTS and self._launched():
            failure = _NO_PING.format(variant=pending.variants[0].name)
        if failure is None and self._launched():
            failure = self._alarmed(pending)
        if failure is not None:
            self._roll_back(pending, failure)
        elif self._elapsed() >= self._duration(pending) and pending.fleet.health() is Health.READY:
            self._promote(pending)

    def _failure_of(self, deployment: Deployment) -> str | None:
        if "no_capacity" in deployment.faults and self._launched():
            return _NO_CAPACITY
        health = deployment.fleet.health()
        overdue = health is Health.STARTING and self._elapsed() > self.around.pace.ping_limit
        if health is not Health.DEAD and not overdue:
            return None
        return deployment.fleet.failure() or _NO_PING.format(variant=deployment.variants[0].name)

    def _alarmed(self, pending: Deployment) -> str | None:
        ringing = self.around.alarms.ringing(pending.alarm_names) if pending.alarm_names else []
        if not ringing:
            return None
        return f"One or more alarms went into ALARM state during the deployment: [{', '.join(ringing)}]."

    def _promote(self, pending: Deployment) -> None:
        self.live.fleet.stop()
        self.live, self.pending = pending, None
        self._end(Status.IN_SERVICE)

    def _roll_back(self, pending: Deployment, reason: str) -> None:
        pending.fleet.stop()
        self.pending = None
        self.failure_reason = "" if "update_fails_silently" in pending.faults else reason
        failed = "rollback_fails" in pending.faults
        self._end(Status.UPDATE_ROLLBACK_FAILED if failed else Status.IN_SERVICE)

    def _stage(self) -> str:
        elapsed = self._elapsed()
        if elapsed < self.around.pace.launch or not self._pending_ready():
            return "Creating"
        return "ActivatingTraffic" if elapsed < self.around.pace.scale or not self._bakes() else "Baking"

    def _stage_message(self, pending: Deployment) -> str:
        instances = sum(variant.instances for variant in pending.variants)
        wait = pending.termination_wait
        return {
            "Creating": f"Launching {instances} instance(s).",
            "ActivatingTraffic": "Activating traffic on 100 percent of the new fleet.",
            "Baking": f"Baking for {wait} seconds (TerminationWaitInSeconds) before terminating the old fleet.",
        }[self._stage()]

    def _pending_ready(self) -> bool:
        return self.pending is not None and self.pending.fleet.health() is Health.READY

    def _bakes(self) -> bool:
        return self.pending is not None and self.pending.termination_wait > 0

    def _duration(self, pending: Deployment) -> float:
        return self.around.pace.scale + self.around.pace.bake(pending.termination_wait)

    def _launched(self) -> bool:
        return self._elapsed() >= self.around.pace.launch

    def _elapsed(self) -> float:
        return self.around.clock.monotonic() - self.since

    def _begin(self, status: Status) -> None:
        self.since = self.around.clock.monotonic()
        self.started = self.around.clock.now()
        self._end(status)

    def _end(self, status: Status) -> None:
        self.status = status
        self.modified = self.around.clock.now()
