"""The whole job: to staging, through the gate, to prod, back again, and held until somebody lifts the lock."""

import json

import pytest
from fakes.story import ANA, BRUNO, DIEGO, Stories, Story, button

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_a_model_goes_to_prod_and_back_and_is_held_there(stories: Stories) -> None:
    story = stories("happy")
    baseline = _first_release(story, *story.aws.register(like=1))
    _second_release(story, baseline)
    _rollback(story, baseline)
    _held_until_thawed(story, baseline)


def _first_release(story: Story, version: int, arn: str) -> str:
    """Release a version that has nothing to go back to, and return its config."""
    assert story.aws.package(arn)["ModelApprovalStatus"] == "PendingManualApproval"
    first = story.release(arn)
    config = f"titanic-survival-v{version}-{first}-prod"
    assert story.serving() == config
    package = story.aws.package(arn)
    assert package["ModelApprovalStatus"] == "Approved"
    assert first in package["ApprovalDescription"]
    assert ANA in package["ApprovalDescription"]
    assert [pointer["previous_config"] for pointer in story.pointers()] == [None]
    story.slash(DIEGO, f"/rollback {story.model}")
    story.until_whispered(DIEGO, "first release")
    return config


def _second_release(story: Story, baseline: str) -> None:
    second = story.release(2)
    assert story.serving() == f"titanic-survival-v2-{second}-prod"
    assert story.pointers()[0]["previous_config"] == baseline
    assert story.aws.tags(story.prod)["sluice:previous-config"] == baseline
    story.until_told(second, "Ready for a decision")
    story.until_told(second, "approved", f"<@{BRUNO}>")
    story.until_told(second, "is released to prod")
    card = story.card(second)
    assert card is not None
    assert button(card, "Approve") is None, "the buttons vanish on the decision"
    story.slash(ANA, f"/endpoints {story.model}")
    story.until_whispered(ANA, story.prod, "v2")
    assert second in story.slash(ANA, "/release")
    assert "v2" in story.slash(ANA, f"/release {second}")
    assert "Evidence for" in story.slash(ANA, f"/release evidence {second}")
    story.people.open_home(ANA)
    story.people.wait_for(ANA, lambda state: state["home"] and second in json.dumps(state["home"]))


def _rollback(story: Story, baseline: str) -> None:
    offer = story.offer()
    assert baseline in json.dumps(offer["blocks"])
    assert story.click(DIEGO, offer, "Roll back") == ""
    assert story.submit(DIEGO, " ")["errors"], "a reason is required"
    assert story.submit(DIEGO, "Too many survivors since noon")["ok"]
    story.close_notices(DIEGO)
    rollback = story.newest()
    story.until_phase(rollback, "rolled_back")
    assert story.serving() == baseline
    story.until_told(rollback, "is rolled back")
    card = story.card(rollback)
    assert card is not None
    assert "Too many survivors" in json.dumps(card["blocks"])
    assert json.loads(str(story.redis.get(f"sluice:lock:{story.model}")))["by"] == DIEGO


def _held_until_thawed(story: Story, baseline: str) -> None:
    third, _ = story.to_gate(2)
    assert "locked" in story.approve(third)
    assert story.document(third)["phase"] == "awaiting_approval", "a held release keeps waiting"
    assert "not among the people" in story.slash(ANA, f"/thaw {story.model}")
    assert "Lifted the lock" in story.slash(DIEGO, f"/thaw {story.model}")
    assert "counts" in story.approve(third)
    story.until_phase(third, "released")
    assert story.serving() == f"titanic-survival-v2-{third}-prod"
    assert story.pointers()[0]["previous_config"] == baseline
