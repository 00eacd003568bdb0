"""The words that Block Kit rules are written in: texts, numbers, lists, and typed objects."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from sandbox.slack.wire import Json


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken rule, as blocks.validate reports it.

    Only ``failed_constraint`` is a documented code; ``missing_field``, ``unknown_field`` and ``wrong_type`` are
    the sandbox's own names. ``pointer`` is a JSON pointer, ``constraint`` what was expected.
    """

    pointer: str
    code: str
    message: str
    field: str | None = None
    constraint: Json | None = None


def broken(at: str, message: str, **constraint: object) -> Problem:
    """Return a failed constraint at a pointer."""
    return Problem(at, "failed_constraint", message, at.rpartition("/")[2], constraint or None)


def wrong_type(at: str, expected: str) -> Problem:
    """Return a value of the wrong JSON type."""
    message = f"must provide {expected}"
    return Problem(at, "wrong_type", message, at.rpartition("/")[2], {"type": "json", "expected": expected})


class Rule(Protocol):
    """Something a JSON value must satisfy."""

    def problems(self, value: object, at: str) -> Iterator[Problem]:
        """Yield what is wrong with ``value``, found at the JSON pointer ``at``."""


@dataclass(frozen=True, slots=True)
class Free:
    """Anything goes."""

    def problems(self, _value: object, _at: str) -> Iterator[Problem]:
        """Yield nothing."""
        yield from ()


@dataclass(frozen=True, slots=True)
class Maybe:
    """Null, or what ``rule`` allows."""

    rule: Rule

    def problems(self, value: object, at: str) -> Iterator[Problem]:
        """Yield the rule's problems unless the value is null."""
        if value is not None:
            yield from self.rule.problems(value, at)


@dataclass(frozen=True, slots=True)
class Flag:
    """A boolean."""

    def problems(self, value: object, at: str) -> Iterator[Problem]:
        """Yield a problem unless it is true or false."""
        if not isinstance(value, bool):
            yield wrong_type(at, "a boolean")


@dataclass(frozen=True, slots=True)
class Number:
    """An integer between ``least`` and ``most``."""

    least: int = 0
    most: int = 10**10

    def problems(self, value: object, at: str) -> Iterator[Problem]:
        """Yield a problem unless it is an integer in range."""
        if isinstance(value, bool) or not isinstance(value, int):
            yield wrong_type(at, "an integer")
        elif not self.least <= value <= self.most:
            text = f"must be between {self.least} and {self.most}"
            yield broken(at, text, type="range", min=self.least, max=self.most)


@dataclass(frozen=True, slots=True)
class Text:
    """A string of ``least`` to ``most`` characters, or one of ``choices``."""

    most: int = 3000
    least: int = 1
    choices: tuple[str, ...] = ()

    def problems(self, value: object, at: str) -> Iterator[Problem]:
        """Yield a problem for a wrong length or an unknown choice."""
        if not isinstance(value, str):
            yield wrong_type(at, "a string")
        elif self.choices and value not in self.choices:
            yield broken(at, f"unsupported value: {value}", type="enum", expected=list(self.choices))
        elif len(value) > self.most:
            text = f"must be less than {self.most + 1} characters"
            yield broken(at, text, type="max_length", expected=self.most)
        elif len(value) < self.least:
            text = f"must be more than {self.least - 1} characters"
            yield broken(at, text, type="min_length", expected=self.least)


@dataclass(frozen=True, slots=True)
class Items:
    """A list of ``least`` to ``most`` values that each satisfy ``each``."""

    each: Rule
    most: int
    least: int = 1

    def problems(self, value: object, at: str) -> Iterator[Problem]:
        """Yield a problem for the list's length and for every bad item."""
        if not isinstance(value, list):
            yield wrong_type(at, "an array")
            return
        if len(value) > self.most:
            text = f"no more than {self.most} items allowed"
            yield broken(at, text, type="max_items", expected=self.most)
        if len(value) < self.least:
            text = f"no less than {self.least} items allowed"
            yield broken(at, text, type="min_items", expected=self.least)
        for index, item in enumerate(value):
            yield from self.each.problems(item, f"{at}/{index}")


@dataclass(frozen=True, slots=True)
class Shape:
    """An object with ``required`` and ``optional`` fields; ``loose`` lets fields pass that are not listed."""

    required: Mapping[str, Rule] = field(default_factory=dict)
    optional: Mapping[str, Rule] = field(default_factory=dict)
    loose: bool = False

    def problems(self, value: object, at: str) -> Iterator[Problem]:
        """Yield missing fields, unknown fields, and what is wrong inside the known ones."""
        if not isinstance(value, dict):
            yield wrong_type(at, "an object")
            return
        for name in self.required.keys() - value.keys():
            yield Problem(at, "missing_field", f"missing required field: {name}", name)
        known = {**self.optional, **self.required}
        for name, held in value.items():
            if name in known:
                yield from known[name].problems(held, f"{at}/{name}")
            elif not self.loose and name != "type":
                yield Problem(f"{at}/{name}", "unknown_field", f"invalid additional property: {name}", name)


@dataclass(frozen=True, slots=True)
class One:
    """An object whose ``type`` is one of ``types``, checked by that type's shape in ``shapes``."""

    shapes: Mapping[str, Shape]
    types: tuple[str, ...]

    def problems(self, value: object, at: str) -> Iterator[Problem]:
        """Yield an unsupported type, or what is wrong with the object."""
        if not isinstance(value, dict):
            yield wrong_type(at, "an object")
        elif value.get("type") not in self.types:
            message = f"unsupported type: {value.get('type')}"
            yield broken(f"{at}/type", message, type="enum", expected=list(self.types))
        else:
            yield from self.shapes[value["type"]].problems(value, at)


@dataclass(frozen=True, slots=True)
class TextObject:
    """A text object of ``least`` to ``most`` characters; ``plain`` refuses mrkdwn."""

    most: int
    plain: bool = False
    least: int = 1

    def problems(self, value: object, at: str) -> Iterator[Problem]:
        """Yield what is wrong with the text object."""
        text = Text(self.most, self.least)
        shapes = {"plain_text": Shape({"text": text}, {"emoji": Flag()})}
        if not self.plain:
            shapes["mrkdwn"] = Shape({"text": text}, {"verbatim": Flag()})
        yield from One(shapes, tuple(shapes)).problems(value, at)
