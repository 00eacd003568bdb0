"""The leases that one process holds: it renews them while it lives, so that one that died is missed within seconds."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from services.ports import ReleaseStore

LEASE_SECONDS = 15.0
"""How long a silent process keeps a release or an endpoint.

Nobody has to be done within it. A process that was stopped for longer and wakes finds its release in other hands, and
what it still writes is refused: leases are manners, safety is compare-and-set.
"""

RENEWAL_SECONDS = LEASE_SECONDS / 3
"""How often `renew` is to be called: two calls may come to nothing before a lease lapses."""


class Leases:
    """What this process has taken and not given back. Safe to use from any thread."""

    def __init__(self, store: ReleaseStore) -> None:
        self._store = store
        self._held: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    @contextmanager
    def kept(self, name: str, holder: str) -> Iterator[bool]:
        """Hold a lease for the length of a block; the block is told False if someone else has it.

        Raises:
            Unavailable
        """
        taken = self.taken(name, holder)
        try:
            yield taken
        finally:
            if taken:
                self._give_back(name, holder)

    def taken(self, name: str, holder: str) -> bool:
        """Take a lease, or take it once more; say whether that was possible. It is renewed until its block ends.

        Raises:
            Unavailable
        """
        if not self._store.lease(name, holder, LEASE_SECONDS):
            return False
        with self._lock:
            self._held.add((name, holder))
        return True

    def renew(self) -> None:
        """Renew everything that is held.

        Raises:
            Unavailable: the store did not answer; call it again soon.
        """
        with self._lock:
            held = list(self._held)
        for lease in held:
            # One that was given back just now must not be taken again: nobody would give it back a second time.
            with self._lock:
                if lease in self._held:
                    self._store.lease(*lease, LEASE_SECONDS)

    def _give_back(self, name: str, holder: str) -> None:
        with self._lock:
            self._held.discard((name, holder))
        self._store.release_lease(name, holder)
