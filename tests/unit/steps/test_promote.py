"""Prod changes only after a last look that finds exactly what was approved, and only once undo is saved."""

from dataclasses import replace
from datetime import timedelta

import pytest
from fakes import builders as b

from services.ports import EndpointDescription
from services.release import events as e
from services.release.digest import gate_digest
from services.release.model import Decision, DecisionKind, Holds, Release, RollbackPointer, Stage, Verdict
from services.release.naming import config_name, model_name
from services.release.terms import GateTerms
from services.steps.change_prod import NO_CONFIG, TAG_PREVIOUS, TAG_RELEASE
from services.steps.plan import CreateConfig, CreateEndpoint, CreateModel, DeleteEndpoint, Do, Plan, Record, Wait
from services.steps.plan import TagEndpoint as Tag
from services.steps.plan import UpdateEndpoint as Update
from services.steps.promote import PromotionSight, plan, recheck, refused
from services.steps.standing import HostingSight

NAME = b.DEPLOYMENT.prod_endpoint
WANTED = config_name(b.checked(), Stage.PROD)
BEFORE, LATER = b.after(-60), b.after(1)
TAGS = {TAG_PREVIOUS: b.OLD_CONFIG, TAG_RELEASE: b.RELEASE_ID}
NONE_TAGS = TAGS | {TAG_PREVIOUS: NO_CONFIG}
OVER_OLD = b.promoting(b.OLD_CONFIG, BEFORE)
FIRST = b.promoting(None, None)
OVER_FAILED = replace(b.approved(), pointer=b.pointer(b.approved(), None, BEFORE))
REREAD = replace(b.pointer(b.approved()), previous_since=None, previous_modified=None)
"""The pointer as the endpoint's tags tell it."""
FAILED = b.prod(b.OLD_CONFIG, "Failed", reason="image not found")
SIGHT = PromotionSight(
    prod=HostingSight(b.made_model(), b.made_config(Stage.PROD), b.prod()),
    tags={},
    staging=b.staging(),
    package=b.described(approval="Approved"),
    lock=None,
    freezes=(),
)
TAGGED = replace(SIGHT, tags=TAGS)


def over(endpoint: EndpointDescription | None, sight: PromotionSight = SIGHT) -> PromotionSight:
    return replace(sight, prod=replace(sight.prod, endpoint=endpoint))


def saves(pointer: RollbackPointer) -> Plan:
    return Record(e.PromotionIntended(pointer))


