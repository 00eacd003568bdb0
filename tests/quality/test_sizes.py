"""Taste that can be counted. Where the bars come from: docs/explanation, and CONTRIBUTING.md."""

import ast
import statistics
from collections.abc import Iterator

import pytest
from quality.sources import PACKAGES, Function, Source, length, sources

LONGEST_FILE = 400
LONGEST_FUNCTION = 60
P95_FUNCTION = 38
MEDIAN_FUNCTION = 9
LONGEST_LISTENER = 12
REGISTERING = {"action", "command", "event", "options", "shortcut", "view"}


def test_no_file_is_long() -> None:
    long = {
        source.name: len(source.lines) for source in sources(*PACKAGES, "tests") if len(source.lines) > LONGEST_FILE
    }
    assert not long


def test_no_function_is_long() -> None:
    long = {
        f"{source.name}:{function.name}": length(function)
        for source in sources(*PACKAGES, "tests")
        for function in source.functions()
        if length(function) > LONGEST_FUNCTION
    }
    assert not long


@pytest.mark.parametrize("package", PACKAGES)
def test_functions_are_small_as_a_rule(package: str) -> None:
    lengths = sorted(length(function) for source in sources(package) for function in source.functions())
    assert statistics.median(lengths) <= MEDIAN_FUNCTION
    assert lengths[int(0.95 * (len(lengths) - 1))] <= P95_FUNCTION


def test_listeners_only_listen() -> None:
    listeners = list(_listeners())
    assert len(listeners) > 10, "the way listeners are registered has changed: this test finds them no more"
    assert not {name: lines for name, lines in listeners if lines > LONGEST_LISTENER}


def _listeners() -> Iterator[tuple[str, int]]:
    for source in sources("handlers"):
        registered = set(_registered(source))
        for function in source.functions():
            if function.name in registered or _is_decorated(function):
                yield f"{source.name}:{function.name}", length(function)


def _registered(source: Source) -> Iterator[str]:
    """Yield the names in `app.command("/x")(listener)`."""
    for call in ast.walk(source.tree):
        if isinstance(call, ast.Call) and _registers(call.func):
            yield from filter(None, (_last_name(argument) for argument in call.args))


def _is_decorated(function: Function) -> bool:
    return any(_registers(decorator) for decorator in function.decorator_list)


def _registers(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and _names_app(node.func)


def _names_app(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and node.attr in REGISTERING
        and isinstance(node.value, ast.Name)
        and node.value.id == "app"
    )


def _last_name(node: ast.expr) -> str | None:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return None
