"""While the gate is open staging is looked at again, seldom and without a trace, until the gate's time is over."""

from dataclasses import replace
from datetime import timedelta

import pytest
from fakes import builders as b
from fakes.driver import STAGING, Driver, World

from services.ports import EndpointDescription, PortError, SaidNo, Unavailable
from services.release import events as e
from services.release.model import Evidence, Gate, Phase, Release, Verdict
from services.steps.hold_gate import (
    EXPIRY,
    STEP,
    NextLook,
    StagingSight,
    judge,
    next_look,
    plan,
    plan_expiry,
    refused,
)
from services.steps.plan import Record, Wait

TEN = timedelta(minutes=10)
FINE, SOON = NextLook(b.after(10)), b.after(1)


def gate_of(release: Release) -> Gate:
    assert release.gate is not None
    return release.gate


GATE = gate_of(b.awaiting())
MAINTAINED = b.staging(status="SystemUpdating")


def seen(endpoint: EndpointDescription | None, verdict: Verdict | None = None) -> StagingSight:
    return StagingSight(endpoint, None if verdict is None else b.evidence(verdict))


# --- judging -------------------------------------------------------------------------------------------------------

STALE: dict[str, tuple[StagingSight, str, str]] = {
    "gone": (seen(None), "", "staging_gone"),
    "on another config": (seen(b.staging("theirs")), "", "staging_moved"),
    "about to be moved": (seen(b.staging(status="Updating", pending="theirs")), "", "staging_moved"),
    "about to be moved, though still InService": (seen(b.staging(pending="theirs")), "", "staging_moved"),
    "failed": (seen(b.staging(status="Failed")), "", "staging_not_in_service"),
    "out of service": (seen(b.staging(status="OutOfService")), "", "staging_not_in_service"),
    "being deleted": (seen(b.staging(status="Deleting")), "", "staging_not_in_service"),
    "maintained for two looks": (seen(MAINTAINED), "staging_not_in_service", "staging_not_in_service"),
    "wrong twice": (seen(b.staging(), Verdict.FAILED), "recheck_failed", "recheck_failed"),
}


@pytest.mark.parametrize(("sight", "doubted", "code"), STALE.values(), ids=STALE.keys())
def test_evidence_becomes_stale(sight: StagingSight, doubted: str, code: str) -> None:
    found = judge(GATE, sight, doubted, b.NOON, TEN)
    assert isinstance(found, e.EvidenceStale)
    assert found.code == code
    assert found.detail.endswith((".", "0.78"))


NOT_STALE: dict[str, tuple[StagingSight, str, NextLook]] = {
    "as it was": (seen(b.staging(), Verdict.PASSED), "", FINE),
    "well again": (seen(b.staging(), Verdict.PASSED), "recheck_failed", FINE),
    "wrong once": (seen(b.staging(), Verdict.FAILED), "", NextLook(SOON, "recheck_failed")),
    "wrong after another doubt": (
        seen(b.staging(), Verdict.FAILED),
        "staging_not_in_service",
        NextLook(SOON, "recheck_failed"),
    ),
    "scaled or maintained": (seen(MAINTAINED), "", NextLook(b.after(10), "staging_not_in_service")),
    "not to be asked": (seen(b.staging(), Verdict.ERRORED), "", FINE),
    "not decided by the answers": (seen(b.staging(), Verdict.INCONCLUSIVE), "", FINE),
    "not to be asked after a doubt": (
        seen(b.staging(), Verdict.ERRORED),
        "recheck_failed",
        NextLook(b.after(10), "recheck_failed"),
    ),
    "not to be looked at": (StagingSight(None, error="Rate exceeded"), "", NextLook(SOON)),
    "not to be looked at after a doubt": (
        StagingSight(None, error="Rate exceeded"),
        "recheck_failed",
        NextLook(SOON, "recheck_failed"),
    ),
}


