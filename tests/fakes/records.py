"""Evidence records to make files of: one of each task, and where they are kept."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from services.ports import PortError
from services.release.model import CheckResult, Evidence, Verdict
from services.release.record import EvidenceRecord, Exchange, RowAnswers, Task

NAME = "r7k2m9x4q.staging.20261123T090000Z"

EVIDENCE = Evidence(
    suite="titanic.yaml",
    suite_digest="sha256:5f1c8a9be0d2",
    endpoint="titanic-survival-staging",
    config="titanic-survival-v7-r7k2m9x4q-staging",
    verdict=Verdict.FAILED,
    checks=(CheckResult("auc", Verdict.FAILED, "0.357", ">= 0.802 (registry 0.812 - 0.01)", value=0.357, bound=0.802),),
    requests_sent=24,
    latency_ms={"p50": 12.4, "p95": 18.9, "max": 31.2},
    sample=(("3,0,22,1,0,7.25,2", "0.0871"),),
    started_at=datetime(2026, 11, 23, 9, tzinfo=UTC),
    seconds=3.2,
    record=NAME,
    record_digest="sha256:0f3a",
)

ROWS = (
    RowAnswers("3,0,22,1,0,7.25,2", 0.62, "1", 0.11, "0", "0"),
    RowAnswers("1,1,38,1,0,71.2833,0", 0.08, "0", 0.96, "1", "1"),
    RowAnswers("1,1,35,1,0,53.1,2", 0.91, "1", 0.93, "1", "1"),
)

RECORD = EvidenceRecord(
    name=NAME,
    release_id="r7k2m9x4q",
    model="titanic-survival",
    stage="staging",
    package_arn="arn:aws:sagemaker:eu-west-1:123456789012:model-package/titanic-survival/7",
    evidence=EVIDENCE,
    rules=("auc >= registry - 0.01",),
    task=Task.BINARY,
    threshold=0.5,
    bounds=(0.0, 1.0),
    latencies_ms=(12.4, 18.9, 31.2),
    prod_latencies_ms=(12.1, 17.0, 30.0),
    latency_budget_of="p95",
    latency_budget_ms=200.0,
    rows=ROWS,
    exchanges=(Exchange("titanic-survival-staging", "3,0,22,1,0,7.25,2", 200, "0.62", 12.4),),
    sluice_version="0.1.0",
    columns=("Pclass", "Sex", "Age", "SibSp", "Parch", "Fare", "Embarked"),
)

NUMBERS = replace(
    RECORD,
    task=Task.REGRESSION,
    threshold=None,
    rows=(RowAnswers("1,2", 10.0, "", 11.0), RowAnswers("3,4", 10.0, "", -90.5), RowAnswers("5,6", 7.0, "", 7.0)),
    columns=("rooms", "age"),
)


@dataclass
class KeptRecords:
    """The Records port on a dict; `trouble` is raised instead of an answer."""

    texts: dict[str, str] = field(default_factory=dict)
    trouble: PortError | None = None

    def keep_record(self, name: str, text: str) -> None:
        """Keep a text."""
        self.texts[name] = text

    def record(self, name: str) -> str | None:
        """Return a text, or None."""
        if self.trouble is not None:
            raise self.trouble
        return self.texts.get(name)
