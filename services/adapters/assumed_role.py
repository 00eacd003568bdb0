"""Signs each call as a session of a role, named for the release that the calling thread acts for."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Any

import botocore.session
from botocore.credentials import ReadOnlyCredentials

from services.adapters.acting import session_name
from services.adapters.aws_errors import EXPIRED

SESSION_SECONDS = 3600
"""How long a session is asked for: AWS's default, and the most that a role which was itself assumed may ask for."""
_KEPT_SECONDS = SESSION_SECONDS - 300
"""How long its keys are used. Measured here, from before they were asked for: no two clocks need to agree."""


@dataclass(frozen=True, slots=True)
class _Keys:
    until: float
    frozen: Any


class AssumedRole:
    """What botocore takes for credentials: it asks for them at each signature, so that one client serves all releases.

    `sts` is a boto3 client that calls as whoever may assume the role.
    """

    method = "sluice-assumed-role"

    def __init__(self, sts: Any, role_arn: str, now: Callable[[], float] = monotonic) -> None:
        self._sts = sts
        self._role_arn = role_arn
        self._now = now
        self._kept: dict[str, _Keys] = {}
        self._lock = Lock()

    def core(self) -> Any:
        """Return a new botocore session whose credentials these are."""
        session = botocore.session.Session()
        session.register_component("credential_provider", self)
        return session

    def attend(self, session: Any) -> None:
        """Forget keys that AWS calls expired; the next try, of whoever tries again, asks for new ones."""
        session.events.register("after-call", self._forget_expired)

    def load_credentials(self) -> "AssumedRole":
        """Be the provider, too, in which a botocore session looks for credentials."""
        return self

    def get_frozen_credentials(self) -> Any:
        """Return the keys for what this thread does now, from AWS where none are kept.

        Raises:
            ClientError, BotoCoreError: the role may not be assumed, or STS does not answer.
        """
        name = session_name()
        keys = self._kept.get(name)
        if keys is None or keys.until <= self._now():
            # Two threads may ask at once: both sessions are good, and no thread waits for another's network.
            keys = self._assume(name)
            self._keep(name, keys)
        return keys.frozen

    def get_deferred_property(self, name: str) -> Callable[[], Any]:
        """Return what yields a property of the keys, as some endpoint rules want the account id."""
        return lambda: getattr(self.get_frozen_credentials(), name, None)

    def _assume(self, name: str) -> _Keys:
        until = self._now() + _KEPT_SECONDS
        answer = self._sts.assume_role(RoleArn=self._role_arn, RoleSessionName=name, DurationSeconds=SESSION_SECONDS)[
            "Credentials"
        ]
        frozen = ReadOnlyCredentials(answer["AccessKeyId"], answer["SecretAccessKey"], answer["SessionToken"])
        return _Keys(until, frozen)

    def _keep(self, name: str, keys: _Keys) -> None:
        """Keep keys, and drop those of releases long over."""
        now = self._now()
        with self._lock:
            self._kept = {**{each: old for each, old in self._kept.items() if old.until > now}, name: keys}

    def _forget_expired(self, parsed: dict[str, Any], **_event: Any) -> None:
        if parsed.get("Error", {}).get("Code") in EXPIRED:
            with self._lock:
                self._kept.pop(session_name(), None)
