"""From what is seen of staging to the next move."""

from dataclasses import replace

import pytest
from fakes import builders as b

from services.ports import EndpointDescription
from services.release import events as e
from services.release.model import Release, Rerun, Stage, UpdateIntent
from services.release.naming import config_name, model_name
from services.steps.deploy_staging import plan, refused
from services.steps.plan import CreateConfig, CreateEndpoint, CreateModel, DeleteEndpoint, Do, Plan, Record, Wait
from services.steps.plan import UpdateEndpoint as Update
from services.steps.standing import HostingSight

NAME = b.DEPLOYMENT.staging_endpoint
OURS = config_name(b.checked(), Stage.STAGING)
BEFORE, LATER = b.after(-60), b.after(1)
OLD = b.staging(b.OLD_STAGING, modified=BEFORE)
FRESH = b.deploying()
INTENDED = replace(FRESH, staging_intent=UpdateIntent(b.OLD_STAGING, BEFORE))
FROM_NOTHING = replace(FRESH, staging_intent=UpdateIntent(None, None))
MOVING = b.staging(b.OLD_STAGING, "Updating", modified=LATER)
AGAIN = replace(FRESH, replaced=(b.OLD_STAGING,), rerun=Rerun(b.APPROVER, b.NOON))
NOTHING = HostingSight(None, None, None)
MADE = HostingSight(b.made_model(), b.made_config(Stage.STAGING), None)


def over(endpoint: EndpointDescription | None) -> HostingSight:
    return replace(MADE, endpoint=endpoint)


CASES: dict[str, tuple[Release, HostingSight, Plan]] = {
    "nothing is there: the model first": (
        FRESH,
        NOTHING,
        Do(CreateModel(model_name(FRESH), b.ARN, b.DEPLOYMENT.execution_role_arn)),
    ),
    "then the config": (
        FRESH,
        replace(NOTHING, model=b.made_model()),
        Do(CreateConfig(OURS, model_name(FRESH), "ml.m5.large", 1)),
    ),
    "then what undo needs, when staging is to be made": (
        FRESH,
        MADE,
        Record(e.StagingUpdateIntended(UpdateIntent(None, None))),
    ),
    "then what undo needs, when staging serves something else": (
        FRESH,
        over(OLD),
        Record(e.StagingUpdateIntended(UpdateIntent(b.OLD_STAGING, BEFORE))),
    ),
    "then staging is made": (FROM_NOTHING, MADE, Do(CreateEndpoint(NAME, OURS))),
    "or updated": (INTENDED, over(OLD), Do(Update(NAME, OURS))),
    "live, whoever brought it there": (FRESH, over(b.staging()), Record(e.StagingLive(OURS))),
    "live is live even after its time": (
        replace(INTENDED, phase_since=b.after(-600)),
        over(b.staging()),
        Record(e.StagingLive(OURS)),
    ),
    "AWS's maintenance came between: sent after it": (
        replace(INTENDED, staging=b.sighting("SystemUpdating", b.after(1))),
        over(replace(OLD, modified_at=LATER)),
        Do(Update(NAME, OURS)),
    ),
    "silently rolled back": (
        INTENDED,
        over(replace(OLD, modified_at=LATER, failure_reason="no capacity")),
        Record(e.UpdateRolledBack(Stage.STAGING, b.OLD_STAGING, "no capacity")),
    ),
    "someone else updated it after us": (
        INTENDED,
        over(b.staging("theirs", modified=LATER)),
        Record(
            e.StagingFailed(
                "staging_changed", "Someone or something changed the staging endpoint; it is InService on theirs."
            )
        ),
    ),
    "someone else made it before us": (
        FROM_NOTHING,
        over(b.staging("theirs", modified=LATER)),
        Record(
            e.StagingFailed(
                "staging_changed", "Someone or something changed the staging endpoint; it is InService on theirs."
            )
        ),
    ),
    "someone deleted it: made anew": (INTENDED, MADE, Do(CreateEndpoint(NAME, OURS))),
    "Failed on an older config: deleted to be made anew": (
        FRESH,
        over(b.staging(b.OLD_STAGING, "Failed")),
        Do(DeleteEndpoint(NAME)),
    ),
    "Failed on ours: the release has failed": (
        FROM_NOTHING,
        over(b.staging(status="Failed", reason="image not found")),
        Record(e.StagingFailed("endpoint_failed", "image not found")),
    ),
    "Failed on ours before this run changed anything: made anew": (
        AGAIN,
        over(b.staging(status="Failed", reason="image not found")),
        Do(DeleteEndpoint(NAME)),
    ),
    "run again over what someone brought there: what undo needs, afresh": (
        AGAIN,
        over(b.staging("theirs", modified=LATER)),
        Record(e.StagingUpdateIntended(UpdateIntent("theirs", LATER))),
    ),
    "run again over what was tested: nothing to do": (AGAIN, over(b.staging()), Record(e.StagingLive(OURS))),
    "stuck": (
        INTENDED,
        over(b.staging(b.OLD_STAGING, "UpdateRollbackFailed", reason="alarm")),
        Record(e.StagingFailed("endpoint_failed", "The endpoint is UpdateRollbackFailed. alarm")),
    ),
    "the model's name is taken": (
        FRESH,
        replace(NOTHING, model=b.made_model("arn:other")),
        Record(
            e.StagingFailed("name_taken", f"Model {model_name(FRESH)} exists and was made from arn:other"),
        ),
    ),
    "the config's name is taken": (
        FRESH,
        replace(MADE, config=b.made_config(Stage.STAGING, model="theirs")),
        Record(e.StagingFailed("name_taken", f"EndpointConfig {OURS} exists and is for model theirs")),
    ),
    "timed out while it moves": (
        replace(INTENDED, phase_since=b.after(-61)),
        over(MOVING),
        Record(e.StagingFailed("timed_out", "The staging endpoint is still Updating.")),
    ),
    "timed out with nothing there": (
        replace(FROM_NOTHING, phase_since=b.after(-61)),
        MADE,
        Record(e.StagingFailed("timed_out", "The staging endpoint is still absent.")),
    ),
}


@pytest.mark.parametrize(("release", "sight", "planned"), CASES.values(), ids=CASES.keys())
def test_plan(release: Release, sight: HostingSight, planned: Plan) -> None:
    assert plan(release, sight, b.NOON) == planned


@pytest.mark.parametrize("status", ["Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"])
@pytest.mark.parametrize("release", [FRESH, INTENDED, FROM_NOTHING])
def test_a_moving_endpoint_is_told_once_and_then_waited_for(release: Release, status: str) -> None:
    moving = over(replace(MOVING, status=status))
    told = plan(release, moving, b.after(1))
    assert isinstance(told, Record)
    assert isinstance(told.event, e.EndpointSeen)
    assert plan(replace(release, staging=told.event.sighting), moving, b.after(2)) == Wait()


def test_awss_refusal_fails_staging() -> None:
    assert refused(FRESH, "denied") == e.StagingFailed("aws_refused", "denied")
