"""Who belongs to which user group, asked of Slack and remembered for a minute (usergroups.users.list is Tier 2)."""

from collections.abc import Mapping

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError

from services.ports import ReleaseStore
from services.release.catalog import People

_REMEMBERED_SECONDS = 60

log = structlog.get_logger()


class SlackDirectory:
    """The Directory port on Slack's Web API; a group that cannot be read is None, and lets nobody through."""

    def __init__(self, client: WebClient, store: ReleaseStore) -> None:
        self._client = client
        self._store = store

    def members(self, people: People) -> Mapping[str, frozenset[str] | None]:
        """Return group id -> members, None for a group that cannot be read now.

        Raises:
            Unavailable: the store does not answer.
        """
        return {group: self._members(group) for group in sorted(people.groups)}

    def _members(self, group: str) -> frozenset[str] | None:
        remembered = self._store.note(f"group:{group}")
        if remembered is not None:
            return frozenset(remembered.split())
        found = self._ask(group)
        if found is not None:
            self._store.keep_note(f"group:{group}", " ".join(sorted(found)), _REMEMBERED_SECONDS)
        return found

    def _ask(self, group: str) -> frozenset[str] | None:
        try:
            users = self._client.usergroups_users_list(usergroup=group).get("users")
        except (SlackClientError, OSError) as error:
            log.warning("user group unreadable", group=group, detail=str(error))
            return None
        return frozenset(map(str, users)) if isinstance(users, list) else None
