"""The paths that are interrupted are all that there are: every move of a release, every call that a step makes."""

import ast
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path as File

import pytest
from fakes.crash import CrashSchedule
from fakes.paths import PATHS
from fakes.playing import Playing, begun
from typing_extensions import override

from services.ports import Announcer, Hosting, Registry, ReleaseStore, SmokeTester
from services.release import events as e
from services.release.lifecycle import FIRST_PHASE, MOVES, TERMINAL
from services.release.model import Phase

pytestmark = pytest.mark.crash
ROOT = File(__file__).resolve().parents[2]
SERVICES = ROOT / "services"
CALLING = [
    *sorted(SERVICES.glob("steps/*.py")),
    *(SERVICES / name for name in ("runner.py", "telling.py", "commits.py")),
]
METHODS = {
    name
    for port in (Announcer, Hosting, Registry, ReleaseStore, SmokeTester)
    for name in vars(port)
    if not name.startswith("_")
}
SHARED = (e.StepErrored, e.Recovered, e.RegistryNotMarked, e.GaveUp)
"""What may happen in every phase, by one rule; that it is played in each of them would show nothing more."""
BY_HAND = e.Rebuilt
"""What no worker writes, but `sluice recover`."""
ELSEWHERE = {("runner.py", "run")}
"""A worker that is told to stop hands its release on: tests/e2e/test_rolling_restart.py."""
ERRING = {
    Phase.CHECKING_PACKAGE,
    Phase.DEPLOYING_STAGING,
    Phase.SMOKE_TESTING,
    Phase.OPENING_GATE,
    Phase.PROMOTING,
    Phase.VERIFYING_PROD,
    Phase.ROLLING_BACK,
    Phase.VERIFYING_ROLLBACK,
}
"""The phases whose steps call AWS and let its errors count; those of a gate do not, and cleaning up is beside them."""


class Tracing(CrashSchedule):
    """Notes from which line of the product each port is called."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: set[tuple[str, int]] = set()

    @override
    def run(self, name: str, call: Callable[[], object]) -> object:
        frame = sys._getframe()
        while not frame.f_code.co_filename.startswith(str(SERVICES)):
            assert frame.f_back is not None
            frame = frame.f_back
        self.lines.add((File(frame.f_code.co_filename).name, frame.f_lineno))
        return super().run(name, call)


@cache
def played() -> tuple[set[tuple[str, int]], set[tuple[Phase, type[e.Event]]]]:
    """Play every path; return the lines that called a port, and the moves that were made."""
    lines, moves = set[tuple[str, int]](), set[tuple[Phase, type[e.Event]]]()
    for path in PATHS.values():
        tracing = Tracing()
        moves |= set(made(begun(path).employ(tracing).play()))
        lines |= tracing.lines
    return lines, moves


def made(playing: Playing) -> Iterator[tuple[Phase, type[e.Event]]]:
    for release in playing.world.store.recent(10):
        phase = FIRST_PHASE[release.kind]
        for kind in playing.world.story(release.id):
            yield phase, kind
            phase = MOVES[phase, kind]


def calls(file: File) -> Iterator[tuple[int, int, str]]:
    for function in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(function, ast.FunctionDef) and (file.name, function.name) not in ELSEWHERE:
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
                    yield node.lineno, node.end_lineno or node.lineno, ast.unparse(node.func)


def test_every_move_is_on_a_path() -> None:
    _, moves = played()
    missing = {(phase.value, kind.__name__) for phase, kind in set(MOVES) - moves if kind not in {*SHARED, BY_HAND}}
    assert not missing
    assert {phase for phase, kind in moves if kind is e.StepErrored} - TERMINAL == ERRING
    assert {phase in TERMINAL for phase, kind in moves if kind is e.GaveUp} == {True, False}
    assert e.Recovered in {kind for _, kind in moves}


def test_every_call_of_a_port_is_on_a_path() -> None:
    lines, _ = played()
    sites = {(file, site) for file in CALLING for site in calls(file)}
    unplayed = {
        f"{file.name}:{first} {name}"
        for file, (first, last, name) in sites
        if not name.endswith((").tell", "_teller.tell"))
        and not any((file.name, line) in lines for line in range(first, last + 1))
    }
    assert len(sites) > 60
    assert not unplayed