CASES: dict[str, tuple[Release, PromotionSight, Plan]] = {
    "undo is saved before anything else": (
        b.approved(),
        replace(SIGHT, prod=HostingSight(None, None, b.prod())),
        saves(replace(b.pointer(b.approved(), b.OLD_CONFIG, BEFORE), saved_at=b.NOON)),
    ),
    "the first promotion has nothing to go back to": (
        b.approved(None),
        over(None),
        saves(b.pointer(b.approved(), None, None)),
    ),
    "a Failed prod serves nothing to go back to": (
        b.approved(),
        over(FAILED),
        saves(b.pointer(b.approved(), None, BEFORE)),
    ),
    "then the model": (
        OVER_OLD,
        replace(SIGHT, prod=HostingSight(None, None, b.prod())),
        Do(CreateModel(model_name(OVER_OLD), b.ARN, b.DEPLOYMENT.execution_role_arn)),
    ),
    "then the config": (
        OVER_OLD,
        replace(SIGHT, prod=HostingSight(b.made_model(), None, b.prod())),
        Do(CreateConfig(WANTED, model_name(OVER_OLD), "ml.m5.large", 1)),
    ),
    "then the pointer is mirrored": (OVER_OLD, replace(SIGHT, tags={}), Do(Tag(NAME, b.prod().arn, TAGS))),
    "then an older release's mirror is replaced": (
        OVER_OLD,
        replace(SIGHT, tags=TAGS | {TAG_RELEASE: "r00000009"}),
        Do(Tag(NAME, b.prod().arn, TAGS)),
    ),
    "then prod is updated": (OVER_OLD, TAGGED, Do(Update(NAME, WANTED))),
    "or made, the first time": (FIRST, over(None), Do(CreateEndpoint(NAME, WANTED))),
    "or, when Failed, deleted": (OVER_FAILED, over(FAILED), Do(DeleteEndpoint(NAME))),
    "and made anew": (OVER_FAILED, over(None), Do(CreateEndpoint(NAME, WANTED))),
    "live": (OVER_OLD, over(b.prod(WANTED, modified=LATER)), Record(e.ProdLive(WANTED))),
    "live after an hour": (
        replace(OVER_OLD, phase_since=b.after(-600), pointer=replace(b.pointer(b.approved()), saved_at=b.after(-600))),
        over(b.prod(WANTED, modified=LATER)),
        Record(e.ProdLive(WANTED)),
    ),
    "live, and the package was un-approved meanwhile": (
        OVER_OLD,
        replace(over(b.prod(WANTED, modified=LATER)), package=None, lock=b.lock()),
        Record(e.ProdLive(WANTED)),
    ),
    "AWS's maintenance came between: sent after it": (
        replace(OVER_OLD, prod=b.sighting("SystemUpdating", b.after(1))),
        over(b.prod(modified=LATER), TAGGED),
        Do(Update(NAME, WANTED)),
    ),
    "AWS's maintenance was before: rolled back": (
        replace(OVER_OLD, prod=b.sighting("SystemUpdating", b.after(-60))),
        over(b.prod(modified=LATER, reason="alarm went off")),
        Record(e.UpdateRolledBack(Stage.PROD, b.OLD_CONFIG, "alarm went off")),
    ),
    "AWS's maintenance comes after the update: rolled back": (
        replace(OVER_OLD, prod=replace(b.sighting(at=b.after(1)), pending_config=WANTED)),
        over(b.prod(status="SystemUpdating", modified=LATER, reason="alarm went off")),
        Record(e.UpdateRolledBack(Stage.PROD, b.OLD_CONFIG, "alarm went off")),
    ),
    "silently rolled back": (
        OVER_OLD,
        over(b.prod(modified=LATER, reason="alarm went off")),
        Record(e.UpdateRolledBack(Stage.PROD, b.OLD_CONFIG, "alarm went off")),
    ),
    "live, and the store has lost that it was sent": (
        b.approved(),
        over(b.prod(WANTED, modified=b.after(-1)), TAGGED),
        saves(replace(REREAD, saved_at=b.after(-1))),
    ),
    "on its way, and the store has lost that it was sent": (
        b.approved(),
        over(b.prod(status="Updating", pending=WANTED, modified=b.after(-1)), TAGGED),
        saves(replace(REREAD, saved_at=b.after(-1))),
    ),
    "made, and the store has lost that": (
        b.approved(None),
        replace(over(b.prod(WANTED, modified=b.after(-1))), tags={}),
        saves(replace(REREAD, previous_config=None, previous_version=None, saved_at=b.after(-1))),
    ),
    "brought elsewhere while the store had lost that it was sent": (
        b.approved(),
        over(b.prod("theirs", modified=LATER), TAGGED),
        Record(e.PromotionRefused("prod_changed", f"Prod now serves theirs, not {b.OLD_CONFIG} as on the card.")),
    ),
    "rolled back to while the store had lost that it was released": (
        b.approved(WANTED),
        replace(over(b.prod(WANTED, modified=LATER)), tags=TAGS | {TAG_RELEASE: "r0000000z"}),
        Record(
            e.PromotionRefused(
                "prod_changed", f"Prod serves {WANTED} already, and Redis has lost what was there before it."
            )
        ),
    ),
    "brought back while the store had lost that it was sent": (
        b.approved(),
        over(b.prod(modified=LATER), TAGGED),
        Record(
            e.PromotionRefused(
                "prod_changed",
                f"Prod was to be brought to {WANTED} before, and Redis has lost what came of it. Deploy it again.",
            )
        ),
    ),
    "someone brought prod elsewhere after the pointer was saved": (
        OVER_OLD,
        over(b.prod("theirs", modified=LATER)),
        Record(e.PromotionRefused("prod_changed", "Someone brought the prod endpoint to theirs.")),
    ),
    "someone made prod before us": (
        FIRST,
        over(b.prod("theirs", modified=LATER)),
        Record(e.PromotionRefused("prod_changed", "Someone brought the prod endpoint to theirs.")),
    ),
    "someone deleted prod after the pointer was saved": (
        OVER_OLD,
        over(None),
        Record(e.PromotionRefused("prod_changed", f"Prod now serves nothing, not {b.OLD_CONFIG} as on the card.")),
    ),
    "creation failed": (
        FIRST,
        over(b.prod(WANTED, "Failed", modified=LATER, reason="image not found")),
        Record(e.ProdFailed("endpoint_failed", "image not found")),
    ),
    "update and return both failed": (
        OVER_OLD,
        over(b.prod(status="UpdateRollbackFailed", modified=LATER, reason="no capacity")),
        Record(e.ProdFailed("endpoint_failed", "The endpoint is UpdateRollbackFailed. no capacity")),
    ),
    "prod is stuck from before": (
        OVER_OLD,
        over(b.prod(status="OutOfService")),
        Record(
            e.PromotionRefused("prod_stuck", "SageMaker gave no reason; the endpoint is OutOfService."),
        ),
    ),
    "timed out": (
        OVER_OLD,
        over(b.prod(status="Updating", modified=LATER)),
        Record(e.ProdFailed("timed_out", "The prod endpoint is still Updating.")),
    ),
    "the model's name is taken": (
        OVER_OLD,
        replace(SIGHT, prod=HostingSight(b.made_model("arn:other"), None, b.prod())),
        Record(
            e.PromotionRefused("name_taken", f"Model {model_name(OVER_OLD)} exists and was made from arn:other"),
        ),
    ),
}


