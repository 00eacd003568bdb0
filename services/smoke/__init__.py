"""The smoke suite: what an endpoint must answer before anybody is asked to let it into prod."""

from services.ports import Clock, Invoker
from services.release.model import Evidence
from services.smoke.measure import measure
from services.smoke.problems import SuiteProblem
from services.smoke.suite import DEFAULT, SmokeSuite, load
from services.smoke.verdict import judge

__all__ = ["DEFAULT", "SmokeSuite", "SuiteProblem", "judge", "load", "measure", "run"]


def run(suite: SmokeSuite, invoker: Invoker, endpoint: str, config: str, clock: Clock) -> Evidence:
    """Ask an endpoint all that the suite wants to know and judge the answers.

    It takes at most the suite's budget of seconds, and raises no port error: what could not be asked is Errored.
    `config` is the EndpointConfig that the endpoint was seen to serve; it is written into the evidence.
    """
    return judge(suite, measure(suite, invoker, endpoint, clock), endpoint, config)
