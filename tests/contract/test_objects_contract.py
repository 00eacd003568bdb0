"""The Objects port: one suite for every implementation."""

import base64
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from fakes.local_aws import CREDENTIALS, local_aws
from fakes.objects import MemoryObjects

from services.adapters.objects_boto3 import Boto3Objects
from services.adapters.sagemaker_boto3 import AwsRegions
from services.ports import Objects, SaidNo, Unavailable

pytestmark = pytest.mark.contract

REGION = "eu-west-1"
BUCKET = "contract-bucket"
_SUM = "x-amz-checksum-sha256"


@pytest.fixture(scope="module", params=["memory", "boto3"])
def objects(request: pytest.FixtureRequest) -> Iterator[Objects]:
    if request.param == "memory":
        memory = MemoryObjects()
        memory.buckets.add(BUCKET)
        yield memory
        return
    with local_aws(0.1) as url, pytest.MonkeyPatch.context() as patch:
        for name, value in {**CREDENTIALS, "AWS_ENDPOINT_URL": url}.items():
            patch.setenv(name, value)
        patch.delenv("AWS_PROFILE", raising=False)
        client = boto3.client("s3", region_name=REGION)
        client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        yield AwsRegions(None).in_region(REGION).objects


@pytest.mark.parametrize("data", [b"", b"\x00\xff", "ä\n".encode() * 10_000], ids=["empty", "bytes", "text"])
def test_what_was_put_is_got(objects: Objects, data: bytes) -> None:
    uri = f"s3://{BUCKET}/a folder/ü+%20?#.json"
    objects.put(uri, data, "application/json")
    assert objects.get(uri, len(data)) == data


def test_what_is_there_is_told_from_what_is_not(objects: Objects) -> None:
    objects.put(f"s3://{BUCKET}/there", b"", "text/plain")
    assert objects.exists(f"s3://{BUCKET}/there")
    assert not objects.exists(f"s3://{BUCKET}/nowhere")
    with pytest.raises(SaidNo, match="no s3://bucket/key"):
        objects.exists("s3://b")


def test_a_put_replaces(objects: Objects) -> None:
    uri = f"s3://{BUCKET}/twice"
    for data in (b"longer than", b"this"):
        objects.put(uri, data, "text/plain")
    assert objects.get(uri, 100) == b"this"


def test_no_more_than_was_allowed_is_read(objects: Objects) -> None:
    uri = f"s3://{BUCKET}/large"
    objects.put(uri, b"x" * 11, "text/plain")
    with pytest.raises(SaidNo, match=f"{uri}: it has more than 10 bytes"):
        objects.get(uri, 10)


@pytest.mark.parametrize("place", [f"{BUCKET}/nobody", "no-such-bucket/key"])
def test_what_is_not_there_is_refused_by_its_address(objects: Objects, place: str) -> None:
    with pytest.raises(SaidNo, match=f"s3://{place}: NoSuch"):
        objects.get(f"s3://{place}", 10)


def test_a_bucket_is_not_made(objects: Objects) -> None:
    with pytest.raises(SaidNo, match="NoSuchBucket"):
        objects.put("s3://no-such-bucket/key", b"", "text/plain")


@pytest.mark.parametrize("uri", ["", "https://b/k", "s3://", "s3://b", "s3://b/", "s3:///k", "/etc/passwd"])
def test_what_is_no_address_is_refused(objects: Objects, uri: str) -> None:
    with pytest.raises(SaidNo, match="no s3://bucket/key"):
        objects.get(uri, 10)
    with pytest.raises(SaidNo, match="no s3://bucket/key"):
        objects.put(uri, b"", "text/plain")


@pytest.fixture(scope="module")
def locked() -> Iterator[Any]:
    """A client of a bucket under Object Lock, which keeps what it gets for a day, from everyone."""
    with local_aws(0.1) as url, pytest.MonkeyPatch.context() as patch:
        settings = {"AWS_ENDPOINT_URL": url, "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required"}
        for name, value in {**CREDENTIALS, **settings}.items():
            patch.setenv(name, value)
        patch.delenv("AWS_PROFILE", raising=False)
        client = boto3.client("s3", region_name=REGION)
        place = {"LocationConstraint": REGION}
        client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place, ObjectLockEnabledForBucket=True)
        rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}}
        client.put_object_lock_configuration(
            Bucket=BUCKET, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
        )
        yield client


def test_a_locked_bucket_keeps_what_a_repeat_after_a_crash_puts_beside_it(locked: Any) -> None:
    """A locked bucket refuses what comes without a checksum; which one came is seen on the wire."""
    sent: list[bytes] = []
    locked.meta.events.register("before-send.s3.PutObject", lambda request, **_: sent.append(request.headers[_SUM]))
    objects, uri = Boto3Objects(locked), f"s3://{BUCKET}/evidence/record.json"
    first, second = (objects.put(uri, data, "application/json") for data in (b"{}", b"{ }"))
    assert len({first, second, ""}) == 3
    assert sent == [base64.b64encode(sha256(data).digest()) for data in (b"{}", b"{ }")]
    assert objects.get(uri, 10) == b"{ }"
    kept = locked.get_object(Bucket=BUCKET, Key="evidence/record.json", VersionId=first)
    assert (kept["Body"].read(), kept["ObjectLockMode"]) == (b"{}", "COMPLIANCE")
    with pytest.raises(ClientError, match="AccessDenied"):
        locked.delete_object(Bucket=BUCKET, Key="evidence/record.json", VersionId=first)


class Failing:
    """An S3 client whose answers fail, at once or while they are read."""

    def __init__(self, error: Exception, *, late: bool) -> None:
        self.error = error
        self.late = late
        self.closed = False

    def get_object(self, **_: str) -> dict[str, "Failing"]:
        if not self.late:
            raise self.error
        return {"Body": self}

    def read(self, _most: int) -> bytes:
        raise self.error

    def close(self) -> None:
        self.closed = True


def test_a_server_that_is_busy_or_silent_is_unavailable() -> None:
    slow_down = {"Error": {"Code": "SlowDown", "Message": "Please reduce"}, "ResponseMetadata": {"HTTPStatusCode": 503}}
    with pytest.raises(Unavailable, match="s3://b/k: SlowDown"):
        Boto3Objects(Failing(ClientError(slow_down, "GetObject"), late=False)).get("s3://b/k", 10)
    silent = Failing(ReadTimeoutError(endpoint_url="https://s3"), late=True)
    with pytest.raises(Unavailable, match="s3://b/k: Read timeout"):
        Boto3Objects(silent).get("s3://b/k", 10)
    assert silent.closed


def test_what_may_not_be_read_is_refused() -> None:
    denied = {"Error": {"Code": "AccessDenied", "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": 403}}
    with pytest.raises(SaidNo, match="s3://b/k: AccessDenied"):
        Boto3Objects(Failing(ClientError(denied, "GetObject"), late=False)).get("s3://b/k", 10)
