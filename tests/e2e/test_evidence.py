"""The evidence as people get it: a picture on the card, files in the thread; a release waits for neither."""

import csv
import io
import json
import urllib.request

import pytest
from fakes.polling import until
from fakes.story import ANA, BRUNO, Stories, Story

from sandbox.finding import picture_of

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def test_a_gate_has_its_picture_and_its_thread_the_whole_record(stories: Stories) -> None:
    story = stories("pictured")
    story.release(1)
    release, _ = story.to_gate(2)
    image = until(lambda: picture_of(story.card(release) or {"blocks": None}), "the picture on the card")
    assert fetched(image["slack_file"]["url"]).startswith(b"\x89PNG")
    assert "43 of 418 rows flipped" in image["alt_text"]

    files = until(lambda: files_of(story, release), "the files in the thread")
    record = json.loads(fetched(files["json"]))
    evidence = story.document(release)["evidence"]
    assert (record["name"], record["schema_version"]) == (evidence["record"], 1)
    assert b"123456789012" not in fetched(files["json"])
    heading, *rows = csv.reader(io.StringIO(fetched(files["csv"]).decode()))
    assert heading[:8] == ["Pclass", "Sex", "Age", "SibSp", "Parch", "Fare", "Embarked", "label"]
    gaps = [abs(float(row[-1])) for row in rows]
    assert len(rows) == 43
    assert gaps == sorted(gaps, reverse=True)
    assert "Evidence for" in story.slash(ANA, f"/release evidence {release}")


def test_a_release_goes_on_while_slack_takes_no_files(stories: Stories) -> None:
    story = stories("unpictured")
    story.people.fault(uploads="fail")
    try:
        release, card = story.to_gate(2)
        assert picture_of(card) is None
        assert "picture" in json.dumps(card["blocks"])
        assert "counts" in story.approve(release, BRUNO)
        story.until_phase(release, "released")
        story.until_told(release, "files of the evidence are missing here")
        story.until_told(release, "is released to prod")
    finally:
        story.people.fault(clear=True)


def files_of(story: Story, release: str) -> dict[str, str] | None:
    """Return the addresses of the files in a release's thread by kind, None while there are none."""
    card = story.card(release)
    seen = story.people.messages(story.channel, BRUNO)
    thread = [each for each in seen if card and each["thread_ts"] == card["ts"]]
    return {file["filetype"]: file["url_private"] for each in thread for file in each["files"]} or None


def fetched(url: str) -> bytes:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=20) as answer:
        content: bytes = answer.read()
    return content
