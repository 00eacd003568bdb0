"""Redis loses everything while releases are under way; what AWS and Slack still tell is enough to go on."""

from dataclasses import dataclass

import pytest
from e2e.worlds import StartWorld, run_sluice, told_by
from fakes.story import BRUNO, DIEGO, Story, button

from sandbox.slack.wire import Json
from sandbox.world import World

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
BEFORE = "lost-v1"


@dataclass(frozen=True)
class Loss:
    """What there was: v2 on prod over v1, and a release at its gate."""

    story: Story
    released: str
    waiting: str
    card: Json
    heard: int


def test_after_a_wipe_prod_has_its_way_back_and_what_was_open_is_told(new_world: StartWorld) -> None:
    world = new_world({"lost": {}, "empty": {}})
    with told_by(world) as stories:
        story = stories("lost")
        story.aws.bring_by_hand(story.prod, BEFORE)
        released = story.release(2)
        waiting, card = story.to_gate(1)
        loss = Loss(story, released, waiting, card, len(story.thread(released)))
        story.redis.flushall()
        _people_are_told(loss)
        _plan(world, loss)
        _recover(world, loss)
        _what_was_open_is_told(loss)
        _the_record_says_so(world, loss)
        _prod_goes_back(loss)


def _people_are_told(loss: Loss) -> None:
    story = loss.story
    story.slash(DIEGO, f"/rollback {story.model}")
    story.until_whispered(DIEGO, "Redis has lost", "sluice recover", loss.released)
    assert "no such release" in story.click(BRUNO, loss.card, "Approve")


def _plan(world: World, loss: Loss) -> None:
    planned = run_sluice(world, "recover")
    assert planned.returncode == 0, planned.stderr
    assert f"lost: prod serves {loss.story.serving()}; before it, {BEFORE}" in planned.stdout
    assert f"lost: + {loss.released} as released" in planned.stdout
    assert f"lost: + {loss.waiting} as cancelled" in planned.stdout
    assert "empty: nothing to recover" in planned.stdout
    assert "Nothing was written" in planned.stdout
    assert loss.story.redis.exists(f"sluice:release:{loss.released}") == 0


def _recover(world: World, loss: Loss) -> None:
    serving = loss.story.serving()
    done = run_sluice(world, "recover", "lost", "--apply")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "Written."), done.stderr
    assert loss.story.serving() == serving
    again = run_sluice(world, "recover", "lost", "--apply")
    assert again.returncode == 1
    assert "lost: not recovered: Redis knows releases of it" in again.stdout
    assert again.stdout.splitlines()[-1] == "Nothing was written."
    assert "lost: nothing to recover" in run_sluice(world, "recover", "lost", "--apply", "--merge").stdout


def _what_was_open_is_told(loss: Loss) -> None:
    story, approve = loss.story, button(loss.card, "Approve")
    assert approve is not None
    story.until_told(loss.waiting, "Redis had lost this release", "It is cancelled")
    cancelled = story.card(loss.waiting)
    assert cancelled is not None
    assert cancelled["ts"] == loss.card["ts"], "it is the card that stood there"
    assert button(cancelled, "Approve") is None
    assert "cancelled" in story.press_old(BRUNO, str(approve["action_id"]), str(approve["value"]))
    assert len(story.thread(loss.released)) == loss.heard, "its people knew"


def _the_record_says_so(world: World, loss: Loss) -> None:
    verified = run_sluice(world, "audit", "verify")
    assert verified.returncode == 0, verified.stdout
    anew = [line for line in verified.stdout.splitlines() if "begun anew by sluice recover" in line]
    assert {line.split(":")[0] for line in anew} >= {loss.released, loss.waiting}


def _prod_goes_back(loss: Loss) -> None:
    story = loss.story
    waiting, card = story.to_gate(1)
    assert "frozen" in story.click(BRUNO, card, "Approve")
    rollback = story.roll_back("v2 answers nonsense")
    story.until_phase(rollback, "rolled_back")
    assert story.serving() == BEFORE
    assert "Lifted the lock and the freeze" in story.slash(BRUNO, f"/thaw {story.model}")
    assert story.document(waiting)["phase"] == "awaiting_approval"
