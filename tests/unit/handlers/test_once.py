"""What arrives twice acts once: at the same bot or at another, as a command, a click or a form."""

from collections.abc import Callable
from typing import Any

import pytest
from slack_bolt import App, BoltRequest, BoltResponse
from unit.handlers.local_slack import CHANNEL
from unit.handlers.world import ANA, BRUNO, CATALOG, MODEL, World, build_app

from handlers import action_ids as ids
from handlers.views.blocks import View
from handlers.views.card import card
from handlers.views.modals import reject_form
from services.release.audit import GENERAL, Attempted
from services.releases import Asker, Releases

Apps = Callable[[World], tuple[App, App]]


def same_bot(world: World) -> tuple[App, App]:
    return world.app, world.app


def two_bots(world: World) -> tuple[App, App]:
    ours = world.releases
    return world.app, build_app(world.slack, Releases(CATALOG, ours._store, ours._directory, ours._clock, ours._ids))


BOTS = pytest.mark.parametrize("apps", [same_bot, two_bots])


def deliver(app: App, body: dict[str, Any]) -> BoltResponse:
    """Hand an envelope's payload over, as the Socket Mode client does."""
    return app.dispatch(BoltRequest(mode="socket_mode", body=body))


def command(text: str, trigger_id: str) -> dict[str, Any]:
    return {
        "command": "/deploy",
        "text": text,
        "user_id": ANA,
        "channel_id": CHANNEL,
        "team_id": "T0SANDBOX",
        "trigger_id": trigger_id,
    }


def interaction(kind: str, user: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "user": {"id": user}, "team": {"id": "T0SANDBOX"}, "trigger_id": f"{kind}.1", **more}


def form(view: View) -> dict[str, Any]:
    values = {ids.REASON_BLOCK: {ids.REASON: {"type": "plain_text_input", "value": "too slow"}}}
    return {**view, "id": "V1", "state": {"values": values}}


@BOTS
def test_a_command_that_comes_again_starts_nothing(world: World, apps: Apps) -> None:
    first, second = apps(world)
    assert "started" in str(deliver(first, command(f"{MODEL} 7", "7.1")).body)
    [release] = world.store.in_progress()
    world.releases.cancel(release.id, Asker(ANA))

    again = deliver(second, command(f"{MODEL} 7", "7.1"))
    assert again.status == 200
    assert "arrived before" in str(again.body)
    assert "started" in str(deliver(second, command(f"{MODEL} 7", "7.2")).body), "typed again"
    assert len(world.store.recent(10)) == 2


@BOTS
def test_a_click_that_comes_again_changes_nothing(world: World, apps: Apps) -> None:
    first, second = apps(world)
    release = world.stored("deploying_staging")
    click = interaction("block_actions", ANA, actions=[{"action_id": ids.CANCEL, "value": release.id}])
    assert deliver(first, click).status == 200
    told = len(world.store.trail(GENERAL).lines), world.store.log(release.id)
    assert deliver(second, click).status == 200
    assert world.store.log(release.id) == told[1]
    witnessed = world.store.trail(GENERAL).acts[told[0] :]
    assert [(act.by, act.about, act.code) for act in witnessed if isinstance(act, Attempted)] == [
        (ANA, ids.CANCEL, "arrived_before")
    ]


@BOTS
def test_a_form_that_comes_again_is_told_apart(world: World, apps: Apps) -> None:
    first, second = apps(world)
    release = world.stored("awaiting_approval")
    click = interaction("block_actions", BRUNO, actions=[{"action_id": ids.REJECT, "value": "-"}])
    view = reject_form(release, f'{{"value":"{_button_of(card(release).blocks)}"}}')
    submission = interaction("view_submission", BRUNO, view=form(view))
    assert deliver(first, click).status == 200
    assert "rejected" in str(deliver(first, submission).body).lower()
    assert "arrived before" in str(deliver(second, submission).body)
    assert [type(entry.event).__name__ for entry in world.store.log(release.id)].count("Rejected") == 1


def _button_of(blocks: Any) -> str:
    """Return what the card's Reject button carries."""
    elements = [element for block in blocks for element in block.get("elements", [])]
    return next(str(each["value"]) for each in elements if each.get("action_id") == ids.REJECT)


def test_what_is_remembered_of_a_request_is_not_its_name(world: World) -> None:
    deliver(world.app, command("help", "1234.5678.secret"))
    assert "secret" not in str(world.store._tables)


def test_a_store_out_of_reach_lets_nothing_through(world: World) -> None:
    world.store.broken = True
    assert "cannot reach its store" in str(deliver(world.app, command(f"{MODEL} 7", "9.1")).body)
    world.store.broken = False
    assert not world.store.in_progress()
