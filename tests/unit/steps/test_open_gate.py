"""The gate opens on exactly what was tested."""

from dataclasses import replace
from datetime import timedelta

import pytest
from fakes import builders as b

from services.ports import EndpointDescription
from services.release import events as e
from services.release.digest import gate_digest
from services.release.model import Gate, Serving, Stage
from services.release.naming import config_name
from services.steps.open_gate import GateSight, plan, refused
from services.steps.plan import Record, Wait


@pytest.mark.parametrize("prod", [None, b.prod(), b.prod("theirs"), b.prod("theirs", "Failed")])
def test_it_is_bound_to_what_was_tested_and_to_what_prod_serves(prod: EndpointDescription | None) -> None:
    release = b.smoked()
    opened = Gate(
        nonce="drawn",
        opened_at=b.after(2),
        expires_at=b.after(2) + timedelta(hours=24),
        staging_config=config_name(release, Stage.STAGING),
        prod_config=prod.config if prod is not None else None,
        digest=gate_digest(release),
        staging_seen_at=b.after(1),
        staging_modified=b.after(-3),
    )
    sight = GateSight(b.staging(modified=b.after(-3)), prod, "drawn", b.after(1))
    assert plan(release, sight, b.after(2)) == Record(e.GateOpened(opened))


def test_a_prod_that_moved_during_the_suite_is_not_the_one_that_was_compared_with() -> None:
    release = b.smoked()
    assert release.evidence is not None
    release = replace(release, evidence=replace(release.evidence, prod=Serving("compared-with")))
    planned = plan(release, GateSight(b.staging(), b.prod("moved-to"), "drawn", b.NOON), b.NOON)
    assert isinstance(planned, Record)
    assert isinstance(planned.event, e.GateOpened)
    assert planned.event.gate.prod_config == "compared-with"


def test_it_waits_for_awss_own_maintenance_of_staging() -> None:
    sight = GateSight(b.staging(status="SystemUpdating"), b.prod(), "drawn", b.NOON)
    assert plan(b.smoked(), sight, b.NOON) == Wait()
    assert isinstance(plan(b.smoked(), sight, b.after(60 * 24)), Record)


@pytest.mark.parametrize(
    "staging",
    [None, b.staging("theirs"), b.staging(status="Updating"), b.staging(pending="theirs"), b.staging(status="Failed")],
)
def test_it_stays_shut_when_staging_no_longer_serves_what_was_tested(staging: EndpointDescription | None) -> None:
    planned = plan(b.smoked(), GateSight(staging, b.prod(), "drawn", b.NOON), b.NOON)
    assert isinstance(planned, Record)
    assert isinstance(planned.event, e.StagingFailed)
    assert planned.event.code == "staging_changed"


def test_awss_refusal_is_given_up() -> None:
    assert refused(b.smoked(), "denied") == e.GaveUp("denied")
