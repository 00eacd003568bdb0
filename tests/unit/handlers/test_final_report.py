"""The report of a release: what it says, that it stands alone, and how it comes to the thread."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from fakes.aws import FakeAws
from fakes.builders import NOON
from fakes.clock import FakeClock
from fakes.driver import Driver, World
from fakes.records import NAME, RECORD, KeptRecords
from fakes.reports import END, report, trail, worst_report
from fakes.store import MemoryStore
from sandbox_slack.local_slack import fetch
from typing_extensions import override
from unit.handlers.local_slack import LocalSlack

from handlers.exhibits import Exhibits
from handlers.outbound import SlackAnnouncer, Supplies
from handlers.report.archive import ReportArchive
from handlers.report.document import json_report
from handlers.report.items import required_items
from handlers.report.model import Report
from handlers.report.page import html_report
from handlers.report.reports import Reports
from handlers.views.samples import STORIES, played
from sandbox.slack.tickets import Limits
from services.adapters.redis_documents import record_from, to_text
from services.ports import Unavailable
from services.release import audit as a
from services.release.digest import gate_digest
from services.release.model import Phase

VOID = {"meta", "br", "img"}
PNG = b"\x89PNG\r\n\x1a\na picture"


class Reader(HTMLParser):
    """Reads a page strictly: every element is closed in its order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.words: list[str] = []

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in {"src", "href", "srcset"}]
        assert not [name for name, _ in attrs if name.startswith("on") or name == "style"]
        if tag not in VOID:
            self.open.append(tag)

    @override
    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    @override
    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


def words(page: str) -> str:
    return " ".join(" ".join(read(page).words).split())


# --- the page -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("story", STORIES)
def test_every_release_has_a_page_that_stands_alone(story: str) -> None:
    page = html_report(replace(report(story), pictures={"staging": (PNG, "p95 19 ms")}))
    reader = read(page)
    assert not reader.tags & {"script", "link", "iframe", "object", "form"}
    assert all(link.startswith("data:image/png;base64,") for link in reader.links)
    assert "url(" not in page
    assert "@import" not in page
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page


def test_no_text_becomes_markup() -> None:
    page = html_report(worst_report())
    assert "<!channel>" not in page
    assert "<https" not in page
    assert "\u202e" not in page
    assert read(page).links == ["data:image/png;base64,cG5n"]


def test_a_released_version_has_all_that_is_required() -> None:
    shown = report("released")
    package, endpoints, smoke, gate, way_back = required_items(shown.release, shown.log)
    assert [package.met, endpoints.met, smoke.met, gate.met] == [True] * 4
    assert "arn:aws:sagemaker:eu-west-1:123456789012:model-package/titanic-survival/7" in package.lines[0]
    assert "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/titanic-survival-prod" in endpoints.lines[1]
    assert gate.lines[0] == "approved by U0BOB: 2026-11-23 09:21:00 UTC"
    assert "titanic-survival-v6-r0ldrelea-prod (v6)" in way_back.lines[0]
    assert way_back.met is False  # not cleaned up yet


def test_a_break_glass_is_no_approval_and_says_what_it_went_past() -> None:
    shown = report("glass_released")
    gate = required_items(shown.release, shown.log)[3]
    assert gate.met is False
    assert gate.lines[0] == "break_glass by U0BOB: 2026-11-23 09:21:00 UTC"
    assert "those who have to approve have not and no deploy window is open" in gate.lines[1]
    assert "INC-412" in gate.lines[2]
    assert "BREAK-GLASS" in html_report(shown)


@pytest.mark.parametrize(
    ("story", "met"),
    [
        ("checking_package", [False, False, False, False, None]),
        ("smoke_failed", [True, False, False, False, None]),
        ("rejected", [True, False, True, False, None]),
        ("rolled_back", [None, True, None, None, False]),
        ("glass_prod_unhealthy", [True, True, False, False, False]),
    ],
)
def test_what_is_missing_is_said_to_be(story: str, met: list[bool | None]) -> None:
    shown = report(story)
    assert [item.met for item in required_items(shown.release, shown.log)] == met
    assert all(item.lines for item in required_items(shown.release, shown.log))


