"""What people type and cannot be done: a clear private answer, and nothing started."""

import pytest
from fakes.story import ANA, BRUNO, CHANNEL, DIEGO, GUEST, Stories

from sandbox.world import World

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

ARN = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/titanic-survival/2"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("/deploy hapy 2", ["no model", "hapy", "Did you mean", "`happy`"]),
        ("/deploy zzzzzzzz", ["no model", "zzzzzzzz", "Nothing was started"]),
        ("/deploy typed seven", ["seven", "is no version"]),
        ("/deploy typed 1 2 3", ["A model and a version are two words"]),
        (f"/deploy typed {ARN.replace('eu-west-1', 'us-east-1')}", ["region", "us-east-1", "eu-west-1"]),
        (f"/deploy typed {ARN.replace('123456789012', '999999999999')}", ["another AWS account"]),
        (f"/deploy typed {ARN.replace('titanic-survival', 'fare-price')}", ["group", "fare-price"]),
        ("/deploy " + "x" * 400, ["too long"]),
        ("/release " + "y" * 2_500, ["2,500 characters long"]),
        ("/release r00000000", ["no such release"]),
        ("/release nonsense", ["is no release id"]),
        ("/release cancel", ["Name the release to cancel"]),
        ("/rollback nowhere", ["no model", "nowhere"]),
        ("/freeze typed", ["because"]),
        ("/deploy help", ["/deploy"]),
        ("/release \N{EN DASH}h", ["/release"]),
        ("/rollback help", ["/rollback"]),
        ("/endpoints ?", ["/endpoints"]),
        ("/freeze help", ["/freeze"]),
        ("/thaw help", ["/thaw"]),
    ],
)
def test_a_command_that_cannot_be_done_is_answered_privately(stories: Stories, text: str, words: list[str]) -> None:
    story = stories("typed")
    started = story.redis.zcard("sluice:releases")
    seen = _public(story.world)
    said = story.slash(ANA, text)
    assert all(word in said for word in words), said
    assert story.redis.zcard("sluice:releases") == started
    assert _public(story.world) == seen


def test_a_rollback_of_what_was_never_released_says_so(stories: Stories) -> None:
    story = stories("absent")
    story.slash(BRUNO, f"/rollback {story.model}")
    story.until_whispered(BRUNO, "has no endpoint")


@pytest.mark.parametrize(
    "typed",
    [
        "\N{LEFT DOUBLE QUOTATION MARK}typed\N{RIGHT DOUBLE QUOTATION MARK} 99",
        "typed\N{NO-BREAK SPACE}99",
        f"typed {ARN.replace('-', chr(0x2011))}9",
    ],
    ids=["quotes", "space", "dashes"],
)
def test_typographic_quotes_spaces_and_dashes_are_understood(stories: Stories, typed: str) -> None:
    story = stories("typed")
    said = story.slash(ANA, f"/deploy {typed}")
    assert "has started" in said, said
    story.until_phase(story.newest(), "package_refused")


def test_without_arguments_a_form_asks(stories: Stories) -> None:
    story = stories("chosen")
    assert story.slash(ANA, "/deploy") == ""
    form = story.people.wait_for(ANA, lambda state: state["modals"][-1] if state["modals"] else None)
    assert story.people.click_view(ANA, form["id"], "deploy_model", story.model)["ok"]
    fields = story.people.state(ANA)["modals"][-1]["view"]["blocks"]
    model, version = (each["block_id"] for each in fields if each["type"] == "input")
    offered = [each["value"] for each in fields[1]["element"]["options"]]
    assert offered[0] == "latest"
    values = {model: {"deploy_model": story.model}, version: {"deploy_version": "latest"}}
    assert story.people.submit(ANA, form["id"], values)["ok"]
    release = story.newest()
    told = story.people.state(ANA)["modals"][-1]["view"]
    assert release in str(told["blocks"])
    story.close_notices(ANA)
    assert "is cancelled" in story.slash(ANA, f"/release cancel {release}")


def test_a_model_has_one_release_at_a_time(stories: Stories) -> None:
    story = stories("busy")
    release = story.deploy()
    said = story.slash(BRUNO, f"/deploy {story.model} 1")
    assert all(word in said for word in ("in progress", release, f"<@{ANA}>", "Nothing was started")), said
    card = story.gate(release)
    assert "Guests may not do this" in story.slash(GUEST, f"/deploy {story.model} 1")
    said = story.slash(DIEGO, f"/deploy {story.model} 1")
    link = f"/archives/{CHANNEL}/p{card['ts'].replace('.', '')}"
    assert link in said, said


def _public(world: World) -> list[str]:
    return [each["ts"] for each in world.people.messages(CHANNEL, ANA) if not each["ephemeral"]]
