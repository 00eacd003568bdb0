"""The suites of the guide to other models, over boto3, on servers that speak JSON: the documented lines really run."""

import json
import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import boto3
import pytest
from fakes.local_aws import CREDENTIALS
from fakes.predicting import TickingClock
from typing_extensions import override

from services import smoke
from services.adapters.invoker_boto3 import ONCE, Boto3Invoker
from services.release.model import Evidence, Verdict

pytestmark = pytest.mark.contract
GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "test-other-models.md"
SUITES = re.findall(r"^```yaml\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
FORM = "application/json"

Predict = Callable[[Any], Any]
"""A row of a request -> what the container says of it."""

CENTRES = {"setosa": (1.5, 0.25), "versicolor": (4.3, 1.3), "virginica": (5.6, 2.0)}
FLOWERS = "".join(
    f"{5 + n / 10},{3 + n / 20},{length + n / 50},{width + n / 90},{name}\n"
    for name, (length, width) in CENTRES.items()
    for n in range(12)
)
HOUSES = "".join(f"{n % 5 + 1},{40 + 5 * n},{'north' if n % 2 else ''},{100_000 + 20_000 * n}\n" for n in range(30))


def species(row: dict[str, Any]) -> list[float]:
    """Answer as a softmax over the distances to three centres."""
    at = row["petal_length"] or 3.8, row["petal_width"] or 1.2
    near = [math.exp(-3 * math.dist(at, centre)) for centre in CENTRES.values()]
    return [each / sum(near) for each in near]


def price(row: list[Any]) -> float:
    return 100_000 + 4_000 * ((row[1] or 100) - 40)


@contextmanager
def served(**endpoints: Predict) -> Iterator[Boto3Invoker]:
    """Serve models at the runtime's address, as a container behind SageMaker does: JSON in, JSON out."""

    class Runtime(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one segment for the whole answer

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers["Content-Type"] != FORM or self.headers["Accept"] != FORM:
                self._answer(424, {"OriginalStatusCode": 415, "OriginalMessage": "JSON only", "Message": "refused"})
                return
            predict = endpoints[self.path.split("/")[2]]
            self._answer(200, {"predictions": [predict(row) for row in json.loads(body)["instances"]]})

        def _answer(self, status: int, document: object) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            if status != 200:
                self.send_header("x-amzn-errortype", "ModelError")
            self.end_headers()
            self.wfile.write(body)

        @override
        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Runtime)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}"
        yield Boto3Invoker(boto3.client("sagemaker-runtime", "eu-west-1", endpoint_url=url, config=ONCE, **_keys()))
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _keys() -> dict[str, str]:
    return {name.lower(): value for name, value in CREDENTIALS.items()}


IRIS = (SUITES[0], f"sepal_length,sepal_width,petal_length,petal_width,species\n{FLOWERS}")
PRICES = (SUITES[1], f"rooms,surface,district,price\n{HOUSES}")


def judged(folder: Path, suite: tuple[str, str], invoker: Boto3Invoker) -> Evidence:
    text, table = suite
    (folder / "canary.csv").write_text(table)
    (folder / "suite.yaml").write_text(text + "prod: {requests: 20, per_second: 1000}\n")
    registry = {"f1_macro": 1.0, "rmse": 1.0}
    subject = smoke.Subject(invoker, "staging", "config", smoke.Background("prod", registry))
    return smoke.run(smoke.load(folder / "suite.yaml"), subject, TickingClock())


def blocked(evidence: Evidence) -> set[str]:
    fine = {Verdict.PASSED, Verdict.SKIPPED}
    return {check.name for check in evidence.checks if check.verdict not in fine}


@pytest.mark.parametrize(
    ("suite", "model", "skipped"),
    [(IRIS, species, {"golden.differ"}), (PRICES, price, set())],
    ids=["several classes", "regression"],
)
def test_a_good_model_passes(tmp_path: Path, suite: tuple[str, str], model: Predict, skipped: set[str]) -> None:
    with served(staging=model, prod=model) as invoker:
        evidence = judged(tmp_path, suite, invoker)
    assert blocked(evidence) == set()
    assert {check.name for check in evidence.checks if check.verdict is Verdict.SKIPPED} == skipped
    assert evidence.verdict is Verdict.PASSED


@pytest.mark.parametrize(
    ("suite", "bad", "good", "seen"),
    [
        (IRIS, lambda row: species(row)[::-1], species, {"accuracy", "flipped", "the smallest petals"}),
        (IRIS, lambda row: species(row)[:2], species, {"reply.outside", "f1.macro", "missing.lost"}),
        (PRICES, lambda row: price(row) / 1000, price, {"reply.outside", "rmse", "r2", "rmse.high"}),
        (PRICES, lambda row: 2e5 - price(row) / 9, price, {"more surface costs no less", "mean_shift"}),
    ],
)
def test_a_bad_model_does_not(
    tmp_path: Path, suite: tuple[str, str], bad: Predict, good: Predict, seen: set[str]
) -> None:
    with served(staging=bad, prod=good) as invoker:
        evidence = judged(tmp_path, suite, invoker)
    assert seen <= blocked(evidence)
    assert evidence.verdict is Verdict.FAILED


def test_what_is_asked_in_another_form_is_a_refusal_in_words(tmp_path: Path) -> None:
    with served(staging=price, prod=price) as invoker:
        evidence = judged(tmp_path, (PRICES[0].replace(FORM, "application/jsonlines"), PRICES[1]), invoker)
    assert evidence.verdict is Verdict.FAILED
    assert "HTTP 415: JSON only" in {check.seen for check in evidence.checks}
