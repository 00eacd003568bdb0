"""The services beside SageMaker, reached in the same process: artifacts in S3, roles in IAM, CloudWatch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.cloudwatch.models import cloudwatch_backends
from moto.iam.models import iam_backends
from moto.logs.models import logs_backends
from moto.s3.exceptions import MissingBucket
from moto.s3.models import s3_backends

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.aws.clock import Clock
    from sandbox.aws.invoking import Measurement
    from sandbox.aws.wire import Place, Wire

_PARTITION = "aws"
_NAMESPACE = "AWS/SageMaker"


class Neighbours:
    """One account's other services, in one region.

    Args:
        place: whose buckets, roles, alarms, metrics and logs.
        clock: dates metrics and log lines.
    """

    def __init__(self, place: Place, clock: Clock) -> None:
        self._place = place
        self._clock = clock

    def read_artifact(self, url: str) -> bytes:
        """Return the object an `s3://` URL names, or b"" when there is none."""
        bucket, _, key = url.removeprefix("s3://").partition("/")
        try:
            found = s3_backends[self._place.account][_PARTITION].get_object(bucket, key)
        except MissingBucket:
            return b""
        return bytes(found.value) if found else b""

    def artifact_exists(self, url: str) -> bool:
        """Return whether an `s3://` URL names an object."""
        return bool(self.read_artifact(url))

    def role_exists(self, arn: str) -> bool:
        """Return whether an ARN names a role that SageMaker may assume."""
        roles = iam_backends[self._place.account][_PARTITION].get_roles()
        return any(
            role.arn == arn and "sagemaker.amazonaws.com" in str(role.assume_role_policy_document) for role in roles
        )

    def ringing(self, names: Sequence[str]) -> list[str]:
        """Return those of the named CloudWatch alarms that are in state ALARM."""
        alarms = cloudwatch_backends[self._place.account][self._place.region].alarms
        return [name for name in names if name in alarms and alarms[name].state_value == "ALARM"]

    def measure(self, one: Measurement) -> None:
        """Put one invocation into the metrics of AWS/SageMaker; latency is in microseconds, as AWS's."""
        counts: tuple[tuple[str, float, str], ...] = (
            ("Invocations", 1, "None"),
            ("Invocation4XXErrors", float(one.is_client_error), "None"),
            ("Invocation5XXErrors", float(one.is_server_error), "None"),
            ("ModelLatency", one.microseconds, "Microseconds"),
        )
        dimensions = [
            {"Name": "EndpointName", "Value": one.endpoint},
            {"Name": "VariantName", "Value": one.variant},
        ]
        moment = self._clock.now().replace(tzinfo=None)  # moto compares these with naive times
        data: list[Wire] = [
            {
                "MetricName": name,
                "Value": value,
                "Unit": unit,
                "Dimensions": dimensions,
                "Timestamp": moment,
            }
            for name, value, unit in counts
        ]
        cloudwatch_backends[self._place.account][self._place.region].put_metric_data(_NAMESPACE, data)

    def log(self, group: str, stream: str, text: str) -> None:
        """Write what a container printed into CloudWatch Logs."""
        logs = logs_backends[self._place.account][self._place.region]
        if group not in logs.groups:
            logs.create_log_group(group, {})
        logs.ensure_log_stream(group, stream)
        timestamp = int(self._clock.now().timestamp() * 1000)
        events = [{"timestamp": timestamp, "message": line} for line in text.splitlines() if line]
        if events:
            logs.put_log_events(group, stream, events)
