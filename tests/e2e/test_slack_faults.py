"""Slack misbehaves: each test is a row of docs/reference/slack-faults.md. Nothing is lost, and little is said twice.

Two bots share the socket mode of one app; the faults are injected at the local Slack, under the product's real wires.
"""

import asyncio
from collections.abc import Callable, Iterator

import aiohttp
import pytest
from e2e.worlds import Models, broken_records, told_by, write_catalog
from fakes.marked import Marked, marked
from fakes.polling import until
from fakes.story import ANA, BRUNO, CARLA, CHANNEL, DIEGO, Stories, Story

from sandbox.slack.directory import APP_TOKEN
from sandbox.slack.wire import Json
from sandbox.world import Recipe, World

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

MODELS: Models = {
    name: {}
    for name in ("away", "limited", "lost", "card", "archived", "late", "twice", "forms", "sockets", "ghost", "other")
} | {"uninvited": {"channel": "C0GENERAL"}}
BOTS = ("bot", "bot-2")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    catalog = write_catalog(tmp_path_factory.mktemp("catalog"), MODELS)
    with World(Recipe(scale_seconds=0.1, poll_seconds=0.1, catalog=catalog, sdk="boto3")) as running:
        running.start("bot", BOTS[1])
        yield running
        for name in (*BOTS, "worker-1"):
            assert "Traceback" not in running.process(name).log.read_text(encoding="utf-8"), running.log_of(name)
        assert broken_records(running) == []


@pytest.fixture(scope="module")
def stories(world: World) -> Iterator[Stories]:
    with told_by(world) as given:
        yield given


@pytest.fixture
def row(request: pytest.FixtureRequest) -> Iterator[Marked]:
    with marked(request, "slack_fault") as given:
        yield given


@pytest.mark.slack_fault(
    "Slack is down: it answers with an error page and takes no socket",
    does="The release goes on; Slack is asked every 5 s. When it is back the card is drawn once, as things stand, and "
    "the thread gets every line that it lacks, in order.",
    told="is released to prod",
)
def test_slack_is_down(stories: Stories, row: Marked) -> None:
    story = stories("away")
    release, card = story.to_gate()
    assert "counts" in story.click(BRUNO, card, "Approve")
    story.people.fault(away=True)
    story.until_phase(release, "released")
    seen, before = story.log(release), calls(story, "chat.update", card)
    story.people.fault(away=False)
    row.shows(story.until_told(release, row.told))
    assert len(calls(story, "chat.update", card)) - len(before) <= 2, "once for all that happened, once for its end"
    assert in_order(story, release)
    assert seen.count("Approved") == 1
    story.people.wait_online()


@pytest.mark.slack_fault(
    "Slack answers 429 and asks to be left alone for seconds or minutes",
    does="A second is waited for. For longer, nothing is told by any worker until then, and no lease is held over it; "
    "the release goes on.",
    told="Ready for a decision",
)
def test_slack_limits_the_rate(stories: Stories, row: Marked) -> None:
    story = stories("limited")
    story.people.fault(method="chat.postMessage", retry_after=4, times=1)
    release = story.deploy()
    story.until_phase(release, "awaiting_approval")
    row.shows(story.until_told(release, row.told))
    asked = [each for each in crossings(story) if each["direction"] == "from_app" and each["name"].startswith("chat.")]
    limited = next(place for place, each in enumerate(asked) if each["status"] == "ratelimited")
    assert asked[limited + 1]["at"] - asked[limited]["at"] >= 4
    assert in_order(story, release)


@pytest.mark.slack_fault(
    "The reply to a post is lost: the connection ends after Slack took it",
    does="It is looked for in the channel or the thread, by the release and the fact that its metadata names, before "
    "it is sent again. Without the optional scopes for that it is sent again.",
    told="Ready for a decision",
)
def test_a_reply_is_lost(stories: Stories, row: Marked) -> None:
    story = stories("lost")
    story.people.fault(method="chat.postMessage", times=2, lost=True)
    release, _ = story.to_gate()
    row.shows(story.until_told(release, row.told))
    assert in_order(story, release)
    cards = [each for each in story.people.messages(CHANNEL, ANA) if f"({release})" in each["text"]]
    assert len([each for each in cards if not each["ephemeral"] and not each["thread_ts"]]) == 1


