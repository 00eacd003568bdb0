"""The List operations: filter, sort and page rows the way all of SageMaker's do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sandbox.aws.wire import refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sandbox.aws.wire import Wire

_TIMES = ("CreationTime", "LastModifiedTime")


@dataclass(frozen=True, slots=True)
class Listing:
    """How one operation lists.

    Attributes:
        result: member of the response that carries the rows.
        name: member of a row that NameContains and SortBy=Name look at.
        status: member of a row that StatusEquals looks at.
        order: SortOrder when the request has none.
        size: MaxResults when the request has none.
    """

    result: str
    name: str
    status: str = ""
    order: str = "Descending"
    size: int = 10

    def answer(self, rows: Iterable[Wire], request: Wire) -> Wire:
        """Return the response for `request`."""
        found = [row for row in rows if self._wanted(row, request)]
        # The name settles ties: rows made within one clock tick would otherwise come in any order.
        found.sort(key=self._rank(request), reverse=request.get("SortOrder", self.order) == "Descending")
        start = _offset(request.get("NextToken"))
        end = start + int(request.get("MaxResults") or self.size)
        return {self.result: found[start:end], "NextToken": str(end) if end < len(found) else None}

    def _wanted(self, row: Wire, request: Wire) -> bool:
        if request.get("NameContains", "").lower() not in str(row.get(self.name, "")).lower():
            return False
        if self.status and request.get("StatusEquals", row[self.status]) != row[self.status]:
            return False
        return all(_within(row, member, request) for member in _TIMES)

    def _rank(self, request: Wire) -> Callable[[Wire], tuple[object, ...]]:
        members = {"Name": self.name, "Status": self.status, "LastModifiedTime": "LastModifiedTime"}
        member = members.get(request.get("SortBy", ""), "CreationTime")
        return lambda row: (row[member], row.get("CreationTime"), row.get("ModelPackageVersion", 0))


def _within(row: Wire, member: str, request: Wire) -> bool:
    after, before = request.get(f"{member}After"), request.get(f"{member}Before")
    return (after is None or row[member] > _utc(after)) and (before is None or row[member] < _utc(before))


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _offset(token: str | None) -> int:
    if token and not token.isdigit():
        raise refusal("Invalid NextToken.")
    return int(token or 0)
