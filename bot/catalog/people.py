"""People, as the catalog names them."""

from pydantic import Field

from bot.catalog.forms import Strict, UserGroupId, UserId
from services.release.catalog import People


class PeopleSpec(Strict):
    """People by Slack user id (`U…`) and user group id (`S…`)."""

    users: list[UserId] = Field(default=[], description="Slack user ids (`U…`).")
    groups: list[UserGroupId] = Field(default=[], description="Slack user group ids (`S…`).")

    def people(self) -> People:
        """Return the core's form."""
        return People(frozenset(self.users), frozenset(self.groups))
