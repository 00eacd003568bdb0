"""A suite's whole report, as the thread has it below the verdict: every check, the raw sample, and its files."""

from collections.abc import Sequence
from dataclasses import replace

from handlers.views.blocks import Block, Message, message, preformatted, section
from handlers.views.evidence import check_rows, checks_table, pages
from handlers.views.phases import subject
from handlers.views.samples import NASTY, evidence, record, releases_by_phase, worst_release
from handlers.views.spreadsheet import differing
from handlers.views.text import channel, code, count, escape, link, mention, truncate
from services.release.model import CheckResult, Evidence, Release, Stage, Verdict
from services.release.record import EvidenceRecord, Exchange, Task

_PAGE_ROWS = 90
_PAGE_CHARACTERS = 6_000
_MOST_SAMPLES = 4
_SAMPLE_CHARACTERS = 340
_OK = 200


def report_length(evidence: Evidence) -> int:
    """Return how many messages the whole report takes."""
    return len(_pages(evidence)) or int(bool(evidence.sample))


def report_message(evidence: Evidence, stage: Stage, number: int, exchanges: Sequence[Exchange] = ()) -> Message:
    """Return one message of the report, counted from 0: every check on as many as it takes, then the raw sample.

    A message has one table of 100 rows and about 13,000 characters. The last one shows the `exchanges` of the record,
    where they are at hand.
    """
    held = _pages(evidence)
    sample = sample_blocks(evidence, exchanges) if number + 1 >= len(held) else []
    if not held:
        return message(f"Sample of what {stage.value} was asked and answered", *sample)
    of = f" ({number + 1} of {len(held)})" if len(held) > 1 else ""
    title = f"All {count(len(evidence.checks), 'check')} on {stage.value}{of}"
    return message(title, section(f"📋 *{title}*"), checks_table(held[number]), *sample)


def _pages(evidence: Evidence) -> Sequence[Sequence[Sequence[str]]]:
    return pages(check_rows(evidence.checks), _PAGE_ROWS, _PAGE_CHARACTERS)


def sample_blocks(evidence: Evidence, exchanges: Sequence[Exchange]) -> list[Block]:
    """Return a few requests with their replies, as they went over the wire, where nothing in them is markup."""
    raw = [_exchange(each) for each in _telling(evidence.endpoint, exchanges)]
    shown = raw or [f"→ {_raw(sent)}\n← {_raw(answered)}" for sent, answered in evidence.sample[:_MOST_SAMPLES]]
    if not shown:
        return []
    title = f"*Raw sample*: {len(shown)} of {count(evidence.requests_sent, 'request')}, each with its reply"
    return [section(title), preformatted("\n\n".join(shown))]


def _telling(endpoint: str, exchanges: Sequence[Exchange]) -> list[Exchange]:
    """Return the exchanges that tell most: well answered ones and others, of each those that are shown whole first."""
    mine = sorted((each for each in exchanges if each.endpoint == endpoint), key=_is_long)
    well = [each for each in mine if each.status == _OK]
    other = [each for each in mine if each.status != _OK]
    some = _MOST_SAMPLES // 2
    return well[: max(some, _MOST_SAMPLES - len(other))] + other[: max(some, _MOST_SAMPLES - len(well))]


def _is_long(exchange: Exchange) -> bool:
    return max(len(exchange.sent), len(exchange.answered)) > _SAMPLE_CHARACTERS


def _exchange(each: Exchange) -> str:
    how = f"{each.status} in {each.ms:,.1f} ms" if each.status else "no answer"
    return f"→ {_raw(each.sent)}\n← {how}: {_raw(each.answered)}"


def _raw(text: str) -> str:
    return truncate(text.strip(), _SAMPLE_CHARACTERS).replace("\n", "\n  ") or "(nothing)"


def files_comment(record: EvidenceRecord, digest: str) -> str:
    """Return what is said beside the files of a record, whose SHA-256 is `digest`; mrkdwn."""
    rows = len(differing(record))
    if record.task is Task.REGRESSION:
        first = f"The CSV file has the {count(rows, 'row')} whose answers lie furthest from prod's."
    else:
        first = f"*{count(rows, 'row')}* of {len(record.rows):,} decided otherwise than by prod: the CSV file has them."
    known = f" As it is kept, with them, its SHA-256 is {code(digest.removeprefix('sha256:'), 80)}." if digest else ""
    whole = f"The JSON file is the whole record without account ids.{known}"
    return f"📎 {first} {whole}" if rows else f"📎 {whole}"


