"""Settings become ports, ports become use cases and runner; the only place that constructs adapters.

What only the worker needs is imported in the worker's functions: the bot must start fast and stay small.
"""

import functools
import importlib.metadata
import importlib.util
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import structlog
from slack_sdk import WebClient

from bot.catalog.reading import read_catalog
from bot.catalog.seed import seed_catalog
from bot.settings import (
    DEFAULT_REGION,
    Misconfigured,
    Settings,
    add_to_environment,
    aws_place,
    named_catalog,
    read_settings,
    seed_variables,
)
from handlers.directory import SlackDirectory
from handlers.exhibits import Exhibits
from handlers.outbound import SlackAnnouncer, Supplies
from handlers.report.archive import ReportArchive
from handlers.report.reports import Reports
from services import smoke
from services.adapters.redis_connection import connect
from services.adapters.redis_store import RedisStore
from services.adapters.system_clock import RandomIds, SystemClock
from services.ports import Objects, Pace, Ports, Records, Regions
from services.release.catalog import Catalog
from services.releases import Releases
from services.requests import answer_url

_CALL_SECONDS = 10
"""How long one call to Slack may take; while Slack is away, a thread of the worker waits for it every few seconds."""
_NO_ADDRESS = (
    "is no address of a Redis, as redis://:password@host:6379/0 or redis+sentinel://host:26379,host:26379/service/0; "
    "what of a password is neither letter nor digit has to be percent-encoded"
)
_WHO_SECONDS = 1
"""How long Slack is asked who somebody is: a click waits for it, and Slack waits three seconds for its ack."""

log = structlog.get_logger()

T = TypeVar("T")


def configuration(*, with_suites: bool) -> tuple[Settings, Catalog, dict[str, smoke.SmokeSuite]]:
    """Read settings, catalog and, where they are needed, the suites (model -> suite, else empty).

    Raises:
        Misconfigured: with everything that is wrong in any of them, so that a person mends it all at once.
    """
    problems: list[str] = []
    settings = _attempt(read_settings, problems)
    region = settings.aws_region if settings is not None else DEFAULT_REGION
    catalog = _attempt(lambda: catalog_of(named_catalog(), region), problems)
    needed = catalog if catalog is not None and with_suites else {}
    suites = _attempt(lambda: suites_of(needed), problems)
    if settings is None or catalog is None or suites is None:
        raise Misconfigured(problems)
    return settings, catalog, suites


def _attempt(read: Callable[[], T], problems: list[str]) -> T | None:
    try:
        return read()
    except Misconfigured as error:
        problems += error.problems
        return None


def catalog_of(path: Path | None, region: str) -> Catalog:
    """Read the catalog file, or take the serving contract's variables where there is none.

    Raises:
        Misconfigured
    """
    return read_catalog(path) if path is not None else seed_catalog(seed_variables(), region)


def suites_of(catalog: Catalog) -> dict[str, smoke.SmokeSuite]:
    """Load every suite that the catalog names.

    Raises:
        Misconfigured: with every problem of every suite.
    """
    suites, problems = {}, []
    for name, entry in catalog.items():
        if not entry.suite:
            continue
        try:
            suites[name] = smoke.load(entry.suite, objects_in(entry.deployment.region, entry.deployment.roles.staging))
        except smoke.SuiteProblem as problem:
            problems.append(f"models.{name}.suite: {problem}")
    if problems:
        raise Misconfigured(problems)
    return suites


def objects_in(region: str, role_arn: str = "") -> smoke.Fetch:
    """Return what fetches objects of S3; AWS is connected to when the first is asked for, as most suites are files."""

    @functools.cache
    def connected() -> Objects:
        from services.adapters.sagemaker_boto3 import AwsRegions

        profile, _ = aws_place()
        return AwsRegions(profile).in_region(region, role_arn).objects

    return lambda uri, most: connected().get(uri, most)


