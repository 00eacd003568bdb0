"""Evidence records to make files of, and a place where they are kept."""

from dataclasses import dataclass, field, replace

from handlers.views.samples import evidence, record
from services.ports import PortError
from services.release.model import Verdict
from services.release.record import RowAnswers, Task

RECORD = record(evidence(Verdict.FAILED))
NAME = RECORD.name

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
    read: int = 0

    def keep_record(self, name: str, text: str) -> None:
        """Keep a text."""
        self.texts[name] = text

    def record(self, name: str) -> str | None:
        """Return a text, or None."""
        self.read += 1
        if self.trouble is not None:
            raise self.trouble
        return self.texts.get(name)
