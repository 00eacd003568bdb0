"""Who decides: only those whom the catalog names, once, about exactly the card that they see."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from fakes.story import ANA, BRUNO, CARLA, DIEGO, GUEST, Stories

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_only_approvers_who_did_not_ask_for_it_may_decide(stories: Stories) -> None:
    story = stories("guarded")
    release, card = story.to_gate(2, user=CARLA)
    for user in (ANA, DIEGO, GUEST):
        for label in ("Approve", "Reject"):
            assert "not among the people" in story.click(user, card, label)
        assert not story.people.state(user)["modals"], "the form for the reason is not even opened"
    assert "You asked for this release" in story.click(CARLA, card, "Approve"), "an approver, but her own release"
    assert "not among the people" in story.slash(GUEST, f"/release cancel {release}")
    assert story.document(release)["phase"] == "awaiting_approval"
    story.until_told(release, "Ready for a decision")
    assert story.thread(release)[-1].startswith("🟡"), "refusals are between Sluice and who was refused"


def test_without_a_policy_nobody_may_decide(stories: Stories) -> None:
    story = stories("nobodys")
    release, _ = story.to_gate()
    assert "names no approvers" in story.approve(release)
    assert "names no approvers" in story.slash(DIEGO, f"/thaw {story.model}")


def test_of_two_approvals_at_once_one_counts_and_the_other_is_told_whose(stories: Stories) -> None:
    story = stories("raced")
    release, card = story.to_gate()
    together = Barrier(2)

    def click(user: str) -> str:
        together.wait()
        return story.click(user, card, "Approve")

    with ThreadPoolExecutor(2) as pool:
        said = dict(zip((BRUNO, CARLA), pool.map(click, (BRUNO, CARLA)), strict=True))
    winner = next(user for user, text in said.items() if "counts" in text)
    loser = CARLA if winner == BRUNO else BRUNO
    assert f"already approved by <@{winner}>" in said[loser], said
    document = story.until_phase(release, "released")
    assert document["decision"]["by"] == winner
    assert story.log(release).count("Approved") == 1


def test_old_and_foreign_buttons_change_nothing(stories: Stories) -> None:
    story = stories("old-buttons")
    release, card = story.to_gate()
    assert "earlier card" in story.press_old(BRUNO, "gate_approve", f"{release}:an-earlier-nonce")
    assert "no such release" in story.press_old(BRUNO, "gate_approve", "r00000000:nonce")
    assert "no such release" in story.press_old(BRUNO, "gate_reject", "'; drop table releases")
    assert "older message" in story.press_old(BRUNO, "button_of_last_year", release)
    assert story.document(release)["phase"] == "awaiting_approval"
    assert story.click(BRUNO, card, "Reject") == ""
    assert "is cancelled" in story.slash(ANA, f"/release cancel {release}")
    assert story.submit(BRUNO, "Too late for this")["ok"]
    told = story.people.wait_for(BRUNO, lambda state: state["modals"][-1] if state["modals"] else None)
    assert "already cancelled" in str(told["view"]["blocks"])
    story.close_notices(BRUNO)
    assert story.until_phase(release, "cancelled")["decision"]["by"] == ANA
