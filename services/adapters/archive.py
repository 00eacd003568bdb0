"""Keeps the record of a run: beside the releases, and in S3 where the catalog names a place."""

from dataclasses import replace

from services.adapters.redis_documents import to_text
from services.ports import Objects, Records, SaidNo
from services.release.digest import record_digest
from services.release.model import Evidence
from services.release.naming import archive_address
from services.release.record import EvidenceRecord

LONGEST_PROBLEM = 300


def kept(record: EvidenceRecord, records: Records, objects: Objects, place: str) -> Evidence:
    """Keep a record, and under `place` (`s3://bucket/prefix`, or empty); return its evidence with where it is.

    A repeat writes the same again: in a bucket that keeps versions, beside the first. Where S3 refuses, the evidence
    says why: what was seen is decided on all the same.

    Raises:
        Unavailable: the store or S3 does not answer.
    """
    text = to_text(record)
    records.keep_record(record.name, text)
    evidence = replace(record.evidence, record=record.name, record_digest=record_digest(text))
    if not place:
        return evidence
    address = archive_address(place, record.model, f"{record.name}.json")
    try:
        version = objects.put(address, text.encode(), "application/json")
    except SaidNo as refusal:
        return replace(evidence, archive_problem=str(refusal)[:LONGEST_PROBLEM])
    return replace(evidence, archived=address, archived_version=version)
