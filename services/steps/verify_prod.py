"""Smoke prod after it was changed: by a promotion, or by a rollback."""

from datetime import datetime

from services.ports import Ports
from services.release import events as e
from services.release.model import Evidence, Release, Stage, Verdict
from services.release.naming import config_name
from services.steps.plan import Plan, Record, Step


def look(release: Release, ports: Ports) -> Evidence:
    """Ask prod the suite's questions."""
    return ports.tester.test(release, release.deployment.prod_endpoint, config_name(release, Stage.PROD))


def plan(_release: Release, evidence: Evidence, _now: datetime) -> Plan:
    """Only a passed suite verifies prod."""
    if evidence.verdict is Verdict.PASSED:
        return Record(e.ProdVerified(evidence))
    return Record(e.ProdUnverified(evidence))


def refused(_release: Release, reason: str) -> e.Event:
    """Name what a refusal of AWS amounts to."""
    return e.GaveUp(reason)


STEP = Step("verify_prod", look, plan, refused)
