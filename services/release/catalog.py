"""What the catalog says of a model, in the core's own terms; how it is written down is `bot.catalog`'s business."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from services.release.model import Deployment


@dataclass(frozen=True, slots=True)
class People:
    """People by Slack user id and by Slack user group id."""

    users: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        """Say whether anybody at all is meant."""
        return bool(self.users or self.groups)


class Membership(Enum):
    """What a Slack user is to the workspace; only a member is let in by a user group."""

    MEMBER = "member"
    BOT = "bot"
    GUEST = "guest"
    DEACTIVATED = "deactivated"
    STRANGER = "stranger"


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One model of the catalog.

    `suite` is where its smoke suite lies, a path or `s3://bucket/key`; empty means the seed's default payload.
    `channels` are those in which a release may be asked for; empty means anywhere. `break_glass` are those who may
    promote past a gate that did not let a release through; they are not taken from the approvers or operators.
    `rehearse_seconds` is how often its way back is looked at. `known_as` is Slack user id -> id elsewhere, the
    catalog's one list in each of its entries; it is written down beside what people do, and decides nothing.
    """

    name: str
    deployment: Deployment
    approvers: People = field(default_factory=People)
    operators: People = field(default_factory=People)
    allow_self_approval: bool = False
    suite: str = ""
    channels: frozenset[str] = frozenset()
    break_glass: People = field(default_factory=People)
    known_as: Mapping[str, str] = field(default_factory=dict)
    rehearse_seconds: int = 3600

    @property
    def listed(self) -> frozenset[str]:
        """Return everybody whom the entry names by id."""
        return self.approvers.users | self.operators.users | self.break_glass.users


Catalog = Mapping[str, ModelEntry]
"""Model name -> entry."""


def known_as(catalog: Catalog, user: str) -> str:
    """Return the id that the catalog gives a Slack user elsewhere, or an empty text."""
    # Every ack asks this: one entry has the whole list, and a catalog may have thousands.
    entry = next(iter(catalog.values()), None)
    return entry.known_as.get(user, "") if entry is not None else ""
