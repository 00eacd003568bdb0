"""What is installed, and what the image and the compose file make of it."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from quality.sources import ROOT

PIN = re.compile(r"^[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+(?:; [a-z_]+ == \"\w+\"(?: and [a-z_]+ == \"\w+\")*)?$")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]


def _lock() -> list[str]:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


def test_the_lock_holds_names_and_versions_only() -> None:
    assert not [line for line in _lock() if not PIN.match(line)]


def test_the_lock_pins_every_declared_package() -> None:
    declared = PROJECT["dependencies"] + EXTRAS["worker"] + EXTRAS["sandbox"] + EXTRAS["dev"]
    wanted = {_normal(re.split(r"[\[<>=!~; ]", line, maxsplit=1)[0]) for line in declared}
    assert not wanted - {_normal(line.split("==")[0]) for line in _lock()}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml", "Makefile", "Dockerfile", ".ci/run"])
def test_the_package_index_is_the_machines_choice(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"index-url|find-links|trusted-host|file://|https?://(?!127\.0\.0\.1|localhost)", text)


def test_the_dockerfile_passes_the_linter() -> None:
    hadolint = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if hadolint is None:
        pytest.skip("hadolint has no build for this platform")
    done = subprocess.run([hadolint, str(ROOT / "Dockerfile")], capture_output=True, text=True, check=False)
    assert not done.stdout + done.stderr


def test_the_image_runs_as_nobody_special_and_tells_its_health() -> None:
    final = (ROOT / "Dockerfile").read_text(encoding="utf-8").rsplit("\nFROM ", 1)[1]
    assert re.search(r"^USER [1-9]\d*$", final, re.MULTILINE)
    assert re.search(r"^HEALTHCHECK .*\"sluice\", \"health\"", final, re.MULTILINE)
    assert re.search(r"^STOPSIGNAL SIGTERM$", final, re.MULTILINE)


def test_the_image_gets_every_package_of_the_product() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    copied = set(re.findall(r"^COPY (\w+) \1$", text, re.MULTILINE))
    assert copied == {"bot", "handlers", "services"}
    allowed = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {f"!{name}" for name in copied | {"pyproject.toml", "requirements.lock"}} <= set(allowed)


def test_compose_keeps_what_redis_is_told() -> None:
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    redis = compose["services"]["redis"]
    command = " ".join(redis["command"])
    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command
    assert any(volume.endswith(":/data") for volume in redis["volumes"])
    assert {name: compose["services"][name]["command"] for name in ("bot", "worker")} == {
        "bot": ["bot"],
        "worker": ["worker"],
    }
