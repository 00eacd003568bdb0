"""The picture and the files of the evidence, on the local Slack: brought, shown, and missing without harm."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from fakes.clock import FakeClock
from fakes.records import NAME, NUMBERS, RECORD, KeptRecords
from sandbox_slack.local_slack import fetch
from unit.handlers.local_slack import LocalSlack

from handlers.exhibits import Exhibits
from handlers.outbound import SlackAnnouncer, Supplies
from handlers.views.samples import STORIES, played
from sandbox.slack.tickets import Limits
from services.adapters.redis_documents import from_text, to_text
from services.ports import Picture, SaidNo, Unavailable
from services.release.events import LogEntry, SmokeFailed
from services.release.model import Evidence, Release
from services.release.record import EvidenceRecord

PNG = b"\x89PNG\r\n\x1a\na picture"


def read(text: str) -> EvidenceRecord:
    return from_text(EvidenceRecord, text)


def drawn(_record: EvidenceRecord) -> bytes:
    return PNG


def in_words(record: EvidenceRecord) -> str:
    return f"{len(record.rows)} rows"


@pytest.fixture
def records() -> KeptRecords:
    return KeptRecords({NAME: to_text(RECORD)})


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def announcer(slack: LocalSlack, records: KeptRecords, clock: FakeClock) -> SlackAnnouncer:
    slack.emulator.limits = Limits(file_seconds=0.0)
    return SlackAnnouncer(slack.client(), clock, supplies=Supplies(exhibits=Exhibits(records, read, drawn, in_words)))


def failed() -> tuple[Release, LogEntry, Evidence]:
    """Return a release that its suite stopped, the verdict's entry, and its evidence, with a record."""
    release, log = played(*STORIES["smoke_failed"])
    (event,) = [entry.event for entry in log if isinstance(entry.event, SmokeFailed)]
    evidence = event.evidence
    return replace(release, evidence=evidence), replace(log[-1], event=SmokeFailed(evidence)), evidence


def brought(announcer: SlackAnnouncer) -> tuple[Release, Picture]:
    release, _, evidence = failed()
    place, alt = announcer.bring_picture(evidence)
    return release, Picture(NAME, place, alt)


def card_of(slack: LocalSlack) -> dict[str, Any]:
    return slack.seen()[0]


def kinds(message: dict[str, Any]) -> list[str]:
    return [block["type"] for block in message["blocks"]]


def test_a_picture_is_uploaded_for_nobody_and_shown_by_the_card(slack: LocalSlack, announcer: SlackAnnouncer) -> None:
    release, picture = brought(announcer)
    assert slack.seen() == []
    posted = announcer.post_card(release, picture)
    assert posted.shows_picture
    assert announcer.update_card(release, posted.place, picture)
    (image,) = [block for block in card_of(slack)["blocks"] if block["type"] == "image"]
    assert image["alt_text"] == "3 rows"
    assert slack.emulator.workspace.files[image["slack_file"]["id"]].content == PNG


def test_a_picture_that_is_not_ready_leaves_the_rest_of_the_card(slack: LocalSlack, announcer: SlackAnnouncer) -> None:
    slack.people.fault(uploads="never_ready")
    release, picture = brought(announcer)
    posted = announcer.post_card(release, picture)
    assert not posted.shows_picture
    assert not announcer.update_card(release, posted.place, picture)
    assert len(slack.seen()) == 1
    assert "image" not in kinds(card_of(slack))
    assert "table" in kinds(card_of(slack))
    assert "picture is on its way" in str(card_of(slack)["blocks"])
    slack.emulator.workspace.files[picture.place].ready_at = 0
    assert announcer.update_card(release, posted.place, picture)
    assert "image" in kinds(card_of(slack))


def test_a_workspace_without_tables_still_gets_the_picture(slack: LocalSlack, announcer: SlackAnnouncer) -> None:
    release, picture = brought(announcer)
    slack.people.fault(method="chat.postMessage", error="invalid_blocks", times=1)
    assert announcer.post_card(release, picture).shows_picture
    assert "table" not in kinds(card_of(slack))


