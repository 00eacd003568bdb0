"""The part of a suite that says how an endpoint is asked and what it answers."""

from typing import Annotated, Literal, Self, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from services.release.record import Task
from services.smoke.rows import label_of

Line = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\r\n]+$")]


def _place(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Keys = Annotated[
    str,
    BeforeValidator(_place),
    StringConstraints(max_length=200, pattern=r"^([^.\r\n]+(\.[^.\r\n]+)*)?$"),
]
"""Keys of nested JSON objects and places in lists, with dots between them."""


def _in_order(interval: tuple[float, float]) -> tuple[float, float]:
    if interval[0] >= interval[1]:
        raise ValueError(f"[{interval[0]:g}, {interval[1]:g}] is empty: write the lower end first")
    return interval


Interval = Annotated[tuple[float, float], AfterValidator(_in_order)]


def _class(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("write it in quotes: YAML reads yes, no, on and off as true and false")  # noqa: TRY004 - pydantic's
    return label_of(value) if isinstance(value, str | int | float) else value


Class = Annotated[str, BeforeValidator(_class), StringConstraints(min_length=1, max_length=200)]
"""The name of a class; a number is a name too."""

PROBABILITY: Literal["probability"] = "probability"
NUMBER: Literal["number"] = "number"
CLASS: Literal["class"] = "class"
SCORES: Literal["scores"] = "scores"
CLASS_AND_PROBABILITY: Literal["class_and_probability"] = "class_and_probability"
Kind: TypeAlias = Literal["probability", "number", "class", "scores", "class_and_probability"]
CLASSIFYING = (CLASS, SCORES, CLASS_AND_PROBABILITY)
"""The kinds that tell one of several classes."""


class Form(BaseModel):
    """A mapping of which every key is known."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class RequestForm(Form):
    """How the CSV rows of a suite are written as JSON: numbers as numbers, empty cells as null, all else as text."""

    row: Literal["list", "object", "features", "value"] = Field(
        default="list",
        description="How one row is written: `list` (`[3, 22.5]`), `object` (a key for each of `columns`), `features` "
        "(the list under that key, as the built-in algorithms want it) or `value` (its only cell).",
    )
    key: Annotated[str, StringConstraints(max_length=200)] = Field(
        default="instances",
        description='The key under which the list of rows stands in `application/json`; `""` sends the bare list.',
    )


class ReplyForm(Form):
    """What a reply holds for every row sent."""

    kind: Kind = Field(
        default=PROBABILITY,
        description="What one row gets: `probability` (that of the class 1; the other is 0), `number` (a regression), "
        "`class` (its name), `scores` (a probability for each of `classes`) or `class_and_probability` (both, in this "
        "order in CSV).",
    )
    per_row: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=1, description="How many numbers a row gets, of the kinds `probability` and `number`."
    )
    range: Interval | None = Field(
        default=None, description="The range of every number. A probability's is `[0, 1]` unless another is written."
    )
    classes: tuple[Class, ...] = Field(
        default=(),
        description="The names of the classes; for `scores` in the order of the probabilities. "
        "Elsewhere, when it is not set, every name is taken.",
    )
    path: Keys = Field(
        default="",
        description="Where the list of answers stands in `application/json`: `outputs.scores`. When it is not set, the "
        "reply is the list itself, or has it under `predictions`.",
    )
    score: Keys = Field(
        default="",
        description="Where the number stands in an answer that is a JSON object, or a list: `1` is the second of two. "
        "When it is not set: the first of `score`, `scores`, `probability`, `probabilities`.",
    )
    label: Keys = Field(
        default="",
        description="Where the class stands in an answer that is a JSON object. When it is not set: the first of "
        "`predicted_label`, `label`, `class`.",
    )

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The range that holds for every number."""
        return self.range or (None if self.kind in {NUMBER, CLASS} else (0.0, 1.0))

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        several, named = self.kind in CLASSIFYING, self.kind in {CLASS, CLASS_AND_PROBABILITY}
        wrong = {
            f"per_row is for numbers, not for the kind {self.kind}": several and self.per_row != 1,
            f"classes are not for the kind {self.kind}": bool(self.classes) and not several,
            "classes has a name twice": len(set(self.classes)) != len(self.classes),
            "the kind scores needs two classes or more": self.kind == SCORES and len(self.classes) <= 1,
            "the kind class has no numbers: no range, no score": self.kind == CLASS and bool(self.range or self.score),
            f"label is not for the kind {self.kind}": bool(self.label) and not named,
        }
        for reason, holds in wrong.items():
            if holds:
                raise ValueError(reason)
        return self


CSV: Literal["text/csv"] = "text/csv"
JSON: Literal["application/json"] = "application/json"
JSON_LINES: Literal["application/jsonlines"] = "application/jsonlines"
ContentType: TypeAlias = Literal["text/csv", "application/json", "application/jsonlines"]


class ContractForm(Form):
    """How the endpoint is asked and what it answers."""

    content_type: ContentType = Field(
        default=CSV, description="The form of a request. CSV goes without a header; JSON is made of the same rows."
    )
    accept: ContentType = Field(
        default_factory=lambda before: before["content_type"],
        description="The form of a reply; that of the request unless another is written.",
    )
    columns: tuple[Line, ...] = Field(
        default=(),
        description="The columns of the data files that are sent, in this order; all but the label when it is not set.",
    )
    request: RequestForm = Field(default=RequestForm(), description="How rows are written in a JSON request.")
    reply: ReplyForm = Field(default=ReplyForm(), description="What a reply holds.")

    @property
    def classifies(self) -> bool:
        """Say whether the model tells one of several classes, which labels and recorded answers then name."""
        return self.reply.kind in CLASSIFYING

    @property
    def task(self) -> Task:
        """What the model answers."""
        if self.classifies:
            return Task.MULTICLASS
        return Task.REGRESSION if self.reply.kind == NUMBER else Task.BINARY

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        named, only_lines = bool(self.reply.score or self.reply.label), self.content_type == JSON_LINES
        written = self.request != RequestForm()
        wrong = {
            "request is for JSON: text/csv has one form only": written and self.content_type == CSV,
            "key is for application/json: in application/jsonlines each row is a line": only_lines
            and self.request.key != RequestForm().key,
            "row: object needs columns, which name its keys": self.request.row == "object" and not self.columns,
            "row: value takes one column": self.request.row == "value" and len(self.columns) > 1,
            "path is for replies in application/json": bool(self.reply.path) and self.accept != JSON,
            "score and label name parts of JSON: a CSV reply has none": named and self.accept == CSV,
        }
        for reason, holds in wrong.items():
            if holds:
                raise ValueError(reason)
        return self
