"""Judges models by their declared smoke suites."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC
from hashlib import sha256
from typing import Protocol, TypeVar

from services import smoke
from services.adapters.archive import kept
from services.adapters.redis_documents import from_text, to_text
from services.ports import (
    Aws,
    Clock,
    NewerDocument,
    PackageDescription,
    PortError,
    Records,
    Regions,
    ReleaseStore,
    SaidNo,
    Unfinished,
)
from services.quality import Constraint, constraints_at, metrics_at
from services.release.model import Evidence, Release, Serving, Stage, Verdict
from services.serving import serving_of

SERVING = frozenset({"InService", "Updating", "SystemUpdating", "RollingBack", "UpdateRollbackFailed"})
"""An endpoint in these statuses answers, with the config that it had."""
PROD_ITSELF = smoke.Missing(Verdict.SKIPPED, "this is prod itself")
NOTEBOOK_SECONDS = 6 * 3600
"""How long an unfinished run can be gone on with; without its notebook it begins anew."""
LIGHT_NOTEBOOK_SECONDS = 300
"""The same of a light run, which takes seconds and comes again every few minutes for as long as a gate waits."""

_T = TypeVar("_T")


class Store(ReleaseStore, Records, Protocol):
    """Where a run's notebook and record are kept."""


class SuiteTester:
    """The SmokeTester of the worker: each model's suite, or the seed's payload where none is declared.

    What a run has seen is kept as a note of the store, under a name that no other run has. `version` is Sluice's own.
    """

    def __init__(
        self, suites: Mapping[str, smoke.SmokeSuite], regions: Regions, clock: Clock, store: Store, version: str
    ) -> None:
        self._suites = suites
        self._regions = regions
        self._clock = clock
        self._store = store
        self._version = version

    def test(self, release: Release, endpoint: str, config: str) -> Evidence | Unfinished:
        """Go on with the model's suite on `endpoint`, beside prod and what training registered of the version.

        Prod itself is asked gently: people use it.
        """
        suite = self._suites.get(release.model, smoke.DEFAULT)
        if stage_of(release, endpoint) is Stage.PROD:
            suite = replace(suite, extent=smoke.Extent.GENTLE)
        return self._go_on(suite, notebook_name(release, endpoint, config, suite), release, (endpoint, config))

    def recheck(self, release: Release, endpoint: str, config: str, run: str) -> Evidence | Unfinished:
        """Go on with what few requests can show of the model's suite."""
        suite = smoke.lightened(self._suites.get(release.model, smoke.DEFAULT))
        return self._go_on(suite, f"light:{release.id}:{config}:{run}:{suite.digest}", release, (endpoint, config))

    def _go_on(
        self, suite: smoke.SmokeSuite, name: str, release: Release, tested: tuple[str, str]
    ) -> Evidence | Unfinished:
        (endpoint, config), aws = tested, self._regions.of(release.deployment)
        notebook = self._kept(name) or self._begun(suite, aws, release, endpoint)
        suite = smoke.completed(suite, notebook.background)
        subject = smoke.Subject(aws.invoker, endpoint, config, notebook.background)
        light = suite.extent is smoke.Extent.LIGHT
        if not smoke.is_finished(suite, notebook):
            notebook = smoke.go_on(suite, subject, notebook, self._clock)
            seconds = LIGHT_NOTEBOOK_SECONDS if light else NOTEBOOK_SECONDS
            self._store.keep_note(name, to_text(notebook), seconds)
        if not smoke.is_finished(suite, notebook):
            return Unfinished(notebook.requests_sent, notebook.seconds)
        if light:
            return smoke.judge(suite, subject, notebook)
        record = smoke.record_of(suite, subject, notebook, self._about(release, endpoint, notebook))
        return kept(record, self._store, aws.objects, release.deployment.evidence_uri)

    def _kept(self, name: str) -> smoke.Notebook | None:
        """Return the notebook of this run, if there is one that we can read."""
        text = self._store.note(name)
        try:
            return from_text(smoke.Notebook, text) if text is not None else None
        except NewerDocument:
            return None

    def _begun(self, suite: smoke.SmokeSuite, aws: Aws, release: Release, endpoint: str) -> smoke.Notebook:
        prod = release.deployment.prod_endpoint
        package = release.package.arn if release.package is not None else None
        known = background_of(suite, aws, PROD_ITSELF if endpoint == prod else prod, package)
        if suite.extent is smoke.Extent.LIGHT:
            return smoke.begin(suite, known, self._clock)  # nobody compares what is served: it was shown before
        live = None if endpoint == prod else served_by(aws, prod)
        return smoke.begin(suite, replace(known, candidate=served_by(aws, endpoint), live=live), self._clock)

    def _about(self, release: Release, endpoint: str, notebook: smoke.Notebook) -> smoke.About:
        return smoke.About(
            name=record_name(release, endpoint, notebook),
            release_id=release.id,
            model=release.model,
            stage=stage_of(release, endpoint).value,
            package_arn=release.package.arn if release.package is not None else "",
            sluice_version=self._version,
        )


