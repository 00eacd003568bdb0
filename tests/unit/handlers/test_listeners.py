"""The real Bolt app, driven by people on the local Slack: what they are told, and what is stored."""

import re
from dataclasses import replace

import pytest
import yaml
from unit.handlers.local_slack import CHANNEL, MANIFEST
from unit.handlers.world import ANA, BRUNO, DIEGO, MODEL, OTHER, World

from handlers import action_ids as ids
from handlers.directory import SlackDirectory
from handlers.grammar import COMMANDS
from handlers.reply_address import read_reply_address
from handlers.views.blocks import actions, button, message
from handlers.views.card import card
from handlers.views.rollback import rollback_offer
from handlers.views.samples import STORIES, played
from services.release.events import LogEntry, Requested
from services.release.model import SCHEMA_VERSION, DecisionKind, Kind, Phase
from services.requests import answer_url


def test_the_manifest_declares_exactly_the_commands_that_are_listened_to() -> None:
    manifest = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    assert tuple(each["command"] for each in manifest["features"]["slash_commands"]) == COMMANDS


# --- commands -------------------------------------------------------------------------------------------------------


def test_deploy_is_stored_before_it_is_acknowledged(world: World) -> None:
    answer = world.slash(f"/deploy {MODEL} v7")

    [release] = world.store.in_progress()
    assert (release.model, release.wanted, release.requested_by) == (MODEL, "7", ANA)
    assert release.id in answer
    assert "'response_type': 'ephemeral'" in answer


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("/deploy titanik-survival 7", ["titanik-survival", "Did you mean `titanic-survival`"]),
        (f"/deploy {MODEL} seven", ["`seven` is no version", "Nothing was started"]),
        (f"/deploy {MODEL} arn:aws:sagemaker:eu-west-1:999999999999:model-package/titanic-survival/1", ["account"]),
        (f"/deploy {MODEL} 7 8", ["two words", "The right form"]),
        ("/release r00000000", ["no such release"]),
        ("/release cancel r00000000", ["no such release"]),
        ("/release evidence r00000000", ["no such release"]),
        ("/release seven", ["no release id"]),
        ("/freeze all", ["needs a reason", "&lt;model | all&gt;"]),
        ("/freeze nothing because x", ["no model"]),
        ("/thaw", ["Name one model"]),
        ("/rollback nothing", ["no model"]),
        ("/endpoints nothing", ["no model"]),
        ("/deploy help", ["How to use"]),
    ],
)
def test_bad_input_is_answered_and_starts_nothing(world: World, line: str, words: list[str]) -> None:
    answer = world.slash(line)
    for word in words:
        assert word in answer
    assert list(world.store.recent(10)) == []
    assert world.store.next_due() is None