@pytest.mark.parametrize(("release", "sight", "planned"), CASES.values(), ids=CASES.keys())
def test_plan(release: Release, sight: PromotionSight, planned: Plan) -> None:
    late = isinstance(planned, Record) and isinstance(planned.event, e.ProdFailed) and planned.event.code == "timed_out"
    assert plan(release, sight, b.after(61) if late else b.NOON) == planned


def test_a_change_that_nobody_was_there_to_send_is_sent_however_late() -> None:
    assert plan(OVER_OLD, TAGGED, b.after(600)) == Do(Update(NAME, WANTED))
    assert plan(FIRST, over(None), b.after(600)) == Do(CreateEndpoint(NAME, WANTED))


PROBLEMS: dict[str, tuple[PromotionSight, str]] = {
    "locked": (replace(SIGHT, lock=b.lock()), "locked"),
    "frozen": (replace(SIGHT, freezes=(b.freeze(),)), "frozen"),
    "all are frozen": (replace(SIGHT, freezes=(b.freeze("all"),)), "frozen"),
    "the package was un-approved": (replace(SIGHT, package=b.described()), "package_not_approved"),
    "the package was rejected": (replace(SIGHT, package=b.described(approval="Rejected")), "package_not_approved"),
    "the package is gone": (replace(SIGHT, package=None), "package_not_approved"),
    "staging is gone": (replace(SIGHT, staging=None), "evidence_stale"),
    "staging serves something else": (replace(SIGHT, staging=b.staging("theirs")), "evidence_stale"),
    "staging is changing": (replace(SIGHT, staging=b.staging(pending="theirs")), "evidence_stale"),
    "staging has failed": (replace(SIGHT, staging=b.staging(status="Failed")), "evidence_stale"),
    "prod serves something else": (over(b.prod("theirs", modified=LATER)), "prod_changed"),
    "prod is gone": (over(None), "prod_changed"),
}


@pytest.mark.parametrize(("sight", "code"), PROBLEMS.values(), ids=PROBLEMS.keys())
@pytest.mark.parametrize("release", [b.approved(), OVER_OLD], ids=["no pointer yet", "pointer saved"])
def test_anything_unexpected_refuses(release: Release, sight: PromotionSight, code: str) -> None:
    assert refusal_code(plan(release, sight, b.NOON)) == code


def refusal_code(planned: Plan) -> str:
    assert isinstance(planned, Record)
    assert isinstance(planned.event, e.PromotionRefused)
    return planned.event.code


REJECTED = Decision(DecisionKind.REJECTED, b.APPROVER, b.NOON)


@pytest.mark.parametrize(
    ("release", "code"),
    [
        (replace(b.approved(), decision=None), "not_approved"),
        (replace(b.approved(), decision=REJECTED), "not_approved"),
        (replace(b.approved(), gate=None), "not_approved"),
        (replace(b.approved(), deployment=replace(b.DEPLOYMENT, terms=GateTerms(quorum=2))), "quorum_incomplete"),
        (replace(b.approved(), deployment=replace(b.DEPLOYMENT, terms=GateTerms(1, ("S1",)))), "quorum_incomplete"),
        (replace(b.approved(), evidence=replace(b.evidence(), requests_sent=3, suite_digest="0")), "digest_mismatch"),
    ],
)
def test_without_an_approval_of_just_this_nothing_is_done(release: Release, code: str) -> None:
    assert refusal_code(plan(release, SIGHT, b.NOON)) == code


@pytest.mark.parametrize("kept", ["", "another"], ids=["gone", "changed"])
def test_a_record_that_is_not_the_one_approved_refuses(kept: str) -> None:
    bound = replace(b.evidence(), record="r.staging.1", record_digest="digest")
    release = replace(b.approved(), evidence=bound)
    assert release.gate is not None
    release = replace(release, gate=replace(release.gate, digest=gate_digest(release)))
    assert refusal_code(plan(release, replace(SIGHT, record=kept), b.NOON)) == "record_mismatch"
    assert recheck(release, replace(SIGHT, record="digest"), b.NOON) is None


BROKEN = replace(
    b.breakable(b.approved()),
    evidence=b.evidence(Verdict.FAILED),
    decision=Decision(DecisionKind.BREAK_GLASS, b.APPROVER, b.after(-1), "prod is down", ("smoke_failed",)),
)
GLASS = replace(BROKEN, gate=b.gate(BROKEN))


