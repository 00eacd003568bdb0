"""Leases: kept by whoever lives, missed soon after death, and no licence to act on what is no longer so."""

import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import pytest
from fakes.clock import FakeClock
from fakes.driver import PROD, Driver, World
from fakes.store import MemoryStore

from services.leases import LEASE_SECONDS, RENEWAL_SECONDS, Leases
from services.release.model import Phase, Stage
from services.release.naming import config_name
from services.runner import Runner

NAME, OTHER = "release:r0000000a", "somebody else"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store(clock: FakeClock) -> MemoryStore:
    return MemoryStore(clock)


def test_what_is_renewed_is_kept_for_as_long_as_it_takes(store: MemoryStore, clock: FakeClock) -> None:
    leases = Leases(store)
    with leases.kept(NAME, "me") as kept:
        assert kept
        for _ in range(10):
            clock.advance(RENEWAL_SECONDS)
            leases.renew()
            assert not store.lease(NAME, OTHER, 1)
    assert store.lease(NAME, OTHER, 1), "given back"


def test_a_process_that_is_silent_is_missed_within_the_lease(store: MemoryStore, clock: FakeClock) -> None:
    leases = Leases(store)
    with leases.kept(NAME, "me"):
        clock.advance(LEASE_SECONDS)
        assert store.lease(NAME, OTHER, LEASE_SECONDS)
        leases.renew()
        assert not leases.taken(NAME, "me"), "it woke up, and finds it in other hands"
    assert not store.lease(NAME, "a third", 1), "and takes nothing from them"


def test_what_someone_else_holds_is_neither_kept_nor_given_back(store: MemoryStore) -> None:
    assert store.lease(NAME, OTHER, 60)
    with Leases(store).kept(NAME, "me") as kept:
        assert not kept
    assert not store.lease(NAME, "a third", 1)


def test_what_is_given_back_is_never_renewed(store: MemoryStore) -> None:
    """Renewal is on a thread of its own: it must not take again what another thread gives back meanwhile."""
    leases, ended, moment = Leases(_Slow(store)), threading.Event(), threading.Event()

    def renew() -> None:
        while not ended.is_set():
            leases.renew()

    renewing, others = threading.Thread(target=renew), ExitStack()
    for number in range(5):
        others.enter_context(leases.kept(f"endpoint:{number}", "me"))
    renewing.start()
    try:
        for _ in range(100):
            with leases.kept(NAME, "me"):
                moment.wait(0.001)
            moment.wait(0.001)
            assert store.lease(NAME, OTHER, 60), "left behind by a renewal that came too late"
            store.release_lease(NAME, OTHER)
    finally:
        ended.set()
        renewing.join()


class _Slow:
    """A store whose leases take a moment, in which other threads run."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def lease(self, name: str, holder: str, seconds: float) -> bool:
        threading.Event().wait(0.0002)
        return self._store.lease(name, holder, seconds)


def test_a_worker_that_slept_between_its_look_and_its_order_changes_nothing(memory: World, driver: Driver) -> None:
    first = _released(memory, driver, 6)
    second = memory.request(7)
    driver.run_until(second, Phase.AWAITING_APPROVAL)
    memory.approve(second)

    def meanwhile() -> None:
        memory.clock.advance(LEASE_SECONDS)
        driver.settle()
        assert memory.release(second).phase is Phase.RELEASED
        memory.roll_back(second)
        driver.settle()

    slept = _Sleeping(memory.store, f"endpoint:{PROD}", 2, meanwhile)
    Runner(replace(memory.ports(), store=slept)).run(second)
    assert slept.left == 0, "it slept before UpdateEndpoint"
    driver.settle()
    endpoint = memory.prod()
    assert endpoint is not None
    assert (endpoint.status, endpoint.pending_config) == ("InService", None)
    assert endpoint.config == config_name(memory.release(first), Stage.PROD), "the rollback stands"


@dataclass
class _Sleeping:
    """A store on the way to which the process sleeps, before the given lease is asked for the `left`-th time."""

    store: Any
    lease_name: str
    left: int
    meanwhile: Callable[[], None]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def lease(self, name: str, holder: str, seconds: float) -> bool:
        if name == self.lease_name and self.left:
            self.left -= 1
            if not self.left:
                self.meanwhile()
        taken: bool = self.store.lease(name, holder, seconds)
        return taken


def _released(memory: World, driver: Driver, version: int) -> str:
    release = memory.request(version)
    driver.run_until(release, Phase.AWAITING_APPROVAL)
    memory.approve(release)
    driver.settle()
    return release
