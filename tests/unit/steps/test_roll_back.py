"""A rollback can always run: nothing but AWS itself can stop it."""

from dataclasses import replace

import pytest
from fakes import builders as b

from services.ports import EndpointDescription, ModelDescription
from services.release import events as e
from services.release.model import Release, RollbackPointer, Stage
from services.steps.plan import CreateEndpoint, DeleteEndpoint, Do, Plan, Record, UpdateEndpoint, Wait
from services.steps.roll_back import RollbackSight, plan, refused

NAME = b.DEPLOYMENT.prod_endpoint
BAD = "titanic-survival-v7-r00000008-prod"
BEFORE, LATER = b.after(-60), b.after(1)
TARGET = b.old_config()
FRESH = b.rolling_back()
SIGHT = RollbackSight(b.prod(BAD), TARGET, ModelDescription(TARGET.model, b.ARN))


def saved(previous: str | None = BAD, version: int | None = 7) -> RollbackPointer:
    return RollbackPointer(
        endpoint=NAME,
        release_id=b.RELEASE_ID,
        previous_config=previous,
        previous_version=version,
        previous_since=BEFORE if previous else None,
        previous_modified=BEFORE,
        new_config=b.OLD_CONFIG,
        new_version=6,
        saved_at=b.NOON,
    )


INTENDED = replace(FRESH, pointer=saved())
NO_PROD = replace(saved(None, None), previous_modified=None)
FAILED = b.prod(BAD, "Failed", reason="image not found")
OVER_FAILED = replace(FRESH, pointer=saved(None, None))


def over(endpoint: EndpointDescription | None) -> RollbackSight:
    return replace(SIGHT, endpoint=endpoint)


CASES: dict[str, tuple[Release, RollbackSight, Plan]] = {
    "what prod serves is saved first": (FRESH, SIGHT, Record(e.PromotionIntended(saved()))),
    "an old offer is refused once prod has moved on": (
        replace(FRESH, undone_config=BAD),
        over(b.prod("titanic-survival-v8-r00000009-prod")),
        Record(
            e.PromotionRefused(
                "prod_changed",
                f"Prod serves titanic-survival-v8-r00000009-prod by now, not {BAD}. Ask for the rollback again.",
            )
        ),
    ),
    "what it was asked to undo is undone": (
        replace(FRESH, undone_config=BAD),
        SIGHT,
        Record(e.PromotionIntended(saved())),
    ),
    "a Failed prod never keeps a rollback from running": (
        replace(FRESH, undone_config="another"),
        over(FAILED),
        Record(e.PromotionIntended(saved(None, None))),
    ),
    "a missing prod is saved too": (FRESH, over(None), Record(e.PromotionIntended(NO_PROD))),
    "a Failed prod is nothing to go back to": (
        FRESH,
        over(FAILED),
        Record(e.PromotionIntended(saved(None, None))),
    ),
    "then prod is sent back": (INTENDED, SIGHT, Do(UpdateEndpoint(NAME, b.OLD_CONFIG))),
    "a stuck prod is sent back too": (
        INTENDED,
        over(b.prod(BAD, "UpdateRollbackFailed")),
        Do(UpdateEndpoint(NAME, b.OLD_CONFIG)),
    ),
    "a missing prod is made": (replace(FRESH, pointer=NO_PROD), over(None), Do(CreateEndpoint(NAME, b.OLD_CONFIG))),
    "a prod that was deleted meanwhile is made": (INTENDED, over(None), Do(CreateEndpoint(NAME, b.OLD_CONFIG))),
    "a Failed prod is deleted": (OVER_FAILED, over(FAILED), Do(DeleteEndpoint(NAME))),
    "and made anew": (OVER_FAILED, over(None), Do(CreateEndpoint(NAME, b.OLD_CONFIG))),
    "back": (INTENDED, over(b.prod(modified=LATER)), Record(e.ProdLive(b.OLD_CONFIG))),
    "was never away": (
        replace(FRESH, pointer=replace(saved(), previous_config=b.OLD_CONFIG)),
        over(b.prod()),
        Record(e.ProdLive(b.OLD_CONFIG)),
    ),
    "silently returned to what it was to leave": (
        INTENDED,
        over(b.prod(BAD, modified=LATER, reason="no capacity")),
        Record(e.UpdateRolledBack(Stage.PROD, BAD, "no capacity")),
    ),
    "a promotion that slipped in is rolled back too": (
        INTENDED,
        over(b.prod("theirs", modified=LATER)),
        Do(UpdateEndpoint(NAME, b.OLD_CONFIG)),
    ),
    "failed": (
        INTENDED,
        over(b.prod(BAD, "UpdateRollbackFailed", modified=LATER, reason="no capacity")),
        Record(e.ProdFailed("endpoint_failed", "The endpoint is UpdateRollbackFailed. no capacity")),
    ),
    "the target config is gone": (
        FRESH,
        replace(SIGHT, target=None, model=None),
        Record(
            e.PromotionRefused(
                "target_gone", f"EndpointConfig {b.OLD_CONFIG} no longer exists, so prod cannot return to it."
            )
        ),
    ),
    "the target's model is gone": (
        FRESH,
        replace(SIGHT, model=None),
        Record(
            e.PromotionRefused("target_gone", f"Model {TARGET.model} no longer exists, so prod cannot return to it.")
        ),
    ),
}


@pytest.mark.parametrize(("release", "sight", "planned"), CASES.values(), ids=CASES.keys())
def test_plan(release: Release, sight: RollbackSight, planned: Plan) -> None:
    assert plan(release, sight, b.NOON) == planned


def test_a_rollback_that_nobody_was_there_to_send_is_sent_however_late() -> None:
    assert plan(FRESH, SIGHT, b.after(600)) == Record(e.PromotionIntended(replace(saved(), saved_at=b.after(600))))
    assert plan(INTENDED, SIGHT, b.after(600)) == Do(UpdateEndpoint(NAME, b.OLD_CONFIG))


def test_what_slips_in_again_and_again_ends_the_rollback_at_last() -> None:
    planned = plan(INTENDED, over(b.prod("theirs", modified=LATER)), b.after(61))
    assert planned == Record(e.PromotionRefused("prod_changed", "Someone brought the prod endpoint to theirs."))


def test_a_rollback_that_is_back_is_back_even_if_its_target_was_deleted() -> None:
    gone = replace(over(b.prod(modified=LATER)), target=None, model=None)
    assert plan(INTENDED, gone, b.NOON) == Record(e.ProdLive(b.OLD_CONFIG))


@pytest.mark.parametrize("release", [FRESH, INTENDED])
@pytest.mark.parametrize("status", ["Creating", "Updating", "RollingBack", "SystemUpdating", "Deleting"])
def test_a_moving_prod_is_told_once_and_then_waited_for(release: Release, status: str) -> None:
    moving = over(b.prod(BAD, status, modified=LATER))
    told = plan(release, moving, b.after(1))
    assert isinstance(told, Record)
    assert isinstance(told.event, e.EndpointSeen)
    assert plan(replace(release, prod=told.event.sighting), moving, b.after(2)) == Wait()


def test_waiting_has_an_end_once_the_rollback_is_under_way() -> None:
    planned = plan(INTENDED, over(b.prod(BAD, "Updating", modified=LATER)), b.after(61))
    assert planned == Record(e.ProdFailed("timed_out", "The prod endpoint is still Updating."))


def test_awss_refusal_fails_the_rollback() -> None:
    assert refused(FRESH, "denied") == e.ProdFailed("aws_refused", "denied")
