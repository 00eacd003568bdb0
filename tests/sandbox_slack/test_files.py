"""Files as Slack has them: their bytes, their sharing, and that no block shows one before it is ready."""

from typing import Any
from urllib.error import HTTPError

import pytest
from sandbox_slack.local_slack import Slack, StartSlack, fetch
from slack_sdk.errors import SlackApiError

ROOM = "C0RELEASES"
PNG = b"\x89PNG\r\n\x1a\nrest"
NOT_READY = "invalid slack file [json-pointer:/blocks/0/slack_file]"


def image(file_id: str) -> list[dict[str, Any]]:
    return [{"type": "image", "alt_text": "a", "slack_file": {"id": file_id}}]


def uploaded(slack: Slack, name: str = "picture.png", content: bytes = PNG) -> dict[str, Any]:
    file: dict[str, Any] = slack.web.files_upload_v2(filename=name, content=content)["file"]
    return file


def refused(slack: Slack, blocks: list[dict[str, Any]]) -> list[str]:
    with pytest.raises(SlackApiError) as refusal:
        slack.web.chat_postMessage(channel=ROOM, text="x", blocks=blocks)
    assert refusal.value.response["error"] == "invalid_blocks"
    errors: list[str] = refusal.value.response["errors"]
    assert refusal.value.response["response_metadata"]["messages"] == [f"[ERROR] {text}" for text in errors]
    return errors


def test_files_are_uploaded_shared_and_served(slack: Slack) -> None:
    parent = slack.web.chat_postMessage(channel=ROOM, text="card")["ts"]
    slack.web.files_upload_v2(
        channel=ROOM, thread_ts=parent, filename="evidence.json", content='{"ok": 1}', initial_comment="here"
    )
    shared = slack.people.messages(ROOM, "U0ANA")[1]
    assert (shared["text"], shared["thread_ts"]) == ("here", parent)
    assert shared["files"][0]["mimetype"] == "application/json"
    assert fetch(shared["files"][0]["url_private"]) == (200, '{"ok": 1}')


def test_a_picture_without_a_channel_is_shown_by_a_block_once_it_is_ready(slack: Slack) -> None:
    slack.people.fault(uploads="never_ready")
    file = uploaded(slack)
    assert slack.people.messages(ROOM, "U0ANA") == []
    assert (file["mimetype"], file["filetype"]) == ("", "")
    assert refused(slack, image(file["id"])) == [NOT_READY]
    slack.emulator.workspace.files[file["id"]].ready_at = 0
    slack.web.chat_postMessage(channel=ROOM, text="x", blocks=image(file["id"]))
    assert slack.people.messages(ROOM, "U0ANA")[0]["blocks"][0]["slack_file"]["url"] == file["url_private"]


def test_a_file_is_ready_a_moment_after_its_completion(start_slack: StartSlack) -> None:
    slow, quick = start_slack(file_seconds=3600.0), start_slack(file_seconds=0.0)
    assert refused(slow, image(uploaded(slow)["id"])) == [NOT_READY]
    file = uploaded(quick)
    assert file["mimetype"] == "image/png"
    assert quick.web.chat_postMessage(channel=ROOM, text="x", blocks=image(file["id"]))["ok"]


def test_a_block_shows_pictures_that_are_there_only(start_slack: StartSlack) -> None:
    slack = start_slack(file_seconds=0.0)
    text = uploaded(slack, "picture.png", b"no picture at all")
    assert refused(slack, image(text["id"])) == [NOT_READY]
    assert refused(slack, image("F00000404")) == [NOT_READY]
    accessory = [{"type": "section", "text": {"type": "mrkdwn", "text": "x"}, "accessory": image("F404")[0]}]
    (pattern,) = refused(slack, accessory)
    assert pattern.endswith("^[F][A-Z0-9]{8,}$ [json-pointer:/blocks/0/accessory/slack_file/id]")


def test_a_card_is_redrawn_under_the_same_rule(slack: Slack) -> None:
    card = slack.web.chat_postMessage(channel=ROOM, text="card")["ts"]
    slack.people.fault(uploads="never_ready")
    file = uploaded(slack)
    with pytest.raises(SlackApiError, match="invalid slack file"):
        slack.web.chat_update(channel=ROOM, ts=card, text="card", blocks=image(file["id"]))


def test_uploads_can_be_made_to_fail(slack: Slack) -> None:
    slack.people.fault(uploads="fail")
    with pytest.raises(HTTPError):
        uploaded(slack)
    slack.people.fault(clear=True)
    assert uploaded(slack)["id"]
