"""User groups without Slack."""

from collections.abc import Mapping

from services.release.catalog import People


class FakeDirectory:
    """The Directory port; a group that is not in `groups`, or is None there, cannot be read."""

    def __init__(self, groups: Mapping[str, frozenset[str] | None] | None = None) -> None:
        self.groups: dict[str, frozenset[str] | None] = dict(groups or {})
        self.asked: list[People] = []

    def members(self, people: People) -> Mapping[str, frozenset[str] | None]:
        """Return group id -> members, None for a group that cannot be read."""
        self.asked.append(people)
        return {group: self.groups.get(group) for group in people.groups}
