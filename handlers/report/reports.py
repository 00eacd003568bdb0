"""Makes the report of a release from what is stored, and the files of it that a channel may have."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from handlers.exhibits import Exhibits
from handlers.report.document import json_report
from handlers.report.model import Report
from handlers.report.page import html_report
from handlers.uploads import Attachment
from handlers.views.text import without_accounts
from services.ports import AuditTrail, Clock, NewerDocument, ReleaseStore, SaidNo
from services.release.audit import news
from services.release.model import Evidence, Release
from services.release.showing import earlier_runs

_LINKS_KEPT_SECONDS = 7 * 24 * 3600
"""People delete files, and a workspace may: a link that is older is not handed out again."""

# What a page can fail with on odd data: the release has ended, and may not come back for ever because of its report.
_CANNOT_MAKE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Reports:
    """Reads the stores; `version` is that of this Sluice."""

    releases: ReleaseStore
    trails: AuditTrail
    exhibits: Exhibits
    clock: Clock
    version: str

    def of(self, release_id: str) -> Report | None:
        """Return the report of a release as it stands now, or None if there is no such release.

        Raises:
            Unavailable, NewerDocument
        """
        release = self.releases.load(release_id)
        if release is None:
            return None
        evidence, log = dict(_evidence(release)), tuple(self.releases.log(release_id))
        records = {stage: self.exhibits.records.record(seen.record) for stage, seen in evidence.items()}
        return Report(
            release=release,
            log=log,
            trail=self.trails.trail(release_id),
            made_at=self.clock.now(),
            version=self.version,
            earlier=earlier_runs(release, log),
            pictures={stage: drawn for stage, seen in evidence.items() if (drawn := self._drawn(seen)) is not None},
            records={stage: text for stage, text in records.items() if text is not None},
        )

    def texts(self, release_id: str) -> tuple[str, str]:
        """Return the report as a page and as JSON.

        Raises:
            SaidNo: the release is gone, or its report cannot be made.
            Unavailable, NewerDocument
        """
        report = self.of(release_id)
        if report is None:
            raise SaidNo("the release is no longer kept")
        try:
            return html_report(report), json_report(report)
        except _CANNOT_MAKE as error:
            raise SaidNo(f"it cannot be made: {type(error).__name__}: {error}") from error

    def files(self, release_id: str) -> tuple[Attachment, ...]:
        """Return the report as a page and as JSON, both without account ids: a channel may have guests.

        Raises:
            SaidNo, Unavailable, NewerDocument: as `texts` does.
        """
        page, held = map(without_accounts, self.texts(release_id))
        return (
            Attachment(f"release-{release_id}.html", "The report, as a page", page.encode()),
            Attachment(f"release-{release_id}.json", "The report, for programs", held.encode()),
        )

    def told(self, release_id: str) -> int:
        """Return how much a report of the release would have to tell now."""
        return news(self.trails.trail(release_id))

    def brought(self, release_id: str) -> tuple[str, ...]:
        """Return links to the report that was last brought to Slack; nothing if there is more to tell since."""
        told, _, links = (self.releases.note(_note(release_id)) or "").partition(" ")
        return tuple(links.split()) if told == str(self.told(release_id)) else ()

    def note_brought(self, release_id: str, told: int, links: Sequence[str]) -> None:
        """Keep links to a report, and how much there was to tell before it was made."""
        self.releases.keep_note(_note(release_id), " ".join((str(told), *links)), _LINKS_KEPT_SECONDS)

    def _drawn(self, evidence: Evidence) -> tuple[bytes, str] | None:
        """Return the picture of evidence with its words; a report goes without one that cannot be drawn."""
        try:
            drawn = self.exhibits.picture(evidence)
        except (SaidNo, NewerDocument):
            return None
        return drawn.content, drawn.alt


def _evidence(release: Release) -> Iterator[tuple[str, Evidence]]:
    for stage, seen in (("staging", release.evidence), ("prod", release.prod_evidence)):
        if seen is not None and seen.record:
            yield stage, seen


def _note(release_id: str) -> str:
    return f"report:{release_id}"
