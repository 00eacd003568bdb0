"""Judges models by their declared smoke suites."""

from collections.abc import Mapping

from services import smoke
from services.ports import Clock, Regions
from services.release.model import Evidence, Release


class SuiteTester:
    """The SmokeTester of the worker: each model's suite, or the seed's payload where none is declared."""

    def __init__(self, suites: Mapping[str, smoke.SmokeSuite], regions: Regions, clock: Clock) -> None:
        self._suites = suites
        self._regions = regions
        self._clock = clock

    def test(self, release: Release, endpoint: str, config: str) -> Evidence:
        """Run the model's suite against `endpoint`."""
        suite = self._suites.get(release.model, smoke.DEFAULT)
        invoker = self._regions.of(release.deployment).invoker
        return smoke.run(suite, invoker, endpoint, config, self._clock)
