"""An evidence record as the files that people get to see: the picture, the differing rows, the whole."""

from collections.abc import Callable
from dataclasses import dataclass

from handlers.uploads import Attachment
from handlers.views.report import files_comment
from handlers.views.spreadsheet import differing, differing_csv
from handlers.views.text import without_accounts
from services.ports import NewerDocument, Records, SaidNo
from services.release.model import Evidence
from services.release.record import EvidenceRecord, Exchange

# What a drawing can fail with on an odd record or a machine that lacks the renderer. It ends as a card without its
# picture: a release may not stop because of one.
_CANNOT_DRAW = (ArithmeticError, ImportError, LookupError, OSError, RuntimeError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class Exhibits:
    """Makes files of records, which it reads where they live; drawing is the worker's, so the functions come in."""

    records: Records
    read: Callable[[str], EvidenceRecord]
    draw: Callable[[EvidenceRecord], bytes]
    alt_text: Callable[[EvidenceRecord], str]

    def picture(self, evidence: Evidence) -> Attachment:
        """Return the picture, with its alt text.

        Raises:
            SaidNo: the record is gone, or cannot be drawn.
            Unavailable
        """
        record = self.read(self._text(evidence))
        try:
            content, alt = self.draw(record), self.alt_text(record)
        except _CANNOT_DRAW as error:
            raise SaidNo(f"it cannot be drawn: {type(error).__name__}: {error}") from error
        return Attachment(f"{_name(record)}.png", "Latency and answers", content, alt)

    def files(self, evidence: Evidence) -> tuple[tuple[Attachment, ...], str]:
        """Return the rows that are answered otherwise than by prod, if there are any, and the record; and a comment.

        The JSON file is the record without account ids: a channel may have guests.

        Raises:
            SaidNo: the record is gone.
            Unavailable
        """
        text = self._text(evidence)
        record = self.read(text)
        files = [Attachment(f"{_name(record)}.json", "The whole record", without_accounts(text).encode())]
        if differing(record):
            rows = differing_csv(record).encode()
            files.insert(0, Attachment(f"{_name(record)}-differences.csv", "Rows answered otherwise", rows))
        return tuple(files), files_comment(record, evidence.record_digest)

    def exchanges(self, evidence: Evidence) -> tuple[Exchange, ...]:
        """Return the sample of what was sent and answered; nothing where the record is gone or cannot be read.

        Raises:
            Unavailable
        """
        try:
            return self.read(self._text(evidence)).exchanges
        except (SaidNo, NewerDocument):
            return ()

    def _text(self, evidence: Evidence) -> str:
        text = self.records.record(evidence.record)
        if text is None:
            raise SaidNo("its record is no longer kept")
        return text


def _name(record: EvidenceRecord) -> str:
    """Return the stem of a file's name; a release's id and a stage hold no character that a file may not."""
    return f"evidence-{record.release_id}-{record.stage}"
