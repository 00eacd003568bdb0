"""Ids of the company's own, which the catalog gives people: beside everything that they decide, deciding nothing."""

from dataclasses import replace
from pathlib import Path

import pytest
from fakes import builders as b
from fakes.driver import MODEL, Driver, World

from bot.catalog.reading import read_catalog
from bot.settings import Misconfigured
from handlers.report.items import required_items
from handlers.report.rows import HEADING, rows_of, to_csv
from services.release.audit import GENERAL, Attempted
from services.release.catalog import People
from services.release.model import Phase
from services.release.policy import Denied
from services.release.terms import GateTerms
from services.releases import Asker, Decided

NAMES = {b.APPROVER: "bruno.diaz", b.REQUESTER: "ana.lopez", b.STRANGER: "eve.mallory", "UTWO": "carla"}


@pytest.fixture
def named() -> tuple[World, Driver, str]:
    """A release at a gate for two, in a catalog that knows people."""
    approvers = People(frozenset({b.APPROVER, "UTWO"}))
    world = World(replace(b.DEPLOYMENT, terms=GateTerms(2)), replace(b.ENTRY, approvers=approvers, known_as=NAMES))
    driver, release_id = Driver(world), world.request()
    driver.run_until(release_id, Phase.AWAITING_APPROVAL)
    return world, driver, release_id


def vote(world: World, release_id: str, user: str) -> Decided | Denied:
    return world.releases.approve(release_id, world.nonce(release_id), Asker(user))


def test_votes_and_the_decision_carry_them(named: tuple[World, Driver, str]) -> None:
    world, driver, release_id = named
    for user in (b.APPROVER, "UTWO"):
        assert isinstance(vote(world, release_id, user), Decided)
    driver.settle()
    release = world.release(release_id)
    assert [(each.by, each.known_as) for each in release.votes] == [(b.APPROVER, "bruno.diaz"), ("UTWO", "carla")]
    assert release.decision is not None
    assert release.decision.known_as == "carla"
    gate = required_items(release, world.log(release_id))[3]
    assert any("approved by UTWO (carla)" in line for line in gate.lines)
    assert any(f"Yes of {b.APPROVER} (bruno.diaz)" in line for line in gate.lines)


def test_every_try_carries_them_the_refused_ones_too(named: tuple[World, Driver, str]) -> None:
    world, _, release_id = named
    assert isinstance(vote(world, release_id, b.STRANGER), Denied)
    world.releases.reject(release_id, world.nonce(release_id), Asker(b.APPROVER), "no")
    world.releases.freeze(MODEL, Asker(b.OPERATOR), "quarter end", None)
    world.releases.thaw(MODEL, Asker(b.STRANGER))
    trails = [world.store.trail(release_id), world.store.trail(GENERAL)]
    tried = [(act.by, act.known_as) for trail in trails for act in trail.acts if isinstance(act, Attempted)]
    assert tried == [
        (user, NAMES.get(user, "")) for user in (b.REQUESTER, b.STRANGER, b.APPROVER, b.OPERATOR, b.STRANGER)
    ]
    rows = [row for row in rows_of(trails[0]) if row.kind == "fact" and row.what == "Rejected"]
    assert [(row.by, row.known_as) for row in rows] == [(b.APPROVER, "bruno.diaz")]
    assert f",{b.APPROVER},bruno.diaz," in to_csv(trails)
    assert len(HEADING) == len(rows[0].cells())


def test_they_let_nobody_in(named: tuple[World, Driver, str]) -> None:
    world, _, release_id = named
    world.catalog[MODEL] = replace(world.catalog[MODEL], known_as={b.STRANGER: b.APPROVER})
    denied = vote(world, release_id, b.STRANGER)
    assert isinstance(denied, Denied)
    assert denied.code == "not_an_approver"


LEAST = """
people: {PEOPLE}
models:
  churn:
    package_group: churn
    staging_endpoint: churn-staging
    prod_endpoint: churn-prod
    execution_role_arn: arn:aws:iam::123456789012:role/sagemaker
    channel: C0RELEASES
"""


def test_the_catalog_names_them_once_for_all_models(tmp_path: Path) -> None:
    path = tmp_path / "catalog.yaml"
    path.write_text(LEAST.replace("PEOPLE", "U0ANA: ana.lopez"))
    assert read_catalog(path)["churn"].known_as == {"U0ANA": "ana.lopez"}
    for wrong in ("ana: ana.lopez", "U0ANA: ''", "U0ANA: two words", f"U0ANA: {'x' * 101}"):
        path.write_text(LEAST.replace("PEOPLE", wrong))
        with pytest.raises(Misconfigured):
            read_catalog(path)
