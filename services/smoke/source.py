"""The files of a suite, from a folder or from S3; YAML with line numbers, so that a refusal can point at the line."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import yaml

from services.ports import PortError, SaidNo
from services.smoke.problems import SuiteProblem

LARGEST_FILE = 2_000_000
"""Bytes. A suite or a data file above this is refused: it is read into memory and into every digest."""

Location: TypeAlias = tuple[int | str, ...]
"""Where a value stands in the document: keys and indexes, as pydantic tells it."""


Fetch: TypeAlias = Callable[[str, int], bytes]
"""Returns the object at an `s3://` address, of at most so many bytes; raises PortError where it cannot."""

S3 = "s3://"


def no_objects(uri: str, most: int) -> bytes:  # noqa: ARG001 - the form of Fetch
    """Refuse to fetch, where nobody said how.

    Raises:
        SaidNo: always.
    """
    raise SaidNo(f"{uri}: S3 is not reached from here")


@dataclass(frozen=True, slots=True)
class Source:
    """One file of a suite: its address, a path or `s3://bucket/key`, and what fetches it in the second case."""

    address: str
    fetch: Fetch = no_objects

    @property
    def name(self) -> str:
        """What it is called in a refusal: the whole address in S3, the bare name in a folder."""
        return self.address if self.address.startswith(S3) else Path(self.address).name

    def beside(self, name: str) -> "Source":
        """Return the file that this one names: an address of its own, or a name in the same folder."""
        if name.startswith(S3):
            return Source(name, self.fetch)
        if self.address.startswith(S3):
            return Source(f"{self.address.rpartition('/')[0]}/{name}", self.fetch)
        return Source(str(Path(self.address).parent / name), self.fetch)

    def read(self, named: str, line: int = 0) -> bytes:
        """Read the file whole; `named` and `line` say who asked for it.

        Raises:
            SuiteProblem: it cannot be read, or is too large.
        """
        try:
            if self.address.startswith(S3):
                return self.fetch(self.address, LARGEST_FILE)
            data = Path(self.address).read_bytes()
        except PortError as error:
            raise SuiteProblem(named, line, f"cannot read {error}") from error
        except OSError as error:
            raise SuiteProblem(named, line, f"cannot read {self.name}: {error.strerror}") from error
        if len(data) > LARGEST_FILE:
            raise SuiteProblem(named, line, f"{self.name} has {len(data)} bytes, more than {LARGEST_FILE}")
        return data


class Document:
    """One parsed YAML file: its plain value, and the line of every part of it."""

    def __init__(self, file: str, data: bytes) -> None:
        self.file = file
        self._root = _compose(file, data)
        self.value: object = _plain(file, self._root)

    def line(self, location: Location) -> int:
        """Return the line of the part at `location`, or of the nearest part around it that exists."""
        node = self._root
        line = 1
        for step in location:
            found = _child(node, step)
            if found is None:
                break
            line, node = found
        return line


def _compose(file: str, data: bytes) -> yaml.Node:
    try:
        root = yaml.compose(data, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise SuiteProblem(file, line, f"not YAML: {error.problem}") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise SuiteProblem(file, 0, f"not YAML: {error}") from error
    if root is None:
        raise SuiteProblem(file, 0, "the file is empty")
    _check(file, root, set())
    return root


def _check(file: str, node: yaml.Node, seen: set[int]) -> None:
    """Refuse what YAML would quietly allow: aliases (they can grow without bound) and keys given twice."""
    if id(node) in seen:
        raise SuiteProblem(file, node.start_mark.line + 1, "aliases (*name) are not allowed")
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        _check_keys(file, node)
    for child in _children(node):
        _check(file, child, seen)


def _check_keys(file: str, node: yaml.MappingNode) -> None:
    keys = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise SuiteProblem(file, key.start_mark.line + 1, "a key must be a word")
        if key.value in keys:
            raise SuiteProblem(file, key.start_mark.line + 1, f"the key {key.value!r} is given twice")
        keys.add(key.value)


def _children(node: yaml.Node) -> Sequence[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [value for _, value in node.value]
    return node.value if isinstance(node, yaml.SequenceNode) else []


def _plain(file: str, node: yaml.Node) -> object:
    loader = yaml.SafeLoader("")
    try:
        value: object = loader.construct_document(node)
    except (yaml.YAMLError, ValueError) as error:
        raise SuiteProblem(file, node.start_mark.line + 1, f"not YAML: {error}") from error
    return value


def _child(node: yaml.Node, step: int | str) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return key.start_mark.line + 1, value
    elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark.line + 1, node.value[step]
    return None
