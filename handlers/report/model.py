"""What a report is made of: everything that is known of one release, read at one instant."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from services.release.audit import Trail
from services.release.events import LogEntry
from services.release.model import Evidence, Release


@dataclass(frozen=True, slots=True)
class Report:
    """One release with its log, its audit log, and what was drawn and recorded of its evidence.

    `pictures` maps a stage to (PNG, the picture in words), `records` a stage to the text of its evidence record; a
    stage is absent where none is kept. `version` is that of the Sluice that makes the report. `earlier` are the runs of
    the suite on staging before the one that counts.
    """

    release: Release
    log: tuple[LogEntry, ...]
    trail: Trail
    made_at: datetime
    version: str
    pictures: Mapping[str, tuple[bytes, str]] = field(default_factory=dict)
    records: Mapping[str, str] = field(default_factory=dict)
    earlier: tuple[Evidence, ...] = ()
