"""A gate that asks for more than one person, from the catalog to prod."""

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes import builders as b
from fakes.driver import MODEL, Driver, World
from pydantic import ValidationError

from bot.catalog.entry import ModelSpec
from services.release import events as e
from services.release.catalog import ModelEntry, People
from services.release.model import Phase
from services.release.policy import Denied
from services.release.terms import GateTerms
from services.releases import Asker, Decided, Started

ONE, TWO, THREE = Asker("UONE"), Asker("UTWO"), Asker("UTHREE")
LEADS = "SLEADS"


def panel(quorum: int, *groups: str) -> World:
    """Return a Sluice whose gate three people may pass; UTHREE is a lead."""
    entry: ModelEntry = replace(b.ENTRY, approvers=People(frozenset({"UONE", "UTWO"}), frozenset({LEADS})))
    world = World(replace(b.DEPLOYMENT, terms=GateTerms(quorum, groups)), entry)
    world.directory.groups[LEADS] = frozenset({"UTHREE"})
    return world


def vote(world: World, release_id: str, asker: Asker) -> Decided | Denied:
    return world.releases.approve(release_id, world.nonce(release_id), asker)


def at_the_gate(world: World) -> tuple[Driver, str]:
    driver = Driver(world)
    release_id = world.request()
    driver.run_until(release_id, Phase.AWAITING_APPROVAL)
    return driver, release_id


def test_prod_waits_for_the_last_of_those_who_are_needed() -> None:
    world = panel(2, LEADS)
    driver, release_id = at_the_gate(world)
    for asker in (ONE, TWO):
        assert isinstance(vote(world, release_id, asker), Decided)
        assert world.release(release_id).phase is Phase.AWAITING_APPROVAL
    again = vote(world, release_id, ONE)
    assert isinstance(again, Denied)
    assert again.code == "already_voted"
    assert isinstance(vote(world, release_id, THREE), Decided)
    driver.settle()
    assert world.release(release_id).phase is Phase.RELEASED
    assert world.story(release_id).count(e.VoteCast) == 2
    assert [each.by for each in world.release(release_id).votes] == ["UONE", "UTWO", "UTHREE"]


def test_a_vote_is_told_and_leaves_the_gate_as_it_is() -> None:
    world = panel(2)
    driver, release_id = at_the_gate(world)
    gate = world.release(release_id).gate
    vote(world, release_id, ONE)
    driver.run_until(release_id, Phase.AWAITING_APPROVAL)
    assert world.release(release_id).gate == gate
    assert world.store.told(release_id).entries == world.release(release_id).log_length


def test_one_no_ends_what_others_agreed_to() -> None:
    world = panel(3)
    _, release_id = at_the_gate(world)
    vote(world, release_id, ONE)
    rejected = world.releases.reject(release_id, world.nonce(release_id), TWO, "too slow")
    assert isinstance(rejected, Decided)
    late = vote(world, release_id, THREE)
    assert isinstance(late, Denied)
    assert late.code == "already_decided"


def test_a_vote_of_someone_who_may_no_longer_approve_does_not_count() -> None:
    world = panel(2)
    _, release_id = at_the_gate(world)
    vote(world, release_id, ONE)
    world.catalog[MODEL] = replace(world.catalog[MODEL], approvers=People(frozenset({"UTWO", "UFOUR"})))
    assert isinstance(vote(world, release_id, TWO), Decided)
    assert world.release(release_id).phase is Phase.AWAITING_APPROVAL
    assert isinstance(vote(world, release_id, Asker("UFOUR")), Decided)
    assert world.release(release_id).phase is Phase.PROMOTING


def test_votes_at_once_are_all_counted_and_the_last_one_approves() -> None:
    world = panel(3)
    _, release_id = at_the_gate(world)
    nonce, ready = world.nonce(release_id), threading.Barrier(6)

    def click(asker: Asker) -> None:
        ready.wait()
        world.releases.approve(release_id, nonce, asker)

    threads = [threading.Thread(target=click, args=(asker,)) for asker in (ONE, TWO, THREE) * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert world.release(release_id).phase is Phase.PROMOTING
    story = world.story(release_id)
    assert (story.count(e.VoteCast), story.count(e.Approved)) == (2, 1)


def released(world: World, driver: Driver, version: int) -> str:
    release_id = world.request(version)
    driver.run_until(release_id, Phase.AWAITING_APPROVAL)
    for asker in (ONE, TWO, THREE):
        world.releases.approve(release_id, world.nonce(release_id), asker, "fine", ("told",))
    driver.settle()
    assert world.release(release_id).phase is Phase.RELEASED
    return release_id


STRICTEST = GateTerms(
    quorum=3,
    groups_required=(LEADS,),
    reason=True,
    checklist=("told",),
    risk=(("image", 3),),
    windows=("mon 00:00-24:00 UTC",),
)


def test_no_part_of_the_policy_holds_a_rollback() -> None:
    world = panel(3, LEADS)
    entry = world.catalog[MODEL]
    world.catalog[MODEL] = replace(entry, deployment=replace(entry.deployment, terms=STRICTEST))
    driver = Driver(world)
    requested = [released(world, driver, version) for version in (5, 6)]
    world.clock.advance(24 * 3600)
    world.releases.freeze("all", Asker(b.OPERATOR), "quarter end", None)
    world.catalog[MODEL] = replace(
        world.catalog[MODEL], channels=frozenset({"C0OTHER"}), operators=People(groups=frozenset({LEADS}))
    )
    world.directory.people["UTHREE"] = None
    rollback = world.releases.roll_back(requested[-1], THREE, "wrong answers")
    assert isinstance(rollback, Started)
    driver.settle()
    assert world.release(rollback.release.id).phase is Phase.ROLLED_BACK


def test_the_catalog_says_how_many_and_who_among_them() -> None:
    people = {"users": ["U1", "U2"], "groups": ["S1"]}
    spec = ModelSpec(**b.LEAST, approvers=people, gate={"quorum": 3, "groups_required": ["S1", "S1"]})
    assert spec.entry("churn", Path()).deployment.terms == GateTerms(3, ("S1",))
    assert ModelSpec(**b.LEAST).entry("churn", Path()).deployment.terms == GateTerms()


@pytest.mark.parametrize(
    ("gate", "says"),
    [
        ({"quorum": 0}, "quorum"),
        ({"quorum": 3}, r"gate\.quorum, or gate\.risk, is 3, and approvers\.users names fewer people"),
        ({"groups_required": ["S2"]}, r"gate\.groups_required names S2, which approvers\.groups does not"),
    ],
)
def test_a_gate_that_nobody_could_pass_is_refused_at_load(gate: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        ModelSpec(**b.LEAST, approvers={"users": ["U1", "U2"]}, gate=gate)
