"""The YAML form of a suite, as pydantic sees it. What is not named here is refused."""

from collections.abc import Iterator
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


class ProdForm(_Form):
    """How prod is asked, where a rule compares with it: the data once, and some of the load.

    `requests` of the timed load at most, `per_second` at most: prod has other things to do.
    """

    requests: Annotated[int, Field(ge=20, le=200)] = 30
    per_second: Annotated[float, Field(gt=0, le=1000)] = 10.0


class ExpectForm(_Form):
    """What the answers of a case must satisfy; at least one.

    Each answer: within `range`, strictly `below`, strictly `above`. Of a case that changes its rows, each answer
    held against the one before the change: in that `direction`, or at most `within` apart. `violations` is the share
    of rows that may do otherwise.
    """

    range: Interval | None = None
    below: float | None = None
    above: float | None = None
    direction: Literal[">=", "<=", ">", "<"] | None = None
    within: Annotated[float, Field(ge=0)] | None = None
    violations: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,2}(\.[0-9]+)?%$")] = "0%"

    @property
    def compares(self) -> bool:
        """Say whether an answer is held against the one before a change."""
        return self.direction is not None or self.within is not None

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
        if self.range is None and self.below is None and self.above is None and not self.compares:
            raise ValueError("expect needs range, below, above, direction or within")
        return self


Cell = int | float | Line
"""A new value of a column; `* 1.1`, `/ 2`, `+ 1` or `- 1` change the value that is there."""


class CaseForm(_Form):
    """Rows of which somebody who knows the domain has written down what the answers must be like.

    The rows are written out, or `sample` rows of the canary, evenly spread. `given` sets cells of all of them; `then`
    changes cells, and the answers are compared.
    """

    name: Line
    rows: Annotated[tuple[Row, ...], Field(max_length=100)] = ()
    sample: Annotated[int, Field(ge=1, le=1000)] | None = None
    given: dict[Line, Cell] = {}
    then: dict[Line, Cell] = {}
    expect: ExpectForm

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if bool(self.rows) == (self.sample is not None):
            raise ValueError("a case needs either rows or sample")
        if self.expect.compares and not self.then:
            raise ValueError("direction and within compare with the answers before `then`, which is missing")
        return self


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
    prod: ProdForm = ProdForm()
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
