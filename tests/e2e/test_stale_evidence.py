"""Staging is looked at while a gate waits: what was tested is what is decided on, or it is tested again."""

import pytest
from fakes.polling import until
from fakes.story import ANA, BRUNO, CARLA, GUEST, Stories, Story, button

from sandbox.slack.wire import Json

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_a_look_that_finds_staging_as_it_was_tested_leaves_no_trace(stories: Stories) -> None:
    story = stories("looked-at")
    release, _ = story.to_gate()
    story.until_told(release, "Ready for a decision")
    before, said = story.document(release), story.thread(release)
    story.look_at_staging(release)
    story.until_looked_at(release)
    assert (story.document(release), story.thread(release)) == (before, said)
    assert "counts" in story.approve(release)
    story.until_phase(release, "released")


def test_staging_that_someone_moves_while_the_gate_waits_is_brought_back_and_tested_again(stories: Stories) -> None:
    story = stories("stale")
    release, _ = story.to_gate()
    story.until_told(release, "Ready for a decision", "Staging still served the tested config")
    tested, nonce = (story.document(release)["gate"][part] for part in ("staging_config", "nonce"))
    story.aws.bring_by_hand(story.staging, "made-by-hand")
    story.look_at_staging(release)
    assert story.until_phase(release, "evidence_stale")["stale"]["code"] == "staging_moved"
    story.until_told(release, "The evidence is stale", "Staging serves made-by-hand")
    card = offering(story, release, "Run again")
    assert "Evidence is stale" in card["text"]
    assert [label for label in ("Approve", "Reject") if button(card, label)] == []
    assert button(card, "Cancel release") is not None

    assert "became stale" in story.press_old(BRUNO, "gate_approve", f"{release}:{nonce}")
    assert "not among the people" in story.click(GUEST, card, "Run again")
    assert "runs again" in story.click(CARLA, card, "Run again")
    assert f"<@{CARLA}> had it run again" in story.press_old(ANA, "evidence_renew", f"{release}:{nonce}")
    second = story.gate(release)
    assert (story.aws.endpoint(story.staging) or {})["EndpointConfigName"] == tested, "staging was brought back"
    assert "earlier card" in story.press_old(BRUNO, "gate_approve", f"{release}:{nonce}")
    assert "counts" in story.click(BRUNO, second, "Approve")
    story.until_phase(release, "released")
    log = story.log(release)
    assert [log.count(kind) for kind in ("GateOpened", "SmokePassed", "EvidenceStale", "Approved")] == [2, 2, 1, 1]


def offering(story: Story, release: str, label: str) -> Json:
    """Return the release's card once it has the button."""

    def look() -> Json | None:
        card = story.card(release)
        return card if card is not None and button(card, label) is not None else None

    return until(look, f"{label} on the card of {release}")
