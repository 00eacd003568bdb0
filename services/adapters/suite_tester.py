"""Judges models by their declared smoke suites."""

from collections.abc import Mapping

from services import smoke
from services.ports import Aws, Clock, PortError, Regions
from services.release.model import Evidence, Release, Verdict

SERVING = frozenset({"InService", "Updating", "SystemUpdating", "RollingBack", "UpdateRollbackFailed"})
"""An endpoint in these statuses answers, with the config that it had."""
PROD_ITSELF = smoke.Missing(Verdict.SKIPPED, "this is prod itself")


class SuiteTester:
    """The SmokeTester of the worker: each model's suite, or the seed's payload where none is declared."""

    def __init__(self, suites: Mapping[str, smoke.SmokeSuite], regions: Regions, clock: Clock) -> None:
        self._suites = suites
        self._regions = regions
        self._clock = clock

    def test(self, release: Release, endpoint: str, config: str) -> Evidence:
        """Run the model's suite against `endpoint`, beside prod and what training registered of the version."""
        suite = self._suites.get(release.model, smoke.DEFAULT)
        aws, prod = self._regions.of(release.deployment), release.deployment.prod_endpoint
        package = release.package.arn if release.package is not None else None
        wanted = PROD_ITSELF if endpoint == prod else prod
        return smoke.run(suite, subject_of(suite, aws, (endpoint, config), wanted, package), self._clock)


def subject_of(
    suite: smoke.SmokeSuite, aws: Aws, tested: tuple[str, str], prod: str | smoke.Missing, package_arn: str | None
) -> smoke.Subject:
    """Return what to test: (endpoint, config), beside prod and the registered metrics where the suite asks for them."""
    beside = prod_of(aws, prod) if suite.asks_prod and isinstance(prod, str) else prod
    registered = registered_of(aws, package_arn) if suite.asks_registry else smoke.NO_PACKAGE
    return smoke.Subject(aws.invoker, *tested, beside, registered)


def prod_of(aws: Aws, name: str) -> str | smoke.Missing:
    """Return the prod endpoint if it can be compared with, or why not; raises no port error."""
    try:
        found = aws.hosting.endpoint(name)
    except PortError as error:
        return smoke.Missing(Verdict.ERRORED, f"prod cannot be described: {error}")
    return name if found is not None and found.status in SERVING else smoke.NO_PROD


def registered_of(aws: Aws, package_arn: str | None) -> Mapping[str, float] | smoke.Missing:
    """Return what training registered of a package, or why it is not known; raises no port error."""
    if package_arn is None:
        return smoke.NO_PACKAGE
    try:
        found = aws.registry.quality(package_arn)
    except PortError as error:
        return smoke.Missing(Verdict.ERRORED, f"the registered metrics cannot be read: {error}")
    return found if found is not None else smoke.Missing(Verdict.SKIPPED, "the package has no registered metrics")
