"""The real processes, on their real wires: bot, workers, local Slack, local AWS, Valkey.

One world for most tests; each has a model, and so endpoints, of its own.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from e2e.worlds import TITANIC, Models, StartWorld, broken_records, told_by, write_catalog
from fakes.story import ANA, DIEGO, Stories

from sandbox.aws.seed import BUCKET
from sandbox.world import Recipe, World

SHUT = f"{f'{datetime.now(UTC) - timedelta(days=2):%a}'.lower()} 00:00-24:00 UTC"
"""A deploy window that is open on one day of the week, which is neither today nor tomorrow."""

MODELS: Models = {
    "happy": TITANIC,
    "refused": TITANIC,
    "too-slow": {"suite": str(Path(__file__).with_name("suites") / "impatient.yaml")},
    "archived": {**TITANIC, "evidence": f"s3://{BUCKET}/evidence/"},
    "unarchived": {"evidence": "s3://there-is-none"},
    "rejected": {},
    "expired": {"gate": {"lifetime": "2s"}},
    "cancelled": {"staging": {"cleanup": "after_decision"}},
    "broken": {},
    "absent": {},
    "busy": {},
    "typed": {},
    "silent": {},
    "loud": {},
    "moved": {},
    "unregistered": {},
    "guarded": {},
    "raced": {},
    "panel": {"gate": {"quorum": 2, "approve_reason": True}},
    "overtaken": {},
    "shut": {"gate": {"windows": [SHUT]}},
    "old-buttons": {},
    "nobodys": {"approvers": {}, "operators": {}},
    "chosen": {},
    "hiccups": {},
    "frozen": {},
    "looked-at": TITANIC,
    "glass": {**TITANIC, "gate": {"break_glass": {"users": [DIEGO], "escalate_to": ["S0MLAPPROVERS"]}}},
    "stale": {},
    "gone": {},
    "rehearsed": {},
    "pictured": TITANIC,
    "audited": {"evidence": f"s3://{BUCKET}/audit"},
    "unpictured": {},
    "at-once-1": {"staging": {"cleanup": "after_ttl", "ttl": "1s"}},
    "at-once-2": {},
    "at-once-3": {},
}


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The world of most tests; two workers share its work. At its end nothing in it may have gone wrong unseen."""
    catalog = write_catalog(tmp_path_factory.mktemp("catalog"), MODELS)
    with World(Recipe(scale_seconds=0.3, poll_seconds=0.1, workers=2, catalog=catalog)) as running:
        yield running
        for name in ("bot", "worker-1", "worker-2"):
            assert "Traceback" not in running.process(name).log.read_text(encoding="utf-8"), running.log_of(name)
        assert broken_records(running) == []


@pytest.fixture(scope="session")
def stories(world: World) -> Iterator[Stories]:
    with told_by(world) as given:
        yield given


@pytest.fixture
def new_world(tmp_path: Path) -> Iterator[StartWorld]:
    """Start a world of one test's own, in which processes may die; without the SDK, which takes seconds to load."""
    with ExitStack() as stack:

        def start(models: Models, **recipe: Any) -> World:
            given = {"scale_seconds": 0.3, "poll_seconds": 0.1, "sdk": "boto3", **recipe}
            return stack.enter_context(World(Recipe(catalog=write_catalog(tmp_path, models), **given)))

        yield start


@pytest.fixture(autouse=True)
def _no_traceback_in_slack(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test did: nothing that reached Slack, in either direction, tells of the program's insides."""
    yield
    if "stories" in request.fixturenames:
        running: World = request.getfixturevalue("world")
        assert "Traceback" not in json.dumps(running.people.state(ANA))
