"""From an endpoint configuration to running containers: model, package, artifact in S3, process."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from sandbox.aws.endpoints import Deployment
from sandbox.aws.faults import Faults, read_faults
from sandbox.aws.processes import Container, ProcessFleet
from sandbox.aws.variants import Image, Variant, digest_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sandbox.aws.clock import Clock
    from sandbox.aws.definitions import Models
    from sandbox.aws.wire import Wire

_NO_IMAGE = "sandbox/unnamed-image:latest"


class ProcessLauncher:
    """Starts one process per variant, whatever its instance count.

    Args:
        clock: says when an image was resolved.
        models: what the variants name.
        read_artifact: returns the bytes of an `s3://` URL, or b"" when there is no such object.
        folder: where models are unpacked and logs are written.
    """

    def __init__(self, clock: Clock, models: Models, read_artifact: Callable[[str], bytes], folder: Path) -> None:
        self._clock = clock
        self._models = models
        self._read_artifact = read_artifact
        self._folder = folder
        self._count = itertools.count(1)

    def launch(self, endpoint_name: str, config: Wire) -> Deployment:
        """Start the containers of `config` and return the deployment, without waiting for them.

        Raises:
            AwsError: ValidationException, a model or its package is gone.
        """
        found = [(one, self._models.container(one["ModelName"])) for one in config["ProductionVariants"]]
        faults = [read_faults(container.get("CustomerMetadataProperties")) for _, container in found]
        number = next(self._count)
        containers = {
            variant["VariantName"]: self._start(f"{endpoint_name}/{number}", variant, container, fault)
            for (variant, container), fault in zip(found, faults, strict=True)
        }
        return Deployment(
            config_name=config["EndpointConfigName"],
            variants=[self._variant(variant, container) for variant, container in found],
            fleet=ProcessFleet(containers),
            data_capture=config.get("DataCaptureConfig"),
            faults=frozenset(flag for fault in faults for flag in fault.flags),
        )

    def _start(self, place: str, variant: Wire, container: Wire, faults: Faults) -> Container:
        folder = self._folder / place / variant["VariantName"]
        folder.mkdir(parents=True)
        url = container.get("ModelDataUrl", "")
        return Container(self._read_artifact(url), folder, faults.arguments(), source=url)

    def _variant(self, variant: Wire, container: Wire) -> Variant:
        specified = container.get("Image", _NO_IMAGE)
        digest = container.get("ImageDigest") or digest_of(specified)
        return Variant(
            name=variant["VariantName"],
            weight=float(variant["InitialVariantWeight"]),
            instances=int(variant["InitialInstanceCount"]),
            image=Image(specified, digest, self._clock.now()),
        )
