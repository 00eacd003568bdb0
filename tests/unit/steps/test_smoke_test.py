"""From what the suite saw to the next move; and prod's own smoke."""

import pytest
from fakes import builders as b

from services.ports import Unfinished
from services.release import events as e
from services.release.model import Verdict
from services.steps import smoke_test
from services.steps.plan import Record, Wait
from services.steps.smoke_test import SmokeSight


@pytest.mark.parametrize(
    ("verdict", "event"),
    [
        (Verdict.PASSED, e.SmokePassed),
        (Verdict.FAILED, e.SmokeFailed),
        (Verdict.ERRORED, e.SmokeUndecided),
        (Verdict.INCONCLUSIVE, e.SmokeUndecided),
    ],
)
def test_a_verdict_becomes_its_event(
    verdict: Verdict, event: type[e.SmokePassed | e.SmokeFailed | e.SmokeUndecided]
) -> None:
    seen = b.evidence(verdict)
    assert smoke_test.plan(b.smoking(), SmokeSight(b.staging(), seen), b.NOON) == Record(event(seen))


@pytest.mark.parametrize(
    ("sight", "now"),
    [
        (SmokeSight(None, None), "gone"),
        (SmokeSight(b.staging("theirs"), None), "InService on theirs"),
        (SmokeSight(b.staging("theirs", "Updating"), None), "Updating on theirs"),
    ],
)
def test_staging_that_was_changed_is_not_judged(sight: SmokeSight, now: str) -> None:
    detail = f"Someone or something changed the staging endpoint; it is {now}."
    assert smoke_test.plan(b.smoking(), sight, b.NOON) == Record(e.StagingFailed("staging_changed", detail))


def test_awss_own_maintenance_of_staging_is_waited_out() -> None:
    release, sight = b.smoking(), SmokeSight(b.staging(status="SystemUpdating"), None)
    assert smoke_test.plan(release, sight, b.NOON) == Wait()
    never = smoke_test.plan(release, sight, b.after(60 * 24))
    assert isinstance(never, Record)
    assert isinstance(never.event, e.StagingFailed)
    assert never.event.code == "timed_out"


def test_a_suite_that_has_more_to_ask_goes_on_at_once() -> None:
    sight = SmokeSight(b.staging(), Unfinished(12, 5.0))
    assert smoke_test.plan(b.smoking(), sight, b.NOON) == Wait(0)


def test_awss_refusal() -> None:
    assert smoke_test.refused(b.smoking(), "denied") == e.StagingFailed("aws_refused", "denied")
