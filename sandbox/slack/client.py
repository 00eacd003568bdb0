"""People of the sandbox workspace as seen from a test or a demo: a small synchronous client of ``/sandbox/*``."""

import json
import time
import urllib.request
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlencode

from sandbox.slack.wire import Json

Found = TypeVar("Found")
LONG_POLL_SECONDS = 5.0


class SlackPeople:
    """Acts as any person of the local Slack at ``url``; needs nothing but the standard library."""

    def __init__(self, url: str) -> None:
        """Talk to the local Slack at ``url`` (``http://127.0.0.1:PORT``), never through a proxy."""
        self.url = url.rstrip("/")
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def slash(self, user: str, channel: str, text: str) -> Json:
        """Run a slash command, e.g. ``/deploy titanic 2``; answers ok, error, ack_ms, response."""
        return self._post("slash", {"user": user, "channel": channel, "text": text})

    def say(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> Json:
        """Post a message as a person; answers its ts."""
        return self._post("message", {"user": user, "channel": channel, "text": text, "thread_ts": thread_ts})

    def click(self, user: str, message: Json, action_id: str, choice: str | None = None) -> Json:
        """Use an element of a message (from State.messages); ``choice`` is the value picked in a menu.

        Answers ok, error, ack_ms, ``said`` (the private answers to it by then) and ``view`` (the form on top).
        """
        body = {"user": user, "channel": message["channel"], "ts": message["ts"], "action_id": action_id}
        return self._post("click", body | _chosen(choice))

    def click_view(self, user: str, view_id: str, action_id: str, choice: str | None = None) -> Json:
        """Use an element of a modal or of the Home tab."""
        return self._post("click", {"user": user, "view_id": view_id, "action_id": action_id} | _chosen(choice))

    def suggest(self, user: str, view_id: str, action_id: str, query: str = "") -> Json:
        """Ask the app for the options of an external select in a view; needed before one can be submitted."""
        return self._post("suggest", {"user": user, "view_id": view_id, "action_id": action_id, "query": query})

    def submit(self, user: str, view_id: str, values: Json) -> Json:
        """Submit a modal with ``{block_id: {action_id: str | list | bool}}``; answers errors by block_id."""
        return self._post("submit", {"user": user, "view_id": view_id, "values": values})

    def close(self, user: str, view_id: str) -> Json:
        """Close a modal."""
        return self._post("close", {"user": user, "view_id": view_id})

    def open_home(self, user: str) -> Json:
        """Open the app's Home tab."""
        return self._post("home", {"user": user})

    def fault(self, **fault: object) -> Json:
        """Inject a failure.

        Of calls: ``method``/``retry_after``/``times``/``error``/``lost``; of sockets: ``disconnect``, ``drop``; of
        deliveries: ``twice``, ``late``; of everything: ``away``.
        ``uploads`` is ``fail`` or ``never_ready``, for every upload until ``clear``.
        """
        return self._post("faults", fault)

    def delete(self, message: Json) -> Json:
        """Delete a message, as an admin may."""
        return self._post("delete", {"channel": message["channel"], "ts": message["ts"]})

    def change_channel(self, channel: str, **changes: bool) -> Json:
        """Archive a channel or bring it back (``archived``), or remove the app from it (``kicked``)."""
        return self._post("channel", {"channel": channel, **changes})

    def deactivate(self, user: str, *, deleted: bool = True) -> Json:
        """Deactivate or reactivate a person's account."""
        return self.change(user, deleted=deleted)

    def change(self, user: str, **traits: bool) -> Json:
        """Change what a person is to the workspace: ``deleted``, ``is_bot``, ``is_restricted``, ``is_stranger``."""
        return self._post("person", {"user": user, **traits})

    def state(self, user: str) -> Json:
        """Return the State that ``user`` sees."""
        return self._get("state", {"as": user})

    def messages(self, channel: str, user: str, after: str = "") -> list[Json]:
        """Return what ``user`` sees in a channel, newer than the ts ``after``, replies included, oldest first."""
        seen: list[Json] = self._get("messages", {"as": user, "channel": channel, "after": after})["messages"]
        return seen

    def wait_for(
        self,
        user: str,
        predicate: Callable[[Json], Found | None],
        timeout: float = 10.0,
        *,
        inspector: bool = True,
    ) -> Found:
        """Return the first truthy ``predicate(State)``; raises TimeoutError after ``timeout`` seconds.

        ``inspector=False`` leaves the log out of the State, which makes it many times smaller.
        """
        deadline = time.monotonic() + timeout
        wanted = {"as": user, "inspector": "1" if inspector else "0"}
        state = self._get("state", wanted)
        while not (found := predicate(state)):
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"not seen by {user} within {timeout} s")
            query = wanted | {"after": state["seq"], "timeout": f"{min(left, LONG_POLL_SECONDS):.3f}"}
            state = self._get("wait", query)["state"]
        return found

    def wait_for_message(self, user: str, channel: str, matches: Callable[[Json], bool], timeout: float = 10.0) -> Json:
        """Return the newest message of the channel that ``matches``, waiting for it."""

        def newest(state: Json) -> Json | None:
            return next((each for each in reversed(state["messages"].get(channel, [])) if matches(each)), None)

        return self.wait_for(user, newest, timeout, inspector=False)

    def wait_online(self, timeout: float = 10.0) -> None:
        """Wait until the app is connected."""
        self.wait_for("U0ANA", lambda state: bool(state["app"]["online"]), timeout, inspector=False)

    def _post(self, act: str, body: Json) -> Json:
        request = urllib.request.Request(  # noqa: S310 - the address is the sandbox's own
            f"{self.url}/sandbox/{act}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        return self._read(request)

    def _get(self, what: str, query: Json) -> Json:
        address = f"{self.url}/sandbox/{what}?{urlencode(query)}"
        return self._read(urllib.request.Request(address))  # noqa: S310 - the address is the sandbox's own

    def _read(self, request: urllib.request.Request) -> Json:
        with self._opener.open(request, timeout=60) as answer:
            decoded: Json = json.load(answer)
        return decoded


def _chosen(choice: str | None) -> Json:
    return {} if choice is None else {"selected_option": choice}