def store_of(settings: Settings, timeout: float) -> RedisStore:
    """Return the store, each try of which takes at most `timeout` seconds, after making sure that it can keep promises.

    Raises:
        Misconfigured: it does not answer, or would throw away what it was given.
    """
    store = store_at(settings.redis_url.get_secret_value(), timeout)
    problems = store.check_ready()
    if problems:
        raise Misconfigured([f"REDIS_URL: {problem}" for problem in problems])
    for warning in store.warnings():
        log.warning("store", detail=warning)
    return store


def store_at(address: str, timeout: float) -> RedisStore:
    """Return the store at an address, whatever its state.

    Raises:
        Misconfigured: the address has no form that we know.
    """
    try:
        return RedisStore(connect(address, timeout))
    except ValueError:  # its words hold what could not be read, which may be a part of the password
        raise Misconfigured([f"REDIS_URL: {_NO_ADDRESS}"]) from None


def client_of(settings: Settings, timeout: int = _CALL_SECONDS) -> WebClient:
    """Return the Slack client, each call of which waits at most `timeout` seconds."""
    token = settings.slack_bot_token.get_secret_value()
    return WebClient(token=token, base_url=settings.slack_api_url, timeout=timeout)


def releases_of(settings: Settings, catalog: Catalog, store: RedisStore) -> Releases:
    """Return the use cases, for the bot."""
    directory = SlackDirectory(client_of(settings, _WHO_SECONDS))
    return Releases(catalog, store, directory, SystemClock(), RandomIds())


def ports_of(settings: Settings, catalog: Catalog, suites: Mapping[str, smoke.SmokeSuite], store: RedisStore) -> Ports:
    """Return all ports, for the worker.

    Raises:
        Misconfigured: the SDK that was asked for is not installed.
    """
    from services.adapters.suite_tester import SuiteTester

    clock, regions, exhibits = SystemClock(), regions_of(settings), exhibits_of(store)
    reports = reports_of(store, exhibits)
    supplies = Supplies(exhibits, reports, functools.partial(answer_url, store))
    return Ports(
        regions=regions,
        store=store,
        records=store,
        announcer=SlackAnnouncer(client_of(settings), clock, catalog, supplies),
        tester=SuiteTester(suites, regions, clock, store, sluice_version()),
        clock=clock,
        ids=RandomIds(),
        pace=Pace(poll=settings.sluice_poll_seconds),
        archive=ReportArchive(reports, regions),
    )


def sluice_version() -> str:
    """Return the installed version, as it stands in the records of evidence."""
    try:
        return importlib.metadata.version("sluice-release")
    except importlib.metadata.PackageNotFoundError:
        return "from source"


def exhibits_of(records: Records) -> Exhibits:
    """Return what makes pictures and files of evidence; it draws, so it is the worker's."""
    from handlers import picture
    from services.adapters.redis_documents import record_from

    return Exhibits(records, record_from, picture.draw, picture.alt_text)


def reports_of(store: RedisStore, exhibits: Exhibits) -> Reports:
    """Return what makes the report of a release."""
    return Reports(store, store, exhibits, SystemClock(), sluice_version())


def regions_of(settings: Settings) -> Regions:
    """Return the SageMaker ports: through the SDK v3 where it is installed or demanded, else through boto3.

    Raises:
        Misconfigured: the SDK is demanded and not installed.
    """
    from services.adapters.sagemaker_boto3 import AwsRegions

    installed = importlib.util.find_spec("sagemaker") is not None
    if settings.sluice_sdk == "sagemaker" and not installed:
        raise Misconfigured(["SLUICE_SDK: the SageMaker SDK is not installed; pip install 'sluice-release[worker]'"])
    if settings.sluice_sdk == "boto3" or not installed:
        return AwsRegions(settings.aws_profile)
    from services.adapters.sdk_configuration import quiet_sdk

    add_to_environment(quiet_sdk())
    from services.adapters.sagemaker_sdk import SdkRegions

    return SdkRegions(settings.aws_profile)
