"""Reports to look at: of the views' own sample releases, with an audit log as the store would have written it."""

from collections.abc import Sequence
from datetime import timedelta

from handlers.report.model import Report
from handlers.views.samples import NASTY, START, STORIES, played, worst_release
from services.adapters.audit_lines import acts_from, chained_acts, sealed
from services.adapters.redis_documents import entry_to_text, to_text
from services.release import events as e
from services.release.audit import Act, Announced, Attempted, AwsCall, OrderAnswered, OrderSent, Trail
from services.release.events import LogEntry
from services.release.model import Release

END = START + timedelta(hours=2)


def report(story: str) -> Report:
    """Return the report of a sample story."""
    release, log = played(*STORIES[story])
    return Report(release, tuple(log), trail(release, log), END, "0.1.0")


def worst_report() -> Report:
    """Return a report in which every text is as hostile as it can be."""
    release = worst_release()
    log = [LogEntry(1, START, e.Requested(NASTY)), LogEntry(2, START, e.Rejected(NASTY, NASTY))]
    tried = Attempted(START, NASTY, NASTY, NASTY, NASTY, NASTY, NASTY)
    return Report(release, tuple(log), trail(release, log, tried), END, NASTY, {"staging": (b"png", NASTY)})


def trail(release: Release, log: Sequence[LogEntry], *more: Act) -> Trail:
    """Return the audit log of a release that was played."""
    acts: list[Act] = []
    for entry in log:
        acts += [*_before(entry), sealed(entry.seq, to_text(release), (entry,), (entry_to_text(entry),), entry.at)]
        acts.append(Announced(entry.at, "thread", entry.seq, 0, "C0RELEASES:1763888400.000100"))
    lines, head = chained_acts("", [*acts, *more])
    facts = tuple(map(entry_to_text, log))
    return Trail(release.id, lines, acts_from(lines), head, facts, to_text(release))


def _before(entry: LogEntry) -> list[Act]:
    """Return what led to a fact: the try of a person, or the orders to AWS."""
    match entry.event:
        case e.Requested(by=by):
            return [Attempted(entry.at, by, "deploy", "titanic-survival 7", rule="anyone")]
        case e.Approved(by=by):
            refused = Attempted(entry.at, "U0ALICE", "approve", "r7k2m9x4q", "self_approval", "", "")
            return [refused, Attempted(entry.at, by, "approve", "r7k2m9x4q", rule=f"approvers.users has {by}")]
        case e.ProdLive(config=config):
            calls = (AwsCall("UpdateEndpoint", "0f6f6d3c-6f4e-4f7e-9d5a-1f1f8c8f7a11", 200),)
            arguments = (("name", "titanic-survival-prod"), ("config", config))
            return [OrderSent(entry.at, "UpdateEndpoint", arguments), OrderAnswered(entry.at, "UpdateEndpoint", calls)]
        case _:
            return []
