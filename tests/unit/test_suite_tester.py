"""What a release is compared with, and what it is not."""

import hashlib
import re
from dataclasses import replace

import pytest
from fakes.aws import FakeAws
from fakes.builders import ARN, DEPLOYMENT, after, smoking
from fakes.clock import FakeClock
from fakes.objects import statistics
from fakes.predicting import score, well
from fakes.store import MemoryStore

from services.adapters.redis_documents import record_from
from services.adapters.suite_tester import (
    NOTEBOOK_SECONDS,
    PROD_ITSELF,
    SuiteTester,
    background_of,
    notebook_name,
    prod_of,
)
from services.ports import PortError, Reply, SaidNo, Unavailable, Unfinished
from services.quality import Constraint
from services.release.model import Evidence, Release, Verdict
from services.smoke import DEFAULT, NO_PACKAGE, NO_PROD, Background, Missing, SmokeSuite, Table
from services.smoke.loading import DEFAULT_FORM, built_in
from services.smoke.rules import parse_rule
from services.smoke.suite import Check

GROUP = DEPLOYMENT.package_group
STAGING, PROD = DEPLOYMENT.staging_endpoint, DEPLOYMENT.prod_endpoint
_LOAD = DEFAULT_FORM.load.model_copy(update={"concurrency": 1})
ASKED = ("golden.max_diff <= 0.001", "auc >= registry - 0.01")
WHOLE = replace(DEFAULT, checks=tuple(Check(parse_rule(rule), blocking=True) for rule in ASKED))
"""It asks for all that a package can bring."""
IN_TURN = built_in(DEFAULT_FORM.model_copy(update={"load": _LOAD}))
"""Nothing at once: the fake time moves with each request."""


@pytest.fixture
def aws() -> FakeAws:
    return FakeAws(FakeClock())


def live(aws: FakeAws, name: str) -> str:
    arn = aws.add_package(GROUP, 1)
    aws.approve(arn, "")
    aws.create_model(name, arn, "role")
    aws.create_config(name, name, "ml.m5.large", 1)
    aws.create_endpoint(name, name)
    return arn


def test_prod_is_compared_with_once_it_serves(aws: FakeAws) -> None:
    ports = aws.of(DEPLOYMENT)
    assert prod_of(ports, "prod") == NO_PROD
    live(aws, "prod")
    assert prod_of(ports, "prod") == NO_PROD
    aws.settle()
    assert prod_of(ports, "prod") == "prod"


def reason(found: object, verdict: Verdict) -> str:
    assert isinstance(found, Missing)
    assert found.verdict is verdict
    return found.why


def test_prod_that_may_not_be_described_is_errored(aws: FakeAws) -> None:
    aws.fail_next("endpoint", SaidNo("denied"))
    assert reason(prod_of(aws.of(DEPLOYMENT), "prod"), Verdict.ERRORED) == "prod cannot be described: denied"


def test_prod_that_does_not_answer_now_is_asked_again_later(aws: FakeAws) -> None:
    aws.fail_next("endpoint", Unavailable("throttled"))
    with pytest.raises(Unavailable):
        prod_of(aws.of(DEPLOYMENT), "prod")


def known(aws: FakeAws, arn: str | None, suite: SmokeSuite = WHOLE) -> Background:
    return background_of(suite, aws.of(DEPLOYMENT), PROD_ITSELF, arn)


def test_without_a_package_nothing_is_looked_up(aws: FakeAws) -> None:
    assert known(aws, None) == Background(PROD_ITSELF, NO_PACKAGE, NO_PACKAGE, ())
    assert aws.calls == []


@pytest.mark.parametrize("lost", [SaidNo("denied"), None])
def test_a_package_that_cannot_be_described_leaves_everything_errored(aws: FakeAws, lost: PortError | None) -> None:
    if lost:
        aws.fail_next("package", lost)
    found = known(aws, "arn")
    reasons = {reason(part, Verdict.ERRORED) for part in (found.registry, found.golden, found.constraints)}
    words = "the model package cannot be described: denied" if lost else "the model package does not exist"
    assert reasons == {words}


