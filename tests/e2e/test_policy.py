"""The gate as policy: a quorum, words, windows, and a newer version that takes a place."""

from typing import Any

import pytest
from fakes.story import ANA, BRUNO, CARLA, DIEGO, Stories, Story

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def vote(story: Story, user: str, card: dict[str, Any]) -> str:
    """Click Approve, say why in the form that opens, and return what stands in the form's place then."""
    assert story.click(user, card, "Approve") == ""
    assert story.submit(user, f"Looks right to {user}")["ok"]
    shown = story.people.wait_for(user, lambda state: state["modals"][-1] if state["modals"] else None)
    story.close_notices(user)
    return str(shown["view"]["blocks"])


def test_prod_changes_with_the_second_of_two_votes(stories: Stories) -> None:
    story = stories("panel")
    release, card = story.to_gate()
    assert "2 people have to approve" in str(card["blocks"])
    assert "asked for this release" in story.click(ANA, card, "Approve")
    assert "Still missing: 1 more vote" in vote(story, BRUNO, card)
    story.until_told(release, "votes to approve", BRUNO, f"Looks right to {BRUNO}")
    assert story.document(release)["phase"] == "awaiting_approval"
    assert "voted to approve" in story.click(BRUNO, story.gate(release), "Approve")
    assert "counts" in vote(story, CARLA, story.gate(release))
    document = story.until_phase(release, "released")
    assert [(each["by"], each["digest"]) for each in document["votes"]] == [
        (user, document["gate"]["digest"]) for user in (BRUNO, CARLA)
    ]
    assert story.log(release).count("VoteCast") == 1


def test_a_newer_version_takes_the_place_of_one_that_waits(stories: Stories) -> None:
    story = stories("overtaken")
    older, _ = story.to_gate(1)
    said = story.slash(DIEGO, f"/deploy {story.model} 2")
    assert f"takes the place of `{older}`" in said, said
    newer = story.newest()
    story.until_told(older, "makes way", newer)
    nonce = story.document(older)["gate"]["nonce"]
    assert "newer version" in story.press_old(BRUNO, "gate_approve", f"{older}:{nonce}")
    story.gate(newer)
    assert f"takes the place of `{older}`" in "".join(story.thread(newer))
    assert "counts" in story.approve(newer)
    story.until_phase(newer, "released")
    assert story.document(older)["phase"] == "superseded"


def test_an_approval_outside_the_deploy_windows_is_told_when_the_next_one_opens(stories: Stories) -> None:
    story = stories("shut")
    release, card = story.to_gate()
    assert "The next one opens" in story.click(BRUNO, card, "Approve")
    assert story.document(release)["phase"] == "awaiting_approval"
    assert story.click(BRUNO, card, "Reject") == ""
    assert story.submit(BRUNO, "Not this week")["ok"]
    story.close_notices(BRUNO)
    story.until_phase(release, "rejected")
