"""ModelQuality statistics: the JSON that a training pipeline registers beside a model package, in S3.

Its form, as SageMaker Model Monitor and the pipelines of many public repositories write it:
`{"binary_classification_metrics": {"auc": {"value": 0.812, "standard_deviation": "NaN"}}}`.
"""

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from services.ports import SaidNo

LARGEST = 1_000_000
"""Bytes of a statistics file that are read; real ones have a few thousand."""


def metrics_of(data: bytes, uri: str) -> Mapping[str, float]:
    """Return the numbers of a statistics file by metric; what is no finite number is left out.

    Raises:
        SaidNo: the file is no statistics.
    """
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise SaidNo(f"the statistics at {uri} are no JSON") from None
    if not isinstance(document, dict) or not any(key.endswith("_metrics") for key in document):
        raise SaidNo(f"the statistics at {uri} have no metrics")
    return dict(_numbers(document))


def _numbers(document: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for key, metrics in document.items():
        if key.endswith("_metrics") and isinstance(metrics, dict):
            for name, metric in metrics.items():
                value = metric.get("value") if isinstance(metric, dict) else None
                if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
                    yield name, float(value)
