"""Objects of S3 in memory."""

import json
from collections.abc import Mapping

from services.ports import PortError, SaidNo, Unavailable


class MemoryObjects:
    """The Objects port over a dict; a bucket exists once something is in it, or it is in `buckets`.

    What is in `silent` is Unavailable.
    """

    def __init__(self) -> None:
        self.stored: dict[str, bytes] = {}
        self.buckets: set[str] = set()
        self.silent: set[str] = set()
        self.calls: list[tuple[str, str]] = []
        self._failures: list[tuple[str, PortError]] = []

    def fail_next(self, method: str, error: PortError, times: int = 1) -> None:
        """Let the next calls of `get` or `put` fail, before they have an effect."""
        self._failures.extend([(method, error)] * times)

    def get(self, uri: str, most: int) -> bytes:
        """Return an object of at most `most` bytes."""
        self._call("get", uri)
        if uri not in self.stored:
            raise SaidNo(f"{uri}: NoSuchKey: The specified key does not exist.")
        if len(self.stored[uri]) > most:
            raise SaidNo(f"{uri}: it has more than {most} bytes")
        return self.stored[uri]

    def exists(self, uri: str) -> bool:
        """Say whether there is an object."""
        self._call("exists", uri)
        return uri in self.stored

    def put(self, uri: str, data: bytes, content_type: str) -> str:
        """Write an object; versions are not kept."""
        self._call("put", uri)
        if _bucket(uri) not in self.buckets | {_bucket(stored) for stored in self.stored}:
            raise SaidNo(f"{uri}: NoSuchBucket: The specified bucket does not exist")
        self.stored[uri] = data
        return ""

    def _call(self, method: str, uri: str) -> None:
        self.calls.append((method, uri))
        planned = next((failure for failure in self._failures if failure[0] == method), None)
        if planned is not None:
            self._failures.remove(planned)
            raise planned[1]
        if uri in self.silent:
            raise Unavailable(f"{uri}: timed out")
        scheme, _, place = uri.partition("://")
        bucket, _, key = place.partition("/")
        if scheme != "s3" or not bucket or not key:
            raise SaidNo(f"{uri}: this is no s3://bucket/key")


def _bucket(uri: str) -> str:
    return uri.removeprefix("s3://").partition("/")[0]


def statistics(metrics: Mapping[str, float]) -> bytes:
    """Write metrics as training does."""
    parts = {name: {"value": value, "standard_deviation": "NaN"} for name, value in metrics.items()}
    return json.dumps({"binary_classification_metrics": parts}).encode()
