"""Small objects in S3, over boto3: the SageMaker SDK has calls for files and folders only."""

import base64
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError

from services.adapters.aws_errors import code_of, port_errors
from services.ports import PortError, SaidNo


class Boto3Objects:
    """The Objects port over a boto3 `s3` client."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def get(self, uri: str, most: int) -> bytes:
        """Read an object, and of one that is too large no more than is needed to see that."""
        with _about(uri):
            bucket, key = place_of(uri)
            body = self._client.get_object(Bucket=bucket, Key=key)["Body"]
            try:
                data: bytes = body.read(most + 1)
            finally:
                body.close()
            if len(data) > most:
                raise SaidNo(f"it has more than {most} bytes")
        return data

    def exists(self, uri: str) -> bool:
        """Ask for an object's head; S3 answers 403 instead of 404 without `s3:ListBucket`, which says nothing."""
        with _about(uri):
            bucket, key = place_of(uri)
            try:
                self._client.head_object(Bucket=bucket, Key=key)
            except ClientError as error:
                if code_of(error) in {"404", "NoSuchKey", "NotFound"}:
                    return False
                raise
        return True

    def put(self, uri: str, data: bytes, content_type: str) -> str:
        """Write an object, as a new version where the bucket keeps versions; one under Object Lock always does.

        S3 takes nothing into a locked bucket without a checksum (docs.aws.amazon.com/AmazonS3, "Object Lock
        considerations"), which boto3 may be told to leave out (`request_checksum_calculation`): so it is our own.
        """
        with _about(uri):
            bucket, key = place_of(uri)
            checksum = base64.b64encode(hashlib.sha256(data).digest()).decode()
            answer = self._client.put_object(
                Bucket=bucket,
                Key=key,
                Body=data,
                ContentType=content_type,
                ChecksumAlgorithm="SHA256",
                ChecksumSHA256=checksum,
            )
            return str(answer.get("VersionId", ""))


def place_of(uri: str) -> tuple[str, str]:
    """Split `s3://bucket/key`.

    Raises:
        SaidNo: it is no such address.
    """
    # No URL parser: a key may hold `?` and `#`.
    scheme, _, place = uri.partition("://")
    bucket, _, key = place.partition("/")
    if scheme != "s3" or not bucket or not key:
        raise SaidNo("this is no s3://bucket/key")
    return bucket, key


@contextmanager
def _about(uri: str) -> Iterator[None]:
    """Begin every error with the address: S3's own words do not name it ("The specified key does not exist.")."""
    try:
        with port_errors():
            yield
    except PortError as error:
        raise type(error)(f"{uri[:200]}: {error}") from error
