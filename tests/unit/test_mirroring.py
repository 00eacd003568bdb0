"""The registry says what became of a gate, and a registry that does not take it holds nothing."""

from dataclasses import replace

import pytest
from fakes.builders import APPROVER, DEPLOYMENT
from fakes.driver import MODEL, Driver, World

from services.mirroring import MOST_TRIES, Mirrored, read_mirrored
from services.ports import SaidNo, Unavailable
from services.release import events as e
from services.release.audit import OrderAnswered, OrderSent
from services.release.model import Phase


def released(memory: World, driver: Driver, version: int) -> str:
    release_id = memory.request(version)
    driver.run_until(release_id, Phase.AWAITING_APPROVAL)
    memory.approve(release_id)
    driver.settle()
    assert memory.release(release_id).phase is Phase.RELEASED
    return release_id


def life(memory: World, version: int) -> tuple[str, str]:
    (package,) = [each for each in memory.aws.packages.values() if each.version == version]
    return package.life_cycle[:2]


def test_the_registry_follows_releases_and_rollbacks(memory: World, driver: Driver) -> None:
    released(memory, driver, 6)
    assert life(memory, 6) == ("Production", "Live")
    newer = released(memory, driver, 7)
    assert (life(memory, 6), life(memory, 7)) == (("Production", "Replaced"), ("Production", "Live"))
    memory.roll_back(newer)
    driver.settle()
    assert (life(memory, 6), life(memory, 7)) == (("Production", "Live"), ("Production", "RolledBack"))


def test_a_rejection_leaves_the_package_approved(memory: World, driver: Driver) -> None:
    release_id = memory.request(7)
    driver.run_until(release_id, Phase.AWAITING_APPROVAL)
    memory.reject(release_id)
    driver.settle()
    assert life(memory, 7) == ("Staging", "Rejected")
    (package,) = [each for each in memory.aws.packages.values() if each.version == 7]
    assert package.approval == "Approved", "another release, or another model, may rest on it"
    assert f"rejected by {APPROVER}" in package.life_cycle[2]


def test_prod_is_changed_before_the_registry_is_told(memory: World, driver: Driver) -> None:
    memory.aws.fail_next("mark", Unavailable("Rate exceeded"), times=999)
    release_id = released(memory, driver, 7)
    calls = [call[0] for call in memory.aws.calls]
    assert calls.index("create_endpoint", calls.index("create_endpoint") + 1) < calls.index("mark")
    problems = [entry.event for entry in memory.log(release_id) if isinstance(entry.event, e.RegistryNotMarked)]
    assert problems == [e.RegistryNotMarked("Rate exceeded")], "told once, though two words were not taken"
    assert calls.count("mark") == 2 * MOST_TRIES + 1, "once more, as it is settled when the log has it"
    assert memory.release(release_id).cleaned_up


def test_a_registry_that_refuses_is_not_asked_again_and_told_once(memory: World, driver: Driver) -> None:
    memory.aws.fail_next("mark", SaidNo("AccessDenied: ModelLifeCycle"), times=999)
    release_id = released(memory, driver, 7)
    assert memory.story(release_id).count(e.RegistryNotMarked) == 1
    assert [call[0] for call in memory.aws.calls].count("mark") == 3, "twice for the approval, once for the end"
    told = [entry.event for entry in memory.announcer.told(release_id)]
    assert e.RegistryNotMarked("AccessDenied: ModelLifeCycle") in told


def test_a_registry_that_comes_back_is_told(memory: World, driver: Driver) -> None:
    memory.aws.fail_next("mark", Unavailable("Rate exceeded"), times=3)
    release_id = released(memory, driver, 7)
    assert life(memory, 7) == ("Production", "Live")
    assert e.RegistryNotMarked not in memory.story(release_id)


def test_every_word_to_the_registry_is_on_record(memory: World, driver: Driver) -> None:
    release_id = released(memory, driver, 7)
    acts = memory.store.trail(release_id).acts
    sent = [act for act in acts if isinstance(act, OrderSent) and act.order == "MarkPackage"]
    assert [dict(act.arguments)["status"] for act in sent] == ["Approved", "Live"]
    assert len([act for act in acts if isinstance(act, OrderAnswered) and act.order == "MarkPackage"]) == 2


def test_a_catalog_may_leave_the_registry_alone(memory: World, driver: Driver) -> None:
    terms = replace(DEPLOYMENT.terms, mirrored=False)
    memory.catalog[MODEL] = replace(memory.catalog[MODEL], deployment=replace(DEPLOYMENT, terms=terms))
    released(memory, driver, 7)
    assert life(memory, 7) == ("", "")


@pytest.mark.parametrize("note", ["", "digest 1", "digest one 0", "digest 1 0 more"])
def test_a_note_of_another_sluices_form_is_a_beginning(note: str) -> None:
    assert read_mirrored(note) == Mirrored()
