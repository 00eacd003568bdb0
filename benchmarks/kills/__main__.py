"""Kills bots, workers and Valkey under load and says what was killed when, and what came of it."""

import argparse
import json
import random
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import boto3
import yaml

from benchmarks.kills.books import Books
from benchmarks.kills.oracle import Findings, Scene, judged
from benchmarks.kills.people import CHANNEL, Crowd, Lane
from benchmarks.kills.schedule import schedule
from benchmarks.kills.town import Struck, Town
from sandbox.world import REGION, ROOT, Recipe, World
from services.adapters.redis_connection import connect
from services.adapters.redis_store import RedisStore

KINDS_OF_TROUBLE = (
    "lost releases",
    "wrong ends",
    "double promotions",
    "lost promotions",
    "wrong pointers",
    "unanswered clicks",
    "clicks that lie",
    "lost announcements",
    "orphans",
    "broken records",
    "mistakes in the logs",
    "stuck",
)
_EXPIRING, _CLEANING, _TESTED = 0, 1, 2
_KINDS_OF_LANE = 7
_SETTLE_SECONDS = 240.0
_ENTRY = {
    "package_group": "titanic-survival",
    "account": "123456789012",
    "execution_role_arn": "arn:aws:iam::123456789012:role/sluice-sagemaker-execution",
    "channel": CHANNEL,
    "approvers": {"groups": ["S0MLAPPROVERS"]},
    "operators": {"users": ["U0DIEGO"], "groups": ["S0MLAPPROVERS"]},
}


@dataclass(frozen=True, slots=True)
class Campaign:
    """What is asked for on the command line."""

    seed: int
    kills: int
    releases: int
    lanes: int
    bots: int
    workers: int
    report: Path


def main() -> int:
    """Run a campaign; 1 if anything is not as it must be."""
    campaign = _read()
    begun = time.monotonic()
    struck, found, ended_alone = run(campaign)
    lines = [json.dumps({"seed": campaign.seed, **each.as_json()}) for each in struck]
    lines += [json.dumps({"ended alone": each}) for each in ended_alone]
    lines += [json.dumps({"trouble": kind, "what": what}) for kind, all_ in found.wrong.items() for what in all_]
    campaign.report.parent.mkdir(parents=True, exist_ok=True)
    campaign.report.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(table(struck, found))
    for kind, all_ in found.wrong.items():
        print(f"\n{kind}:", *all_[:10], sep="\n  ")
    print(f"\n{time.monotonic() - begun:.0f} s; what was killed when: {campaign.report}")
    return 1 if found.wrong else 0


def _read() -> Campaign:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kills", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument(
        "--releases", type=int, default=200, help="go on until so many have begun, and all kills struck"
    )
    parser.add_argument("--lanes", type=int, default=28, help="models, each with one release at a time")
    parser.add_argument("--bots", type=int, default=2)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--report", type=Path, default=ROOT / "build" / "kills.jsonl")
    return Campaign(**vars(parser.parse_args()))


def run(campaign: Campaign) -> tuple[list[Struck], Findings, list[str]]:
    """Kill, wait until everything has settled, and judge."""
    with tempfile.TemporaryDirectory(prefix="sluice-kills-") as folder:
        models = [f"lane-{number:02}" for number in range(campaign.lanes)]
        catalog = _catalog(Path(folder), models)
        recipe = Recipe(scale_seconds=0.5, poll_seconds=0.5, workers=0, bots=0, catalog=catalog, sdk="boto3")
        with World(recipe) as world, Town(world, campaign.bots, campaign.workers) as town:
            world.people.wait_online(60)
            books = Books(world.redis_url)
            crowd = Crowd(town, world.people, books, lambda: _enough(campaign, town, books))
            lanes = [threading.Thread(target=_lane(campaign, crowd, model).run, daemon=True) for model in models]
            for lane in lanes:
                lane.start()
            town.begin(schedule(campaign.seed, campaign.kills))
            while any(lane.is_alive() for lane in lanes):
                town.in_flight = books.in_flight()
                time.sleep(0.5)
            _settle(books)
            found = _judged(world, books, crowd)
            return town.struck, found, town.ended_alone


def _lane(campaign: Campaign, crowd: Crowd, model: str) -> Lane:
    kind = int(model[-2:]) % _KINDS_OF_LANE
    versions = (2,) if kind == _TESTED else (1, 2)
    return Lane(crowd, model, random.Random(f"{campaign.seed} {model}"), versions, decided=kind != _EXPIRING)


def _catalog(folder: Path, models: Sequence[str]) -> Path:
    special: dict[int, dict[str, object]] = {
        _EXPIRING: {"gate": {"lifetime": "3s"}},
        _CLEANING: {"staging": {"cleanup": "after_decision"}},
        _TESTED: {"suite": str(ROOT / "sandbox" / "catalog" / "suites" / "titanic.yaml")},
    }
    entries = {
        name: {
            **_ENTRY,
            "staging_endpoint": f"{name}-staging",
            "prod_endpoint": f"{name}-prod",
            **special.get(number % _KINDS_OF_LANE, {}),
        }
        for number, name in enumerate(models)
    }
    path = folder / "catalog.yaml"
    path.write_text(yaml.safe_dump({"models": entries}), encoding="utf-8")
    return path


def _enough(campaign: Campaign, town: Town, books: Books) -> bool:
    return (town.done.is_set() or not campaign.kills) and len(books.releases()) >= campaign.releases


def _settle(books: Books) -> None:
    """Wait until nothing waits any more; what still does is found by the judge."""
    deadline = time.monotonic() + _SETTLE_SECONDS
    while time.monotonic() < deadline:
        if not books.in_flight() and not any(each.startswith("release:") for each in books.due()):
            return
        time.sleep(0.5)


def _judged(world: World, books: Books, crowd: Crowd) -> Findings:
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing", "region_name": REGION}
    with connect(world.redis_url) as client:
        scene = Scene(
            RedisStore(client),
            books,
            world.journal,
            boto3.client("sagemaker", endpoint_url=world.aws_url, **keys),
            world.people.messages(CHANNEL, "U0BRUNO"),
            crowd.tried,
        )
        found = judged(scene)
    for log in sorted(world.folder.glob("*.log")):
        for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
            if "a mistake of ours" in line:
                found.wrong["mistakes in the logs"].append(f"{log.name}: {line}")
    if crowd.stuck:
        found.wrong["stuck"] += crowd.stuck
    return found


def table(struck: Sequence[Struck], found: Findings) -> str:
    """Write what was done and what came of it as a Markdown table."""
    flights = sorted(each.in_flight for each in struck) or [0]
    rows = {
        "kills": len(struck),
        **{f"of them {name}": count for name, count in sorted(_by_kind(struck).items())},
        "at their moment": sum(each.in_time and each.kill.moment is not None for each in struck),
        "releases in flight at a kill, median": flights[len(flights) // 2],
        **{kind: len(found.wrong.get(kind, ())) for kind in KINDS_OF_TROUBLE},
        **dict(sorted(found.counts.items())),
    }
    return "\n".join(["| | |", "| --- | --- |", *(f"| {name} | {value} |" for name, value in rows.items())])


def _by_kind(struck: Sequence[Struck]) -> dict[str, int]:
    names = [f"{each.kill.victim.value} {each.kill.blow.value}" for each in struck]
    return {name: names.count(name) for name in names}


if __name__ == "__main__":
    sys.exit(main())