def files_missing(why: str, release_id: str) -> Message:
    """Return what is said where the report's files could not be brought to the thread."""
    text = (
        f"📎 The files of the evidence are missing here: {escape(why, 300)}. "
        f"The numbers are all above; {code(f'/release evidence {release_id}')} says where the whole record is."
    )
    return message(text)


def report_comment(by: str = "") -> str:
    """Return what is said beside the files of a release's report, which `by` asked for or its end brings; mrkdwn."""
    what = f"The report of this release as it stands, for {mention(by)}" if by else "The report of this release"
    return (
        f"🧾 {what}, to read, print or archive: what is required, what was decided and by whom, what was tested, and "
        "the audit log with its hashes. Account ids are left out here."
    )


def final_report_missing(why: str, release_id: str) -> Message:
    """Return what is said where the report of the whole release could not be brought to the thread."""
    made = code(f"sluice audit report {release_id}")
    return message(f"🧾 The report of this release is missing here: {escape(why, 300)}. {made} makes it.")


def report_links(release: Release, links: Sequence[str], problem: str = "") -> Message:
    """Return where the report of a release is, for the person who asked for it, or why it is nowhere."""
    name = f"*{escape(subject(release), 150)}*, {code(release.id)}"
    if problem:
        made = code(f"sluice audit report {release.id}")
        return message(
            f"🧾 The report of {name} could not be brought to its thread: {escape(problem, 300)}. {made} makes it."
        )
    labels = ("as a page", "as JSON")
    files = " · ".join(link(each, label) for each, label in zip(links, labels, strict=False))
    where = channel(release.deployment.channel)
    return message(f"🧾 The report of {name}: {files}. It is in the release's thread; who is in {where} can open it.")


def examples() -> dict[str, Message]:
    """Return reports that are short, of several pages, and as bad as they can be."""
    shown: dict[str, Message] = {}
    many = tuple(CheckResult(f"check {n}", Verdict.PASSED, f"{n} ms", "at most 200 ms") for n in range(200))
    runs = {
        "smoke_failed": releases_by_phase()["smoke_failed"].evidence,
        "nothing_asked": replace(evidence(Verdict.ERRORED, checks=()), sample=()),
        "many": replace(evidence(Verdict.PASSED), checks=many),
        "worst": worst_release().evidence,
    }
    for name, seen in runs.items():
        if seen is None:
            continue
        for number in range(report_length(seen)):
            shown[f"{name}_{number + 1}"] = report_message(seen, Stage.STAGING, number)
    flipped = record(evidence(Verdict.FAILED))
    nasty = tuple(Exchange(flipped.evidence.endpoint, NASTY * 2, 500, NASTY * 2, 1e9) for _ in range(8))
    shown["with_exchanges_1"] = report_message(flipped.evidence, Stage.STAGING, 0, flipped.exchanges)
    shown["worst_exchanges_1"] = report_message(flipped.evidence, Stage.STAGING, 0, nasty)
    shown["files"] = message(files_comment(flipped, "sha256:0f3a"))
    shown["files_of_a_regression"] = message(files_comment(replace(flipped, task=Task.REGRESSION), "sha256:0f3a"))
    shown["files_without_prod"] = message(files_comment(replace(flipped, rows=()), ""))
    shown["worst_files"] = message(files_comment(flipped, NASTY))
    shown["worst_missing"] = files_missing(NASTY, NASTY)
    shown["final_missing"] = final_report_missing("the app has no scope files:write", "r7k2m9x4q")
    released, worst = releases_by_phase()["released"], worst_release()
    links = ("https://example.slack.com/files/" + "x" * 400,) * 2
    shown["links"] = report_links(released, links)
    shown["links_problem"] = report_links(released, (), "the app has no scope files:write")
    shown["worst_links"] = report_links(worst, links)
    shown["worst_links_problem"] = report_links(worst, (), NASTY)
    shown["worst_final_missing"] = final_report_missing(NASTY, NASTY)
    return shown