def test_a_card_says_why_it_has_no_picture(slack: LocalSlack, announcer: SlackAnnouncer) -> None:
    release, _, _ = failed()
    announcer.post_card(release, Picture(NAME, problem="<!channel> no scope"))
    assert "no picture: &lt;!channel&gt; no scope" in str(card_of(slack)["blocks"])


@pytest.mark.parametrize(
    ("trouble", "raised"),
    [
        ({"uploads": "fail"}, Unavailable),
        ({"method": "files.getUploadURLExternal", "error": "internal_error"}, Unavailable),
        ({"method": "files.completeUploadExternal", "error": "internal_error"}, Unavailable),
        ({"method": "files.getUploadURLExternal", "error": "missing_scope"}, SaidNo),
        ({"method": "files.completeUploadExternal", "error": "file_type_not_allowed"}, SaidNo),
    ],
)
def test_an_upload_fails_as_the_port_says(
    slack: LocalSlack, announcer: SlackAnnouncer, trouble: dict[str, str], raised: type[Exception]
) -> None:
    slack.people.fault(**trouble)
    with pytest.raises(raised):
        announcer.bring_picture(failed()[2])


@pytest.mark.parametrize("error", [ImportError("no resvg"), ValueError("odd"), ZeroDivisionError()])
def test_what_cannot_be_drawn_is_said_no(slack: LocalSlack, records: KeptRecords, error: Exception) -> None:
    def refuse(_record: EvidenceRecord) -> bytes:
        raise error

    announcer = SlackAnnouncer(
        slack.client(), FakeClock(), supplies=Supplies(exhibits=Exhibits(records, read, refuse, in_words))
    )
    with pytest.raises(SaidNo, match="cannot be drawn"):
        announcer.bring_picture(failed()[2])


def test_a_record_that_is_gone_is_said_no(announcer: SlackAnnouncer, records: KeptRecords) -> None:
    records.texts.clear()
    with pytest.raises(SaidNo, match="no longer kept"):
        announcer.bring_picture(failed()[2])


def test_an_announcer_that_draws_nothing_says_so(slack: LocalSlack) -> None:
    with pytest.raises(SaidNo):
        SlackAnnouncer(slack.client(), FakeClock()).bring_picture(failed()[2])


# --- The thread after a suite -----------------------------------------------------------------------------------------


def report(announcer: SlackAnnouncer, release: Release, entry: LogEntry) -> list[int]:
    """Tell all the parts of an entry below a new card; return their numbers."""
    place, parts = announcer.post_card(release).place, [0]
    while announcer.tell(release, entry, place, parts[-1]).more:
        parts.append(parts[-1] + 1)
    return parts


def test_a_record_is_read_for_the_parts_that_show_it_only(announcer: SlackAnnouncer, records: KeptRecords) -> None:
    release, entry, evidence = failed()
    many = tuple(replace(evidence.checks[0], name=f"check {n}") for n in range(200))
    long = SmokeFailed(replace(evidence, checks=many))
    assert report(announcer, release, replace(entry, event=long)) == [0, 1, 2, 3, 4]
    assert records.read == 2, "the last page shows its sample, and the files are made of it"


