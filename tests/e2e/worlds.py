"""Worlds with a catalog of the test's own making, and the stories of the models in it."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from fakes.story import Aws, Stories, Story
from redis import Redis

from sandbox.world import ROOT, World
from services.adapters.redis_connection import connect
from services.adapters.redis_store import RedisStore
from services.release.audit import Fault, faults

Models = Mapping[str, Mapping[str, Any]]
"""Name of a model -> what its catalog entry says beside, or instead of, what all say."""

StartWorld = Callable[..., World]
"""Starts a world with the given models; keywords are the Recipe's."""

TITANIC = {"suite": str(ROOT / "sandbox" / "catalog" / "suites" / "titanic.yaml")}
_ENTRY = {
    "package_group": "titanic-survival",
    "account": "123456789012",
    "execution_role_arn": "arn:aws:iam::123456789012:role/sluice-sagemaker-execution",
    "channel": "C0RELEASES",
    "approvers": {"groups": ["S0MLAPPROVERS"]},
    "operators": {"users": ["U0DIEGO"], "groups": ["S0MLAPPROVERS"]},
}


def write_catalog(folder: Path, models: Models) -> Path:
    """Write a catalog in which each model has endpoints of its own and all share the seed's package group."""
    entries = {
        name: {**_ENTRY, "staging_endpoint": f"{name}-staging", "prod_endpoint": f"{name}-prod", **more}
        for name, more in models.items()
    }
    path = folder / "catalog.yaml"
    path.write_text(yaml.safe_dump({"models": entries}), encoding="utf-8")
    return path


@contextmanager
def told_by(world: World) -> Iterator[Stories]:
    """Give stories of a world's models, which share their connections."""
    aws = Aws(world)
    with Redis.from_url(world.redis_url, decode_responses=True) as store:
        yield lambda model: Story(world, model, aws, store)
    aws.close()


def run_sluice(world: World, *arguments: str, **changes: str | None) -> "subprocess.CompletedProcess[str]":
    """Run `sluice …` with the world's environment, changed; None takes a variable away."""
    environment = {"SLUICE_HEALTH_PORT": "0", **world.environment(), **changes}
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=ROOT,
        env={name: value for name, value in environment.items() if value is not None},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def broken_records(running: World) -> list[Fault]:
    """Return what is wrong with any audit log: whatever the tests did, the record of it is whole."""
    with connect(running.redis_url) as client:
        store = RedisStore(client)
        return [fault for chain in store.chains() for fault in faults(store.trail(chain))]