@pytest.mark.slack_fault(
    "Somebody deletes the card",
    does="With the next fact it is posted again, and the thread goes on below it.",
    told="is released to prod",
)
def test_the_card_is_deleted(stories: Stories, row: Marked) -> None:
    story = stories("card")
    release, card = story.to_gate()
    nonce = story.document(release)["gate"]["nonce"]
    story.people.delete(card)
    assert "counts" in story.press_old(BRUNO, "gate_approve", f"{release}:{nonce}")
    story.until_phase(release, "released")
    row.shows(story.until_told(release, row.told))
    anew = story.card(release)
    assert anew is not None
    assert anew["ts"] > card["ts"]


@pytest.mark.slack_fault(
    "The channel is archived, or the app is removed from it, under a release",
    does="The release goes on, and the requester hears privately what to do. What the thread lacks is kept for a day; "
    "when the channel is open again, it comes, in order.",
    told="goes on; its thread is told all of it as soon as Sluice can write there",
)
@pytest.mark.parametrize(("shut", "opened"), [({"archived": True}, {"archived": False}), ({"kicked": True}, {})])
def test_the_channel_is_barred(stories: Stories, row: Marked, shut: dict[str, bool], opened: dict[str, bool]) -> None:
    story = stories("archived")
    release, card = story.to_gate()
    assert "counts" in story.click(BRUNO, card, "Approve")
    story.people.change_channel(CHANNEL, **shut)
    story.until_phase(release, "released")
    row.shows(story.until_whispered(ANA, release, "goes on"))
    story.people.change_channel(CHANNEL, **opened)
    story.people.slash(ANA, CHANNEL, "/invite @sluice")
    due_now(story, release)
    story.until_told(release, "is released to prod")
    assert in_order(story, release)


@pytest.mark.slack_fault(
    "The app was never invited to the channel",
    does="The release waits, an hour at most, before anything is deployed; the requester hears privately what to do. "
    "When the app is invited, it goes on by itself.",
    told="waits for that, an hour at most",
)
def test_the_app_was_never_invited(stories: Stories, row: Marked) -> None:
    story = stories("uninvited")
    release = story.deploy()
    row.shows(story.until_whispered(ANA, "not_in_channel", "<#C0GENERAL>", "Invite"))
    assert story.aws.endpoint(story.staging) is None
    story.people.slash(ANA, "C0GENERAL", "/invite @sluice")
    story.channel = "C0GENERAL"
    due_now(story, release)
    story.until_phase(release, "awaiting_approval")


@pytest.mark.slack_fault(
    "A command or a click is delivered twice, to this bot or another",
    does="It acts once; the audit log has the second arrival.",
    told="has started",
)
def test_a_delivery_comes_twice(stories: Stories, row: Marked) -> None:
    story = stories("twice")
    story.people.fault(twice=2)
    row.shows(story.slash(ANA, f"/deploy {story.model} 2"))
    release = story.newest()
    assert story.redis.zcard(f"sluice:releases:model:{story.model}") == 1
    assert "counts" in story.approve(release)
    assert story.log(release).count("Approved") == 1


@pytest.mark.slack_fault(
    "A command is delivered late: Slack has told its person that it failed",
    does="It acts when it comes. Who types it again meanwhile is shown the release that is under way.",
    told="is in progress",
)
def test_a_delivery_comes_late(stories: Stories, row: Marked) -> None:
    story = stories("late")
    story.people.fault(late=0.2)
    answer = story.people.slash(ANA, CHANNEL, f"/deploy {story.model} 2")
    assert answer["error"] == "operation_timeout"
    until(lambda: story.redis.zcard(f"sluice:releases:model:{story.model}"), "the late release")
    row.shows(story.slash(ANA, f"/deploy {story.model} 2"))
    story.until_phase(story.newest(), "awaiting_approval")


@pytest.mark.slack_fault(
    "The trigger of a form has expired",
    does="Nothing is changed, and the person hears what to type instead.",
    told="Slack did not open the form. Nothing was changed. Please click again, or end the release without a form:",
)
def test_a_trigger_has_expired(stories: Stories, row: Marked) -> None:
    story = stories("forms")
    release, card = story.to_gate()
    story.people.fault(method="views.open", error="expired_trigger_id", times=1)
    row.shows(story.click(CARLA, card, "Reject"))
    story.people.fault(method="views.open", error="expired_trigger_id", times=1)
    assert "`/deploy &lt;model&gt; &lt;version&gt;`" in story.slash(ANA, "/deploy")
    assert story.document(release)["phase"] == "awaiting_approval"


