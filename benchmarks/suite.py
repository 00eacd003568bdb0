"""What a run of the Titanic suite costs: seconds, requests and memory, against the same requests sent by boto3 alone.

    python -m benchmarks.suite [--turns 5]

Each subject runs in a process of its own, in turn, on one local AWS, so that a noisy moment is noisy for all.
  bare          a plain boto3 client sends what the suite sent beside prod, one request after the other, and judges none
  alone         the suite, without a prod to compare with
  beside prod   the suite, comparing with prod; waiting for prod's turn is part of it
  picture       the picture of that run's record; the library that draws it is loaded for the first one
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import boto3

from benchmarks.titanic import ROOT, SUITE, Titanic, run_suite, titanic
from handlers.picture import draw
from sandbox.aws.seed import REGION
from services import smoke
from services.adapters.invoker_boto3 import ONCE
from services.adapters.redis_documents import from_text, to_text
from services.adapters.sagemaker_boto3 import AwsRegions
from services.ports import Invoker, Reply
from services.release.record import EvidenceRecord
from services.smoke import SmokeSuite

STAGING, PROD = "titanic-staging", "titanic-prod"
SENT, RECORD = "sent.json", "record.json"


@dataclass(frozen=True, slots=True)
class Figures:
    """One subject's turn: wall-clock and processor seconds, requests, megabytes of resident memory."""

    seconds: float
    cpu: float
    requests: int
    before: float
    after: float
    peak: float


@dataclass(slots=True)
class Listening:
    """An Invoker that keeps what it is asked to send."""

    invoker: Invoker
    sent: list[tuple[str, str, str, str]] = field(default_factory=list)

    def invoke(self, endpoint: str, body: str, content_type: str, accept: str) -> Reply:
        """Send one request."""
        self.sent.append((endpoint, body, content_type, accept))
        return self.invoker.invoke(endpoint, body, content_type, accept)


def memory(key: str) -> float:
    """Return the megabytes of memory that this process holds (VmRSS) or held at most (VmHWM), as Linux tells.

    Not ru_maxrss of getrusage: that begins with the memory of whoever started the process.
    """
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) / 1024
    raise KeyError(key)


def measured(work: Callable[[], int]) -> Figures:
    """Do the work, which returns how many requests it sent, and note what it took."""
    before, begun, cpu = memory("VmRSS"), time.perf_counter(), time.process_time()
    requests = work()
    seconds, spent = time.perf_counter() - begun, time.process_time() - cpu
    return Figures(seconds, spent, requests, before, memory("VmRSS"), memory("VmHWM"))


def bare(sent: Path) -> Callable[[], int]:
    """Prepare to send the requests of a file with boto3 and nothing else."""
    requests = json.loads(sent.read_text(encoding="utf-8"))
    client = boto3.client("sagemaker-runtime", region_name=REGION, config=ONCE)

    def work() -> int:
        for endpoint, body, content_type, accept in requests:
            try:
                answer = client.invoke_endpoint(
                    EndpointName=endpoint, Body=body.encode(), ContentType=content_type, Accept=accept
                )
                answer["Body"].read()
            except client.exceptions.ModelError:
                continue
        return len(requests)

    return work


def run_of(suite: SmokeSuite, prod: str | smoke.Missing, package: str) -> Callable[[], int]:
    """Prepare a run of the suite."""
    aws = AwsRegions(None).in_region(REGION)
    return lambda: run_suite(suite, aws, STAGING, package, prod).evidence.requests_sent


def drawing_of(record: Path) -> Callable[[], int]:
    """Prepare to draw the picture of a record; it asks nobody."""
    found = from_text(EvidenceRecord, record.read_text(encoding="utf-8"))

    def work() -> int:
        draw(found)
        return 0

    return work


def child(subject: str, package: str, folder: Path) -> list[Figures]:
    """Measure one subject in this process; the picture twice."""
    match subject:
        case "bare":
            return [measured(bare(folder / SENT))]
        case "picture":
            work = drawing_of(folder / RECORD)
            return [measured(work), measured(work)]
        case _:
            prod = PROD if subject == "beside prod" else smoke.NO_PROD
            return [measured(run_of(smoke.load(SUITE), prod, package))]


SUBJECTS: Mapping[str, tuple[str, ...]] = {
    "bare": ("bare",),
    "alone": ("alone",),
    "beside prod": ("beside prod",),
    "picture": ("first picture", "next picture"),
}
"""What runs in one process, and the rows that it fills."""


def turn(package: str, folder: Path) -> dict[str, Figures]:
    """Measure every subject once, each in a fresh process."""
    found: dict[str, Figures] = {}
    for subject, names in SUBJECTS.items():
        command = [sys.executable, "-m", "benchmarks.suite", "--child", subject, package, str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
        found |= zip(names, [Figures(**figures) for figures in json.loads(done.stdout)], strict=True)
    return found


def prepare(world: Titanic, package: str, folder: Path) -> None:
    """Run the suite once beside prod, and write down what it sent and its record."""
    listening = Listening(world.aws.invoker)
    record = run_suite(smoke.load(SUITE), replace(world.aws, invoker=listening), STAGING, package, PROD)
    (folder / SENT).write_text(json.dumps(listening.sent), encoding="utf-8")
    (folder / RECORD).write_text(to_text(record), encoding="utf-8")


def table(turns: Sequence[Mapping[str, Figures]]) -> str:
    """Write medians over the turns; ratios are of the same turn, and their median is shown."""
    lines = [
        "| | Requests | Seconds | Processor | Against bare | Memory before | after | peak |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name in turns[0]:
        own = [each[name] for each in turns]
        mid = {key: statistics.median(asdict(each)[key] for each in own) for key in asdict(own[0])}
        ratio = statistics.median(each[name].seconds / each["bare"].seconds for each in turns)
        held = " | ".join(f"{mid[key]:.1f} MB" for key in ("before", "after", "peak"))
        lines.append(
            f"| {name} | {mid['requests']:.0f} | {mid['seconds']:.2f} s | {mid['cpu']:.2f} s | {ratio:.2f}x | {held} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=5, help="turns of each subject")
    parser.add_argument("--child", nargs=3, metavar=("SUBJECT", "PACKAGE", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        subject, package, folder = options.child
        print(json.dumps([asdict(figures) for figures in child(subject, package, Path(folder))]))
        return
    with titanic() as world, tempfile.TemporaryDirectory() as folder:
        package = world.seeded.package_arns[1]
        for name in (PROD, STAGING):
            world.deploy(name, package)
        prepare(world, package, Path(folder))
        print(table([turn(package, Path(folder)) for _ in range(options.turns)]))


if __name__ == "__main__":
    main()
