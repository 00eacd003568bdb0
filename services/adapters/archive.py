"""Keeps the record of a run: beside the releases, and in S3 where the catalog names a place."""

import hashlib
import re
from dataclasses import replace

from services.adapters.redis_documents import to_text
from services.ports import Objects, Records, SaidNo
from services.release.model import Evidence
from services.release.record import EvidenceRecord

LONGEST_PROBLEM = 300
ADDRESS = "<evidence>/<model>/<name>.json"
"""Where a record is put below the place that the catalog names."""


def kept(record: EvidenceRecord, records: Records, objects: Objects, place: str) -> Evidence:
    """Keep a record, and under `place` (`s3://bucket/prefix`, or empty); return its evidence with where it is.

    A repeat writes the same again. Where S3 refuses, the evidence says why: what was seen is decided on all the same.

    Raises:
        Unavailable: the store or S3 does not answer.
    """
    text = to_text(record)
    records.keep_record(record.name, text)
    digest = hashlib.sha256(text.encode()).hexdigest()
    evidence = replace(record.evidence, record=record.name, record_digest=digest)
    if not place:
        return evidence
    names = {"<evidence>": place.rstrip("/"), "<model>": record.model, "<name>": record.name}
    address = re.sub("<[a-z]+>", lambda part: names[part.group()], ADDRESS)
    try:
        objects.put(address, text.encode(), "application/json")
    except SaidNo as refusal:
        return replace(evidence, archive_problem=str(refusal)[:LONGEST_PROBLEM])
    return replace(evidence, archived=address)
