"""Block Kit validation in the shape of Slack's blocks.validate."""

from dataclasses import dataclass

from sandbox.slack.wire import Json


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken rule."""

    pointer: str
    code: str
    message: str
    field: str | None = None
    constraint: Json | None = None


def validate(payload: Json, surface: str) -> list[Problem]:
    """Return the problems."""
    del payload, surface
    return []


def legacy_messages(problems: list[Problem]) -> list[str]:
    """Return Slack's older texts."""
    return [f"[ERROR] {each.message} [json-pointer:{each.pointer}]" for each in problems]
