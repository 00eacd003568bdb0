"""Puts the report of an ended release where the catalog keeps evidence."""

from dataclasses import dataclass

from handlers.report.document import json_report
from handlers.report.page import html_report
from handlers.report.reports import Reports
from services.ports import Regions
from services.release.model import Release

ADDRESS = "<evidence>/<model>/<release>.report.html"
"""Where the page is put below the place that the catalog names; the JSON is beside it."""


@dataclass(frozen=True, slots=True)
class ReportArchive:
    """The Archive port on S3. A bucket with Object Lock keeps what it was given first, whoever asks."""

    reports: Reports
    regions: Regions

    def put_away(self, release: Release) -> None:
        """Write the page and the JSON, whole: the archive is not for the channel."""
        report = self.reports.of(release.id)
        if report is None:
            return
        objects = self.regions.of(release.deployment).objects
        stem = f"{release.deployment.evidence_uri.rstrip('/')}/{release.model}/{release.id}.report"
        objects.put(f"{stem}.json", json_report(report).encode(), "application/json")
        objects.put(f"{stem}.html", html_report(report).encode(), "text/html; charset=utf-8")
