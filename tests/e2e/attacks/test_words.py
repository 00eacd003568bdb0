"""Texts that would be more than texts, and a record that was changed."""

from collections.abc import Callable, Iterator

import pytest
from e2e.attacks.gates import Gates
from fakes.attacks import Watch
from fakes.story import ANA, BRUNO, CHANNEL, Stories, Story

from bot.cli import main

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

GATED = ("gate", "told")
SHOUT = "<!channel> <@U0DIEGO> <http://127.0.0.1:9/|look here>"


@pytest.mark.attack(
    "Somebody asks for a model whose name would call the whole channel",
    seen="&lt;!channel&gt;",
    record="deploy: unknown_model",
)
def test_a_name_that_would_call_people(gates: Gates, watch: Watch) -> None:
    story, release, _ = gates("gate")
    with watch.over(story, release):
        watch.hears(story.slash(ANA, "/deploy '<!channel><@U0DIEGO>' 2"))
    assert shouts(story) == []


@pytest.mark.attack(
    "A reason that would call people, and hide an address behind words",
    seen="&lt;!channel&gt; &lt;@U0DIEGO&gt;",
    record="reject",
)
def test_a_reason_that_would_call_people(gates: Gates, watch: Watch) -> None:
    story, release, card = gates("told")
    with watch.over(story, release):
        assert story.click(BRUNO, card, "Reject") == ""
        assert story.submit(BRUNO, SHOUT)["ok"]
        watch.hears(story.until_told(release, "rejected"))
    story.close_notices(BRUNO)
    assert shouts(story) == []


@pytest.mark.attack(
    "A model that answers with words that would call people", seen="<!channel> <@U0BRUNO>", code="smoke_failed"
)
def test_a_model_that_would_call_people(stories: Stories, watch: Watch) -> None:
    story = stories("shouting")
    version, _ = story.aws.register(CustomerMetadataProperties={"sandbox:fault": "shout_every:1"})
    release = story.deploy(version)
    with watch.over(story, release):
        story.until_phase(release, "smoke_failed")
        story.until_told(release, "All 27 checks")
        watch.hears(str([each["blocks"] for each in story.people.messages(CHANNEL, ANA)]))
    assert shouts(story) == []


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(
            "document",
            marks=pytest.mark.attack(
                "One byte of a release is changed in Redis", seen="the release's document is not the one of revision"
            ),
        ),
        pytest.param(
            "log",
            marks=pytest.mark.attack(
                "One byte of a fact is changed in Redis", seen="fact 1: it is not what was written: it was changed"
            ),
        ),
        pytest.param(
            "audit",
            marks=pytest.mark.attack(
                "One byte of the audit log is changed in Redis",
                seen="line 1: its hash is not that of its text after the line before: it was changed",
            ),
        ),
    ],
)
def test_a_record_that_was_tampered_with(
    gates: Gates, watch: Watch, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], part: str
) -> None:
    story, release, _ = gates("gate")
    monkeypatch.setenv("REDIS_URL", story.world.redis_url)
    with watch.over(story, release):
        mend = spoil(story, release, part)
        assert main(["audit", "verify", release]) == 1
        watch.hears(capsys.readouterr().out)
        mend()
    assert main(["audit", "verify", release]) == 0


def spoil(story: Story, release: str, part: str) -> Callable[[], object]:
    """Change one byte in Redis and return what puts it back."""
    key = f"sluice:release:{release}"
    if part == "document":
        held = str(story.redis.hget(key, "document"))
        story.redis.hset(key, "document", other(held))
        return lambda: story.redis.hset(key, "document", held)
    name = f"sluice:audit:{release}" if part == "audit" else f"{key}:log"
    line = str(story.redis.lindex(name, 0))
    story.redis.lset(name, 0, other(line))
    return lambda: story.redis.lset(name, 0, line)


def other(text: str) -> str:
    """Return the text with its last digit changed."""
    place = max(text.rfind(digit) for digit in "0123456789")
    return f"{text[:place]}{(int(text[place]) + 1) % 10}{text[place + 1 :]}"


def shouts(story: Story) -> list[str]:
    """Return the texts in which Slack would see a call or a link; only `mrkdwn` and a message's own text are read so.

    The rest (`plain_text`, cells of a table, the text of a `rich_text` block) is shown letter by letter.
    """
    seen = [*story.people.messages(CHANNEL, ANA), *story.people.messages(CHANNEL, BRUNO)]
    texts = [each["text"] for each in seen] + [text for each in seen for text in read_by_slack(each["blocks"])]
    return [text for text in texts if "<!channel>" in text or "<http://127.0.0.1:9/|" in text]


def read_by_slack(value: object) -> Iterator[str]:
    """Yield every text of some blocks in which Slack looks for calls and links."""
    match value:
        case {"type": "mrkdwn" | "markdown", "text": str(text)}:
            yield text
        case dict():
            for each in value.values():
                yield from read_by_slack(each)
        case list():
            for each in value:
                yield from read_by_slack(each)
        case _:
            pass
