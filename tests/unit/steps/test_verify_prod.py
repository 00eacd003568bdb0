"""Prod is verified by a passed suite on the config that it was brought to, and by nothing less."""

import pytest
from fakes import builders as b

from services.ports import Unfinished
from services.release import events as e
from services.release.model import Stage, Verdict
from services.release.naming import config_name
from services.steps.plan import Record, Wait
from services.steps.verify_prod import ProdSight, plan, refused

RELEASE = b.promoting()
WANTED = config_name(RELEASE, Stage.PROD)


@pytest.mark.parametrize("verdict", Verdict)
def test_only_a_passed_suite_verifies_prod(verdict: Verdict) -> None:
    seen = b.evidence(verdict)
    wanted = e.ProdVerified(seen) if verdict is Verdict.PASSED else e.ProdUnverified(seen)
    assert plan(RELEASE, ProdSight(b.prod(WANTED), seen), b.NOON) == Record(wanted)


@pytest.mark.parametrize(
    ("endpoint", "now"),
    [
        (None, "gone"),
        (b.prod("theirs"), "InService on theirs"),
        (b.prod(WANTED, "Failed"), f"Failed on {WANTED}"),
    ],
)
def test_a_passed_suite_counts_for_nothing_once_prod_serves_something_else(endpoint: object, now: str) -> None:
    detail = f"Someone or something changed prod before it was tested; it is {now}."
    sight = ProdSight(endpoint, b.evidence())  # type: ignore[arg-type]  # the table holds None and endpoints
    assert plan(RELEASE, sight, b.NOON) == Record(e.ProdFailed("prod_changed", detail))


def test_a_prod_that_is_being_changed_is_waited_for_but_not_for_ever() -> None:
    moving = ProdSight(b.prod(WANTED, "Updating"), None)
    assert plan(RELEASE, moving, RELEASE.phase_since) == Wait()
    assert isinstance(plan(RELEASE, moving, b.after(6000)), Record)


def test_a_suite_that_has_more_to_ask_goes_on_at_once() -> None:
    assert plan(RELEASE, ProdSight(b.prod(WANTED), Unfinished(12, 5.0)), b.NOON) == Wait(0)


def test_awss_refusal_needs_a_person() -> None:
    assert refused(RELEASE, "denied") == e.GaveUp("denied")
