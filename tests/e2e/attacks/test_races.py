"""Two at once, one too late, and a world that changes between a click and what comes of it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from e2e.attacks.gates import Gates, approve_elsewhere, stopped_worker, value_of
from fakes.attacks import Watch
from fakes.clock import FakeClock
from fakes.story import ANA, BRUNO, CARLA, DIEGO

from services.adapters.redis_store import RedisStore

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

GATED = ("raced", "doubled", "late", "withdrawn", "moved", "retested", "panel", "overtaken", "approved", "rejected")


@pytest.mark.attack(
    "Two approvers click at the same moment",
    seen="This release was already approved by",
    code="already_decided",
    record="approve; approve: already_decided",
    prod="changed once",
)
def test_two_approvers_at_once(gates: Gates, watch: Watch) -> None:
    story, release, card = gates("raced")
    together = Barrier(2)

    def click(user: str) -> str:
        together.wait()
        return story.click(user, card, "Approve")

    with watch.over(story, release), ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(click, (BRUNO, CARLA)), key=lambda text: "counts" not in text)
        assert "counts" in said[0]
        watch.hears(said[1])


@pytest.mark.attack(
    "One approver clicks twice",
    seen="This release was already approved by",
    code="already_decided",
    record="approve; approve: already_decided",
    prod="changed once",
)
def test_a_double_click(gates: Gates, watch: Watch) -> None:
    story, release, _ = gates("doubled")
    with watch.over(story, release):
        assert "counts" in story.press_old(BRUNO, "gate_approve", value_of(story, release))
        watch.hears(story.press_old(BRUNO, "gate_approve", value_of(story, release)))


@pytest.mark.attack(
    "An approval one second after the gate's time was over",
    seen="The time to decide ended",
    code="expired",
    record="approve: expired",
)
def test_an_approval_one_second_too_late(gates: Gates, watch: Watch, store: RedisStore) -> None:
    story, release, _ = gates("late")
    clock = FakeClock(datetime.fromisoformat(story.document(release)["gate"]["expires_at"]) + timedelta(seconds=1))
    with watch.over(story, release):
        watch.hears(approve_elsewhere(story, store, BRUNO, release, clock))
    assert "counts" in story.approve(release), "in time by the clocks of Sluice's own processes"


@pytest.mark.attack(
    "The package is rejected in the registry between the click and the update",
    seen="The model package is Rejected in the registry",
    code="package_not_approved",
    record="approve",
)
def test_a_package_that_is_rejected_after_the_click(gates: Gates, watch: Watch) -> None:
    story, release, card = gates("withdrawn")
    arn = story.document(release)["package"]["arn"]
    with watch.over(story, release):
        with stopped_worker(story.world):
            assert "counts" in story.click(BRUNO, card, "Approve")
            story.aws.sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Rejected")
        story.until_phase(release, "promotion_refused")
        watch.hears(story.until_told(release, "Stopped just before prod was changed"))
    story.aws.sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")


@pytest.mark.attack(
    "Prod is changed by hand between the click and the update",
    seen="Stopped just before prod was changed",
    code="prod_changed",
    record="approve",
    prod="as the hand left it",
)
def test_prod_that_is_changed_by_hand_after_the_click(gates: Gates, watch: Watch) -> None:
    story, release, card = gates("moved")
    with watch.over(story, release):
        with stopped_worker(story.world):
            assert "counts" in story.click(BRUNO, card, "Approve")
            story.aws.bring_by_hand(story.prod, "moved-by-hand")
        story.until_phase(release, "promotion_refused")
        watch.hears(story.until_told(release, "Stopped just before prod was changed", "moved-by-hand"))


@pytest.mark.attack(
    "Staging is changed by hand between the click and the update",
    seen="Staging no longer serves what was tested",
    code="evidence_stale",
    record="approve",
)
def test_staging_that_is_changed_by_hand_after_the_click(gates: Gates, watch: Watch) -> None:
    story, release, card = gates("retested")
    with watch.over(story, release):
        with stopped_worker(story.world):
            assert "counts" in story.click(BRUNO, card, "Approve")
            story.aws.bring_by_hand(story.staging, "retested-by-hand")
        story.until_phase(release, "promotion_refused")
        watch.hears(story.until_told(release, "Stopped just before prod was changed"))


@pytest.mark.attack(
    "A vote is cast, the evidence changes, and the second vote comes",
    seen="Still missing: 1 more vote",
    record="approve; approve: evidence_stale; run_again; approve",
)
def test_a_vote_about_older_evidence(gates: Gates, watch: Watch) -> None:
    story, release, card = gates("panel")
    with watch.over(story, release):
        assert "Still missing: 1 more vote" in story.click(BRUNO, card, "Approve")
        story.aws.bring_by_hand(story.staging, "panel-by-hand")
        story.look_at_staging(release)
        story.until_phase(release, "evidence_stale")
        assert "became stale" in story.press_old(CARLA, "gate_approve", value_of(story, release))
        assert "runs again" in story.press_old(ANA, "evidence_renew", value_of(story, release))
        watch.hears(story.click(CARLA, story.gate(release), "Approve"))
    assert story.document(release)["phase"] == "awaiting_approval"


@pytest.mark.attack(
    "An approval with the button of a release whose place a newer one took",
    seen="asked for a newer version",
    code="superseded",
    record="deploy; approve: superseded",
)
def test_an_approval_of_what_was_superseded(gates: Gates, watch: Watch) -> None:
    story, release, _ = gates("overtaken")
    version, _ = story.aws.register()
    value = value_of(story, release)
    story.redis.set("sluice:note:versions:overtaken", f"{version} 3 2 1")
    with watch.over(story, release):
        assert "takes the place" in story.slash(DIEGO, f"/deploy overtaken {version}")
        watch.hears(story.press_old(BRUNO, "gate_approve", value))
    assert "is cancelled" in story.slash(DIEGO, f"/release cancel {story.newest()}")


@pytest.mark.attack(
    "A rejection after the approval",
    seen="This release was already approved by",
    code="already_decided",
    record="approve; reject: already_decided",
    prod="changed once",
)
def test_a_rejection_after_the_approval(gates: Gates, watch: Watch) -> None:
    story, release, card = gates("approved")
    with watch.over(story, release):
        assert "counts" in story.click(BRUNO, card, "Approve")
        watch.hears(story.press_old(CARLA, "gate_reject", value_of(story, release)))


@pytest.mark.attack(
    "An approval after the rejection",
    seen="This release was already rejected by",
    code="already_decided",
    record="reject; approve: already_decided",
)
def test_an_approval_after_the_rejection(gates: Gates, watch: Watch) -> None:
    story, release, card = gates("rejected")
    with watch.over(story, release):
        assert story.click(CARLA, card, "Reject") == ""
        assert story.submit(CARLA, "Not this one")["ok"]
        watch.hears(story.press_old(BRUNO, "gate_approve", value_of(story, release)))
    story.close_notices(CARLA)
