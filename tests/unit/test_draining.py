"""A worker that is told to stop: it ends the move that it is at, and whoever is left goes on at once."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fakes.driver import Driver, World

from services.release.model import Phase, Release
from services.runner import Runner

if TYPE_CHECKING:
    from collections.abc import Callable


class Interrupting:
    """A store that does something the third time that a release is loaded: between two of its moves."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self._loads = 0
        self.interrupt: Callable[[], None] = lambda: None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def load(self, release_id: str) -> Release | None:
        self._loads += 1
        if self._loads == 3:
            self.interrupt()
        release: Release | None = self._store.load(release_id)
        return release


def test_a_stopped_worker_hands_its_release_on(memory: World, driver: Driver) -> None:
    release_id = memory.request(7)
    store: Any = Interrupting(memory.store)
    leaving = Runner(replace(memory.ports(), store=store))
    store.interrupt = leaving.stop
    leaving.run(release_id)

    begun = memory.release(release_id)
    assert begun.log_length > 1, "it had begun"
    assert begun.phase is not Phase.AWAITING_APPROVAL
    assert memory.store.next_due() == memory.clock.now(), "due at once, not when a lease lapses"
    assert memory.store.lease(f"release:{release_id}", "another worker", 15), "nobody has to wait for a lease"
    memory.store.release_lease(f"release:{release_id}", "another worker")
    calls = len(memory.aws.calls)
    leaving.run(release_id)
    assert (memory.release(release_id), len(memory.aws.calls)) == (begun, calls), "it takes nothing up again"
    driver.run_until(release_id, Phase.AWAITING_APPROVAL)
    assert len(set(memory.story(release_id))) == len(memory.story(release_id)), "no step twice"
