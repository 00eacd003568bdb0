"""Breaking the glass in Slack: the command, the form, and who is kept out."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from unit.handlers.world import ANA, BRUNO, CATALOG, DIEGO, MODEL, World

from handlers import action_ids as ids
from handlers.views.samples import REQUEST
from services.release.audit import Attempted
from services.release.catalog import People
from services.release.model import Freeze, Phase

COMMAND = f"/release break-glass {REQUEST.id}"


@pytest.fixture
def armed(world: World) -> Iterator[World]:
    """A catalog that lets Bruno break the glass."""
    catalog = {name: replace(entry, break_glass=People(frozenset({BRUNO}))) for name, entry in CATALOG.items()}
    world.releases.catalog = catalog
    yield world
    world.releases.catalog = CATALOG


def fill_in(world: World, reason: str = "INC-412: v6 is down", typed: str = MODEL) -> None:
    entered = {ids.REASON_BLOCK: {ids.REASON: reason}, ids.TYPED_BLOCK: {ids.TYPED: typed}}
    world.slack.people.submit(BRUNO, str(world.modal(BRUNO)["id"]), entered)


def test_the_form_shows_what_is_gone_past_and_the_glass_breaks(armed: World) -> None:
    armed.stored("glass_failed")
    armed.store.freeze(Freeze(MODEL, DIEGO, "quarter end", armed.releases.now()))
    assert armed.slash(COMMAND, BRUNO) == "None"
    form = str(armed.modal(BRUNO)["view"])
    for shown in (
        "failed on staging",
        "are frozen",
        "titanic-survival-v7-r7k2m9x4q-prod",
        "v6-r0ldrelea-prod",
        "S0ONC",
    ):
        assert shown in form
    fill_in(armed)
    release = armed.store.load(REQUEST.id)
    assert release is not None
    assert "is broken" in str(armed.modal(BRUNO)["view"])
    assert (release.phase, release.broke_glass) == (Phase.PROMOTING, True)
    assert release.decision is not None
    assert (release.decision.by, release.decision.reason) == (BRUNO, "INC-412: v6 is down")
    assert release.decision.past == ("smoke_failed", "frozen")
    assert "BREAK-GLASS" in armed.slash("/release", ANA)


def test_a_form_that_is_not_filled_in_says_so_beside_the_field(armed: World) -> None:
    armed.stored("glass_failed")
    armed.slash(COMMAND, BRUNO)
    fill_in(armed, reason="     ")
    assert "Say why" in armed.modal(BRUNO)["errors"][ids.REASON_BLOCK]
    fill_in(armed, typed="titanic")
    assert MODEL in armed.modal(BRUNO)["errors"][ids.TYPED_BLOCK]
    release = armed.store.load(REQUEST.id)
    assert release is not None
    assert release.decision is None


def test_a_form_that_has_been_overtaken_does_nothing(armed: World) -> None:
    armed.stored("glass_failed")
    armed.slash(COMMAND, BRUNO)
    armed.store.freeze(Freeze(MODEL, DIEGO, "quarter end", armed.releases.now()))
    fill_in(armed)
    assert "has changed since" in str(armed.modal(BRUNO)["view"])
    release = armed.store.load(REQUEST.id)
    assert release is not None
    assert release.phase is Phase.SMOKE_FAILED


def test_who_may_not_is_told_so_privately_sees_no_form_and_is_on_record(armed: World) -> None:
    armed.stored("glass_failed")
    said = armed.slash(COMMAND, DIEGO)
    assert "not_allowed_to_break_glass" in said
    assert "ephemeral" in said
    assert armed.slack.modals(DIEGO) == []
    tries = [act for act in armed.store.trail(REQUEST.id).acts if isinstance(act, Attempted)]
    assert [(act.by, act.what, act.code) for act in tries] == [(DIEGO, "break_glass", "not_allowed_to_break_glass")]


def test_it_is_off_unless_the_catalog_says_otherwise(world: World) -> None:
    world.stored("glass_failed")
    assert "break_glass_off" in world.slash(COMMAND, BRUNO)


def test_a_slip_is_answered_with_the_right_form(armed: World) -> None:
    for slip in ("/release break-glass", "/release break-glass nonsense", "/release break-glass a b"):
        assert "/release break-glass &lt;id&gt;" in armed.slash(slip, BRUNO)
    assert "no such release" in armed.slash("/release break-glass r00000000", BRUNO)
