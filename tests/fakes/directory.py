"""User groups without Slack."""

from collections.abc import Mapping

from services.release.catalog import Membership, People


class FakeDirectory:
    """The Directory port; a group that is not in `groups`, or is None there, cannot be read."""

    def __init__(self, groups: Mapping[str, frozenset[str] | None] | None = None) -> None:
        self.groups: dict[str, frozenset[str] | None] = dict(groups or {})
        self.people: dict[str, Membership | None] = {}
        self.asked: list[People] = []

    def members(self, people: People) -> Mapping[str, frozenset[str] | None]:
        """Return group id -> members, None for a group that cannot be read."""
        self.asked.append(people)
        return {group: self.groups.get(group) for group in people.groups}

    def membership(self, user: str) -> Membership | None:
        """Return what `people` says; a member, if it says nothing."""
        return self.people.get(user, Membership.MEMBER)
