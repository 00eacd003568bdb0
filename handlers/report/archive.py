"""Puts the report of an ended release where the catalog keeps evidence."""

from dataclasses import dataclass

from handlers.report.reports import Reports
from services.ports import Regions
from services.release.model import Release
from services.release.naming import archive_address


@dataclass(frozen=True, slots=True)
class ReportArchive:
    """The Archive port on S3. A bucket with Object Lock keeps what it was given first, whoever asks."""

    reports: Reports
    regions: Regions

    def put_away(self, release: Release) -> None:
        """Write the page and the JSON, whole: the archive is not for the channel."""
        page, held = self.reports.texts(release.id)
        objects = self.regions.of(release.deployment).objects
        stem = archive_address(release.deployment.evidence_uri, release.model, f"{release.id}.report")
        objects.put(f"{stem}.json", held.encode(), "application/json")
        objects.put(f"{stem}.html", page.encode(), "text/html; charset=utf-8")
