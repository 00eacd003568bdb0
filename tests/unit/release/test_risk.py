"""A riskier release takes more people."""

from dataclasses import replace
from typing import get_args

import pytest
from fakes import builders as b

from bot.catalog.gate import RiskName
from services.release.model import CheckResult, Release, Serving, Verdict
from services.release.risk import RISKS, Quorum, quorum_of
from services.release.terms import GateTerms

LIVE = Serving(
    "live",
    image="image:1",
    image_digest="sha256:1",
    instance_type="ml.m5.large",
    environment=(("A", "1"),),
    role="sluice",
    schema=("takes text/csv", "answers text/csv"),
)
WARNING = CheckResult("psi", Verdict.FAILED, "0.3", "<= 0.2", blocking=False)


def compared(after: Serving | None = LIVE, before: Serving | None = LIVE, prod: str | None = b.OLD_CONFIG) -> Release:
    release = b.awaiting(prod)
    return replace(release, evidence=replace(b.evidence(), candidate=after, prod=before))


SAME = compared()
WARNED = replace(SAME, evidence=replace(b.evidence(), candidate=LIVE, prod=LIVE, checks=(WARNING,)))


@pytest.mark.parametrize(
    ("release", "shown"),
    [
        (SAME, set()),
        (compared(replace(LIVE, config="new")), set()),
        (compared(replace(LIVE, image_digest="sha256:2")), {"image"}),
        (compared(replace(LIVE, image_digest="")), {"image"}),
        (compared(replace(LIVE, image="", image_digest=""), replace(LIVE, image="", image_digest="")), {"image"}),
        (compared(replace(LIVE, environment=(("A", "2"),))), {"environment"}),
        (compared(before=replace(LIVE, instance_type="ml.m5.xlarge")), {"instance_type"}),
        (compared(before=replace(LIVE, instance_type="")), {"instance_type"}),
        (compared(before=replace(LIVE, role="another")), {"role"}),
        (compared(before=replace(LIVE, role="")), {"role"}),
        (compared(replace(LIVE, schema=("takes application/json", "answers text/csv"))), {"schema"}),
        (compared(replace(LIVE, schema=())), {"schema"}),
        (compared(replace(LIVE, schema=()), replace(LIVE, schema=())), {"schema"}),
        (compared(after=None), {"image", "environment", "schema"}),
        (compared(before=None), {"image", "environment", "instance_type", "role", "schema"}),
        (compared(before=None, prod=None), {"first_release"}),
        (WARNED, {"warnings"}),
    ],
)
def test_what_a_release_shows(release: Release, shown: set[str]) -> None:
    for name in RISKS:
        terms = GateTerms(quorum=1, risk=((name, 2),))
        asked = quorum_of(replace(release, deployment=replace(release.deployment, terms=terms)))
        assert asked == (Quorum(2, (name,)) if name in shown else Quorum(1)), name


def test_the_largest_number_counts_and_what_asks_for_no_more_is_not_named() -> None:
    terms = GateTerms(quorum=2, risk=(("environment", 4), ("image", 3), ("warnings", 2)))
    changed = compared(before=None)
    both = quorum_of(replace(changed, deployment=replace(b.DEPLOYMENT, terms=terms)))
    assert both == Quorum(4, ("environment", "image"))


def test_the_catalog_knows_every_risk() -> None:
    assert set(RISKS) == set(get_args(RiskName))