def test_a_real_release_has_everything_and_its_digest_follows_from_its_report(memory: World, driver: Driver) -> None:
    release_id = memory.request()
    driver.run_until(release_id, Phase.AWAITING_APPROVAL)
    memory.approve(release_id)
    driver.settle()
    release = memory.release(release_id)
    made = Report(release, tuple(memory.log(release_id)), memory.store.trail(release_id), END, "0.1.0")
    assert [item.met for item in required_items(made.release, made.log)] == [True] * 5
    assert release.gate is not None
    assert gate_digest(release) == release.gate.digest
    page = words(html_report(made))
    assert "computed again from this report: the same" in page
    assert "The chain is whole." in page
    assert "UpdateEndpoint" in page or "CreateEndpoint" in page
    assert made.trail.head.split()[1] in page
    changed = replace(made, release=replace(release, gate=replace(release.gate, digest="0" * 64)))
    assert "ANOTHER ONE" in words(html_report(changed))


def test_refused_tries_are_in_it_with_their_reason() -> None:
    page = words(html_report(report("released")))
    assert "U0ALICE approve self_approval" in page
    assert "U0BOB approve let through approvers.users has U0BOB" in page


def test_a_record_that_was_tampered_with_is_called_broken() -> None:
    shown = report("released")
    lines = (*shown.trail.lines[:3], shown.trail.lines[3].replace("a", "b"), *shown.trail.lines[4:])
    page = words(html_report(replace(shown, trail=replace(shown.trail, lines=lines))))
    assert "The chain is broken." in page
    assert "line 4: " in page


def test_a_byte_that_is_no_text_can_be_shown() -> None:
    shown = report("released")
    spoiled = replace(shown.trail, lines=("\udcff", *shown.trail.lines[1:]), acts=(None, *shown.trail.acts[1:]))
    html_report(replace(shown, trail=spoiled)).encode()
    json_report(replace(shown, trail=spoiled)).encode()


def test_a_release_of_before_the_audit_log_has_a_report_too() -> None:
    bare = replace(report("released"), trail=a.Trail("r7k2m9x4q", (), ()))
    assert "kept no audit log" in words(html_report(bare))


# --- the JSON -------------------------------------------------------------------------------------------------------


def test_the_json_can_be_verified_by_anyone() -> None:
    held = json.loads(json_report(replace(report("released"), records={"staging": to_text(RECORD)})))
    texts = [line.split(" ", 2)[2] for line in held["lines"]]
    assert a.chained("", texts)[1] == held["head"]
    assert held["faults"] == []
    assert [item["met"] for item in held["required"]] == [True, True, True, True, False]
    assert held["evidence"]["staging"]["name"] == NAME
    assert json.loads(held["document"])["id"] == held["release_id"]


# --- how it comes to people -----------------------------------------------------------------------------------------


class Kept(MemoryStore):
    """A store that holds one sample release with its audit log."""

    def __init__(self, story: str) -> None:
        super().__init__()
        release, log = played(*STORIES[story])
        seen = replace(release.evidence, record=NAME) if release.evidence is not None else None
        self.kept, self.entries = replace(release, evidence=seen, cleaned_up=True), log
        self._tables.releases[release.id] = self.kept
        self._tables.logs[release.id] = log
        self._tables.chains[release.id] = list(trail(release, log).lines)


def reports_of(store: Kept, records: KeptRecords) -> Reports:
    exhibits = Exhibits(records, record_from, lambda _record: PNG, lambda _record: "in words")
    return Reports(store, store, exhibits, FakeClock(), "0.1.0")


@pytest.fixture
def records() -> KeptRecords:
    return KeptRecords({NAME: to_text(RECORD)})


@pytest.fixture
def store() -> Kept:
    return Kept("rejected")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def announcer(slack: LocalSlack, store: Kept, records: KeptRecords, clock: FakeClock) -> SlackAnnouncer:
    slack.emulator.limits = Limits(file_seconds=0.0)
    return SlackAnnouncer(slack.client(), clock, supplies=Supplies(reports=reports_of(store, records)))


def test_the_last_fact_brings_the_report_to_the_thread(
    slack: LocalSlack, announcer: SlackAnnouncer, store: Kept
) -> None:
    place = announcer.post_card(store.kept).place
    assert announcer.tell(store.kept, store.entries[-1], place).more
    assert not announcer.tell(store.kept, store.entries[-1], place, 1).more
    page, held = slack.seen()[-1]["files"]
    assert (page["name"], held["name"]) == ("release-r7k2m9x4q.html", "release-r7k2m9x4q.json")
    text = fetch(page["url_private"])[1]

    assert 'alt="in words"' in text
    assert not re.search(r"arn:aws:[a-z]+:[a-z0-9-]*:\d{12}", text)
    assert json.loads(fetch(held["url_private"])[1])["evidence"]["staging"]["name"] == NAME


