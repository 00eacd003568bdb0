"""Two of a world: a copy that goes its own way from here on. Much faster than `copy.deepcopy`, and stricter."""

import copy
import threading
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import is_dataclass
from datetime import datetime, timedelta
from enum import Enum
from itertools import count
from types import BuiltinFunctionType, FunctionType, MappingProxyType, MethodType
from typing import Any, TypeVar

T = TypeVar("T")
_ATOMS: set[type] = {
    *(type(None), bool, int, float, str, bytes, tuple, frozenset, datetime, timedelta, type, MappingProxyType),
    *(FunctionType, BuiltinFunctionType, MethodType, type(threading.RLock())),
}
"""What nobody changes in place, and locks, which only one process's threads share."""


def forked(thing: T) -> T:
    """Return a copy of a thing and of all that can be changed in it.

    Raises:
        TypeError: it holds something of which it is not known how to copy it.
    """
    made: T = _copied(thing, {})
    return made


def _copied(thing: Any, made: dict[int, Any]) -> Any:
    kind = type(thing)
    if kind in _ATOMS:
        return thing
    if id(thing) in made:
        return made[id(thing)]
    if kind in {dict, Counter}:
        table: dict[Any, Any] = kind()
        made[id(thing)] = table
        table.update({key: value if type(value) in _ATOMS else _copied(value, made) for key, value in thing.items()})
        return table
    if kind in {list, deque}:
        row: list[Any] | deque[Any] = kind()
        made[id(thing)] = row
        row.extend([each if type(each) in _ATOMS else _copied(each, made) for each in thing])
        return row
    if kind in {set, count}:
        return made.setdefault(id(thing), copy.copy(thing))
    if _is_frozen(kind):
        _ATOMS.add(kind)
        return thing
    return _copied_object(thing, made)


def _is_frozen(kind: type) -> bool:
    frozen = is_dataclass(kind) and kind.__dataclass_params__.frozen  # type: ignore[attr-defined]  # typeshed hides it
    return frozen or issubclass(kind, Enum | BaseException)


def _copied_object(thing: Any, made: dict[int, Any]) -> Any:
    if not hasattr(thing, "__dict__"):
        raise TypeError(f"cannot fork a {type(thing).__name__}")
    twin = made[id(thing)] = object.__new__(type(thing))
    vars(twin).update({name: _copied(value, made) for name, value in vars(thing).items()})
    return twin


def differences(one: Any, other: Any, place: str = "") -> Iterator[str]:
    """Yield where a thing and its fork differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in dict.fromkeys([*one, *other]):
            yield from differences(one.get(key), other.get(key), f"{place}.{key}")
    elif isinstance(one, list | deque) and isinstance(other, list | deque):
        if len(one) != len(other):
            yield place
        for index, pair in enumerate(zip(one, other, strict=False)):
            yield from differences(*pair, f"{place}.{index}")
    elif isinstance(one, count):
        if repr(one) != repr(other):
            yield place
    elif type(one) in _ATOMS or _is_frozen(type(one)) or not hasattr(one, "__dict__"):
        if one != other:
            yield place
    else:
        yield from differences(vars(one), vars(other), place)
