"""The page on the language of smoke suites: its keys from the form, its measurements from the code that takes them."""

from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin

from annotated_types import Ge, Gt, Le
from markdown_pages import code, page, table
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from services.smoke.contract import CLASSIFYING
from services.smoke.form import SuiteForm
from services.smoke.metrics import METRICS, PROD, REGISTRY, SENT, Metric
from services.smoke.readings import Unit
from services.smoke.rules import StatusClass

_UNITS = {
    Unit.COUNT: "a count: `0`",
    Unit.SCORE: "a number: `0.75`",
    Unit.SHARE: "a share: `30%`, `0.3`",
    Unit.TIME: "a time: `50ms`, `0.2s`",
    Unit.STATUS: f"a class of status: `{StatusClass(4).text}`",
}
_REFERENCES = {
    SENT: "the number of rows sent",
    PROD: "the same, measured of prod in the same run",
    REGISTRY: "what training registered of the version",
}
_EXAMPLES = {
    PROD: "2 x prod",
    REGISTRY: "registry - 0.01",
    SENT: "sent",
}


def smoke_suites(words: Mapping[str, str]) -> str:
    """Render the page; `words` has a sentence for every measurement but the ends of intervals."""
    return page(
        "The language of smoke suites",
        "What a suite may say; [how to write one](../how-to/write-a-smoke-suite.md) says what to say. A key that is "
        "not listed here, a rule that cannot be read, a measurement that does not fit the kind of reply and a file "
        "that cannot be read are refused when the suite is loaded, with file, line and reason.",
        "## Keys",
        "Dots stand for nesting, `[]` for a list, `<name>` for a name of your own.",
        table(("Key", "Default", "What it is"), _keys(SuiteForm, "")),
        "A cell of `given` and `then` is a new value, or `*`, `/`, `+` or `-`, a space and a number, which changes the "
        'value that is there; an empty cell stays empty. A class is named as text: `2`, `2.0` and `"2"` are one.',
        "## Rules",
        "One line each: a measurement, one of `==`, `!=`, `<`, `<=`, `>`, `>=`, and a bound. The bound is a number "
        "with its unit, or a reference with a factor before it or a distance after it.",
        table(
            ("Reference", "What it is", "As in"),
            ((code(name), what, code(_EXAMPLES[name])) for name, what in _REFERENCES.items()),
        ),
        "What is in `reject` must be answered 4xx, and blocks if it is not, unless a rule of your own speaks of it. "
        "Every case blocks. A rule whose reference is not there, such as prod at the first release, is skipped.",
        "## Measurements",
        "*Kinds* are those of `contract.reply.kind`, *classes* are `class`, `scores` and `class_and_probability`. "
        "Where some are named, `per_row` must be 1.",
        table(("Measurement", "What it is", "Kinds", "Needs", "Written with", "Compared with"), _measurements(words)),
        "## Intervals",
        "Of every measurement of the canary there is an end of an interval too, which is compared with `prod` only: "
        "prod's value plus the worse end of the 95 % interval of the difference to it, from a paired bootstrap on the "
        "canary's rows. `auc.low >= prod - 0.06` says that the AUC is not worse by more than 0.06, whatever the luck "
        "of the rows; of an error, `rmse.high <= prod + 2`.",
        table(("Measurement", "Its end"), _ends()),
        "## Names in the registry",
        "A measurement is compared with `registry` under these names of the package's ModelQuality statistics, the "
        "first that is there:",
        table(("Measurement", "In the statistics"), _registered()),
    )


def _keys(form: type[BaseModel], prefix: str) -> Iterator[tuple[str, str, str]]:
    for name, field in form.model_fields.items():
        key, inner = f"{prefix}{field.alias or name}", _inner(field.annotation)
        what = " ".join(part for part in (field.description or "", _limits(field)) if part)
        if inner is None:
            yield code(key), _default(field), what
            continue
        nested, suffix = inner
        yield code(key), "needed" if field.is_required() else "", what
        yield from _keys(nested, f"{key}{suffix}.")


def _inner(annotation: Any) -> tuple[type[BaseModel], str] | None:
    """Return the form within an annotation, and what stands between its key and its own keys."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, ""
    for part in get_args(annotation):
        found = _inner(part)
        if found is not None:
            origin = get_origin(annotation)
            return found[0], ("[]" if origin is tuple else ".<name>" if origin is dict else "") + found[1]
    return None


def _limits(field: FieldInfo) -> str:
    """Say from where to where a number may be, of those that have both ends."""
    least = [each.ge for each in field.metadata if isinstance(each, Ge)]
    over = [each.gt for each in field.metadata if isinstance(each, Gt)]
    most = [each.le for each in field.metadata if isinstance(each, Le)]
    if not most:
        return ""
    return f"More than {over[0]}, at most {most[0]}." if over else f"{least[0]} to {most[0]}."


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    value = field.default
    if value is PydanticUndefined:
        return "as `content_type`"
    return "not set" if value in (None, (), {}, "") else code(str(value))


def _measurements(words: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    for name, metric in METRICS.items():
        if not metric.of:
            needs = [code(metric.needs)] * bool(metric.needs) + ["`range`"] * metric.bounded
            against = ", ".join(map(code, metric.against)) or ("is about prod" if metric.beside_prod else "")
            yield code(name), words[name], _kinds(metric), ", ".join(needs), _UNITS[metric.unit], against
    status = _UNITS[Unit.STATUS]
    yield "`reject.<name>`", "Status of the answer to that request of `reject`.", "all", "`reject`", status, ""


def _kinds(metric: Metric) -> str:
    """Write all that tell one of several classes as one."""
    if not metric.kinds:
        return "all"
    classifying = set(CLASSIFYING) <= set(metric.kinds)
    kinds = [code(kind) for kind in metric.kinds if not (classifying and kind in CLASSIFYING)]
    return ", ".join(kinds + ["classes"] * classifying)


def _ends() -> Iterator[tuple[str, str]]:
    return ((code(metric.of), code(name)) for name, metric in METRICS.items() if metric.of)


def _registered() -> Iterator[tuple[str, str]]:
    for name, metric in METRICS.items():
        if metric.registered:
            yield code(name), ", ".join(map(code, metric.registered))