def test_an_earlier_fact_brings_none(slack: LocalSlack, announcer: SlackAnnouncer, store: Kept) -> None:
    place = announcer.post_card(store.kept).place
    assert not announcer.tell(store.kept, store.entries[-2], place).more
    assert not announcer.tell(replace(store.kept, cleaned_up=False), store.entries[-1], place).more
    assert not any(message["files"] for message in slack.seen())


def test_a_report_is_brought_at_any_time_and_again_only_when_there_is_more_to_tell(
    slack: LocalSlack, announcer: SlackAnnouncer, store: Kept
) -> None:
    place = announcer.post_card(store.kept).place
    first = announcer.bring_report(store.kept, place, "U0ANA")
    assert first.anew
    assert "as it stands, for <@U0ANA>" in slack.seen()[-1]["text"]
    assert [file["permalink"] for file in slack.seen()[-1]["files"]] == list(first.links)
    store.witness(store.kept.id, a.Announced(NOON, "thread", 3))
    again = announcer.bring_report(store.kept, place, "U0BRUNO")
    assert (again.anew, again.links) == (False, first.links)
    store.witness(store.kept.id, a.Attempted(NOON, "U0EVE", "approve", code="not_an_approver"))
    assert announcer.bring_report(store.kept, place, "U0ANA").anew
    assert len([message for message in slack.seen() if message["files"]]) == 2


def test_the_report_of_a_release_that_is_tested_again_has_the_run_before(records: KeptRecords) -> None:
    made = reports_of(Kept("running_again"), records).of("r7k2m9x4q")
    assert made is not None
    page = html_report(made)
    assert "An earlier run on staging" in page
    assert "It is tested again; the run that began" in page


def test_a_report_that_does_not_come_is_tried_for_a_while_and_then_said_to_be_missing(
    slack: LocalSlack, announcer: SlackAnnouncer, store: Kept, clock: FakeClock
) -> None:
    place = announcer.post_card(store.kept).place
    fresh = replace(store.entries[-1], at=clock.now())
    slack.people.fault(uploads="fail")
    with pytest.raises(Unavailable):
        announcer.tell(store.kept, fresh, place, 1)
    clock.advance(60)
    assert not announcer.tell(store.kept, fresh, place, 1).more
    assert "sluice audit report r7k2m9x4q" in slack.seen()[-1]["text"]


def test_a_report_goes_without_a_picture_that_is_gone(store: Kept, records: KeptRecords) -> None:
    records.texts.clear()
    made = reports_of(store, records).of("r7k2m9x4q")
    assert made is not None
    assert (made.pictures, made.records) == ({}, {})
    assert reports_of(store, records).of("rnothing0") is None


def test_the_archive_has_the_whole_report(store: Kept, records: KeptRecords) -> None:
    where = replace(store.kept.deployment, evidence_uri="s3://audit/here/")
    aws = FakeAws(FakeClock())
    aws.objects.buckets.add("audit")
    ReportArchive(reports_of(store, records), aws).put_away(replace(store.kept, deployment=where))
    stem = "s3://audit/here/titanic-survival/r7k2m9x4q.report"
    assert set(aws.objects.stored) == {f"{stem}.json", f"{stem}.html"}
    assert b"arn:aws:sagemaker:eu-west-1:123456789012:model-package" in aws.objects.stored[f"{stem}.html"]
    assert json.loads(aws.objects.stored[f"{stem}.json"])["release_id"] == "r7k2m9x4q"


def test_a_report_that_cannot_be_made_is_said_to_be_missing(
    slack: LocalSlack, announcer: SlackAnnouncer, store: Kept, records: KeptRecords
) -> None:
    records.texts[NAME] = to_text(RECORD)[:-1]
    place = announcer.post_card(store.kept).place
    assert not announcer.tell(store.kept, store.entries[-1], place, 1).more
    assert "it cannot be made: JSONDecodeError" in slack.seen()[-1]["text"]