def test_a_verdict_is_followed_by_every_check_the_sample_and_the_files(
    slack: LocalSlack, announcer: SlackAnnouncer
) -> None:
    release, entry, evidence = failed()
    assert report(announcer, release, entry) == [0, 1, 2]
    _card, verdict, checks, files = slack.seen()
    assert "Smoke tests on staging failed" in verdict["text"]
    (table,) = [block for block in checks["blocks"] if block["type"] == "table"]
    assert len(table["rows"]) == 1 + len(evidence.checks)
    raw = checks["blocks"][-1]["elements"][0]["elements"][0]["text"]
    assert raw.split("\n\n") == [
        "→ 3,0,22,1,0,7.25,2\n  1,1,38,1,0,71.2833,0\n← 200 in 12.4 ms: 0.62\n  0.08",
        "→ a,b,c\n← 415 in 1.2 ms: Content type must be text/csv",
        "→ 3,0,22,1,0,7.25,2\n← no answer: the endpoint did not answer within 5 s",
    ]
    assert "*2 rows* of 3 decided otherwise" in files["text"]
    assert "3c9df1a47b60c2fa8d9e" in files["text"]
    rows, whole = files["files"]
    record = json.loads(fetch(whole["url_private"])[1])
    assert record["package_arn"] == "arn:aws:sagemaker:eu-west-1:…:model-package/titanic-survival/7"
    assert record["evidence"]["prod"]["image"] == "….dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:3.0-5"
    assert {**record, "package_arn": "", "evidence": ""} == {
        **json.loads(to_text(RECORD)),
        "package_arn": "",
        "evidence": "",
    }
    assert fetch(rows["url_private"])[1].splitlines()[1].startswith("1,1,38,")


def test_without_a_difference_there_is_no_list_of_them(
    slack: LocalSlack, announcer: SlackAnnouncer, records: KeptRecords
) -> None:
    records.texts[NAME] = to_text(replace(NUMBERS, rows=()))
    release, entry, _ = failed()
    report(announcer, release, entry)
    assert [file["name"] for file in slack.seen()[-1]["files"]] == ["evidence-r7k2m9x4q-staging.json"]


def test_evidence_without_a_record_has_no_files(slack: LocalSlack, announcer: SlackAnnouncer) -> None:
    release, entry, evidence = failed()
    bare = replace(entry, event=SmokeFailed(replace(evidence, record="")))
    assert report(announcer, release, bare) == [0, 1]
    assert not any(message["files"] for message in slack.seen())


def test_files_that_do_not_come_are_tried_again_for_a_while_and_then_said_to_be_missing(
    slack: LocalSlack, announcer: SlackAnnouncer, clock: FakeClock
) -> None:
    release, entry, _ = failed()
    place = announcer.post_card(release).place
    fresh = replace(entry, at=clock.now())
    slack.people.fault(uploads="fail")
    with pytest.raises(Unavailable):
        announcer.tell(release, fresh, place, 2)
    assert len(slack.seen()) == 1
    clock.advance(60)
    assert not announcer.tell(release, fresh, place, 2).more
    assert "missing here" in slack.seen()[-1]["text"]


def test_files_of_a_verdict_that_was_told_late_are_tried_again_too(
    slack: LocalSlack, announcer: SlackAnnouncer, clock: FakeClock
) -> None:
    release, entry, _ = failed()
    place = announcer.post_card(release).place
    late = replace(entry, at=clock.now())
    clock.advance(600)
    slack.people.fault(method="files.getUploadURLExternal", error="internal_error", times=1)
    with pytest.raises(Unavailable):
        announcer.tell(release, late, place, 2)
    announcer.tell(release, late, place, 2)
    assert len(slack.seen()[-1]["files"]) == 2


@pytest.mark.parametrize("spoil", [lambda kept: kept.texts.clear(), lambda kept: kept.texts.update({NAME: "{}"})])
def test_files_that_cannot_be_made_are_said_to_be_missing(
    slack: LocalSlack, announcer: SlackAnnouncer, records: KeptRecords, spoil: Callable[[KeptRecords], None]
) -> None:
    spoil(records)
    release, entry, _ = failed()
    assert report(announcer, release, entry) == [0, 1, 2]
    assert "missing here" in slack.seen()[-1]["text"]
    assert "3,male,22,1,0,7.25" in str(slack.seen()[-2]["blocks"][-1])


def test_a_workspace_without_tables_reads_every_check_as_a_line(slack: LocalSlack, announcer: SlackAnnouncer) -> None:
    release, entry, evidence = failed()
    place = announcer.post_card(release).place
    slack.people.fault(method="chat.postMessage", error="invalid_blocks", times=1)
    announcer.tell(release, entry, place, 1)
    assert "table" not in kinds(slack.seen()[-1])
    assert all(check.seen in str(slack.seen()[-1]["blocks"]) for check in evidence.checks)
