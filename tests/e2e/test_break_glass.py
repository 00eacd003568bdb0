"""Break-glass: a model that fails its suite goes to prod all the same, seen by everybody, and comes back."""

import json

import pytest
from fakes.story import BRUNO, DIEGO, Stories, Story

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_a_failing_model_goes_to_prod_by_break_glass_and_is_rolled_back(stories: Stories) -> None:
    story = stories("glass")
    story.release(2)
    before = story.serving()
    release = story.deploy(3)
    story.until_phase(release, "smoke_failed")
    assert "frozen" in story.slash(DIEGO, f"/freeze {story.model} because the quarter ends")
    assert "may break the glass" in story.slash(BRUNO, _command(release)), "an approver, but not named for this"
    _break_glass(story, release, before)

    document = story.until_phase(release, "prod_unhealthy")
    assert document["decision"]["kind"] == "break_glass"
    assert document["decision"]["past"] == ["smoke_failed", "frozen"]
    assert story.serving() == document["pointer"]["new_config"] != before == document["pointer"]["previous_config"]
    _everybody_sees_it(story, release)

    rollback = story.roll_back("As feared")
    story.until_phase(rollback, "rolled_back")
    assert story.serving() == before
    card = story.card(release)
    assert card is not None
    assert card["text"].startswith("🔨 BREAK-GLASS"), "it stays marked"


def _command(release: str) -> str:
    return f"/release break-glass {release}"


def _break_glass(story: Story, release: str, before: str | None) -> None:
    """Open the form, look at what it shows, fill it in and send it."""
    assert story.slash(DIEGO, _command(release)) == "", "the form opens"
    form = story.people.wait_for(DIEGO, lambda state: state["modals"][-1] if state["modals"] else None)
    shown = json.dumps(form["view"]["blocks"], ensure_ascii=False)
    for words in ("smoke tests failed", "promotions are frozen", str(before)):
        assert words in shown
    fields = {"reason": {"reason": "INC-412: prod is down"}, "typed": {"typed": story.model}}
    assert story.people.submit(DIEGO, form["id"], fields)["ok"]
    story.close_notices(DIEGO)


def _everybody_sees_it(story: Story, release: str) -> None:
    told = story.until_told(release, "BREAK-GLASS", "INC-412")
    assert "<!subteam^S0MLAPPROVERS>" in told
    assert "the smoke tests failed on staging and promotions are frozen" in told
    in_channel = [each for each in story.people.messages(story.channel, BRUNO) if each["text"] == told]
    assert [each["broadcast"] for each in in_channel] == [True]
    assert "BREAK-GLASS" in story.slash(BRUNO, "/release")
    story.slash(BRUNO, f"/endpoints {story.model}")
    story.until_whispered(BRUNO, "What is live where", "break-glass")
