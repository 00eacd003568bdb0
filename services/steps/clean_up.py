"""Delete what an ended release no longer needs, and nothing that anything still refers to."""

from dataclasses import dataclass
from datetime import datetime

from services.ports import EndpointDescription, Hosting, Ports, ReleaseStore
from services.release import events as e
from services.release.model import Cleanup, Release, RollbackPointer, Stage
from services.release.naming import config_name, is_ours, model_name, model_of
from services.steps.plan import DeleteConfig, DeleteEndpoint, DeleteModel, Do, Plan, Record, Step, Wait
from services.steps.standing import Standing, standing


@dataclass(frozen=True, slots=True)
class CleanupSight:
    """What exists of the things that the release could leave behind, and what is still referred to.

    Of a config with a name of ours the name tells the model. One that somebody made by hand may be on a model of ours.
    """

    staging: EndpointDescription | None
    kept_configs: frozenset[str]
    kept_models: frozenset[str]
    existing: frozenset[str]
    staging_wanted: bool


def look(release: Release, ports: Ports) -> CleanupSight:
    """Look at both endpoints, the pointers and the releases under way; then at what is left of this one."""
    hosting = ports.regions.of(release.deployment).hosting
    staging = hosting.endpoint(release.deployment.staging_endpoint)
    prod = hosting.endpoint(release.deployment.prod_endpoint)
    others = [other for other in ports.store.in_progress() if other.id != release.id]
    kept = _serving(staging) | _serving(prod) | _pointed(release, ports.store) | _under_way(others)
    return CleanupSight(
        staging=staging,
        kept_configs=kept,
        kept_models=_models_of(kept, hosting),
        existing=_existing(release, hosting),
        staging_wanted=any(_uses_staging(other, release) for other in others),
    )


def _serving(endpoint: EndpointDescription | None) -> frozenset[str]:
    if endpoint is None:
        return frozenset()
    return frozenset(name for name in (endpoint.config, endpoint.pending_config) if name is not None)


def _pointed(release: Release, store: ReleaseStore) -> frozenset[str]:
    pointers: list[RollbackPointer] = list(store.pointers(release.deployment.prod_endpoint))
    if release.pointer is not None:
        pointers.append(release.pointer)
    names = {name for pointer in pointers for name in (pointer.previous_config, pointer.new_config)}
    return frozenset(name for name in names if name is not None)


def _models_of(configs: frozenset[str], hosting: Hosting) -> frozenset[str]:
    foreign = (hosting.config(name) for name in configs if not is_ours(name))
    ours = (model_of(name) for name in configs if is_ours(name))
    return frozenset([*ours, *(config.model for config in foreign if config is not None)])


def _under_way(others: list[Release]) -> frozenset[str]:
    named = (other for other in others if other.package is not None or other.target_config is not None)
    return frozenset(config_name(other, stage) for other in named for stage in Stage)


def _uses_staging(other: Release, release: Release) -> bool:
    return other.target_config is None and other.deployment.staging_endpoint == release.deployment.staging_endpoint


def _candidates(release: Release) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the configs and the models that this release made or replaced on staging; only names that are ours."""
    if release.package is None or release.target_config is not None:
        return (), ()
    configs = [config_name(release, stage) for stage in Stage]
    intended = release.staging_intent.previous_config if release.staging_intent is not None else None
    configs += [name for name in (*release.replaced, intended) if name is not None and is_ours(name)]
    models = [model_name(release), *(model_of(name) for name in configs)]
    return tuple(dict.fromkeys(configs)), tuple(dict.fromkeys(models))


def _existing(release: Release, hosting: Hosting) -> frozenset[str]:
    configs, models = _candidates(release)
    return frozenset(
        [name for name in configs if hosting.config(name) is not None]
        + [name for name in models if hosting.model(name) is not None]
    )


def plan(release: Release, sight: CleanupSight, now: datetime) -> Plan:
    """Delete one thing after the other; record what is gone at the end."""
    if release.cleanup_due is not None and now < release.cleanup_due:
        return Wait((release.cleanup_due - now).total_seconds())
    configs, models = _candidates(release)
    if sight.staging is not None and _is_between(sight.staging, configs):
        return Wait()
    if configs and sight.staging is not None and not sight.staging_wanted:
        going = _plan_staging(release, sight.staging, configs[0])
        if going is not None:
            return going
    for name in configs:
        if name in sight.existing and name not in sight.kept_configs:
            return Do(DeleteConfig(name))
    for name in models:
        if name in sight.existing and name not in sight.kept_models:
            return Do(DeleteModel(name))
    return Record(e.CleanedUp(_gone(release, sight)))


def _is_between(staging: EndpointDescription, ours: tuple[str, ...]) -> bool:
    """Say whether staging is on its way from or to one of our configs, or is being deleted with it.

    It refers to that config until it has settled; then the next release knows of the one that staging serves only.
    SageMaker refuses to delete an endpoint that is changing, too.
    """
    return bool(_serving(staging) & set(ours)) and standing(staging, ours[0]) is Standing.MOVING


def _plan_staging(release: Release, staging: EndpointDescription, ours: str) -> Plan | None:
    """Delete the staging endpoint where the catalog says so and it is still this release's; None otherwise."""
    if ours not in _serving(staging):
        return None
    if release.deployment.staging_cleanup is Cleanup.KEEP and staging.status != "Failed":
        return None
    return Do(DeleteEndpoint(staging.name))


def _gone(release: Release, sight: CleanupSight) -> tuple[str, ...]:
    """Return what the release made, or replaced on staging, that is no longer there; the staging endpoint first."""
    if release.staging_intent is None:
        return ()
    configs, models = _candidates(release)
    never_made = config_name(release, Stage.PROD) if configs and release.pointer is None else None
    endpoint = (release.deployment.staging_endpoint,) if configs and sight.staging is None else ()
    gone = (name for name in configs + models if name not in sight.existing and name != never_made)
    return endpoint + tuple(gone)


def refused(_release: Release, reason: str) -> e.Event:
    """Name what a refusal of AWS amounts to."""
    return e.GaveUp(reason)


STEP = Step("clean_up", look, plan, refused)
