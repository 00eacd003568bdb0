"""A production variant of a deployed endpoint: weight, instances and the image that runs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sandbox.aws.wire import Wire


@dataclass(frozen=True, slots=True)
class Image:
    """A container image as it was asked for, and as it was found."""

    specified: str
    digest: str
    resolved_at: datetime

    def describe(self) -> Wire:
        """Return one entry of DeployedImages."""
        repository = self.specified.rsplit(":", 1)[0]
        return {
            "SpecifiedImage": self.specified,
            "ResolvedImage": f"{repository}@{self.digest}",
            "ResolutionTime": self.resolved_at,
        }


def digest_of(image: str) -> str:
    """Return a stand-in for an image's digest: the sandbox pulls no images."""
    return f"sha256:{hashlib.sha256(image.encode()).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Variant:
    """One variant. `weight` is its share of the traffic, relative to the other variants' weights."""

    name: str
    weight: float
    instances: int
    image: Image

    def summary(self) -> Wire:
        """Return the variant as DescribeEndpoint's ProductionVariants shows it when nothing is changing."""
        return {
            "VariantName": self.name,
            "DeployedImages": [self.image.describe()],
            "CurrentWeight": self.weight,
            "DesiredWeight": self.weight,
            "CurrentInstanceCount": self.instances,
            "DesiredInstanceCount": self.instances,
        }

    def desiring(self, wanted: Variant) -> Wire:
        """Return the summary while the variant is on its way to `wanted`."""
        desired = {"DesiredWeight": wanted.weight, "DesiredInstanceCount": wanted.instances}
        return {**self.summary(), **desired}


def retain(new: Sequence[Variant], live: Sequence[Variant], excluded: Collection[str]) -> list[Variant]:
    """Give new variants the weight and instances of live ones of the same name (RetainAllVariantProperties).

    Args:
        new: variants as the new EndpointConfig says.
        live: variants as they run.
        excluded: ExcludeRetainedVariantProperties, of DesiredInstanceCount, DesiredWeight.
    """
    running = {variant.name: variant for variant in live}
    return [_keep(variant, running[variant.name], excluded) if variant.name in running else variant for variant in new]


def _keep(new: Variant, live: Variant, excluded: Collection[str]) -> Variant:
    return replace(
        new,
        weight=new.weight if "DesiredWeight" in excluded else live.weight,
        instances=new.instances if "DesiredInstanceCount" in excluded else live.instances,
    )