@pytest.mark.parametrize(("sight", "doubted", "following"), NOT_STALE.values(), ids=NOT_STALE.keys())
def test_evidence_still_holds(sight: StagingSight, doubted: str, following: NextLook) -> None:
    assert judge(GATE, sight, doubted, b.NOON, TEN) == following


def test_a_doubt_is_never_looked_into_later_than_staging_is_looked_at_anyway() -> None:
    often = timedelta(seconds=30)
    assert judge(GATE, seen(b.staging(), Verdict.FAILED), "", b.NOON, often) == NextLook(
        b.NOON + often, "recheck_failed"
    )


def test_what_failed_is_named() -> None:
    failed: Evidence = b.evidence(Verdict.FAILED)
    found = judge(GATE, StagingSight(b.staging(), failed), "recheck_failed", b.NOON, TEN)
    assert isinstance(found, e.EvidenceStale)
    assert "accuracy: saw 0.81, wanted at least 0.78" in found.detail


def test_a_note_says_what_was_noted_and_a_lost_one_stands_for_the_first_look() -> None:
    noted = NextLook(b.after(3.5), "recheck_failed")
    assert next_look(noted.encode(), GATE, TEN) == noted
    assert next_look(FINE.encode(), GATE, TEN) == FINE
    assert next_look(None, GATE, TEN) == NextLook(GATE.opened_at + TEN)


# --- planning ------------------------------------------------------------------------------------------------------


def test_it_waits_for_the_next_look_or_the_end_whichever_comes_first() -> None:
    release, ends = b.awaiting(), GATE.expires_at
    assert plan(release, FINE, b.NOON) == Wait(600)
    assert plan(release, FINE, b.after(11)) == Wait(0)
    assert plan(release, NextLook(ends + TEN), ends - timedelta(seconds=90)) == Wait(90)


def test_staleness_is_recorded_unless_the_gate_is_over() -> None:
    stale = e.EvidenceStale("staging_gone", "The staging endpoint is gone.")
    assert plan(b.awaiting(), stale, b.NOON) == Record(stale)
    assert plan(b.awaiting(), stale, GATE.expires_at) == Record(e.Expired())


@pytest.mark.parametrize("release", [b.awaiting(), b.stale()])
def test_it_expires_at_its_time_and_not_before(release: Release) -> None:
    ends = GATE.expires_at
    assert plan_expiry(release, None, ends - timedelta(seconds=90)) == Wait(90)
    assert plan_expiry(release, None, ends) == Record(e.Expired())
    assert plan_expiry(release, None, ends + timedelta(days=3)) == Record(e.Expired())
    assert plan(release, FINE, ends) == Record(e.Expired())


def test_waiting_without_a_gate_is_given_up(memory: World) -> None:
    for step, release in ((STEP, b.awaiting()), (EXPIRY, b.stale())):
        planned = step.next(replace(release, gate=None), memory.ports())
        assert isinstance(planned, Record)
        assert isinstance(planned.event, e.GaveUp)


def test_awss_refusal_is_given_up() -> None:
    assert refused(b.awaiting(), "denied") == e.GaveUp("denied")


# --- looking, on the ports in memory -------------------------------------------------------------------------------


def at_the_gate(memory: World, driver: Driver) -> str:
    release_id = memory.request()
    driver.run_until(release_id, Phase.AWAITING_APPROVAL)
    return release_id


def run_for(memory: World, driver: Driver, seconds: float) -> None:
    """Run what comes due within so many seconds."""
    ends = memory.clock.now() + timedelta(seconds=seconds)
    while (due := memory.store.next_due()) is not None and due <= ends:
        driver.round()
    memory.clock.advance_to(ends)


