"""A newer version takes the place of one that waits at its gate, and of nothing else."""

from dataclasses import replace

import pytest
from fakes import builders as b
from fakes.driver import MODEL, Driver, World

from services.ports import Commit, Conflict
from services.release import events as e
from services.release.deciding import superseding
from services.release.model import DecisionKind, Phase, Release
from services.release.policy import Denied
from services.release.wanted import LATEST
from services.releases import Asker, Decided, InProgress, Started

ANOTHER = Asker("UANOTHER")


@pytest.mark.parametrize(
    ("wanted", "known", "version"),
    [
        ("8", (8, 7, 6), 8),
        ("9", (8, 7, 6), None),
        ("7", (8, 7, 6), None),
        ("6", (8, 7, 6), None),
        (LATEST, (8, 7, 6), 8),
        (LATEST, (7, 6), None),
        (LATEST, (), None),
        (b.ARN.replace("/7", "/8"), (8,), 8),
    ],
)
def test_only_a_newer_version_that_was_seen_takes_a_place(
    wanted: str, known: tuple[int, ...], version: int | None
) -> None:
    assert superseding(b.awaiting(), wanted, known) == version


@pytest.mark.parametrize("phase", list(Phase))
def test_only_a_waiting_gate_makes_way(phase: Phase) -> None:
    makes_way = superseding(replace(b.promoting(), phase=phase), "8", (8,)) is not None
    assert makes_way == (phase in {Phase.AWAITING_APPROVAL, Phase.EVIDENCE_STALE})


def waiting(memory: World, driver: Driver, version: int = 6) -> str:
    release_id = memory.request(version)
    driver.run_until(release_id, Phase.AWAITING_APPROVAL)
    memory.store.keep_note(f"versions:{MODEL}", "7 6 5", 3600)
    return release_id


def test_the_older_one_ends_and_both_threads_tell_it(memory: World, driver: Driver) -> None:
    older = waiting(memory, driver)
    nonce = memory.nonce(older)
    started = memory.releases.request(MODEL, "7", ANOTHER)
    assert isinstance(started, Started)
    assert started.replaced == older
    ended = memory.release(older)
    assert (ended.phase, ended.decision and ended.decision.kind) == (Phase.SUPERSEDED, DecisionKind.SUPERSEDED)
    assert memory.log(started.release.id)[0].event == e.Requested(ANOTHER.user, older)
    late = memory.releases.approve(older, nonce, Asker(b.APPROVER))
    assert isinstance(late, Denied)
    assert late.code == "superseded"
    driver.run_until(started.release.id, Phase.AWAITING_APPROVAL)
    memory.approve(started.release.id)
    driver.settle()
    assert memory.release(started.release.id).phase is Phase.RELEASED
    assert memory.release(older).cleaned_up


def test_what_is_being_promoted_never_makes_way(memory: World, driver: Driver) -> None:
    older = waiting(memory, driver)
    memory.approve(older)
    assert isinstance(memory.releases.request(MODEL, "7", ANOTHER), InProgress)
    driver.settle()
    assert memory.release(older).phase is Phase.RELEASED


def test_of_an_approval_and_a_newer_version_at_once_exactly_one_wins(
    memory: World, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = waiting(memory, driver)
    commit = memory.store.commit

    def approved_first(change: Commit) -> Release:
        monkeypatch.setattr(memory.store, "commit", commit)
        assert isinstance(memory.releases.approve(older, memory.nonce(older), Asker(b.APPROVER)), Decided)
        raise Conflict("approved meanwhile")

    monkeypatch.setattr(memory.store, "commit", approved_first)
    assert isinstance(memory.releases.request(MODEL, "7", ANOTHER), InProgress)
    assert memory.release(older).phase is Phase.PROMOTING
