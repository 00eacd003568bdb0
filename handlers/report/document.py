"""The report of a release as JSON, for programs: what is stored, word for word, with the conclusions of the page."""

import json
from dataclasses import asdict

from handlers.report.items import required_items
from handlers.report.model import Report
from services.release.audit import faults

REPORT_VERSION = 1
"""Version of the JSON report; a field that is added does not raise it."""


def json_report(report: Report) -> str:
    """Return the report as JSON.

    `lines` are the audit log as it is stored: `sluice audit verify` and anyone with SHA-256 can hold them against each
    other. `facts` and `document` are the texts that the log's seals were made of.
    """
    trail = report.trail
    held = {
        "schema_version": REPORT_VERSION,
        "sluice_version": report.version,
        "release_id": report.release.id,
        "made_at": report.made_at.isoformat(),
        "required": [asdict(item) for item in required_items(report.release, report.log)],
        "faults": [asdict(fault) for fault in faults(trail)],
        "head": trail.head,
        "lines": trail.lines,
        "facts": trail.facts,
        "document": trail.document,
        "evidence": {stage: json.loads(text) for stage, text in report.records.items()},
    }
    return json.dumps(held, indent=1)