def test_a_model_may_be_released_from_its_own_channels_only(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = replace(world.releases.catalog[MODEL], channels=frozenset({"C0OTHER"}))
    monkeypatch.setattr(world.releases, "catalog", {MODEL: elsewhere})
    answer = world.slash(f"/deploy {MODEL} 7")
    assert "in <#C0OTHER> only" in answer
    assert "channels: C0OTHER" in answer
    world.slash("/deploy")
    values = {
        ids.MODEL_BLOCK: {ids.DEPLOY_MODEL: MODEL},
        f"{ids.VERSION_BLOCK}:{MODEL}": {ids.DEPLOY_VERSION: "latest"},
    }
    world.slack.people.submit(ANA, world.modal(ANA)["id"], values)
    assert "certain channels only" in world.modal(ANA)["errors"][ids.MODEL_BLOCK]
    monkeypatch.setattr(world.releases, "catalog", {MODEL: replace(elsewhere, channels=frozenset({CHANNEL}))})
    world.slack.people.submit(ANA, world.modal(ANA)["id"], values)
    assert len(world.store.in_progress()) == 1


def test_typographic_quotes_and_dashes_are_understood(world: World) -> None:
    world.slash("/deploy “titanic\N{EN DASH}survival” \N{LEFT SINGLE QUOTATION MARK}7\N{RIGHT SINGLE QUOTATION MARK}")
    assert [release.wanted for release in world.store.in_progress()] == ["7"]


def test_a_second_deploy_of_a_model_is_told_who_is_first(world: World) -> None:
    first = world.stored("deploying_staging", requested_by=DIEGO)
    answer = world.slash(f"/deploy {MODEL} 9")
    for words in (first.id, f"<@{DIEGO}>", "Deploying to staging", "Open its card"):
        assert words in answer
    assert len(world.store.in_progress()) == 1


def test_looking_at_aws_is_left_to_the_worker(world: World) -> None:
    assert "Looking at SageMaker" in world.slash("/endpoints")
    assert "Checking the rollback pointer" in world.slash(f"/rollback {MODEL}")
    asked = [world.store.inquiry(f"nonce-{number}") for number in (2, 4)]
    assert [(each.topic, each.model, each.by) for each in asked if each] == [
        ("endpoints", "", ANA),
        ("rollback", MODEL, ANA),
    ]
    addresses = [read_reply_address(each.reply_to) for each in asked if each]
    assert all(each and "/response/" in answer_url(world.store, each.request) for each in addresses)


def test_rollback_of_many_models_asks_which(world: World) -> None:
    world.slash("/rollback")
    world.slack.people.click(ANA, world.last(ANA), ids.CHOOSE_ROLLBACK, OTHER)
    asked = world.store.inquiry("nonce-3")
    assert asked is not None
    assert asked.model == OTHER


def test_releases_are_listed_and_shown(world: World) -> None:
    release = world.stored("awaiting_approval")
    assert release.id in world.slash("/release")
    assert "Waiting for approval" in world.slash(f"/release {release.id}")
    assert "Sample of requests" in world.slash(f"/release evidence {release.id}")


def test_the_evidence_is_what_was_decided_on_and_then_what_prod_showed(world: World) -> None:
    release = world.stored("prod_unhealthy")
    said = world.slash(f"/release evidence {release.id}")
    assert said.count("'type': 'table'") == 1, "Slack takes no more"
    assert said.index("Smoke tests on staging passed") < said.index("'type': 'table'")
    assert said.index("'type': 'table'") < said.index("Smoke tests on prod failed")
    assert "*⚠ warning: score drift*" in said
    assert said.count("Sample of requests") == said.count("suite `titanic.yaml` (`5f1c8a9be0d2`)") == 2


def test_the_requester_may_cancel_and_a_stranger_may_not(world: World) -> None:
    release = world.stored("deploying_staging")
    assert "not among the people" in world.slash(f"/release cancel {release.id} wrong", user=DIEGO)
    assert "is cancelled" in world.slash(f"/release cancel {release.id} wrong version")
    stored = world.store.load(release.id)
    assert stored is not None
    assert stored.decision is not None
    assert stored.decision.reason == "wrong version"
    assert "already cancelled" in world.slash(f"/release cancel {release.id}") or "too late" in world.slash(
        f"/release cancel {release.id}"
    )


def test_freeze_and_thaw(world: World) -> None:
    assert "not among the people" in world.slash("/freeze all because x")
    assert "are frozen until" in world.slash("/freeze all for 2h because it's Friday", user=BRUNO)
    assert "Friday" in world.slash("/freeze")
    assert "still frozen by the freeze of `all`: `/thaw all`" in world.slash(f"/thaw {MODEL}", user=BRUNO)
    assert "Lifted the freeze" in world.slash("/thaw all", user=BRUNO)
    assert "Nothing was locked or frozen" in world.slash("/thaw all", user=BRUNO)
    assert "Nothing is locked" in world.slash("/freeze")


def test_the_channel_hears_what_was_frozen_and_thawed_but_no_refusal_and_no_list(world: World) -> None:
    for line in ("/freeze all because x", "/freeze", "/thaw all", "/freeze all"):
        assert "'response_type': 'ephemeral'" in world.slash(line, user=ANA)
    for line in (f"/freeze {MODEL} because x", f"/thaw {MODEL}"):
        assert "'response_type': 'in_channel'" in world.slash(line, user=BRUNO)
        assert f"by <@{BRUNO}>" in world.last(DIEGO)["text"]
    assert "'response_type': 'ephemeral'" in world.slash(f"/thaw {MODEL}", user=BRUNO), "nothing was lifted"


# --- the gate -------------------------------------------------------------------------------------------------------


def _decision_of(world: World, release_id: str) -> DecisionKind | None:
    stored = world.store.load(release_id)
    assert stored is not None
    return stored.decision.kind if stored.decision else None


def test_an_approver_approves_and_the_next_click_is_told_who_did(world: World) -> None:
    release = world.stored("awaiting_approval")
    posted = world.posted(card(release))
    world.slack.people.click(BRUNO, posted, ids.APPROVE)
    assert "Your approval of" in world.last(BRUNO)["text"]
    assert _decision_of(world, release.id) is DecisionKind.APPROVED

    world.slack.people.click("U0CARLA", posted, ids.APPROVE)
    assert f"already approved by <@{BRUNO}>" in world.last("U0CARLA")["text"]
    assert world.last("U0CARLA")["ephemeral"]


def test_requester_and_strangers_are_refused(world: World) -> None:
    release = world.stored("awaiting_approval")
    posted = world.posted(card(release))
    for user, words in ((ANA, "somebody else has to decide"), (DIEGO, "not among the people")):
        for action in (ids.APPROVE, ids.REJECT):
            world.slack.people.click(user, posted, action)
            assert words in world.last(user)["text"]
        assert world.slack.modals(user) == []
    assert _decision_of(world, release.id) is None


def test_a_group_that_slack_does_not_tell_lets_nobody_through(world: World) -> None:
    release = world.stored("awaiting_approval")
    posted = world.posted(card(release))
    world.slack.people.fault(method="usergroups.users.list", error="internal_error", times=1)
    world.slack.people.click(BRUNO, posted, ids.APPROVE)
    assert "nobody can be let through" in world.last(BRUNO)["text"]
    assert _decision_of(world, release.id) is None
    # What Slack did not tell is remembered for seconds; another process, or this one later, asks again.
    world.releases._directory = SlackDirectory(world.slack.client())
    world.slack.people.click(BRUNO, posted, ids.APPROVE)
    assert _decision_of(world, release.id) is DecisionKind.APPROVED


def test_a_rejection_needs_a_reason(world: World) -> None:
    release = world.stored("awaiting_approval")
    world.slack.people.click(BRUNO, world.posted(card(release)), ids.REJECT)
    form = world.modal(BRUNO)
    assert not world.slack.people.submit(BRUNO, form["id"], {ids.REASON_BLOCK: {ids.REASON: ""}})["ok"]
    world.slack.people.submit(BRUNO, form["id"], {ids.REASON_BLOCK: {ids.REASON: "recall is worse"}})

    stored = world.store.load(release.id)
    assert stored is not None
    assert stored.phase is Phase.REJECTED
    assert stored.decision is not None
    assert (stored.decision.by, stored.decision.reason) == (BRUNO, "recall is worse")
    assert "is rejected" in str(world.modal(BRUNO)["view"])


def test_a_card_of_stale_evidence_runs_again_once_and_says_so_to_who_comes_late(world: World) -> None:
    release = world.stored("evidence_stale")
    posted = world.posted(card(release))
    world.slack.people.click(DIEGO, posted, ids.RUN_AGAIN)
    assert "not among the people" in world.last(DIEGO)["text"]
    world.slack.people.click(BRUNO, posted, ids.RUN_AGAIN)
    assert "runs again" in world.last(BRUNO)["text"]
    stored = world.store.load(release.id)
    assert stored is not None
    assert stored.phase is Phase.DEPLOYING_STAGING
    world.slack.people.click(ANA, posted, ids.RUN_AGAIN)
    assert f"<@{BRUNO}> had it run again" in world.last(ANA)["text"]
    assert "“Deploying to staging” now" in world.last(ANA)["text"]


def test_who_still_sees_approve_on_stale_evidence_is_told_why_it_does_not_count(world: World) -> None:
    before = played(*STORIES["awaiting_approval"])[0]
    release = world.stored("evidence_stale")
    posted = world.posted(card(before))
    for action in (ids.APPROVE, ids.REJECT):
        world.slack.people.click(BRUNO, posted, action)
        said = world.last(BRUNO)["text"]
        assert "became stale" in said
        assert "Staging serves titanic-survival-v5-by-hand" in said
        assert world.slack.modals(BRUNO) == []
    assert _decision_of(world, release.id) is None


def test_stale_evidence_leaves_the_release_to_be_cancelled(world: World) -> None:
    release = world.stored("evidence_stale")
    world.slack.people.click(ANA, world.posted(card(release)), ids.CANCEL)
    assert _decision_of(world, release.id) is DecisionKind.CANCELLED


def test_a_late_rejection_is_told_so_in_its_form(world: World) -> None:
    release = world.stored("awaiting_approval")
    posted = world.posted(card(release))
    world.slack.people.click(BRUNO, posted, ids.REJECT)
    world.slack.people.click("U0CARLA", posted, ids.APPROVE)
    world.slack.people.submit(BRUNO, world.modal(BRUNO)["id"], {ids.REASON_BLOCK: {ids.REASON: "too late"}})
    assert "already approved by <@U0CARLA>" in str(world.modal(BRUNO)["view"])
    assert _decision_of(world, release.id) is DecisionKind.APPROVED


def test_the_card_lets_its_release_be_cancelled(world: World) -> None:
    release = world.stored("deploying_staging")
    world.slack.people.click(ANA, world.posted(card(release)), ids.CANCEL)
    assert "is cancelled" in world.last(ANA)["text"]
    assert _decision_of(world, release.id) is DecisionKind.CANCELLED


# --- rollback -------------------------------------------------------------------------------------------------------


def test_a_released_card_leads_to_a_look_at_the_pointer(world: World) -> None:
    release = world.stored("released")
    world.slack.people.click(ANA, world.posted(card(release)), ids.LOOK_BACK)
    assert "Checking the rollback pointer" in world.last(ANA)["text"]
    asked = world.store.inquiry("nonce-2")
    assert asked is not None
    assert (asked.topic, asked.model) == ("rollback", MODEL)


def test_a_rollback_is_started_with_its_reason(world: World) -> None:
    release = world.stored("released")
    assert release.pointer is not None
    offer = world.posted(rollback_offer(MODEL, "titanic-survival-prod", release.pointer.new_config, 7, release.pointer))
    world.slack.people.click(BRUNO, offer, ids.ROLL_BACK)
    form = world.modal(BRUNO)
    assert release.pointer.previous_config is not None
    assert release.pointer.previous_config in str(form["view"])
    world.slack.people.submit(BRUNO, form["id"], {ids.REASON_BLOCK: {ids.REASON: "scores doubled"}})

    [started] = [each for each in world.store.in_progress() if each.kind is Kind.ROLLBACK]
    assert (started.requested_by, started.reason) == (BRUNO, "scores doubled")
    assert started.target_config == release.pointer.previous_config
    assert started.id in str(world.modal(BRUNO)["view"])


# --- forms and Home -------------------------------------------------------------------------------------------------


def test_the_deploy_form_offers_the_versions_of_the_chosen_model(world: World) -> None:
    world.store.keep_note(f"versions:{MODEL}", "7 6 5", 60)
    world.slash("/deploy")
    form = world.modal(ANA)
    world.slack.people.click_view(ANA, form["id"], ids.DEPLOY_MODEL, MODEL)
    form = world.modal(ANA)
    assert re.findall(r"'value': '(\w+)'", str(form["view"]["blocks"][1]["element"]["options"])) == [
        "latest",
        "7",
        "6",
        "5",
    ]
    values = {ids.MODEL_BLOCK: {ids.DEPLOY_MODEL: MODEL}, f"{ids.VERSION_BLOCK}:{MODEL}": {ids.DEPLOY_VERSION: "6"}}
    world.slack.people.submit(ANA, form["id"], values)
    [release] = world.store.in_progress()
    assert (release.model, release.wanted) == (MODEL, "6")
    assert CHANNEL in release.reply_to
    assert release.id in str(world.modal(ANA)["view"])


def test_the_deploy_form_says_beside_the_field_why_not(world: World) -> None:
    world.stored("deploying_staging")
    world.slash("/deploy")
    form = world.modal(ANA)
    world.slack.people.click_view(ANA, form["id"], ids.DEPLOY_MODEL, MODEL)
    values = {
        ids.MODEL_BLOCK: {ids.DEPLOY_MODEL: MODEL},
        f"{ids.VERSION_BLOCK}:{MODEL}": {ids.DEPLOY_VERSION: "latest"},
    }
    world.slack.people.submit(ANA, form["id"], values)
    assert "in progress" in world.modal(ANA)["errors"][ids.MODEL_BLOCK]


def test_home_shows_what_waits_and_opens_the_form(world: World) -> None:
    world.stored("awaiting_approval")
    world.slack.people.open_home(ANA)
    home = world.slack.people.wait_for(ANA, lambda state: state["home"])
    assert "Waiting for a decision" in str(home)
    world.slack.people.click_view(ANA, home["id"], ids.OPEN_DEPLOY)
    assert world.modal(ANA)["view"]["callback_id"] == ids.DEPLOY_FORM


# --- what should not happen -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["something_old", ids.APPROVE, ids.CANCEL, ids.LOOK_BACK, ids.ROLL_BACK])
def test_an_old_or_foreign_button_is_answered(world: World, action: str) -> None:
    posted = world.posted(message("Old", actions("old", button("Approve", action, "r1:x"))))
    answer = world.slack.people.click(ANA, posted, action)
    assert answer["ok"]
    assert world.last(ANA)["ephemeral"]
    assert re.search("older message|no such release|no earlier config", world.last(ANA)["text"])


def test_a_store_out_of_reach_is_told_and_nothing_else(world: World) -> None:
    release = world.stored("awaiting_approval")
    posted = world.posted(card(release))
    world.slack.people.click("U0CARLA", posted, ids.REJECT)
    form = world.modal("U0CARLA")
    world.store.broken = True

    assert "cannot reach its store" in world.slash(f"/deploy {OTHER}")
    assert world.slack.people.click(BRUNO, posted, ids.APPROVE)["ok"]
    assert "cannot reach its store" in world.last(BRUNO)["text"]
    world.slack.people.submit("U0CARLA", form["id"], {ids.REASON_BLOCK: {ids.REASON: "because"}})
    assert "cannot reach its store" in str(world.modal("U0CARLA")["view"])


def test_a_fault_of_ours_shows_an_id_and_no_traceback(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr(type(world.releases), "request", fail)
    answer = world.slash(f"/deploy {MODEL}")
    assert re.search(r"error `[0-9a-f]{8}`", answer)
    assert "secret" not in answer
    assert "Traceback" not in answer


def test_a_release_of_a_newer_sluice_is_named_and_hides_no_other(world: World) -> None:
    ours = world.stored("awaiting_approval")
    newer = replace(ours, id="r00000new", kind=Kind.ROLLBACK, schema_version=SCHEMA_VERSION + 1, revision=0)
    world.store.create(newer, LogEntry(1, newer.requested_at, Requested(ANA)), newer.requested_at)
    listed = world.slash("/release")
    assert ours.id in listed
    assert "`r00000new` was written by a newer Sluice" in listed
    assert "A newer Sluice is at this release" in world.slash("/release r00000new")
    world.slack.people.open_home(ANA)
    home = world.slack.people.wait_for(ANA, lambda state: state["home"])
    assert "r00000new" in str(home)
