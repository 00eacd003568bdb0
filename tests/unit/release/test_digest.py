"""An approval is bound to everything that was tested, and to nothing that changes afterwards."""

from dataclasses import replace
from datetime import timedelta

import pytest
from fakes import builders as b

from services.release.digest import gate_digest
from services.release.model import CheckResult, Evidence, ModelPackage, Phase, Release, Verdict

RELEASE = b.smoked()
EVIDENCE = b.evidence()
CHECK = EVIDENCE.checks[0]


def with_evidence(evidence: Evidence) -> Release:
    return replace(RELEASE, evidence=evidence)


def with_check(check: CheckResult) -> Release:
    return with_evidence(replace(EVIDENCE, checks=(check,)))


CHANGED = {
    "package": replace(RELEASE, package=ModelPackage(b.ARN + "1", "titanic-survival", 7)),
    "model": replace(RELEASE, package=ModelPackage(b.ARN, "titanic-survival", 8)),
    "release": replace(RELEASE, id="r0000000b"),
    "staging config": with_evidence(replace(EVIDENCE, config="another")),
    "suite": with_evidence(replace(EVIDENCE, suite_digest="6" * 64)),
    "verdict": with_evidence(replace(EVIDENCE, verdict=Verdict.FAILED)),
    "a check's name": with_check(replace(CHECK, name="auc")),
    "a check's verdict": with_check(replace(CHECK, verdict=Verdict.FAILED)),
    "what a check saw": with_check(replace(CHECK, seen="0.99")),
    "what a check wanted": with_check(replace(CHECK, rule="at least 0")),
    "one check more": with_evidence(replace(EVIDENCE, checks=(CHECK, CHECK))),
    "one check less": with_evidence(replace(EVIDENCE, checks=())),
    "the record": with_evidence(replace(EVIDENCE, record_digest="5" * 64)),
    "another run": with_evidence(replace(EVIDENCE, started_at=EVIDENCE.started_at + timedelta(microseconds=1))),
}


@pytest.mark.parametrize("changed", CHANGED.values(), ids=CHANGED.keys())
def test_it_changes_with_everything_that_was_tested(changed: Release) -> None:
    assert gate_digest(changed) != gate_digest(RELEASE)


def test_all_changes_are_told_apart() -> None:
    assert len({gate_digest(release) for release in CHANGED.values()}) == len(CHANGED)


def test_it_survives_everything_else() -> None:
    later = replace(b.promoting(), phase=Phase.RELEASED, revision=44, prod_evidence=b.evidence(), reply_to="elsewhere")
    assert gate_digest(later) == gate_digest(RELEASE)


@pytest.mark.parametrize("bare", [b.checked(), replace(RELEASE, package=None)])
def test_there_is_nothing_to_bind_to_before_the_test(bare: Release) -> None:
    with pytest.raises(ValueError, match="nothing to bind"):
        gate_digest(bare)
