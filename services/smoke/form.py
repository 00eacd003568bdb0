"""The YAML form of a suite, as pydantic sees it. What is not named here is refused."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\r\n]+$")]
Row = Annotated[str, StringConstraints(min_length=1, max_length=4000, pattern=r"^[^\r\n]+$")]
"""One CSV row, without its line end."""
Interval = tuple[float, float]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class ReplyForm(_Form):
    """What a reply holds: `per_row` numbers for every row sent, within `range` where one is given."""

    kind: Literal["probability", "number"] = "probability"
    per_row: Annotated[int, Field(ge=1, le=1000)] = 1
    range: Interval | None = None

    @property
    def bounds(self) -> Interval | None:
        """The range that holds: a probability's is [0, 1] unless another is written."""
        return self.range or ((0.0, 1.0) if self.kind == "probability" else None)


class ContractForm(_Form):
    """How the endpoint is asked and what it answers. Only CSV without a header is spoken."""

    content_type: Literal["text/csv"] = "text/csv"
    accept: Literal["text/csv"] = "text/csv"
    columns: tuple[Line, ...] = ()
    reply: ReplyForm = ReplyForm()


class CanaryForm(_Form):
    """A labelled table: its file, the column with the true answer (0 or 1), the score that counts as 1."""

    data: Line
    label: Line
    threshold: float = 0.5


class GoldenForm(_Form):
    """A table of rows with the answers that were recorded for them."""

    data: Line
    answer: Line


class LoadForm(_Form):
    """How many single-row requests are sent.

    `warmup` first and unmeasured; then a third of `requests`, at least 20, one at a time for latency; then the
    others, `concurrency` at once. The error rate is that of all `requests`.
    """

    requests: Annotated[int, Field(ge=20, le=10_000)] = 60
    concurrency: Annotated[int, Field(ge=1, le=32)] = 4
    warmup: Annotated[int, Field(ge=0, le=100)] = 3


class BudgetForm(_Form):
    """What a run may use at most; what is not asked within it is told as undecided."""

    seconds: Annotated[float, Field(gt=0, le=60)] = 20.0
    requests: Annotated[int, Field(ge=1, le=20_000)] = 1000


class ExpectForm(_Form):
    """What every answer of a case must satisfy: within `range`, strictly `below`, strictly `above`; at least one."""

    range: Interval | None = None
    below: float | None = None
    above: float | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.range is None and self.below is None and self.above is None:
            raise ValueError("expect needs range, below or above")
        return self


class CaseForm(_Form):
    """Rows whose answers somebody who knows the domain has written down by hand."""

    name: Line
    rows: Annotated[tuple[Row, ...], Field(min_length=1, max_length=100)]
    expect: ExpectForm


class RejectForm(_Form):
    """A request that the endpoint must refuse."""

    body: Annotated[str, StringConstraints(max_length=100_000)]
    content_type: Line = "text/csv"


class SuiteForm(_Form):
    """A whole suite. `block` rules withhold Approve when they fail; `warn` rules are shown."""

    suite: Line
    contract: ContractForm = ContractForm()
    payload: Annotated[tuple[Row, ...], Field(min_length=1, max_length=100)] = (
        "3,0,22,1,0,7.25,2",
        "1,1,38,1,0,71.2833,0",
    )
    canary: CanaryForm | None = None
    golden: GoldenForm | None = None
    load: LoadForm = LoadForm()
    budget: BudgetForm = BudgetForm()
    block: Annotated[tuple[str, ...], Field(max_length=50)] = ()
    warn: Annotated[tuple[str, ...], Field(max_length=50)] = ()
    cases: Annotated[tuple[CaseForm, ...], Field(max_length=50)] = ()
    reject: Annotated[dict[Word, RejectForm], Field(max_length=20)] = {}

    @model_validator(mode="after")
    def _affords_its_load(self) -> Self:
        wanted = self.load.warmup + self.load.requests
        if wanted > self.budget.requests:
            raise ValueError(f"load asks for {wanted} requests, budget allows {self.budget.requests}")
        return self
