"""Who belongs to which user group and to the workspace, asked of Slack and remembered for a minute.

usergroups.users.list is Tier 2 (20 a minute), users.info Tier 4 (100 a minute). Each bot remembers for itself: a look
into the store would cost every command as much as writing it down.
"""

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import structlog
from cachetools import TTLCache
from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError

from services.release.catalog import Membership, People

_REMEMBERED_SECONDS = 60
_MOST_REMEMBERED = 4096
_UNREAD_SECONDS = 2
"""How long what could not be read is not asked for again: one click looks twice, and waits for Slack once."""

log = structlog.get_logger()

T = TypeVar("T")


class SlackDirectory:
    """The Directory port on Slack's Web API; a group that cannot be read is None, and lets nobody through."""

    def __init__(self, client: WebClient, seconds: Callable[[], float] = time.monotonic) -> None:
        """Ask through `client`; `seconds` is the clock by which what it said is forgotten."""
        # slack_sdk's own handler tries a lost connection again, after a pause: longer than a click may wait.
        client.retry_handlers = []
        self._client = client
        self._groups: TTLCache[str, frozenset[str]] = TTLCache(_MOST_REMEMBERED, _REMEMBERED_SECONDS, seconds)
        self._people: TTLCache[str, Membership] = TTLCache(_MOST_REMEMBERED, _REMEMBERED_SECONDS, seconds)
        self._unread: TTLCache[str, bool] = TTLCache(_MOST_REMEMBERED, _UNREAD_SECONDS, seconds)
        self._own: tuple[str, str] | None = None
        self._guard = threading.Lock()

    def members(self, people: People) -> Mapping[str, frozenset[str] | None]:
        """Return group id -> members, None for a group that cannot be read now.

        Slack is asked for all of them at once: one after the other, a slow Slack would outlast the three seconds that
        it waits for a click's ack.
        """
        groups = sorted(people.groups)
        with self._guard:
            unknown = [group for group in groups if group not in self._groups]
        if len(unknown) > 1:
            with ThreadPoolExecutor(len(unknown), thread_name_prefix="groups") as pool:
                tuple(pool.map(self._members, unknown))
        return {group: self._members(group) for group in groups}

    def _members(self, group: str) -> frozenset[str] | None:
        return self._remembered(self._groups, group, self._ask)

    def membership(self, user: str) -> Membership | None:
        """Return what a user is to the workspace, or None if that cannot be read now."""
        return self._remembered(self._people, user, self._look_up)

    def _remembered(self, memory: TTLCache[str, T], key: str, ask: Callable[[str], T | None]) -> T | None:
        """Return what is remembered of `key`, or what Slack says; what it does not say is asked again soon."""
        with self._guard:
            found = memory.get(key)
            if found is not None or key in self._unread:
                return found
        found = ask(key)  # outside the guard: one slow answer must not hold up everybody
        with self._guard:
            if found is None:
                self._unread[key] = True
            else:
                memory[key] = found
        return found

    def _ask(self, group: str) -> frozenset[str] | None:
        try:
            users = self._client.usergroups_users_list(usergroup=group).get("users")
        except (SlackClientError, OSError) as error:
            log.warning("user group unreadable", group=group, detail=str(error))
            return None
        return frozenset(map(str, users)) if isinstance(users, list) else None

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
