"""The project's sources, parsed once for the tests of taste."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("bot", "handlers", "services", "sandbox")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One Python file."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    def functions(self) -> Iterator[Function]:
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))


def sources(*folders: str) -> tuple[Source, ...]:
    """Return every Python file below these folders of the project."""
    return tuple(map(_source, sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))))


@cache
def _source(path: Path) -> Source:
    text = path.read_text(encoding="utf-8")
    return Source(path, text, ast.parse(text))


def length(function: Function) -> int:
    """Return a function's lines, its docstring included, its decorators not."""
    return (function.end_lineno or function.lineno) - function.lineno + 1