def test_a_package_may_bring_nothing(aws: FakeAws) -> None:
    found = known(aws, aws.add_package(GROUP, 1))
    assert reason(found.registry, Verdict.SKIPPED) == "the package has no registered metrics"
    assert reason(found.golden, Verdict.SKIPPED) == "the package names no golden records"
    assert found.constraints == ()


FILES = {"statistics": "s3://b/s.json", "constraints": "s3://b/c.json", "golden": "s3://b/g.csv"}
COLUMNS = "Pclass,Sex,Age,SibSp,Parch,Fare,Embarked"
CONSTRAINTS = (
    b'{"binary_classification_constraints": {"auc": {"threshold": 0.7, "comparison_operator": "LessThanThreshold"}}}'
)


def test_what_a_package_brings_is_read(aws: FakeAws) -> None:
    aws.objects.stored |= {
        FILES["statistics"]: statistics({"auc": 0.8}),
        FILES["constraints"]: CONSTRAINTS,
        FILES["golden"]: f"{COLUMNS},score\n3,0,22,1,0,7.25,2,0.1\n".encode(),
    }
    found = known(aws, aws.add_package(GROUP, 1, **FILES))
    assert found.registry == {"auc": 0.8}
    assert found.constraints == (Constraint("auc", 0.7, least=True),)
    assert isinstance(found.golden, Table)
    assert (found.golden.rows, list(found.golden.answers)) == (("3,0,22,1,0,7.25,2",), [0.1])


def test_each_part_that_cannot_be_read_is_errored_by_itself(aws: FakeAws) -> None:
    arn = aws.add_package(GROUP, 1, **FILES)
    aws.objects.stored[FILES["golden"]] = b"no,table\n"
    found = known(aws, arn)
    assert "s3://b/s.json: NoSuchKey" in reason(found.registry, Verdict.ERRORED)
    assert "s3://b/c.json: NoSuchKey" in reason(found.constraints, Verdict.ERRORED)
    assert "the golden records cannot be read: s3://b/g.csv" in reason(found.golden, Verdict.ERRORED)
    aws.objects.stored[FILES["statistics"]] = statistics({"auc": 0.8})
    assert known(aws, arn).registry == {"auc": 0.8}


@pytest.mark.parametrize("part", ["package", *FILES])
def test_what_does_not_answer_now_is_asked_again_later(aws: FakeAws, part: str) -> None:
    arn = aws.add_package(GROUP, 1, **FILES)
    if part == "package":
        aws.fail_next("package", Unavailable("throttled"))
    else:
        aws.objects.silent.add(FILES[part])
    with pytest.raises(Unavailable):
        known(aws, arn)


def test_only_constraints_are_looked_up_where_the_suite_asks_for_nothing(aws: FakeAws) -> None:
    arn = aws.add_package(GROUP, 1, **FILES)
    found = known(aws, arn, DEFAULT)
    assert (found.registry, found.golden) == (NO_PACKAGE, NO_PACKAGE)
    assert aws.objects.calls == [("get", FILES["constraints"])]


class SlowPlace:
    """A tester over a store, on an endpoint that needs `seconds` for an answer."""

    def __init__(self, seconds: float) -> None:
        self.clock = FakeClock()
        self.aws = FakeAws(self.clock)
        self.store = MemoryStore(self.clock)
        self.asked: list[str] = []
        self.seconds = seconds
        self.aws.reply = self._reply
        self.aws.packages[ARN] = self.aws.packages[live(self.aws, STAGING)]
        self.aws.settle()

    def _reply(self, _endpoint: str, body: str) -> Reply:
        self.asked.append(body)
        self.clock.advance(self.seconds)
        return well(body, "text/csv")

    def end(self, release: Release | None = None) -> Evidence:
        """Tick until there is evidence."""
        while isinstance(found := self.tick(release=release), Unfinished):
            pass
        return found

    def tick(self, suite: SmokeSuite = IN_TURN, release: Release | None = None) -> Evidence | Unfinished:
        """Do what one tick of a fresh worker does."""
        tester = SuiteTester({"titanic": suite}, self.aws, self.clock, self.store, "0.1.0")
        return tester.test(release or smoking(), STAGING, "config")


