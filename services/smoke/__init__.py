"""The smoke suite: what an endpoint must answer before anybody is asked to let it into prod."""

from services.ports import Clock
from services.release.model import Evidence
from services.smoke.contract import ContractForm
from services.smoke.light import lightened
from services.smoke.loading import DEFAULT, load
from services.smoke.measure import Subject, begin, go_on, is_finished
from services.smoke.notebook import Background, Notebook
from services.smoke.package import completed
from services.smoke.problems import SuiteProblem
from services.smoke.readings import NO_PACKAGE, NO_PROD, Missing
from services.smoke.recording import About, record_of
from services.smoke.source import LARGEST_FILE, Fetch, Source
from services.smoke.suite import Extent, SmokeSuite
from services.smoke.tables import Table, golden_records
from services.smoke.verdict import judge

__all__ = [
    "DEFAULT",
    "LARGEST_FILE",
    "NO_PACKAGE",
    "NO_PROD",
    "About",
    "Background",
    "ContractForm",
    "Extent",
    "Fetch",
    "Missing",
    "Notebook",
    "SmokeSuite",
    "Source",
    "Subject",
    "SuiteProblem",
    "Table",
    "begin",
    "completed",
    "go_on",
    "golden_records",
    "is_finished",
    "judge",
    "lightened",
    "load",
    "record_of",
    "run",
]


def run(suite: SmokeSuite, subject: Subject, clock: Clock) -> Evidence:
    """Ask an endpoint all that the suite wants to know, without a pause, and judge the answers.

    It takes little more than the suite's budget of seconds, and raises no port error: what could not be asked is
    Errored.
    """
    notebook, suite = begin(suite, subject.background, clock), completed(suite, subject.background)
    while not is_finished(suite, notebook):
        notebook = go_on(suite, subject, notebook, clock)
    return judge(suite, subject, notebook)
