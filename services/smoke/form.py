"""The YAML form of a suite, as pydantic sees it. What is not named here is refused."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from services.smoke.contract import PROBABILITY, Class, ContractForm, Form, Interval, Line

Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Row = Annotated[str, StringConstraints(min_length=1, max_length=4000, pattern=r"^[^\r\n]+$")]
"""One CSV row, without its line end."""


class CanaryForm(Form):
    """A labelled table."""

    data: Line = Field(description="The CSV file, with a header, at most 2,000 rows.")
    label: Line = Field(
        description="The column with the truth: 0 or 1 for `probability`, a number for `number`, else the class."
    )
    threshold: float = Field(default=0.5, description="The probability from which a row counts as 1.")


class GoldenForm(Form):
    """A table of rows with the answers that were recorded for them."""

    data: Line = Field(description="The CSV file, with a header.")
    answer: Line = Field(description="The column with the recorded number, or class.")


class LoadForm(Form):
    """How many single-row requests are sent.

    `warmup` first and unmeasured; then a third of `requests`, at least 25, one at a time for latency; then the
    others, `concurrency` at once. The error rate is that of all `requests`. Prod itself, tested after a change, gets
    as many as `prod` allows, all of them one at a time.
    """

    requests: Annotated[int, Field(ge=20, le=10_000)] = Field(
        default=60, description="One-row requests; a third of them, at least 25, one at a time for latency."
    )
    concurrency: Annotated[int, Field(ge=1, le=32)] = Field(default=4, description="How many of the others at once.")
    warmup: Annotated[int, Field(ge=0, le=100)] = Field(default=3, description="Requests before them, not measured.")


class BudgetForm(Form):
    """What asking the endpoint under test may cost; one that is not through within the seconds fails."""

    seconds: Annotated[float, Field(gt=0, le=60)] = Field(
        default=20.0, description="Time that asking may take; prod's is counted apart, half as long at most."
    )
    requests: Annotated[int, Field(ge=1, le=20_000)] = Field(
        default=1000, description="Requests to it, at most; one that sends more is refused."
    )

    @property
    def seconds_of_prod(self) -> float:
        """How long prod may be asked, on top of them: it may not cost the endpoint under test its time."""
        return self.seconds / 2


class ProdForm(Form):
    """How prod is asked, where a rule compares with it: the data, and some of the load.

    Prod has other things to do. Where it is itself what is tested, all that it is asked comes at this pace.
    """

    requests: Annotated[int, Field(ge=20, le=200)] = Field(default=30, description="Of the timed load, at most.")
    per_second: Annotated[float, Field(ge=0.5, le=1000)] = Field(
        default=10.0, description="How many a second, at most."
    )


class ExpectForm(Form):
    """What the answers of a case must satisfy; at least one."""

    range: Interval | None = Field(default=None, description="Every number is in this range.")
    below: float | None = Field(default=None, description="Every number is below this one.")
    above: float | None = Field(default=None, description="Every number is above this one.")
    class_: Class | None = Field(default=None, alias="class", description="Every row is decided to be of this class.")
    direction: Literal[">=", "<=", ">", "<"] | None = Field(
        default=None, description="How a number stands to the one before `then` changed its row."
    )
    within: Annotated[float, Field(ge=0)] | None = Field(
        default=None, description="How far a number may be from the one before the change."
    )
    same_class: Literal[True] | None = Field(
        default=None, description="`true`: the change leaves every row in its class."
    )
    violations: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,2}(\.[0-9]+)?%$")] = Field(
        default="0%", description="The share of rows that may do otherwise."
    )

    @property
    def compares(self) -> bool:
        """Say whether an answer is held against the one before a change."""
        return self.direction is not None or self.within is not None or self.same_class is not None

    @property
    def of_numbers(self) -> bool:
        """Say whether it expects something of a number."""
        return any(part is not None for part in (self.range, self.below, self.above, self.direction, self.within))

    @property
    def of_classes(self) -> bool:
        """Say whether it expects something of a class."""
        return self.class_ is not None or self.same_class is not None

    @property
    def allowed(self) -> float:
        """The share of rows, 0 to 1, that may do otherwise."""
        return float(self.violations.removesuffix("%")) / 100

    @property
    def words(self) -> str:
        """All of it in words: `in [0, 1] and > 0.5`."""
        parts = " and ".join(self._parts())
        return f"{parts}, for all but {self.violations} of the rows" if self.allowed else parts

    def _parts(self) -> Iterator[str]:
        if self.class_ is not None:
            yield f"is {self.class_}"
        if self.same_class:
            yield "the same class as before"
        if self.direction:
            yield f"after {self.direction} before"
        if self.within is not None:
            yield f"within {self.within:g} of before"
        if self.range:
            yield f"in [{self.range[0]:g}, {self.range[1]:g}]"
        if self.above is not None:
            yield f"> {self.above:g}"
        if self.below is not None:
            yield f"< {self.below:g}"

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.of_numbers or self.of_classes):
            raise ValueError("expect needs range, below, above, class, direction, within or same_class")
        return self


Cell = int | float | Line
"""A new value of a column; `* 1.1`, `/ 2`, `+ 1` or `- 1` change the value that is there."""


class CaseForm(Form):
    """Rows of which somebody who knows the domain has written down what the answers must be like."""

    name: Line = Field(description="What the evidence calls it.")
    rows: Annotated[tuple[Row, ...], Field(max_length=100)] = Field(
        default=(), description="CSV rows; a case has these or `sample`."
    )
    sample: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        default=None, description="How many rows of the canary, evenly spread."
    )
    given: dict[Line, Cell] = Field(default={}, description="Cells that are set in all of the rows.")
    then: dict[Line, Cell] = Field(
        default={}, description="Cells that are changed; the answers before and after are compared."
    )
    expect: ExpectForm = Field(description="What the answers must be like.")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if bool(self.rows) == (self.sample is not None):
            raise ValueError("a case needs either rows or sample")
        if self.expect.compares and not self.then:
            raise ValueError(
                "direction, within and same_class compare with the answers before `then`, which is missing"
            )
        return self


class RejectForm(Form):
    """A request that the endpoint must refuse."""

    body: Annotated[str, StringConstraints(max_length=100_000)] = Field(description="Sent as it stands.")
    content_type: Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\r\n]*$")] = Field(
        default="", description="That of the contract unless another is written."
    )


class SuiteForm(Form):
    """A whole suite."""

    suite: Line = Field(description="Its name, shown under the evidence.")
    contract: ContractForm = Field(default=ContractForm(), description="How the endpoint is asked and answers.")
    payload: Annotated[tuple[Row, ...], Field(max_length=100)] = Field(
        default=(), description="CSV rows that are asked first. Without them, the canary is what is asked."
    )
    canary: CanaryForm | None = Field(default=None, description="A labelled table.")
    golden: GoldenForm | None = Field(
        default=None, description="A table with answers that were recorded once; without it, the model package's."
    )
    load: LoadForm = Field(default=LoadForm(), description="What latency and the error rate are measured on.")
    prod: ProdForm = Field(
        default=ProdForm(),
        description="How gently prod is asked, where a rule compares with it, and where it is tested itself.",
    )
    budget: BudgetForm = Field(default=BudgetForm(), description="What a run may use.")
    block: Annotated[tuple[str, ...], Field(max_length=50)] = Field(
        default=(), description="Rules that withhold Approve when they fail."
    )
    warn: Annotated[tuple[str, ...], Field(max_length=50)] = Field(
        default=(), description="Rules that are shown beside it when they fail."
    )
    cases: Annotated[tuple[CaseForm, ...], Field(max_length=50)] = Field(
        default=(), description="What somebody who knows the domain expects. Every case blocks."
    )
    reject: Annotated[dict[Word, RejectForm], Field(max_length=20)] = Field(
        default={}, description="Requests that must be answered 4xx, by name."
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        threshold = self.canary is not None and "threshold" in self.canary.model_fields_set
        wrong = {
            "a suite needs payload or canary: rows to ask for": not self.payload and self.canary is None,
            f"canary.threshold is for the kind {PROBABILITY}": threshold and self.contract.reply.kind != PROBABILITY,
        }
        for reason, holds in wrong.items():
            if holds:
                raise ValueError(reason)
        return self
