"""Bring prod back to what the rollback pointer names.

No lock, freeze or quorum is asked, and no tag is written: nothing that could be refused may hold it (invariant 5).
The promotion's tag still names the config that prod is back on, which is to say: there is nothing to go back to.
"""

from dataclasses import dataclass
from datetime import datetime

from services.ports import ConfigDescription, EndpointDescription, ModelDescription, Ports
from services.release import events as e
from services.release.model import Release, Stage
from services.release.naming import config_name
from services.steps.change_prod import plan_sending, plan_settling, pointer_for
from services.steps.plan import Plan, Record, Step
from services.steps.standing import Standing, standing, watch


@dataclass(frozen=True, slots=True)
class RollbackSight:
    """Prod and the target, afresh."""

    endpoint: EndpointDescription | None
    target: ConfigDescription | None
    model: ModelDescription | None


def look(release: Release, ports: Ports) -> RollbackSight:
    """Look at prod, and whether the target and its model still exist, with the one role that a rollback needs."""
    hosting = ports.regions.of(release.deployment, Stage.PROD).hosting
    endpoint = hosting.endpoint(release.deployment.prod_endpoint)
    target = hosting.config(config_name(release, Stage.PROD))
    return RollbackSight(
        endpoint=endpoint,
        target=target,
        model=hosting.model(target.model) if target is not None else None,
    )


def plan(release: Release, sight: RollbackSight, now: datetime) -> Plan:
    """Save what prod serves now, then send it back to the target and watch."""
    endpoint, pointer = sight.endpoint, release.pointer
    target = config_name(release, Stage.PROD)
    if pointer is not None:
        settling = plan_settling(release, pointer, endpoint, now)
        if settling is not None:
            return settling
    elif endpoint is not None and standing(endpoint, target) is Standing.MOVING:
        return watch(release, Stage.PROD, endpoint, now)
    if sight.target is None or sight.model is None:
        gone = f"EndpointConfig {target}" if sight.target is None else f"Model {sight.target.model}"
        return Record(e.PromotionRefused("target_gone", f"{gone} no longer exists, so prod cannot return to it."))
    if pointer is None and endpoint is not None and _moved_on(release, endpoint):
        detail = f"Prod serves {endpoint.config} by now, not {release.undone_config}. Ask for the rollback again."
        return Record(e.PromotionRefused("prod_changed", detail))
    if pointer is None:
        return Record(e.PromotionIntended(pointer_for(release, endpoint, target, release.target_version, now)))
    return plan_sending(pointer, endpoint)


def _moved_on(release: Release, endpoint: EndpointDescription) -> bool:
    """Say whether prod serves something that this rollback was not asked to undo: the click came from an old offer."""
    other = standing(endpoint, config_name(release, Stage.PROD)) is Standing.OTHER
    return other and release.undone_config is not None and endpoint.config != release.undone_config


def refused(_release: Release, reason: str) -> e.Event:
    """Name what a refusal of AWS amounts to."""
    return e.ProdFailed("aws_refused", reason)


STEP = Step("roll_back", look, plan, refused)
