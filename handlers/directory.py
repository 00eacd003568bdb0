"""Who belongs to which user group and to the workspace, asked of Slack and remembered for a minute.

usergroups.users.list is Tier 2 (20 a minute), users.info Tier 4 (100 a minute).
"""

from collections.abc import Mapping
from typing import Any

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError

from services.ports import ReleaseStore
from services.release.catalog import Membership, People

_REMEMBERED_SECONDS = 60

log = structlog.get_logger()


class SlackDirectory:
    """The Directory port on Slack's Web API; a group that cannot be read is None, and lets nobody through."""

    def __init__(self, client: WebClient, store: ReleaseStore) -> None:
        self._client = client
        self._store = store
        self._own: tuple[str, str] | None = None

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

    def membership(self, user: str) -> Membership | None:
        """Return what a user is to the workspace, or None if that cannot be read now.

        Raises:
            Unavailable: the store does not answer.
        """
        remembered = self._store.note(f"person:{user}")
        if remembered is not None:
            return Membership(remembered)
        found = self._look_up(user)
        if found is not None:
            self._store.keep_note(f"person:{user}", found.value, _REMEMBERED_SECONDS)
        return found

    def _look_up(self, user: str) -> Membership | None:
        try:
            found, own = self._client.users_info(user=user).get("user"), self._own_ids()
        except (SlackClientError, OSError) as error:
            log.warning("person unreadable", user=user, detail=str(error))
            return None
        return membership_of(found, *own) if isinstance(found, dict) else None

    def _own_ids(self) -> tuple[str, str]:
        """Return the ids of the bot's workspace and, on Enterprise Grid, of its organisation."""
        if self._own is None:
            answer = self._client.auth_test()
            self._own = (str(answer.get("team_id") or ""), str(answer.get("enterprise_id") or ""))
        return self._own


def membership_of(user: Mapping[str, Any], team: str, enterprise: str) -> Membership:
    """Judge a user object (docs.slack.dev/reference/objects/user-object) from our own workspace and its organisation.

    On Enterprise Grid a colleague may belong to another workspace of the same organisation. A person of a Slack Connect
    channel belongs to neither.
    """
    if user.get("deleted"):
        return Membership.DEACTIVATED
    if user.get("is_bot") or user.get("is_workflow_bot"):
        return Membership.BOT
    organisation = user.get("enterprise_user")
    shared = isinstance(organisation, dict) and bool(enterprise) and organisation.get("enterprise_id") == enterprise
    if user.get("is_stranger") or not (shared or user.get("team_id") == team):
        return Membership.STRANGER
    return Membership.GUEST if user.get("is_restricted") or user.get("is_ultra_restricted") else Membership.MEMBER