def test_prod_itself_is_asked_gently_and_staging_is_not() -> None:
    place = SlowPlace(seconds=0.0)
    live(place.aws, PROD)
    place.aws.settle()
    load = DEFAULT_FORM.load.model_copy(update={"requests": 200})
    prod = DEFAULT_FORM.prod.model_copy(update={"per_second": 1000.0})
    suite = built_in(DEFAULT_FORM.model_copy(update={"load": load, "prod": prod}))
    tester = SuiteTester({"titanic": suite}, place.aws, place.clock, place.store, "0.1.0")
    staging, itself = (tester.test(smoking(), name, "config") for name in (STAGING, PROD))
    assert isinstance(staging, Evidence)
    assert isinstance(itself, Evidence)
    assert (staging.verdict, itself.verdict) == (Verdict.PASSED, Verdict.PASSED)
    assert (staging.requests_sent, itself.requests_sent) == (10 + 200, 10 + 30)
    assert (staging.suite_digest, itself.suite_digest) == (suite.digest, suite.digest)


def test_a_suite_that_takes_long_is_gone_on_with_by_another_worker() -> None:
    place, seen = SlowPlace(seconds=0.25), []
    while isinstance(found := place.tick(), Unfinished):
        seen.append((found.requests_sent, found.seconds))
    assert seen == [(20, 5.0), (40, 9.75), (60, 14.75)]
    assert found.verdict is Verdict.PASSED
    assert found.requests_sent == len(place.asked)
    assert found.seconds == 17.5
    asked = len(place.asked)
    assert place.tick() == found
    assert len(place.asked) == asked


def test_a_lost_or_a_strange_notebook_begins_the_run_anew() -> None:
    place = SlowPlace(seconds=0.25)
    name = notebook_name(smoking(), STAGING, "config", IN_TURN)
    for text in ("no JSON", '{"from": "the future"}'):
        place.store.keep_note(name, text, 60)
        assert place.tick() == Unfinished(20, 5.0)
        assert place.tick() == Unfinished(40, 9.75)


def test_workers_with_two_versions_of_a_suite_do_not_begin_each_others_run_anew() -> None:
    place, another = SlowPlace(seconds=0.25), replace(IN_TURN, digest="another")
    assert [place.tick(suite) for suite in (IN_TURN, another, IN_TURN)] == [
        Unfinished(20, 5.0),
        Unfinished(20, 5.0),
        Unfinished(40, 9.75),
    ]


def test_what_a_package_brought_stays_with_the_run() -> None:
    place, suite = SlowPlace(seconds=0.25), replace(IN_TURN, checks=(*IN_TURN.checks, WHOLE.checks[0]))
    place.aws.packages[ARN] = place.aws.packages[place.aws.add_package(GROUP, 9, **FILES)]
    row = "3,0,22,1,0,7.25,2"
    golden = f"{COLUMNS},score\n{row},{score(row)}\n".encode()
    place.aws.objects.stored |= {FILES["constraints"]: CONSTRAINTS, FILES["golden"]: golden}
    assert isinstance(place.tick(suite), Unfinished)
    place.aws.objects.silent |= set(FILES.values())
    while isinstance(found := place.tick(suite), Unfinished):
        pass
    verdicts = {check.name: check.verdict for check in found.checks}
    assert verdicts["golden.max_diff"] is Verdict.PASSED
    assert verdicts["auc (from the package)"] is Verdict.SKIPPED


def test_runs_have_notebooks_of_their_own() -> None:
    release = smoking()
    later = replace(release, phase_since=after(30))
    stages, configs = (STAGING, PROD), ("one", "two")
    names = {notebook_name(r, name, c, DEFAULT) for r in (release, later) for name in stages for c in configs}
    assert len(names) == 8


