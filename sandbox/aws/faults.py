"""Failure on demand, over the public API: the model package's metadata property `sandbox:fault` asks for it.

The value is a comma-separated list, for instance `latency_ms:80,crash_after:50`. What a model package can ask for
survives registration, approval and deployment like any other property, so no second control channel is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.aws.misbehaviour import MISBEHAVIOURS
from sandbox.aws.wire import refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

FAULT_PROPERTY = "sandbox:fault"
_FLAGS = frozenset({"no_capacity", "update_fails", "update_fails_silently", "rollback_fails"})
_NUMBERS = frozenset({"slow_ping", "latency_ms", "slower_each", "crash_after", "error_every", "shout_every"})


@dataclass(frozen=True, slots=True)
class Faults:
    """What shall go wrong.

    Attributes:
        flags: `update_fails` (an update rolls back with a FailureReason), `update_fails_silently` (without one),
            `rollback_fails` (an update fails and so does its rollback), `no_capacity` (AWS has no such instance left).
        numbers: `slow_ping` (seconds until the container is healthy), `latency_ms` (added to each answer),
            `slower_each` (microseconds added for each answer before), `crash_after` (answers), `error_every` (each
            n-th answer is a 500), `shout_every` (each n-th answer would call a whole channel, were it not escaped).
        misbehave: what is wrong with the answers, words of `sandbox.aws.misbehaviour`.
    """

    flags: frozenset[str] = frozenset()
    numbers: tuple[tuple[str, int], ...] = ()
    misbehave: tuple[str, ...] = ()

    def arguments(self) -> list[str]:
        """Return the model server's command line for the faults a container shows by itself."""
        names = {"slow_ping": "startup-delay"}
        pairs = ((names.get(name, name.replace("_", "-")), value) for name, value in self.numbers)
        numbers = [part for name, value in pairs for part in (f"--{name}", str(value))]
        return numbers + [part for word in self.misbehave for part in ("--misbehave", word)]


def read_faults(properties: Mapping[str, str] | None) -> Faults:
    """Parse a model package's CustomerMetadataProperties.

    Raises:
        AwsError: ValidationException for a fault the sandbox does not know: a typing error must not pass for health.
    """
    words = [word.strip() for word in (properties or {}).get(FAULT_PROPERTY, "").split(",") if word.strip()]
    plain = [word for word in words if ":" not in word and _known(word, _FLAGS | MISBEHAVIOURS.keys())]
    return Faults(
        flags=frozenset(word for word in plain if word in _FLAGS),
        numbers=tuple(_number(word) for word in words if ":" in word),
        misbehave=tuple(word for word in plain if word in MISBEHAVIOURS),
    )


def _known(word: str, names: frozenset[str]) -> bool:
    if word not in names:
        known = ", ".join([*sorted(_FLAGS), *sorted(f"{name}:N" for name in _NUMBERS), *MISBEHAVIOURS])
        raise refusal(f"{FAULT_PROPERTY} knows no {word!r}; it knows {known}")
    return True


def _number(word: str) -> tuple[str, int]:
    name, _, value = word.partition(":")
    if not _known(name, _NUMBERS) or not value.isdigit():
        raise refusal(f"{FAULT_PROPERTY}: {word!r} needs a whole number after the colon")
    return name, int(value)
