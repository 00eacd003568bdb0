"""Bugs put into copies of the source: the test that is named for each of them has to fail."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from torture.frame import Counts, shared_out
from torture.mutants import MUTANTS, ROOT, Mutant

_FAILED = 1
"""What pytest returns when tests ran and some failed; anything else means that they could not run."""
_PARTS = ("bot", "handlers", "services", "sandbox", "tests", "manifest.yaml", "pyproject.toml")


def run() -> Counts:
    """Try every bug; one that its test does not find is a test that is missing."""
    survived = [found for found in shared_out(survivor, MUTANTS) if found]
    return Counts("planted bugs", len(MUTANTS), otherwise_wrong=len(survived), found=tuple(survived))


def survivor(mutant: Mutant) -> str:
    """Return what is wrong with a bug: nothing if its test finds it, and finds nothing without it."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as place:
        tree = Path(place)
        copied(tree)
        if code := tested(tree, mutant.test):
            return f"{mutant.bug}: without it {mutant.test} ends with {code}"
        mutant.apply_to(tree)
        code = tested(tree, mutant.test)
        return "" if code == _FAILED else f"{mutant.bug}: with it {mutant.test} ends with {code}"


def copied(tree: Path) -> None:
    """Copy the sources to a tree that may be changed."""
    for name in _PARTS:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, tree / name)


def tested(tree: Path, test: str) -> int:
    """Run one test on a tree and return pytest's exit code."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", test]
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    return subprocess.run(command, cwd=tree, env=environment, capture_output=True, check=False).returncode
