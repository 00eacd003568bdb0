"""The way back is there when nothing else is: under freezes, past other releases, to configs that are not ours."""

import pytest
from fakes.story import BRUNO, DIEGO, Stories

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_a_rollback_runs_while_promotions_are_frozen_and_another_release_waits(stories: Stories) -> None:
    story = stories("frozen")
    before = "frozen-by-hand"
    story.aws.bring_by_hand(story.prod, before)
    story.release(2)
    assert "are frozen" in story.slash(DIEGO, f"/freeze {story.model} for 2h because the quarter ends")
    waiting, _ = story.to_gate(1)
    held = story.approve(waiting)
    assert "frozen" in held
    assert "the quarter ends" in held
    rollback = story.roll_back("The quarter cannot end like this")
    story.until_phase(rollback, "rolled_back")
    assert story.serving() == before
    assert "Lifted the lock and the freeze" in story.slash(BRUNO, f"/thaw {story.model}")
    assert "counts" in story.approve(waiting)
    assert story.until_phase(waiting, "promotion_refused")["outcome"]["code"] == "prod_changed"
    assert story.serving() == before


def test_a_way_back_that_no_longer_exists_is_not_offered(stories: Stories) -> None:
    story = stories("gone")
    story.aws.bring_by_hand(story.prod, "gone-by-hand")
    release = story.release(2)
    serving = story.serving()
    story.aws.sagemaker.delete_endpoint_config(EndpointConfigName="gone-by-hand")
    story.slash(DIEGO, f"/rollback {story.model}")
    story.until_whispered(DIEGO, "*gone*", "can no longer be brought back", "gone-by-hand")
    story.until_said("Prod of gone could not be rolled back now", "gone-by-hand")
    story.slash(DIEGO, f"/endpoints {story.model}")
    story.until_whispered(DIEGO, "gone: ", "is broken*, seen", "gone-by-hand")
    assert story.newest() == release
    assert story.serving() == serving


def test_a_way_back_is_rehearsed_and_told_when_it_breaks_and_when_it_is_whole(stories: Stories) -> None:
    story = stories("rehearsed")
    story.aws.bring_by_hand(story.prod, "rehearsed-by-hand")
    story.release(2)
    story.offer()
    story.until_whispered(DIEGO, "Roll prod of rehearsed back", "verified")
    story.slash(DIEGO, f"/endpoints {story.model}")
    story.until_whispered(DIEGO, "rehearsed: ↩️ Rollback to")
    described = story.aws.sagemaker.describe_model(ModelName="rehearsed-by-hand")
    story.aws.sagemaker.delete_model(ModelName="rehearsed-by-hand")
    story.slash(DIEGO, f"/rollback {story.model}")
    story.until_said("Prod of rehearsed could not be rolled back now", "Model rehearsed-by-hand no longer exists")
    story.aws.sagemaker.create_model(
        ModelName="rehearsed-by-hand",
        PrimaryContainer={key: described["PrimaryContainer"][key] for key in ("Image", "ModelDataUrl")},
        ExecutionRoleArn=described["ExecutionRoleArn"],
    )
    story.slash(DIEGO, f"/rollback {story.model}")
    story.until_said("Prod of *rehearsed* can be rolled back again", "rehearsed-by-hand")
