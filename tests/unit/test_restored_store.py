"""A store that was brought back from an older copy, or emptied: AWS has moved on, and what the store says is behind."""

from collections import deque

import pytest
from fakes import builders as b
from fakes.driver import MODEL, PROD, Driver, World
from fakes.store import MemoryStore
from structlog.testing import capture_logs
from typing_extensions import override

from services.inquiries import Inquiries
from services.ports import Clock, Commit, EndpointsAnswer, RollbackAnswer
from services.release.lifecycle import TERMINAL
from services.release.model import Phase, Release, Stage
from services.release.naming import config_name
from services.releases import Asked, Asker, Releases

MOST_ROUNDS = 200


def released(memory: World, driver: Driver, version: int) -> Release:
    release_id = memory.request(version)
    to_the_end(memory, driver, release_id)
    return memory.release(release_id)


def to_the_end(memory: World, driver: Driver, release_id: str) -> list[object]:
    """Bring a release to its end, approving it when it asks; return a copy of the store after each round."""
    backups = []
    for _ in range(MOST_ROUNDS):
        backups.append(memory.store.backup())
        release = memory.release(release_id)
        if release.phase is Phase.AWAITING_APPROVAL:
            memory.approve(release_id)
        elif release.phase in TERMINAL and release.cleaned_up:
            return backups
        assert driver.round()
    raise AssertionError(f"{release_id} never ended")


def ask(memory: World, topic: str) -> str:
    asked = memory.releases.looking.ask(topic, MODEL, Asker(b.REQUESTER))
    assert isinstance(asked, Asked)
    return asked.inquiry.id


def rollback_answer(memory: World) -> RollbackAnswer:
    Inquiries(memory.catalog, memory.ports()).run(ask(memory, "rollback"))
    answer = memory.announcer.answers[-1][1]
    assert isinstance(answer, RollbackAnswer)
    return answer


def updates_of_prod(memory: World) -> list[object]:
    return [call for call in memory.aws.calls if call[0] == "update_endpoint" and call[1] == PROD]


def test_whatever_copy_is_brought_back_prod_changes_once_and_the_pointer_is_right() -> None:
    memory = World()
    driver = Driver(memory)
    first = released(memory, driver, 6)
    second = memory.request(7)
    backups = to_the_end(memory, driver, second)
    wanted = memory.release(second)
    changed = len(updates_of_prod(memory))
    assert len(backups) > 10
    for backup in backups:
        memory.store.bring_back(backup)
        to_the_end(memory, driver, second)
        found = memory.release(second)
        assert (found.phase, len(updates_of_prod(memory))) == (Phase.RELEASED, changed)
        assert found.pointer is not None
        assert wanted.pointer is not None
        assert found.pointer.previous_config == wanted.pointer.previous_config == config_name(first, Stage.PROD)
        assert rollback_answer(memory).pointer == found.pointer


def test_what_was_rolled_back_is_not_promoted_again_whatever_copy_is_brought_back(
    memory: World, driver: Driver
) -> None:
    first = released(memory, driver, 6)
    second = memory.request(7)
    backups = to_the_end(memory, driver, second)
    memory.roll_back(second)
    driver.settle()
    changed = len(updates_of_prod(memory))
    for backup in backups:
        memory.store.bring_back(backup)
        to_the_end(memory, driver, second)
        prod = memory.prod()
        assert prod is not None
        assert (prod.config, len(updates_of_prod(memory))) == (config_name(first, Stage.PROD), changed)


def test_a_store_that_is_behind_prod_says_so_where_a_rollback_is_asked_for(memory: World, driver: Driver) -> None:
    released(memory, driver, 6)
    before = memory.store.backup()
    second = released(memory, driver, 7)
    for lost in (memory.store.wipe, lambda: memory.store.bring_back(before)):
        lost()
        answer = rollback_answer(memory)
        assert (answer.refusal, answer.pointer) == ("store_behind", None)
        assert second.id in answer.detail
        Inquiries(memory.catalog, memory.ports()).run(ask(memory, "endpoints"))
        seen = memory.announcer.answers[-1][1]
        assert isinstance(seen, EndpointsAnswer)
        prod, staging = seen.views
        assert (prod.lost_release, staging.lost_release) == (second.id, "")
        with capture_logs() as said:
            Inquiries(memory.catalog, memory.ports()).warn_where_behind()
        assert [(line["log_level"], line["release"]) for line in said] == [("error", second.id)]


class FailingOver(MemoryStore):
    """A store whose primary dies right after it acknowledged its n-th commit; the replica lacks the last `lost`."""

    def __init__(self, clock: Clock, at: int, lost: int) -> None:
        super().__init__(clock)
        self.commits = 0
        self._at = at
        self._before: deque[object] = deque(maxlen=lost)

    @override
    def commit(self, commit: Commit) -> Release:
        """Commit, be acknowledged, and be lost."""
        self._before.append(self.backup())
        written = super().commit(commit)
        self.commits += 1
        if self.commits == self._at:
            self.bring_back(self._before[0])
        return written


def failing_over(at: int, lost: int) -> tuple[World, FailingOver]:
    """Return a world with prod on version 6, whose store fails over at the n-th commit after that."""
    memory = World()
    released(memory, Driver(memory), 6)
    store = FailingOver(memory.clock, at, lost)
    store.bring_back(memory.store.backup())
    memory.store = store
    memory.releases = Releases(memory.catalog, store, memory.directory, memory.clock, memory.ids)
    return memory, store


@pytest.mark.parametrize("lost", [1, 3])
def test_whatever_a_failover_loses_prod_changes_once_and_the_pointer_is_right(lost: int) -> None:
    """Leases are lost with it, so two workers may be at the same step; the last look before each order decides."""
    at, commits = 0, 1
    while at < commits:
        at += 1
        memory, store = failing_over(at, lost)
        first = memory.prod()
        assert first is not None
        release_id = memory.request(7)
        to_the_end(memory, Driver(memory), release_id)
        found, commits = memory.release(release_id), store.commits
        assert found.phase is Phase.RELEASED, f"at commit {at}: {found.outcome}"
        assert len(updates_of_prod(memory)) == 1, f"at commit {at}"
        assert found.pointer is not None
        assert found.pointer.previous_config == first.config, f"at commit {at}"
        assert rollback_answer(memory).pointer == found.pointer
    assert commits > 10
