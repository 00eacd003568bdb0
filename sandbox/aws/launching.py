"""From an endpoint configuration to running containers: model, package, artifact in S3, process."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from typing_extensions import override

from sandbox.aws.endpoints import Deployment, Health
from sandbox.aws.faults import Faults, read_faults
from sandbox.aws.processes import Artifact, Container, ProcessFleet
from sandbox.aws.variants import Image, Variant, digest_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sandbox.aws.clock import Clock
    from sandbox.aws.definitions import Models
    from sandbox.aws.endpoints import Fleet
    from sandbox.aws.wire import Wire

_NO_IMAGE = "sandbox/unnamed-image:latest"


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a container runs: a variant of an endpoint, in the n-th launch."""

    endpoint: str
    variant: str
    number: int

    @property
    def log_group(self) -> str:
        """The CloudWatch log group, as AWS names it."""
        return f"/aws/sagemaker/Endpoints/{self.endpoint}"

    @property
    def stream(self) -> str:
        """The log stream: variant and instance."""
        return f"{self.variant}/i-{self.number:017x}"


class Storage(Protocol):
    """Where artifacts come from and logs go to."""

    def read_artifact(self, url: str) -> bytes:
        """Return the object an `s3://` URL names, or b"" when there is none."""

    def log(self, group: str, stream: str, text: str) -> None:
        """Keep what a container printed."""


class ProcessLauncher:
    """Starts one process per variant, whatever its instance count.

    Args:
        clock: says when an image was resolved.
        models: what the variants name.
        storage: gives artifacts and takes logs.
        folder: where models are unpacked and logs are written.
    """

    def __init__(self, clock: Clock, models: Models, storage: Storage, folder: Path) -> None:
        self._clock = clock
        self._models = models
        self._storage = storage
        self._folder = folder
        self._count = itertools.count(1)

    def launch(self, endpoint_name: str, config: Wire) -> Deployment:
        """Start the containers of `config` and return the deployment, without waiting for them.

        Raises:
            AwsError: ValidationException, a model or its package is gone.
        """
        found = [(one, self._models.container(one["ModelName"])) for one in config["ProductionVariants"]]
        faults = [read_faults(container.get("CustomerMetadataProperties")) for _, container in found]
        return Deployment(
            config_name=config["EndpointConfigName"],
            variants=[self._variant(variant, container) for variant, container in found],
            fleet=self._fleet(endpoint_name, found, faults),
            data_capture=config.get("DataCaptureConfig"),
            faults=frozenset(flag for fault in faults for flag in fault.flags),
        )

    def _fleet(self, endpoint_name: str, found: Sequence[tuple[Wire, Wire]], faults: Sequence[Faults]) -> Fleet:
        number = next(self._count)
        return ProcessFleet(
            {
                variant["VariantName"]: self._start(
                    Slot(endpoint_name, variant["VariantName"], number), container, fault
                )
                for (variant, container), fault in zip(found, faults, strict=True)
            }
        )

    def _start(self, slot: Slot, container: Wire, faults: Faults) -> Container:
        folder = self._folder / slot.endpoint / str(slot.number) / slot.variant
        folder.mkdir(parents=True)
        url = container.get("ModelDataUrl", "")
        artifact = Artifact(url, self._storage.read_artifact(url))
        return Container(artifact, folder, faults.arguments(), partial(self._storage.log, slot.log_group, slot.stream))

    def _variant(self, variant: Wire, container: Wire) -> Variant:
        specified = container.get("Image", _NO_IMAGE)
        digest = container.get("ImageDigest") or digest_of(specified)
        return Variant(
            name=variant["VariantName"],
            weight=float(variant["InitialVariantWeight"]),
            instances=int(variant["InitialInstanceCount"]),
            image=Image(specified, digest, self._clock.now()),
        )


class ReadyFleet:
    """Containers that nobody asks anything: ready at once."""

    def health(self) -> Health:
        """Return READY."""
        return Health.READY

    def failure(self) -> str:
        """Return nothing: it does not die."""
        return ""

    def stop(self) -> None:
        """End nothing."""


class EmptyLauncher(ProcessLauncher):
    """Starts nothing: for tests of what happens to endpoints, on a clock that no process keeps up with."""

    @override
    def _fleet(self, endpoint_name: str, found: Sequence[tuple[Wire, Wire]], faults: Sequence[Faults]) -> Fleet:
        return ReadyFleet()
