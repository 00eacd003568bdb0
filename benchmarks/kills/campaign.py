"""One campaign: a world, its people, the kills of a seed, and the judgement of what is left."""

import json
import random
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import yaml

from benchmarks.kills.books import Books
from benchmarks.kills.oracle import BAD_VERSION, Findings, judged
from benchmarks.kills.people import ANA, CHANNEL, DIEGO, Crowd, Lane
from benchmarks.kills.scene import Ends, gathered
from benchmarks.kills.schedule import schedule
from benchmarks.kills.town import Struck, Town
from sandbox.world import REGION, ROOT, Recipe, World
from services.adapters.redis_connection import connect
from services.adapters.redis_store import RedisStore

_EXPIRING, _CLEANING, _TESTED = 0, 1, 2
_KINDS_OF_LANE = 7
_SETTLE_SECONDS = 240.0
_SUITES = ROOT / "sandbox" / "catalog" / "suites"
QUICK: dict[str, Any] = {
    "suite": "quick",
    "payload": ["3,0,22,1,0,7.25,2", "1,1,38,1,0,71.2833,0"],
    "load": {"requests": 20, "warmup": 0},
    "budget": {"seconds": 60},
    "block": ["reply.rows == sent", "error.rate == 0%"],
}
"""A suite that does not ask how fast an endpoint is."""
ENTRY = {
    "package_group": "titanic-survival",
    "account": "123456789012",
    "execution_role_arn": "arn:aws:iam::123456789012:role/sluice-sagemaker-execution",
    "channel": CHANNEL,
    "approvers": {"groups": ["S0MLAPPROVERS"]},
    "operators": {"users": ["U0DIEGO"], "groups": ["S0MLAPPROVERS"]},
}
"""What the catalog says of every model, beside its endpoints."""
_GATE = {"lifetime": "2m", "break_glass": {"users": [DIEGO]}}
"""For as long, what a suite stopped is left as it is: the glass may be broken. Nobody waits for more in the end."""
CALLED_OFF = "still at their gate in the end and called off"


