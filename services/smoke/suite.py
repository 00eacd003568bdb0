"""A smoke suite, loaded and checked: every rule, key, metric and file it names is known."""

from dataclasses import dataclass
from enum import Enum

from services.release.model import CheckResult
from services.smoke.cases import Blanks, Case, blanked
from services.smoke.contract import ContractForm
from services.smoke.form import RejectForm, SuiteForm
from services.smoke.metrics import GOLDEN, MISSING_LOST, REGISTRY, asks_prod
from services.smoke.rules import Against, Rule
from services.smoke.tables import Table
from services.smoke.wire import Wire


class Extent(Enum):
    """How much of a suite is asked: the whole; of prod itself, gently; while a gate waits, what is light."""

    WHOLE = "whole"
    GENTLE = "gentle"
    LIGHT = "light"


@dataclass(frozen=True, slots=True)
class Check:
    """A rule, and whether its failure withholds Approve; `source` says where it is from, if not from the suite."""

    rule: Rule
    blocking: bool
    source: str = ""

    @property
    def name(self) -> str:
        """What the evidence calls it."""
        return f"{self.rule.metric} ({self.source})" if self.source else self.rule.metric


@dataclass(frozen=True, slots=True)
class SmokeSuite:
    """A suite ready to run. `digest` (SHA-256, hexadecimal) covers the YAML and every data file it rests on.

    Every case is a blocking check of its own, beside `checks`; `told` are results for which nothing need be asked.
    """

    name: str
    digest: str
    form: SuiteForm
    checks: tuple[Check, ...]
    canary: Table | None = None
    golden: Table | None = None
    cases: tuple[Case, ...] = ()
    extent: Extent = Extent.WHOLE
    told: tuple[CheckResult, ...] = ()

    @property
    def contract(self) -> ContractForm:
        """How the endpoint is asked."""
        return self.form.contract

    @property
    def wire(self) -> Wire:
        """The form of its requests and replies."""
        return Wire(self.form.contract, self.form.canary.threshold if self.form.canary else 0.5)

    @property
    def blanks(self) -> Blanks:
        """Rows with an empty cell, for the rule that asks whether these are served; none without it."""
        if all(check.rule.metric != MISSING_LOST for check in self.checks):
            return Blanks()
        table, columns = self.canary, self.contract.columns
        return blanked(table.rows, table.columns) if table is not None else blanked(self.form.payload, columns)

    @property
    def asks_prod(self) -> bool:
        """Say whether a check compares with prod."""
        return any(asks_prod(check.rule) for check in self.checks)

    @property
    def asks_registry(self) -> bool:
        """Say whether a check compares with what training registered."""
        bounds = (check.rule.bound for check in self.checks)
        return any(isinstance(bound, Against) and bound.reference == REGISTRY for bound in bounds)

    @property
    def asks_golden(self) -> bool:
        """Say whether a check needs golden records, and the suite leaves them to the model package."""
        return self.golden is None and any(check.rule.metric.startswith(GOLDEN) for check in self.checks)

    @property
    def rejects(self) -> dict[str, RejectForm]:
        """The requests that must be refused, by name."""
        return self.form.reject