@pytest.mark.slack_fault(
    "Slack asks the sockets to refresh, closes them, or they are cut",
    does="The bot connects anew; a cut connection it finds with the next ping, within 2 s. A refresh loses nothing. "
    "While no socket is there, Slack itself tells people that their command failed, and a second try works.",
    told="Nothing is locked or frozen",
)
@pytest.mark.parametrize("trouble", [{"disconnect": "refresh_requested"}, {"drop": "close"}, {"drop": "reset"}])
def test_the_sockets_are_disturbed(stories: Stories, row: Marked, trouble: dict[str, str]) -> None:
    story = stories("sockets")
    story.people.fault(**trouble)
    if "drop" in trouble:
        story.people.wait_online(30)
    for _ in range(5):
        row.shows(story.slash(DIEGO, "/freeze"))


@pytest.mark.slack_fault(
    "A ghost connection, or a second program with the app's token, takes envelopes and never answers",
    does="Slack itself tells people that their command failed; a second try reaches a bot. Whatever a bot acknowledged "
    "is kept, whichever connection it came by.",
    told="Nothing is locked or frozen",
)
def test_a_ghost_takes_envelopes(stories: Stories, row: Marked) -> None:
    story = stories("ghost")
    until(lambda: story.people.state(ANA)["app"]["connections"] == len(BOTS), "both bots")
    answers = asyncio.run(beside_a_ghost(story, lambda: story.people.slash(DIEGO, CHANNEL, "/freeze")))
    assert sorted(answer["ok"] for answer in answers) == [False, True, True]
    row.shows(next(answer["response"]["text"] for answer in answers if answer["ok"]))


@pytest.mark.slack_fault(
    "The bot that asked for a decision is gone when the click comes",
    does="Any bot answers any click: nothing is kept in a bot.",
    told="Your approval of",
)
def test_the_click_reaches_another_bot(stories: Stories, row: Marked) -> None:
    story = stories("other")
    _, card = story.to_gate()
    story.world.process("bot").kill()
    until(lambda: story.people.state(ANA)["app"]["connections"] == 1, "one bot left")
    row.shows(story.click(BRUNO, card, "Approve"))


def crossings(story: Story) -> list[Json]:
    """Return what crossed between Slack and Sluice, oldest first."""
    found: list[Json] = story.people.state(ANA)["inspector"]
    return found


def calls(story: Story, name: str, card: Json) -> list[Json]:
    """Return the calls of a method about a message."""
    return [each for each in crossings(story) if each["name"] == name and each["body"].get("ts") == card["ts"]]


def in_order(story: Story, release: str) -> bool:
    """Say whether the thread has every fact once, in the order in which they happened."""
    seen = [each for each in story.people.messages(CHANNEL, ANA) if (each["metadata"] or {}).get("event_type")]
    payloads = [each["metadata"]["event_payload"] for each in seen]
    told = [(each["fact"], each["part"]) for each in payloads if each["release_id"] == release and "fact" in each]
    return bool(told) and told == sorted(set(told))


def due_now(story: Story, release: str) -> None:
    """Have the release's next try come now, instead of in half a minute."""
    story.redis.zadd("sluice:due", {f"release:{release}": 0})


async def beside_a_ghost(story: Story, act: Callable[[], Json]) -> list[Json]:
    """Return three answers while a socket that never acknowledges has its turn beside those of the bots."""
    headers = {"Authorization": f"Bearer {APP_TOKEN}"}
    async with aiohttp.ClientSession(trust_env=False) as session:
        async with session.post(f"{story.people.url}/api/apps.connections.open", headers=headers) as answer:
            address = (await answer.json())["url"]
        async with session.ws_connect(address) as ghost:
            assert (await ghost.receive_json())["num_connections"] == len(BOTS) + 1
            answers = [await asyncio.to_thread(act) for _ in range(3)]
            assert (await ghost.receive_json())["payload"]["command"] == "/freeze"
    return answers
