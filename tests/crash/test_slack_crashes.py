"""A worker that dies at any call to Slack while a verdict is told: all of it arrives, in order, and once."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from fakes.crash import CrashSchedule, Moment
from fakes.telling_deaths import Stage, mark_of, told
from unit.handlers.local_slack import LocalSlack, local_slack

from sandbox.slack.tickets import Limits

pytestmark = pytest.mark.crash
STORY = "smoke_failed"


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalSlack]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)  # slack_sdk would use it for 127.0.0.1 too
    with local_slack() as running:
        running.emulator.limits = Limits(file_seconds=0.0)
        yield running


@pytest.mark.parametrize("moment", Moment)
def test_a_worker_that_dies_at_a_call_to_slack_has_everything_told_once(slack: LocalSlack, moment: Moment) -> None:
    stage, counting = Stage(slack.url), CrashSchedule()
    clean = stage.tell(STORY, counting)
    wanted = [mark_of(message) for message in clean]
    assert "image" in [block["type"] for block in clean[0]["blocks"]]
    assert clean[-1]["files"]
    found = {}
    for number, name in enumerate(counting.calls, start=1):
        seen = stage.tell(STORY, CrashSchedule(number, moment))
        again = told(seen) - told(clean)
        card = next(message for message in seen if mark_of(message) == "card")
        fine = {
            f"said {list(map(mark_of, seen))}": [mark_of(each) for each in seen if each["thread_ts"]]
            == [mark_of(each) for each in clean if each["thread_ts"]],
            f"again {again}": set(again) <= {"private"},
            "lost": not told(clean) - told(seen),
            "no picture": "image" in [block["type"] for block in card["blocks"]],
        }
        if wrong := [problem for problem, good in fine.items() if not good]:
            found[f"{moment.value} call {number}, {name}"] = wrong
    assert not found, wanted


def test_without_the_optional_scopes_what_may_have_been_said_is_said_again(slack: LocalSlack) -> None:
    manifest = slack.emulator.manifest
    slack.emulator.manifest = replace(manifest, scopes=manifest.scopes - {"channels:history", "groups:history"})
    stage, counting = Stage(slack.url), CrashSchedule()
    clean = stage.tell(STORY, counting)
    post = counting.calls.index("chat.postMessage") + 1
    seen = stage.tell(STORY, CrashSchedule(post, Moment.AFTER))
    assert told(seen) - told(clean) == {"card": 1}
    assert not told(clean) - told(seen)
