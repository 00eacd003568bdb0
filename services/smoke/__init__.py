"""The smoke suite: what an endpoint must answer before anybody is asked to let it into prod."""

from services.ports import Clock
from services.release.model import Evidence
from services.smoke.measure import Subject, measure
from services.smoke.problems import SuiteProblem
from services.smoke.readings import NO_PACKAGE, NO_PROD, Missing
from services.smoke.source import Fetch
from services.smoke.suite import DEFAULT, SmokeSuite, load
from services.smoke.verdict import judge

__all__ = [
    "DEFAULT",
    "NO_PACKAGE",
    "NO_PROD",
    "Fetch",
    "Missing",
    "SmokeSuite",
    "Subject",
    "SuiteProblem",
    "judge",
    "load",
    "measure",
    "run",
]


def run(suite: SmokeSuite, subject: Subject, clock: Clock) -> Evidence:
    """Ask an endpoint all that the suite wants to know and judge the answers.

    It takes at most the suite's budget of seconds, and raises no port error: what could not be asked is Errored.
    """
    return judge(suite, measure(suite, subject, clock), subject.endpoint, subject.config)