@dataclass(frozen=True, slots=True)
class Campaign:
    """What is asked for.

    Attributes:
        seed: of the schedule, and of what people do.
        kills: how many.
        releases: it goes on until so many have begun, and all kills have struck.
        lanes: how many models, each with one release at a time.
        bots: how many bot processes.
        workers: how many worker processes.
        report: the file that is told what was killed when.
    """

    seed: int = 1
    kills: int = 200
    releases: int = 200
    lanes: int = 28
    bots: int = 2
    workers: int = 3
    report: Path = ROOT / "build" / "kills.jsonl"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done and what came of it."""

    struck: Sequence[Struck]
    findings: Findings
    ended_alone: Sequence[str]
    report: Path

    @property
    def aimed(self) -> int:
        """How many kills were meant for a certain request."""
        return sum(each.kill.moment is not None for each in self.struck)

    @property
    def in_time(self) -> int:
        """How many of them struck at it."""
        return sum(each.kill.moment is not None and each.in_time for each in self.struck)

    @property
    def median_in_flight(self) -> int:
        """How many releases were in flight at a kill."""
        return int(statistics.median(each.in_flight for each in self.struck)) if self.struck else 0

    def victims(self) -> dict[str, int]:
        """Return how often what was struck how, such as `worker KILL`."""
        return dict(sorted(Counter(f"{each.kill.victim.value} {each.kill.blow.value}" for each in self.struck).items()))


def run(campaign: Campaign) -> Outcome:
    """Kill, wait until everything has settled, judge, and write the report."""
    with _ended_in_order(), tempfile.TemporaryDirectory(prefix="sluice-kills-") as folder:
        models = [f"lane-{number:02}" for number in range(campaign.lanes)]
        catalog = _catalog(Path(folder), models)
        recipe = Recipe(scale_seconds=0.5, poll_seconds=0.5, workers=0, bots=0, catalog=catalog, sdk="boto3")
        with World(recipe) as world, Town(world, campaign.bots, campaign.workers) as town:
            world.people.wait_online(60)
            books = Books(world.redis_url)
            crowd = Crowd(town.hand, world.people, books, lambda: _enough(campaign, town, books))
            lanes = [threading.Thread(target=_lane(campaign, crowd, model).run, daemon=True) for model in models]
            for lane in lanes:
                lane.start()
            town.begin(schedule(campaign.seed, campaign.kills))
            while any(lane.is_alive() for lane in lanes):
                town.in_flight = books.in_flight()
                time.sleep(0.5)
            called_off = _settle(crowd)
            found = _judged(world, books, crowd)
            found.counts[CALLED_OFF] = len(called_off)
            outcome = Outcome(town.struck, found, town.ended_alone, campaign.report)
    _write(campaign, outcome)
    return outcome


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """Have SIGTERM and Ctrl-C end the campaign with all that it started; a second one does not cut that short."""
    heard = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def stop(number: int, _frame: object) -> None:
        for each in heard:
            signal.signal(each, lambda *_: None)
        sys.exit(128 + number)

    for number in heard:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, before in heard.items():
            signal.signal(number, before)


def _write(campaign: Campaign, outcome: Outcome) -> None:
    lines = [{"seed": campaign.seed, **each.as_json()} for each in outcome.struck]
    lines += [{"ended alone": each} for each in outcome.ended_alone]
    lines += [{"trouble": kind, "what": what} for kind, all_ in outcome.findings.wrong.items() for what in all_]
    campaign.report.parent.mkdir(parents=True, exist_ok=True)
    campaign.report.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")


def _lane(campaign: Campaign, crowd: Crowd, model: str) -> Lane:
    kind = int(model[-2:]) % _KINDS_OF_LANE
    chance = random.Random(f"{campaign.seed} {model}")
    if kind == _TESTED:
        return Lane(crowd, model, chance, (2,), fails=int(BAD_VERSION))
    return Lane(crowd, model, chance, decided=kind != _EXPIRING)


def _catalog(folder: Path, models: Sequence[str]) -> Path:
    """Write the catalog and its suites, none of which asks how fast an endpoint is: this machine has much to do."""
    special: dict[int, dict[str, object]] = {
        _EXPIRING: {"gate": {"lifetime": "3s"}},
        _CLEANING: {"staging": {"cleanup": "after_decision"}},
        _TESTED: {"suite": written(folder / "thorough.yaml", _thorough())},
    }
    quick = written(folder / "quick.yaml", QUICK)
    entries = {
        name: {
            **ENTRY,
            "suite": quick,
            "gate": _GATE,
            "staging_endpoint": f"{name}-staging",
            "prod_endpoint": f"{name}-prod",
            **special.get(number % _KINDS_OF_LANE, {}),
        }
        for number, name in enumerate(models)
    }
    return Path(written(folder / "catalog.yaml", {"models": entries}))


def _thorough() -> dict[str, object]:
    """Return the sandbox's own suite without its demands on time."""
    suite: dict[str, Any] = yaml.safe_load((_SUITES / "titanic.yaml").read_text(encoding="utf-8"))
    for severity in ("block", "warn"):
        suite[severity] = [rule for rule in suite[severity] if "latency" not in str(rule)]
    suite["canary"]["data"] = str(_SUITES / suite["canary"]["data"])
    suite["budget"]["seconds"] = QUICK["budget"]["seconds"]
    return suite


def written(path: Path, content: Mapping[str, object]) -> str:
    """Write a YAML file and return its path."""
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return str(path)


def _enough(campaign: Campaign, town: Town, books: Books) -> bool:
    return (town.done.is_set() or not campaign.kills) and len(books.releases()) >= campaign.releases


def _settle(crowd: Crowd) -> set[str]:
    """Wait until nothing waits any more, and return what was called off; what still waits is found by the judge.

    A command that was in a stopped bot's hands when its person had long gone home starts a release that nobody waits
    for; somebody calls it off.
    """
    deadline, books, called_off = time.monotonic() + _SETTLE_SECONDS, crowd.books, set[str]()
    while time.monotonic() < deadline:
        for release in books.at_gates():
            crowd.slash(ANA, "cancel", release, f"/release cancel {release}")
            called_off.add(release)
        if not books.in_flight() and not any(each.startswith("release:") for each in books.due()):
            break
        time.sleep(0.5)
    return called_off


def _judged(world: World, books: Books, crowd: Crowd) -> Findings:
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing", "region_name": REGION}
    sagemaker = boto3.client("sagemaker", endpoint_url=world.aws_url, **keys)
    messages = world.people.messages(CHANNEL, "U0BRUNO")
    with connect(world.redis_url) as client:
        ends = Ends(RedisStore(client), books, sagemaker, world.journal)
        return judged(gathered(ends, messages, crowd.tried, list(_mistakes(world.folder)), crowd.stuck))


def _mistakes(folder: Path) -> Iterator[str]:
    for log in sorted(folder.glob("*.log")):
        for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
            if "a mistake of ours" in line:
                yield f"{log.name}: {line}"
