"""Votes, reasons and checklists, clicked by people on the local Slack."""

from unit.handlers.world import BRUNO, World

from handlers import action_ids as ids
from handlers.views.card import card
from handlers.views.samples import REQUEST, STORIES, played
from services.release.model import Phase, Release

CARLA = "U0CARLA"
TICKS = ["The on-call has been told", "The rollback was rehearsed"]


def stored(world: World, release_id: str) -> Release:
    found = world.store.load(release_id)
    assert found is not None
    return found


def open_form(world: World) -> str:
    release = world.stored("awaiting_words")
    world.slack.people.click(BRUNO, world.posted(card(release)), ids.APPROVE)
    form = world.modal(BRUNO)
    assert "titanic-survival-v7-r7k2m9x4q-prod" in str(form["view"])
    return str(form["id"])


def fill_in(world: World, form: str, reason: str, ticked: list[str]) -> None:
    entered = {ids.REASON_BLOCK: {ids.REASON: reason}, ids.CHECKLIST_BLOCK: {ids.CHECKLIST: ticked}}
    world.slack.people.submit(BRUNO, form, entered)


def test_approve_asks_for_the_words_that_the_gate_wants(world: World) -> None:
    form = open_form(world)
    fill_in(world, form, "Better everywhere", TICKS)
    release = stored(world, REQUEST.id)
    assert "Your approval" in str(world.modal(BRUNO)["view"])
    assert release.phase is Phase.PROMOTING
    assert [(vote.by, vote.reason, list(vote.ticked)) for vote in release.votes] == [
        (BRUNO, "Better everywhere", TICKS),
    ]


def test_a_form_that_lacks_something_says_so_beside_it(world: World) -> None:
    form = open_form(world)
    fill_in(world, form, "Better everywhere", TICKS[:1])
    assert "needs all of them" in world.modal(BRUNO)["errors"][ids.CHECKLIST_BLOCK]
    fill_in(world, form, "     ", TICKS)
    assert "Say why" in world.modal(BRUNO)["errors"][ids.REASON_BLOCK]
    assert stored(world, REQUEST.id).decision is None


def test_who_may_not_approve_is_told_so_and_shown_no_form(world: World) -> None:
    release = world.stored("awaiting_words")
    world.slack.people.click("U0DIEGO", world.posted(card(release)), ids.APPROVE)
    assert "not among the people" in world.last("U0DIEGO")["text"]
    assert world.slack.modals("U0DIEGO") == []


def test_a_late_approval_is_told_so_in_its_form(world: World) -> None:
    form = open_form(world)
    gate = stored(world, REQUEST.id).gate
    assert gate is not None
    world.slack.people.click(CARLA, world.posted(card(played(*STORIES["awaiting_approval"])[0])), ids.REJECT)
    world.slack.people.submit(CARLA, world.modal(CARLA)["id"], {ids.REASON_BLOCK: {ids.REASON: "worse"}})
    fill_in(world, form, "Better everywhere", TICKS)
    assert f"already rejected by <@{CARLA}>" in str(world.modal(BRUNO)["view"])
