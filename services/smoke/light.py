"""What of a suite is asked again while a gate waits: what few requests can show, by the suite's own rules."""

from dataclasses import replace

from services.smoke.metrics import asks_prod
from services.smoke.rules import Rule
from services.smoke.suite import Extent, SmokeSuite

_OF_MANY_REQUESTS = ("repeat.", "batch.", "error.", "latency.", "load.", "reject.")
"""What takes repeats, load or bad requests to measure."""


def lightened(suite: SmokeSuite) -> SmokeSuite:
    """Return the suite's cases and those of its blocking rules that the payload, canary and golden rows decide.

    Prod is not asked. A rule that only warns is left out: it would never make evidence stale. The budget is the
    suite's, which the whole of it kept within.
    """
    form = suite.form.model_copy(update={"reject": {}})
    checks = tuple(each for each in suite.checks if each.blocking and _light(each.rule))
    return replace(suite, form=form, checks=checks, extent=Extent.LIGHT)


def _light(rule: Rule) -> bool:
    return not rule.metric.startswith(_OF_MANY_REQUESTS) and not asks_prod(rule)
