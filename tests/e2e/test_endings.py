"""A release that does not reach prod ends in a phase of its own and says why; prod is as it was."""

import pytest
from fakes.polling import until
from fakes.story import ANA, BRUNO, CARLA, Stories, Story, button

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_a_rejection_needs_a_reason_and_tells_it(stories: Stories) -> None:
    story = stories("rejected")
    release, card = story.to_gate()
    assert story.click(BRUNO, card, "Reject") == ""
    for blank in ("", "  \n "):
        assert story.submit(BRUNO, blank)["errors"], "it is told beside the field"
    assert story.document(release)["phase"] == "awaiting_approval"
    assert story.submit(BRUNO, "Women of the third class come out too low")["ok"]
    story.until_phase(release, "rejected")
    story.until_told(release, "rejected", "Women of the third class")
    assert story.serving() is None
    assert button(card_of(story, release), "Approve") is None


def test_a_gate_that_nobody_answers_closes(stories: Stories) -> None:
    story = stories("expired")
    release = story.deploy()
    story.until_phase(release, "expired")
    story.until_told(release, "Nobody decided in time")
    assert story.serving() is None
    until(lambda: button(card_of(story, release), "Approve") is None, "the buttons gone")


def test_the_requester_calls_it_off_and_staging_is_cleared(stories: Stories) -> None:
    story = stories("cancelled")
    release, _ = story.to_gate()
    assert "is cancelled" in story.slash(ANA, f"/release cancel {release} the wrong \N{LEFT DOUBLE QUOTATION MARK}week")
    story.until_phase(release, "cancelled")
    story.until_told(release, "cancelled the release", "the wrong")
    until(lambda: story.aws.endpoint(story.staging) is None, "staging deleted")
    assert "too late" in story.slash(ANA, f"/release cancel {release}")


def test_an_endpoint_that_fails_tells_sagemakers_reason_and_the_next_release_replaces_it(stories: Stories) -> None:
    story = stories("broken")
    release = story.deploy(4)
    reason = story.until_phase(release, "staging_failed")["outcome"]["detail"]
    assert reason
    story.until_told(release, "Staging could not be brought up", reason[:40])
    assert story.serving() is None
    story.to_gate(2)
    staging = story.aws.endpoint(story.staging)
    assert staging is not None
    assert staging["EndpointStatus"] == "InService"


@pytest.mark.parametrize(("version", "why"), [(5, "Failed, not Completed"), (99, "has no version 99")])
def test_a_package_that_cannot_be_deployed_is_told_to_the_requester_only(
    stories: Stories, version: int, why: str
) -> None:
    story = stories("absent")
    release = story.deploy(version)
    story.until_phase(release, "package_refused")
    story.until_whispered(ANA, "was refused", why)
    assert story.card(release) is None
    assert story.aws.endpoint(story.staging) is None


def test_a_model_that_answers_wrongly_gets_no_approve(stories: Stories) -> None:
    story = stories("refused")
    release = story.deploy(3)
    failed = story.until_phase(release, "smoke_failed")
    story.until_told(release, failed["outcome"]["detail"].partition(":")[0])
    assert button(card_of(story, release), "Approve") is None
    assert story.serving() is None


def test_a_model_that_is_too_slow_for_its_suite_fails_with_what_was_seen(stories: Stories) -> None:
    story = stories("too-slow")
    version, _ = story.aws.register(CustomerMetadataProperties={"sandbox:fault": "latency_ms:300"})
    release = story.deploy(version)
    checks = {check["name"]: check for check in story.until_phase(release, "smoke_failed")["evidence"]["checks"]}
    assert checks["reply.rows"]["verdict"] == "passed"
    assert checks["budget"]["verdict"] == "failed"
    assert 0 < checks["budget"]["value"] < checks["budget"]["bound"]
    story.until_told(release, "requests answered in 2 s")
    assert button(card_of(story, release), "Approve") is None


@pytest.mark.parametrize(
    ("model", "fault", "says"),
    [("silent", "update_fails_silently", "no reason"), ("loud", "update_fails", "did not pass the ping health check")],
)
def test_an_update_that_sagemaker_takes_back_is_no_success(stories: Stories, model: str, fault: str, says: str) -> None:
    story = stories(model)
    before = f"{model}-by-hand"
    story.aws.bring_by_hand(story.prod, before)
    version, arn = story.aws.register()
    release, _ = story.to_gate(version)
    story.aws.break_updates(arn, fault)
    assert "counts" in story.approve(release)
    outcome = story.until_phase(release, "silently_rolled_back")["outcome"]
    assert outcome["code"] == "silently_rolled_back"
    assert says in story.until_told(release, "took the update of prod back", before)
    assert story.serving() == before
    saved = story.pointers()
    assert [(each["release_id"], each["previous_config"]) for each in saved] == [(release, before)]


def test_prod_that_changed_since_the_card_was_shown_is_left_alone(stories: Stories) -> None:
    story = stories("moved")
    release, _ = story.to_gate()
    story.aws.bring_by_hand(story.prod, "moved-by-hand")
    assert "counts" in story.approve(release)
    assert story.until_phase(release, "promotion_refused")["outcome"]["code"] == "prod_changed"
    story.until_told(release, "Stopped just before prod was changed", "moved-by-hand")
    assert story.serving() == "moved-by-hand"
    assert story.pointers() == []


def test_a_package_that_was_rejected_since_is_not_promoted(stories: Stories) -> None:
    story = stories("unregistered")
    version, arn = story.aws.register()
    release, _ = story.to_gate(version)
    story.aws.sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Rejected")
    assert "counts" in story.approve(release, CARLA)
    assert story.until_phase(release, "promotion_refused")["outcome"]["code"] == "package_not_approved"
    story.until_told(release, "Rejected in the registry")
    assert story.serving() is None


def card_of(story: Story, release: str) -> dict[str, object]:
    card = story.card(release)
    assert card is not None
    return card
