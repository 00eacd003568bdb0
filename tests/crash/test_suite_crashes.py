"""A worker that dies in the middle of a real suite: another goes on with it, and no answer counts twice."""

from dataclasses import replace

import pytest
from fakes.builders import DEPLOYMENT
from fakes.crash import CrashSchedule, Moment, crashing
from fakes.driver import MODEL, PROD, STAGING, Driver, World
from fakes.judging import problems
from fakes.paths import APPROVED
from fakes.playing import Path, Playing, live
from fakes.predicting import well
from typing_extensions import override

from services.adapters.redis_documents import record_from
from services.adapters.suite_tester import SuiteTester
from services.ports import Ports, Reply, Unavailable
from services.release import events as e
from services.release.model import Evidence, Phase, Verdict
from services.smoke.loading import DEFAULT_FORM, built_in
from services.smoke.measure import SLICE_SECONDS

pytestmark = pytest.mark.crash
SECONDS_A_REQUEST = 0.5
IN_A_SLICE = SLICE_SECONDS / SECONDS_A_REQUEST
STRIDE = 5
"""Of the requests of a suite, each so many is one to die at; of the other calls, each is."""
_FORM = DEFAULT_FORM.model_copy(
    update={
        "load": DEFAULT_FORM.load.model_copy(update={"requests": 20, "concurrency": 1}),
        "prod": DEFAULT_FORM.prod.model_copy(update={"per_second": 1000.0}),
        "budget": DEFAULT_FORM.budget.model_copy(update={"seconds": 40.0}),
    }
)
SUITE = built_in(_FORM)
PATH = Path(Phase.RELEASED, live, APPROVED)


class SlowWorld(World):
    """A world whose suite is a real one, and whose endpoints need their time; records go to S3."""

    def __init__(self) -> None:
        super().__init__(replace(DEPLOYMENT, evidence_uri="s3://evidence"))
        self.aws.seconds = 100.0
        self.aws.objects.buckets.add("evidence")
        self.aws.reply = self._reply
        self.asked: list[str] = []

    def _reply(self, endpoint: str, body: str) -> Reply:
        self.asked.append(endpoint)
        self.clock.advance(SECONDS_A_REQUEST)
        return well(body, "text/csv")

    @override
    def ports(self, schedule: CrashSchedule | None = None) -> Ports:
        """Return the ports with a tester whose own calls die with the rest."""
        bare = super().ports(schedule)
        store = self.store if schedule is None else crashing(self.store, schedule)
        return replace(bare, tester=SuiteTester({MODEL: SUITE}, bare.regions, self.clock, store, "0.1.0"))


def played(*schedules: CrashSchedule, s3_fails: int = 0) -> tuple[Playing, SlowWorld]:
    """Bring version 7 to prod after version 6, with workers that die and an S3 that is away for some calls."""
    world = SlowWorld()
    before = live(world, Driver(world))
    world.asked.clear()
    world.aws.objects.fail_next("put", Unavailable("slow down"), times=s3_fails)
    return Playing(PATH, world, before).employ(*schedules).play(), world


def deaths(calls: list[str]) -> list[int]:
    """Return the calls to die at: those of the suite and around it."""
    wanted = {"MemoryStore.keep_note", "MemoryStore.keep_record", "MemoryObjects.put"}
    invoked = [number for number, name in enumerate(calls, start=1) if name == "FakeAws.invoke"]
    return sorted({n for n, name in enumerate(calls, start=1) if name in wanted} | set(invoked[::STRIDE]))


def evidence_of(run: Playing) -> tuple[Evidence, Evidence]:
    release = run.world.release(run.release_id)
    assert release.evidence is not None
    assert release.prod_evidence is not None
    return release.evidence, release.prod_evidence


def results(evidence: Evidence) -> list[tuple[str, Verdict, str, float | None]]:
    return [(check.name, check.verdict, check.seen, check.value) for check in evidence.checks]


@pytest.mark.parametrize("moment", Moment)
def test_a_crash_in_a_suite_changes_no_result(moment: Moment) -> None:
    counting = CrashSchedule()
    clean, clean_world = played(counting)
    assert counting.calls.count("MemoryStore.keep_note") > 6
    assert counting.calls.count("MemoryObjects.put") == 2
    for number in deaths(counting.calls):
        run, world = played(CrashSchedule(number, moment))
        at = f"{moment.value} call {number}, {counting.calls[number - 1]}"
        assert problems(PATH, clean, run) == [], at
        for found, wanted in zip(evidence_of(run), evidence_of(clean), strict=True):
            assert results(found) == results(wanted), at
            assert (found.verdict, found.requests_sent) == (Verdict.PASSED, wanted.requests_sent), at
        again = len(world.asked) - len(clean_world.asked)
        assert 0 <= again <= IN_A_SLICE + 1, f"{at}: {again} requests were asked twice"


def test_both_stages_leave_their_record_bound_and_archived() -> None:
    run, world = played()
    for evidence, endpoint in zip(evidence_of(run), (STAGING, PROD), strict=True):
        text = world.store.record(evidence.record)
        assert text is not None
        assert record_from(text).evidence.endpoint == endpoint
        assert world.aws.objects.stored[evidence.archived] == text.encode()


def test_an_s3_that_is_away_delays_a_release_and_has_nothing_asked_again() -> None:
    clean, clean_world = played()
    run, world = played(s3_fails=3)
    assert [type(entry.event) for entry in world.log(run.release_id)].count(e.StepErrored) == 3
    assert world.asked == clean_world.asked
    assert [results(each) for each in evidence_of(run)] == [results(each) for each in evidence_of(clean)]
    assert all(each.archived for each in evidence_of(run))


def test_a_record_that_was_changed_after_the_approval_stops_the_promotion() -> None:
    world = SlowWorld()
    before = live(world, Driver(world))
    served = world.prod()
    driver = Driver(world)
    release_id = world.request(7)
    driver.run_until(release_id, Phase.AWAITING_APPROVAL)
    evidence = world.release(release_id).evidence
    assert evidence is not None
    text = world.store.record(evidence.record)
    assert text is not None
    world.store.keep_record(evidence.record, text.replace("passed", "passeD", 1))
    world.approve(release_id)
    driver.settle()
    ended = world.release(release_id)
    assert (ended.phase, ended.pointer) == (Phase.PROMOTION_REFUSED, None)
    assert ended.outcome is not None
    assert ended.outcome.code == "record_mismatch"
    assert before != release_id
    assert world.prod() == served
