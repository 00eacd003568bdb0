"""What a suite saw is kept whole: in Redis, bound to the release, and in S3 where the catalog names a place."""

import hashlib
import json

import pytest
from fakes.story import Stories, Story

from sandbox.slack.wire import Json

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


def evidence_of(story: Story) -> Json:
    release, _card = story.to_gate()
    found: Json = story.document(release)["evidence"]
    return found


def test_the_record_is_put_into_s3_and_can_be_checked_against_the_release(stories: Stories) -> None:
    story = stories("archived")
    evidence = evidence_of(story)
    bucket, _, key = evidence["archived"].removeprefix("s3://").partition("/")
    assert key == f"evidence/archived/{evidence['record']}.json"
    text = story.aws.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    assert hashlib.sha256(text).hexdigest() == evidence["record_digest"]
    record = json.loads(text)
    assert len(record["rows"]) == 418
    assert record["evidence"]["checks"] == evidence["checks"]
    assert record["evidence"]["candidate"]["version"] == 2
    assert len(record["latencies_ms"]) >= 20


def test_a_bucket_that_is_not_there_is_told_and_the_gate_opens(stories: Stories) -> None:
    evidence = evidence_of(stories("unarchived"))
    assert evidence["archived"] == ""
    assert "bucket" in evidence["archive_problem"]
    assert evidence["record_digest"]
