"""Who is killed at which moment: drawn from a seed alone, in events on the wires rather than in seconds."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Victim(StrEnum):
    """What is killed."""

    WORKER = "worker"
    WORKERS = "workers"
    BOT = "bot"
    VALKEY = "valkey"


class Blow(StrEnum):
    """How: SIGKILL, or SIGSTOP and later SIGCONT."""

    KILL = "KILL"
    STOP = "STOP"


class When(StrEnum):
    """On which side of the other end's work: the request has not reached it yet, or it was done and is not answered."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Moment:
    """A request of the victim, by the name of its operation: AWS's, or the Web API's method."""

    operation: str
    when: When


@dataclass(frozen=True, slots=True)
class Kill:
    """One planned kill.

    Attributes:
        number: its place in the schedule, from 1.
        victim: what is killed; which of several is told by the request that the moment is about, else by `which`.
        blow: how.
        moment: the request at which it strikes, or None for whatever request comes after `gap`.
        gap: requests, of anybody, that pass since the last kill before this one may strike.
        which: chooses one of several.
        seconds: how long it stays stopped, or away before it is started again.
    """

    number: int
    victim: Victim
    blow: Blow
    moment: Moment | None
    gap: int
    which: int
    seconds: float


WORKER_MOMENTS = (
    "UpdateEndpoint",
    "CreateEndpoint",
    "CreateEndpointConfig",
    "CreateModel",
    "DeleteEndpointConfig",
    "DeleteModel",
    "UpdateModelPackage",
    "AddTags",
    "DescribeEndpoint",
    "InvokeEndpoint",
    "chat.postMessage",
    "chat.update",
)
BOT_MOMENTS = ("views.open", "users.info", "usergroups.users.list", "block_actions", "slash_commands")
"""The last two are what a person does: the bot is killed while it has the click or the command in hand."""

_SHARES: Mapping[tuple[Victim, Blow], int] = {
    (Victim.WORKER, Blow.KILL): 45,
    (Victim.WORKER, Blow.STOP): 15,
    (Victim.WORKERS, Blow.KILL): 5,
    (Victim.BOT, Blow.KILL): 20,
    (Victim.BOT, Blow.STOP): 5,
    (Victim.VALKEY, Blow.KILL): 10,
}
_AT_A_MOMENT = 0.7
_MOST_GAP = 60
_SECONDS = {Blow.KILL: (0.0, 2.0), Blow.STOP: (1.0, 25.0)}


def schedule(seed: int, kills: int) -> list[Kill]:
    """Return the kills of a seed; a longer schedule of the same seed begins with the shorter."""
    chance = random.Random(f"kills {seed}")
    return [_kill(chance, number) for number in range(1, kills + 1)]


def _kill(chance: random.Random, number: int) -> Kill:
    victim, blow = chance.choices(list(_SHARES), list(_SHARES.values()))[0]
    operations = BOT_MOMENTS if victim is Victim.BOT else WORKER_MOMENTS
    moment = Moment(chance.choice(operations), chance.choice(list(When)))
    at_moment = chance.random() < _AT_A_MOMENT
    return Kill(
        number,
        victim,
        blow,
        moment if at_moment else None,
        gap=chance.randint(0, _MOST_GAP),
        which=chance.randint(0, 99),
        seconds=round(chance.uniform(*_SECONDS[blow]), 2),
    )
