"""Ties the local SageMaker to moto, which keeps one backend per account and region."""

from __future__ import annotations

import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from moto.sagemaker import urls as sagemaker_urls
from moto.sagemaker.models import SageMakerModelBackend

from sandbox.aws.clock import Clock, Pace, SystemClock
from sandbox.aws.definitions import EndpointConfigs, Models
from sandbox.aws.endpoints import Surroundings
from sandbox.aws.hosting import Hosting
from sandbox.aws.invoking import Traffic
from sandbox.aws.launching import ProcessLauncher
from sandbox.aws.neighbours import Neighbours
from sandbox.aws.registry import Registry
from sandbox.aws.tags import Tags
from sandbox.aws.wire import Place

if TYPE_CHECKING:
    from types import ModuleType


@dataclass(slots=True)
class Setting:
    """What one run of the sandbox is set to.

    Attributes:
        clock: moves transitions on.
        pace: how long they last.
        folder: where models are unpacked and logs are written.
        launcher: starts what an endpoint configuration describes.
    """

    clock: Clock = field(default_factory=SystemClock)
    pace: Pace = field(default_factory=Pace)
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="sandbox-aws-")))
    launcher: type[ProcessLauncher] = ProcessLauncher


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
        beside = Neighbours(place, clock)
        self.lock = threading.RLock()
        self.registry = Registry(place, clock, beside.artifact_exists)
        self.models = Models(place, clock, self.registry, beside.role_exists)
        self.configs = EndpointConfigs(place, clock, self.models)
        launcher = self.setting.launcher(clock, self.models, beside, self._own_folder())
        self.hosting = Hosting(place, Surroundings(clock, self.setting.pace, beside), self.configs, launcher)
        self.traffic = Traffic(place, beside.measure)
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