def test_a_broken_glass_goes_past_the_gates_terms_and_past_what_held_before_it() -> None:
    terms = replace(GLASS.deployment.terms, quorum=3, windows=("sun 00:00-00:01 UTC",))
    release = replace(GLASS, deployment=replace(GLASS.deployment, terms=terms))
    assert release.decision is not None
    shown = Holds((replace(b.lock(), since=b.after(-2)),), (replace(b.freeze(), since=b.after(-2)),))
    release = replace(release, decision=replace(release.decision, holds=shown))
    held = replace(SIGHT, lock=shown.locks[0], freezes=shown.freezes)
    assert isinstance(plan(release, held, b.after(60)), Record)
    assert recheck(release, held, b.after(60)) is None
    assert refusal_code(plan(release, replace(held, lock=b.lock()), b.NOON)) == "locked"
    assert refusal_code(plan(release, replace(held, freezes=(b.freeze(),)), b.NOON)) == "frozen"


@pytest.mark.parametrize(
    ("sight", "code"),
    [
        (replace(SIGHT, package=b.described(approval="Rejected")), "package_not_approved"),
        (replace(SIGHT, staging=b.staging("theirs")), "evidence_stale"),
        (replace(SIGHT, staging=None), "evidence_stale"),
        (over(b.prod("theirs")), "prod_changed"),
        (over(None), "prod_changed"),
    ],
)
def test_a_broken_glass_goes_past_nothing_that_is_not_as_shown(sight: PromotionSight, code: str) -> None:
    assert recheck(GLASS, SIGHT, b.NOON) is None
    assert refusal_code(plan(GLASS, sight, b.NOON)) == code


def test_a_broken_glass_is_bound_to_its_evidence() -> None:
    assert refusal_code(plan(replace(GLASS, evidence=b.evidence()), SIGHT, b.NOON)) == "digest_mismatch"


def test_a_promotion_that_could_not_begin_while_people_were_at_hand_is_refused() -> None:
    terms = GateTerms(windows=("mon 09:00-11:59 UTC",))
    closed = replace(b.approved(), deployment=replace(b.DEPLOYMENT, terms=terms))
    late = replace(closed, decision=Decision(DecisionKind.APPROVED, b.APPROVER, b.after(-16)))
    assert recheck(closed, SIGHT, b.NOON) is None
    assert refusal_code(plan(late, SIGHT, b.NOON)) == "outside_window"
    assert recheck(late, SIGHT, b.after(7 * 24 * 60 - 30)) is None
    assert recheck(replace(late, pointer=OVER_OLD.pointer), SIGHT, b.NOON) is None


def test_a_freeze_that_is_over_holds_nothing() -> None:
    over_at_noon = replace(TAGGED, freezes=(b.freeze(until=b.NOON),))
    assert plan(OVER_OLD, over_at_noon, b.NOON) == Do(Update(NAME, WANTED))


def test_prod_appearing_after_a_card_that_showed_none_is_refused() -> None:
    assert refusal_code(plan(b.approved(None), SIGHT, b.NOON)) == "prod_changed"


@pytest.mark.parametrize("release", [b.approved(), OVER_OLD, b.approved(None), FIRST])
@pytest.mark.parametrize("status", ["Creating", "Updating", "RollingBack", "SystemUpdating", "Deleting"])
def test_a_moving_prod_is_told_once_and_then_waited_for(release: Release, status: str) -> None:
    moving = replace(over(b.prod(status=status, modified=LATER)), lock=b.lock())
    told = plan(release, moving, b.after(1))
    assert isinstance(told, Record)
    assert isinstance(told.event, e.EndpointSeen)
    assert plan(replace(release, prod=told.event.sighting), moving, b.after(2)) == Wait()


def test_a_release_without_a_pointer_never_touches_prod() -> None:
    for sight, _code in PROBLEMS.values():
        assert not isinstance(plan(b.approved(), sight, b.NOON), Do)
    for endpoint in (None, FAILED, b.prod(), b.prod(WANTED), b.prod(status="OutOfService")):
        assert not isinstance(plan(b.approved(), over(endpoint), b.NOON), Do)


def test_the_pointer_of_an_update_that_was_not_taken_up_is_the_endpoints_own_time() -> None:
    nearly = b.prod(modified=BEFORE + timedelta(microseconds=1))
    assert plan(OVER_OLD, over(b.prod(modified=BEFORE), TAGGED), b.NOON) == Do(Update(NAME, WANTED))
    assert isinstance(plan(OVER_OLD, over(nearly), b.NOON), Record)


def test_awss_refusal_fails_the_promotion() -> None:
    assert refused(OVER_OLD, "denied") == e.ProdFailed("aws_refused", "denied")