def stage_of(release: Release, endpoint: str) -> Stage:
    """Return which of the model's endpoints is tested."""
    return Stage.PROD if endpoint == release.deployment.prod_endpoint else Stage.STAGING


def notebook_name(release: Release, endpoint: str, config: str, suite: smoke.SmokeSuite) -> str:
    """Return the name of a run: a suite that is run again, in a later phase of the same release, is another run.

    So is one of another suite: two workers that do not have the same file would begin each other's run anew for ever.
    """
    since = release.phase_since.isoformat()
    return f"suite:{release.id}:{stage_of(release, endpoint).value}:{config}:{since}:{suite.digest}"


def record_name(release: Release, endpoint: str, notebook: smoke.Notebook) -> str:
    """Return the name of a run's record: `r0000000a.staging.20261123T120000000000Z.5f0c91ab`.

    Its end is of what was seen. A worker that was stopped in a run, and wakes when another one has ended it, saw
    something else: under one name its record would take the place of the one that is decided on.
    """
    since = release.phase_since.astimezone(UTC)
    seen = sha256(to_text(notebook).encode()).hexdigest()[:8]
    return f"{release.id}.{stage_of(release, endpoint).value}.{since:%Y%m%dT%H%M%S%fZ}.{seen}"


def served_by(aws: Aws, endpoint: str) -> Serving | None:
    """Return what an endpoint serves, None if it cannot be told: people see the gap, and the suite runs."""
    try:
        return serving_of(aws, endpoint)
    except PortError:
        return None


def background_of(
    suite: smoke.SmokeSuite, aws: Aws, prod: str | smoke.Missing, package_arn: str | None
) -> smoke.Background:
    """Return what to compare with: prod, and what training registered, where the suite asks for them.

    Constraints are looked up in any case: they come with the package, whatever the suite says.

    Raises:
        Unavailable: AWS tells nothing of prod or the registry now, or S3 does not answer. Nothing has been asked yet,
            so that waiting costs nothing; a verdict without these would cost a release, or be an alarm about prod.
    """
    package = package_of(aws, package_arn)
    return smoke.Background(
        prod=prod_of(aws, prod) if suite.asks_prod and isinstance(prod, str) else prod,
        registry=metrics_of(aws, package) if suite.asks_registry else smoke.NO_PACKAGE,
        golden=golden_of(aws, package, suite.contract) if suite.asks_golden else smoke.NO_PACKAGE,
        constraints=constraints_of(aws, package),
    )


def prod_of(aws: Aws, name: str) -> str | smoke.Missing:
    """Return the prod endpoint if it can be compared with, or why not.

    Raises:
        Unavailable: AWS does not answer now.
    """
    found = _read("prod cannot be described", lambda: aws.hosting.endpoint(name))
    if isinstance(found, smoke.Missing):
        return found
    return name if found is not None and found.status in SERVING else smoke.NO_PROD


def package_of(aws: Aws, arn: str | None) -> PackageDescription | smoke.Missing:
    """Return the package of the version under test, or why it is not known."""
    if arn is None:
        return smoke.NO_PACKAGE
    found = _read("the model package cannot be described", lambda: aws.registry.package(arn))
    return found if found is not None else smoke.Missing(Verdict.ERRORED, "the model package does not exist")


def metrics_of(aws: Aws, package: PackageDescription | smoke.Missing) -> Mapping[str, float] | smoke.Missing:
    """Return what training measured of a package, or why it is not known."""
    if isinstance(package, smoke.Missing):
        return package
    if not package.statistics:
        return smoke.Missing(Verdict.SKIPPED, "the package has no registered metrics")
    return _read("the registered metrics cannot be read", lambda: metrics_at(aws.objects, package.statistics))


def constraints_of(aws: Aws, package: PackageDescription | smoke.Missing) -> tuple[Constraint, ...] | smoke.Missing:
    """Return the bounds that came with a package, none where there is no package, or why they are not known."""
    if isinstance(package, smoke.Missing):
        return () if package == smoke.NO_PACKAGE else package
    if not package.constraints:
        return ()
    return _read("they cannot be read", lambda: constraints_at(aws.objects, package.constraints))


def golden_of(
    aws: Aws, package: PackageDescription | smoke.Missing, contract: smoke.ContractForm
) -> smoke.Table | smoke.Missing:
    """Return the golden records of a package: rows of the contract with the answers of training; or why not."""
    if isinstance(package, smoke.Missing):
        return package
    if not package.golden:
        return smoke.Missing(Verdict.SKIPPED, "the package names no golden records")

    def read() -> smoke.Table:
        data = aws.objects.get(package.golden, smoke.LARGEST_FILE)
        source = smoke.Source(package.golden, lambda _uri, _most: data)
        return smoke.golden_records(source, contract.columns, numbers=not contract.classifies)

    return _read("the golden records cannot be read", read)


def _read(failed: str, read: Callable[[], _T]) -> _T | smoke.Missing:
    try:
        return read()
    except (SaidNo, smoke.SuiteProblem) as error:
        return smoke.Missing(Verdict.ERRORED, f"{failed}: {error}")
