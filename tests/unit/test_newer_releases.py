"""What a worker does about a release that a newer one has at hand: nothing, at no cost to anything."""

from dataclasses import replace

import pytest
from fakes import builders as b
from fakes.driver import Driver, World

from services.ports import NewerDocument
from services.release.catalog import People
from services.release.model import SCHEMA_VERSION, Phase
from services.release.terms import BreakGlass, GateTerms
from services.releases import Asker
from services.runner import Runner


def at_its_gate(memory: World, driver: Driver, version: int) -> str:
    release_id = memory.request(version)
    driver.run_until(release_id, Phase.AWAITING_APPROVAL)
    return release_id


def test_a_newer_release_is_left_as_it_is(memory: World, driver: Driver) -> None:
    release_id = at_its_gate(memory, driver, 7)
    newer = replace(memory.release(release_id), schema_version=SCHEMA_VERSION + 1)
    memory.store._tables.releases[release_id] = newer
    told = memory.announcer.told(release_id)
    for _ in range(3):
        with pytest.raises(NewerDocument):
            Runner(memory.ports()).run(release_id)
    assert memory.store._tables.releases[release_id] == newer
    assert memory.announcer.told(release_id) == told
    assert memory.store.lease(f"release:{release_id}", "a newer worker", 15), "nothing is held against the newer one"


def test_a_newer_release_of_another_model_keeps_nobody_from_breaking_the_glass() -> None:
    terms = GateTerms(break_glass=BreakGlass())
    memory = World(replace(b.DEPLOYMENT, terms=terms), replace(b.ENTRY, break_glass=People(frozenset({b.OPERATOR}))))
    release_id = at_its_gate(memory, Driver(memory), 7)
    other = replace(memory.release(release_id), id="r000other", model="iris", schema_version=SCHEMA_VERSION + 1)
    memory.store._tables.releases[other.id] = other
    memory.store._tables.open.add(other.id)
    memory.break_glass(release_id)
    assert memory.release(release_id).broke_glass


def test_what_a_newer_sluice_wrote_beside_a_release_costs_it_no_try(memory: World, driver: Driver) -> None:
    release_id = at_its_gate(memory, driver, 6)
    memory.approve(release_id)
    driver.settle()
    blocked = at_its_gate(memory, driver, 7)
    ended = memory.release(release_id)
    memory.store._tables.open.add(release_id)
    memory.store._tables.releases[release_id] = replace(ended, schema_version=SCHEMA_VERSION + 1)
    memory.releases.cancel(blocked, Asker(b.REQUESTER))
    for _ in range(3):
        with pytest.raises(NewerDocument):
            Runner(memory.ports()).run(blocked)
    assert memory.release(blocked).errors_in_a_row == 0
    assert not memory.release(blocked).cleaned_up, "nobody can say what the newer release still needs"
