"""Rows of tables that are held to tests: each row is the mark of a test, so neither can be without the other."""

import ast
import html
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Marked:
    """A mark, `pytest.mark.<name>(what, **cells)`, and the test that carries it."""

    what: str
    cells: Mapping[str, str]
    test: str


def marked(name: str, *files: str) -> Sequence[Marked]:
    """Return the marks of a name in test files, in their order.

    Raises:
        SystemExit: a test of these files has none.
    """
    return [row for file in files for test in _tests(ROOT / file) for row in _marks(name, file, test)]


def shown(text: str) -> str:
    """Return what Slack shows for a piece of its mrkdwn, as Markdown: letter by letter."""
    return html.escape(html.unescape(text), quote=False)


def _tests(path: Path) -> Iterator[ast.FunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"))


def _marks(name: str, file: str, test: ast.FunctionDef) -> Iterator[Marked]:
    calls = [call for each in test.decorator_list for call in ast.walk(each) if _is_mark(call, name)]
    if not calls:
        raise SystemExit(f"{file}: {test.name} has no row: mark it with pytest.mark.{name}")
    for call in calls:
        cells = {each.arg: ast.literal_eval(each.value) for each in call.keywords if each.arg is not None}
        yield Marked(ast.literal_eval(call.args[0]), cells, f"{file}::{test.name}")


def _is_mark(node: ast.AST, name: str) -> TypeGuard[ast.Call]:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Attribute(attr="mark"), attr=attr)):
            return attr == name
        case _:
            return False
