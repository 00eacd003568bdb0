"""What training registered of a model package's quality: two JSON files in S3, in the form of SageMaker Model Monitor.

Statistics: `{"binary_classification_metrics": {"auc": {"value": 0.812, "standard_deviation": "NaN"}}}`. Constraints:
`{"version": 0.0, "binary_classification_constraints": {"auc": {"threshold": 0.75, "comparison_operator":
"LessThanThreshold"}}}`: violated when the metric is less than the threshold. Both also with
`multiclass_classification_` and `regression_` (source: Model Monitor's guide on model quality statistics and
constraints).
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from services.ports import Objects, SaidNo

LARGEST = 1_000_000
"""Bytes of a file that are read; real ones have a few thousand."""
MOST = 100
"""Metrics, or constraints, of one file; they are kept with every release and shown. Model Monitor writes about 20."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,79}")
_VIOLATED = {"LessThanThreshold": True, "GreaterThanThreshold": False}
"""comparison_operator: the metric violates its constraint when it is ... -> the threshold is the least allowed."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """A bound that travels with a model package: the least that a metric may be, else (`least` is False) the most."""

    metric: str
    threshold: float
    least: bool


def metrics_at(objects: Objects, uri: str) -> Mapping[str, float]:
    """Read statistics from S3 and return their numbers by metric.

    What is no finite number, as the points of a curve, is left out, and so is what has no plain name.

    Raises:
        SaidNo: there is no such file, it is no statistics, or it has more than 100 numbers.
        Unavailable
    """
    document = _document(objects.get(uri, LARGEST), f"the statistics at {uri}", "_metrics")
    found = {name: _finite(_structure(metric).get("value")) for name, metric in document.items()}
    numbers = {name: value for name, value in found.items() if value is not None and _NAME.fullmatch(name)}
    if len(numbers) > MOST:
        raise SaidNo(f"the statistics at {uri} have {len(numbers)} metrics, more than {MOST}")
    return numbers


def constraints_at(objects: Objects, uri: str) -> tuple[Constraint, ...]:
    """Read constraints from S3.

    Raises:
        SaidNo: there is no such file, it has no constraints or more than 100, or one of them cannot be understood: a
            bound that somebody set is not passed over.
        Unavailable
    """
    named = f"the constraints at {uri}"
    document = _document(objects.get(uri, LARGEST), named, "_constraints")
    if len(document) > MOST:
        raise SaidNo(f"{named} are {len(document)}, more than {MOST}")
    return tuple(_constraint(metric, wire, named) for metric, wire in sorted(document.items()))


def _constraint(metric: str, wire: object, named: str) -> Constraint:
    if not _NAME.fullmatch(metric):
        raise SaidNo(f"{named} name a metric {metric[:40]!r}")
    threshold = _finite(_structure(wire).get("threshold"))
    operator = str(_structure(wire).get("comparison_operator"))
    if threshold is None:
        raise SaidNo(f"{named} have no number as the threshold of {metric}")
    if operator not in _VIOLATED:
        raise SaidNo(f"{named} have an unknown comparison_operator for {metric}: {operator[:100]!r}")
    return Constraint(metric, threshold, _VIOLATED[operator])


def _document(data: bytes, named: str, suffix: str) -> dict[str, object]:
    """Return the members of all parts whose key ends in `suffix`."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise SaidNo(f"{named} are no JSON") from None
    parts = list(_parts(document, suffix))
    if not parts:
        raise SaidNo(f"{named} have no part that ends in {suffix}")
    return {name: member for part in parts for name, member in part.items()}


def _parts(document: object, suffix: str) -> Iterator[dict[str, object]]:
    for key, part in _structure(document).items():
        if key.endswith(suffix) and isinstance(part, dict):
            yield part


def _structure(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _finite(value: object) -> float | None:
    """Return a JSON number; an integer may be too large for a float."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