def test_a_day_of_looks_leaves_no_trace(memory: World, driver: Driver) -> None:
    release_id = at_the_gate(memory, driver)
    before, story = memory.release(release_id), memory.story(release_id)
    drawn = len(memory.announcer.calls)
    run_for(memory, driver, 24 * 3600 - 1)
    assert memory.release(release_id) == before
    assert memory.story(release_id) == story
    assert len(memory.announcer.calls) == drawn
    assert len(memory.tester.rechecked) == 24 * 6 - 1
    driver.settle()
    assert memory.release(release_id).phase is Phase.EXPIRED


def test_ticks_between_looks_look_at_nothing(memory: World, driver: Driver) -> None:
    release_id = at_the_gate(memory, driver)
    described = memory.aws.count("endpoint")
    for _ in range(5):
        memory.store.reschedule(memory.release(release_id), memory.clock.now())
        driver.round()
    assert (memory.tester.rechecked, memory.aws.count("endpoint")) == ([], described)
    run_for(memory, driver, 600)
    for _ in range(5):
        memory.store.reschedule(memory.release(release_id), memory.clock.now())
        driver.round()
    assert len(memory.tester.rechecked) == 1
    assert memory.tester.rechecked[0][:2] == (STAGING, gate_of(memory.release(release_id)).staging_config)


def test_a_light_run_that_is_not_finished_is_gone_on_with_at_once(memory: World, driver: Driver) -> None:
    release_id = at_the_gate(memory, driver)
    before, memory.tester.unfinished = memory.release(release_id), 3
    run_for(memory, driver, 600)
    assert len({run for _, _, run in memory.tester.rechecked}) == 1
    assert len(memory.tester.rechecked) == 4
    run_for(memory, driver, 600)
    assert len({run for _, _, run in memory.tester.rechecked}) == 2
    assert memory.release(release_id) == before


@pytest.mark.parametrize("error", [Unavailable("Rate exceeded"), SaidNo("AccessDeniedException")])
def test_an_outage_of_hours_neither_ends_the_release_nor_makes_its_evidence_stale(
    memory: World, driver: Driver, error: PortError
) -> None:
    release_id = at_the_gate(memory, driver)
    before = memory.release(release_id)
    memory.aws.fail_next("endpoint", error, times=200)
    run_for(memory, driver, 5 * 3600)
    assert memory.release(release_id) == before
    assert memory.tester.rechecked
    memory.approve(release_id)
    driver.settle()
    assert memory.release(release_id).phase is Phase.RELEASED


def test_a_flapping_answer_does_not_make_it_stale(memory: World, driver: Driver) -> None:
    release_id = at_the_gate(memory, driver)
    memory.tester.rechecks = [Verdict.FAILED, Verdict.PASSED] * 3
    run_for(memory, driver, 3600)
    assert memory.release(release_id).phase is Phase.AWAITING_APPROVAL
    assert not memory.tester.rechecks


def test_answers_that_stay_wrong_make_it_stale_within_a_minute_of_the_first(memory: World, driver: Driver) -> None:
    release_id = at_the_gate(memory, driver)
    opened = memory.clock.now()
    memory.tester.rechecks = [Verdict.PASSED, Verdict.FAILED, Verdict.FAILED]
    stale = driver.run_until(release_id, Phase.EVIDENCE_STALE).stale
    assert stale is not None
    assert (stale.code, stale.since - opened) == ("recheck_failed", timedelta(minutes=21))


def test_stale_evidence_is_not_looked_at_until_the_gate_would_have_expired(memory: World, driver: Driver) -> None:
    release_id = at_the_gate(memory, driver)
    ends = gate_of(memory.release(release_id)).expires_at
    memory.aws.delete_endpoint(STAGING)
    driver.run_until(release_id, Phase.EVIDENCE_STALE)
    described = memory.aws.count("endpoint")
    assert memory.store.due_at(f"release:{release_id}") == ends
    memory.clock.advance_to(ends - timedelta(seconds=1))
    assert memory.aws.count("endpoint") == described
    driver.run_until(release_id, Phase.EXPIRED)
    assert memory.log(release_id)[-2].at == ends
