"""The record as an auditor gets it, of a release that went through the real processes."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from e2e.test_evidence import fetched
from fakes.polling import until
from fakes.story import ANA, BRUNO, CHANNEL, Stories, Story

from bot.cli import main
from sandbox.aws.seed import BUCKET

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_a_release_leaves_a_record_that_verifies_and_a_report(
    stories: Stories, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    story = stories("audited")
    release, card = story.to_gate(2)
    early = reported_before_the_end(story, release)
    assert "somebody else" in story.click(ANA, card, "Approve")
    assert "counts" in story.approve(release, BRUNO)
    files = until(lambda: report_of(story, release, early), "the report in the thread")
    assert asked_for(story, release) == [files["html"], files["json"]], "the last one is there already"

    monkeypatch.setenv("REDIS_URL", story.world.redis_url)
    assert main(["audit", "verify", release]) == 0
    assert f"{release}: whole" in capsys.readouterr().out
    acts = exported(release, capsys)
    tried = [(act["by"], act["what"], act["code"]) for kind, act in acts if kind == "Attempted"]
    assert tried == [(ANA, "deploy", ""), (ANA, "approve", "self_approval"), (BRUNO, "approve", "")]
    answers = [act for kind, act in acts if kind == "OrderAnswered"]
    assert {"CreateModel", "CreateConfig", "CreateEndpoint"} <= {act["order"] for act in answers}
    assert all(call["request_id"] for act in answers for call in act["calls"])

    page, held = fetched(files["html"]).decode(), json.loads(fetched(files["json"]))
    assert "The chain is whole." in page
    assert "computed again from this report: the same" in page
    assert [item["met"] for item in held["required"]] == [True] * 5
    assert "123456789012" not in page

    copy = tmp_path / "copy.json"
    copy.write_bytes(until(lambda: archived(story, f"audit/audited/{release}.report.json"), "the report in S3"))
    assert b"arn:aws:sagemaker:eu-west-1:123456789012:model-package/titanic-survival/2" in copy.read_bytes()
    assert main(["audit", "verify", "--against", str(copy)]) == 0


def exported(release: str, capsys: pytest.CaptureFixture[str]) -> list[tuple[str, dict[str, Any]]]:
    assert main(["audit", "export", release]) == 0
    texts = [json.loads(json.loads(line)["text"]) for line in capsys.readouterr().out.splitlines()]
    return [(text["kind"], text["act"]) for text in texts]


def report_of(story: Story, release: str, older: list[str]) -> dict[str, str] | None:
    """Return the addresses of the files of a report that is not an older one, None until they are there."""
    seen = story.people.messages(story.channel, BRUNO)
    files = [file for message in seen for file in message["files"] if file["name"].startswith(f"release-{release}")]
    return {file["name"].rpartition(".")[2]: file["url_private"] for file in files if file["url_private"] not in older}


def reported_before_the_end(story: Story, release: str) -> list[str]:
    """Ask twice for the evidence of a release that goes on, and return the links to its one report."""
    links = asked_for(story, release)
    assert "has not ended" in fetched(links[0]).decode()
    assert asked_for(story, release) == links, "there is nothing more to tell"
    return links


def asked_for(story: Story, release: str) -> list[str]:
    """Ask for the evidence of a release and return the links that come privately."""
    known = len(answers_about(story, release))
    assert (
        "you get a link here"
        in story.people.slash(BRUNO, CHANNEL, f"/release evidence {release}")["response"]["blocks"][-1]["elements"][0][
            "text"
        ]
    )
    said = until(lambda: answers_about(story, release)[known:], "the link to the report")
    return re.findall(r"<(http[^|>]+)[|]", said[0])


def answers_about(story: Story, release: str) -> list[str]:
    seen = story.people.messages(CHANNEL, BRUNO)
    return [
        each["text"]
        for each in seen
        if each["ephemeral"] and "The report of" in each["text"] and release in each["text"]
    ]


def archived(story: Story, key: str) -> bytes | None:
    """Return an object of the archive, None until it is there."""
    try:
        content: bytes = story.aws.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    except ClientError:
        return None
    return content
