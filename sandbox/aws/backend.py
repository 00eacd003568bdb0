"""Ties the local SageMaker to moto: its backends by account and region, and the S3, IAM and CloudWatch beside it."""

from __future__ import annotations

import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from moto.cloudwatch.models import cloudwatch_backends
from moto.iam.models import iam_backends
from moto.s3.exceptions import MissingBucket
from moto.s3.models import s3_backends
from moto.sagemaker import urls as sagemaker_urls
from moto.sagemaker.models import SageMakerModelBackend

from sandbox.aws.clock import Clock, Pace, SystemClock
from sandbox.aws.definitions import EndpointConfigs, Models
from sandbox.aws.endpoints import Surroundings
from sandbox.aws.hosting import Hosting
from sandbox.aws.invoking import Traffic
from sandbox.aws.launching import ProcessLauncher
from sandbox.aws.registry import Registry
from sandbox.aws.tags import Tags
from sandbox.aws.wire import Place

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

_PARTITION = "aws"


@dataclass(slots=True)
class Setting:
    """What one run of the sandbox is set to.

    Attributes:
        clock: moves transitions on.
        pace: how long they last.
        folder: where models are unpacked and logs are written.
    """

    clock: Clock = field(default_factory=SystemClock)
    pace: Pace = field(default_factory=Pace)
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="sandbox-aws-")))


class MotoNeighbours:
    """The services beside SageMaker, read in the same process.

    Args:
        place: whose buckets, roles and alarms.
    """

    def __init__(self, place: Place) -> None:
        self._place = place

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


class LocalSageMakerBackend(SageMakerModelBackend):
    """moto's backend with a registry, definitions, endpoints and tags of our own.

    moto makes one per account and region, and its reset makes them anew. Calls hold `lock`; invocations hold it only
    until they know which container answers.
    """

    setting: ClassVar[Setting]
    born: ClassVar[list[LocalSageMakerBackend]] = []

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        place = Place(account_id, region_name)
        clock = self.setting.clock
        beside = MotoNeighbours(place)
        self.lock = threading.RLock()
        self.registry = Registry(place, clock, beside.artifact_exists)
        self.models = Models(place, clock, self.registry, beside.role_exists)
        self.configs = EndpointConfigs(place, clock, self.models)
        launcher = ProcessLauncher(clock, self.models, beside.read_artifact, self._own_folder())
        self.hosting = Hosting(place, Surroundings(clock, self.setting.pace, beside), self.configs, launcher)
        self.traffic = Traffic(place)
        self.local_tags = Tags(self.knows)
        self.born.append(self)

    @property
    def _url_module(self) -> ModuleType:
        # moto derives this from the name of the backend's own module.
        module: ModuleType = sagemaker_urls
        return module

    def knows(self, arn: str) -> bool:
        """Return whether `arn` names a resource of ours."""
        return any(part.knows(arn) for part in (self.registry, self.models, self.configs, self.hosting))

    def reset(self) -> None:
        """End every container and forget everything."""
        self.close()
        super().reset()

    def close(self) -> None:
        """End every container."""
        with self.lock:
            self.hosting.close()

    def _own_folder(self) -> Path:
        self.setting.folder.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f"{self.region_name}-", dir=self.setting.folder))