def test_a_light_run_has_a_notebook_of_its_own_for_each_look() -> None:
    place = SlowPlace(seconds=3.0)
    tester = SuiteTester({"titanic": IN_TURN}, place.aws, place.clock, place.store, "0.1.0")
    first = [tester.recheck(smoking(), STAGING, "config", "12:00") for _ in range(3)]
    assert isinstance(first[0], Unfinished)
    assert isinstance(first[1], Evidence)
    assert first[1] == first[2]
    assert (first[1].verdict, len(place.asked)) == (Verdict.PASSED, 3)
    assert not [call for call in place.aws.calls if PROD in call]
    assert first[1].record == ""
    assert isinstance(tester.recheck(smoking(), STAGING, "config", "12:10"), Unfinished)
    assert len(place.asked) == 5


def test_the_whole_of_a_run_is_kept_and_the_evidence_names_it() -> None:
    place = SlowPlace(seconds=0.01)
    evidence = place.end()
    assert re.fullmatch(r"r0000000a\.staging\.20261123T120000000000Z\.[0-9a-f]{8}", evidence.record)
    text = place.store.record(evidence.record)
    assert text is not None
    assert hashlib.sha256(text.encode()).hexdigest() == evidence.record_digest
    record = record_from(text)
    assert replace(record.evidence, record_digest=evidence.record_digest) == evidence
    assert (record.release_id, record.model, record.stage) == ("r0000000a", "titanic", "staging")
    assert record.sluice_version == "0.1.0"


def test_a_worker_that_ends_the_run_of_another_once_more_leaves_its_record_alone() -> None:
    place = SlowPlace(seconds=0.01)
    evidence = place.end()
    text = place.store.record(evidence.record)
    place.clock.advance(2 * NOTEBOOK_SECONDS)
    again = place.end()
    assert again.started_at != evidence.started_at
    assert again.record != evidence.record
    assert place.store.record(evidence.record) == text


def test_the_evidence_says_what_the_two_endpoints_serve() -> None:
    place = SlowPlace(seconds=0.01)
    live(place.aws, PROD)
    place.aws.settle()
    evidence = place.end()
    assert evidence.candidate is not None
    assert evidence.prod is not None
    assert (evidence.candidate.config, evidence.prod.config) == (STAGING, PROD)


def test_a_look_that_fails_leaves_a_gap_and_the_suite_runs() -> None:
    place = SlowPlace(seconds=0.01)
    place.aws.fail_next("endpoint", Unavailable("throttled"), times=2)
    evidence = place.end()
    assert evidence.verdict is Verdict.PASSED
    assert evidence.candidate is evidence.prod is None


ARCHIVED = replace(smoking(), deployment=replace(DEPLOYMENT, evidence_uri="s3://evidence/models/"))


def test_the_record_is_put_into_s3_where_the_catalog_names_a_place() -> None:
    place = SlowPlace(seconds=0.01)
    place.aws.objects.buckets.add("evidence")
    evidence = place.end(ARCHIVED)
    assert evidence.archived == f"s3://evidence/models/titanic/{evidence.record}.json"
    assert evidence.archive_problem == ""
    assert place.aws.objects.stored[evidence.archived].decode() == place.store.record(evidence.record)


def test_an_s3_that_is_away_is_tried_again_and_the_endpoint_is_not_asked_again() -> None:
    place = SlowPlace(seconds=0.01)
    place.aws.objects.buckets.add("evidence")
    place.aws.objects.fail_next("put", Unavailable("slow down"))
    with pytest.raises(Unavailable):
        place.end(ARCHIVED)
    asked = len(place.asked)
    evidence = place.end(ARCHIVED)
    assert evidence.archived != ""
    assert len(place.asked) == asked


def test_an_s3_that_refuses_is_told_and_holds_nobody_up() -> None:
    evidence = SlowPlace(seconds=0.01).end(ARCHIVED)
    assert evidence.verdict is Verdict.PASSED
    assert evidence.archived == ""
    assert evidence.archive_problem.endswith("NoSuchBucket: The specified bucket does not exist")
