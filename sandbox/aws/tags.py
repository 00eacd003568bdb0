"""Tags on the resources of the local SageMaker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.aws.wire import Wire, refusal

if TYPE_CHECKING:
    from collections.abc import Callable

_MAX_TAGS = 50


class Tags:
    """Tags by ARN.

    Args:
        knows: whether an ARN names a resource that exists.
    """

    def __init__(self, knows: Callable[[str], bool]) -> None:
        self._knows = knows
        self._tags: dict[str, dict[str, str]] = {}

    def put(self, arn: str, tags: list[Wire]) -> None:
        """Remember the tags a resource is created with; a resource of the same name before it leaves none behind."""
        self._tags[arn] = {tag["Key"]: tag["Value"] for tag in tags}

    def add(self, request: Wire) -> Wire:
        """AddTags: a key that is there gets the new value."""
        tags = self._of(request["ResourceArn"])
        added = {tag["Key"]: tag["Value"] for tag in request["Tags"]}
        if len({**tags, **added}) > _MAX_TAGS:
            raise refusal(f"The number of tags exceeds the limit of {_MAX_TAGS}.")
        tags.update(added)
        return {"Tags": _wire(tags)}

    def list(self, request: Wire) -> Wire:
        """ListTags."""
        return {"Tags": _wire(self._of(request["ResourceArn"]))}

    def delete(self, request: Wire) -> Wire:
        """DeleteTags."""
        tags = self._of(request["ResourceArn"])
        for key in request["TagKeys"]:
            tags.pop(key, None)
        return {}

    def _of(self, arn: str) -> dict[str, str]:
        if not self._knows(arn):
            raise refusal(f"Could not find resource {arn}.")
        return self._tags.setdefault(arn, {})


def _wire(tags: dict[str, str]) -> list[Wire]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
