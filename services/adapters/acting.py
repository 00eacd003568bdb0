"""Says in each AWS call for whom it is made, and notes the calls that change something.

Both hang on botocore's own events, so that they hold for every client of a session, the SDK's too.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from services.ports import Behalf
from services.release.audit import AwsCall

_READING = ("AssumeRole", "BatchGet", "Describe", "Get", "Head", "Invoke", "List")
_NO_TOKEN = re.compile(r"[^A-Za-z0-9._-]")
_NO_SESSION = re.compile(r"[^A-Za-z0-9_+=,.@-]")
_LONGEST_SESSION = 64


@dataclass(frozen=True, slots=True)
class _Acting:
    behalf: Behalf
    calls: list[AwsCall] = field(default_factory=list)


_NOW: ContextVar[_Acting | None] = ContextVar("acting", default=None)


@contextmanager
def acting(behalf: Behalf) -> Iterator[Sequence[AwsCall]]:
    """Have the calls of this thread say for whom they are made; yield those that change something."""
    mine = _Acting(behalf)
    token = _NOW.set(mine)
    try:
        yield mine.calls
    finally:
        _NOW.reset(token)


def attend(session: Any, role: str = "") -> None:
    """Listen to a boto3.Session, of a role where it is named; clients that it has made already are not heard."""

    def note(model: Any, parsed: dict[str, Any], **_event: Any) -> None:
        _note(model, parsed, f"{role}/{session_name()}" if role else "")

    # Not before-call: botocore writes the User-Agent anew with each try. Its signature leaves that header out.
    session.events.register("before-send", _say)
    session.events.register("after-call", note)


def session_name() -> str:
    """Return the RoleSessionName for what this thread does: the release and on whose word, `r0000000a@U0BRUNO`.

    That is who approved it, or before that who asked for it; outside a release it is `sluice`. AWS wants 2 to 64
    letters, digits and `_+=,.@-` (source: botocore's service model of STS).
    """
    now = _NOW.get()
    if now is None:
        return "sluice"
    behalf = now.behalf
    return _NO_SESSION.sub("-", f"{behalf.release_id}@{behalf.approver or behalf.requester}")[:_LONGEST_SESSION]


def user_agent(behalf: Behalf) -> str:
    """Return what is added to the User-Agent, in botocore's own form: `md/key#value`. CloudTrail keeps it."""
    named = {"release": behalf.release_id, "requester": behalf.requester, "approver": behalf.approver}
    return " ".join(f"md/sluice-{key}#{_NO_TOKEN.sub('-', value)}" for key, value in named.items() if value)


def _say(request: Any, **_event: Any) -> None:
    now = _NOW.get()
    if now is not None:
        found = request.headers.get("User-Agent", "")
        known = found.decode() if isinstance(found, bytes) else found
        request.headers["User-Agent"] = f"{known} {user_agent(now.behalf)}".strip()


def _note(model: Any, parsed: dict[str, Any], session: str) -> None:
    now = _NOW.get()
    if now is not None and not model.name.startswith(_READING):
        metadata = parsed.get("ResponseMetadata", {})
        request_id, status = str(metadata.get("RequestId", "")), int(metadata.get("HTTPStatusCode", 0))
        now.calls.append(AwsCall(model.name, request_id, status, session))
