"""The fixed people, channels and ids of the sandbox workspace."""

from dataclasses import dataclass, field

TEAM_ID = "T0SANDBOX"
TEAM_NAME = "Sandbox"
TEAM_DOMAIN = "sandbox"
APP_ID = "A0SLUICE"
BOT_ID = "B0SLUICE"
BOT_USER = "U0SLUICE"
SLACKBOT = "USLACKBOT"
BOT_TOKEN = "xoxb-sandbox"  # noqa: S105 - a well-known constant of the sandbox
APP_TOKEN = "xapp-sandbox"  # noqa: S105 - a well-known constant of the sandbox
SIGNING_SECRET = "sandbox-signing-secret"  # noqa: S105 - a well-known constant of the sandbox
VERIFICATION_TOKEN = "sandbox-verification"  # noqa: S105 - Slack's deprecated body token, never checked


@dataclass(frozen=True, slots=True)
class User:
    """A member of the workspace."""

    id: str
    name: str
    real_name: str
    title: str = ""
    color: str = "#616061"
    is_bot: bool = False
    is_restricted: bool = False
    deleted: bool = False
    is_stranger: bool = False
    team: str = TEAM_ID

    @property
    def email(self) -> str:
        """The address that users.lookupByEmail finds this user by."""
        return f"{self.name}@sandbox.example"


@dataclass(frozen=True, slots=True)
class UserGroup:
    """A user group (``@ml-approvers``)."""

    id: str
    handle: str
    name: str
    members: tuple[str, ...]


@dataclass(slots=True)
class Channel:
    """A channel, or a direct message with the app when ``is_im``; ``last_read`` maps user to ts."""

    id: str
    name: str
    topic: str
    members: list[str]
    is_im: bool = False
    archived: bool = False
    last_read: dict[str, str] = field(default_factory=dict)


PEOPLE = (
    User("U0ANA", "ana", "Ana", "ML engineer", "#2bac76"),
    User("U0BRUNO", "bruno", "Bruno", "Release approver", "#e8912d"),
    User("U0CARLA", "carla", "Carla", "Release approver, on call", "#9b59b6"),
    User("U0DIEGO", "diego", "Diego", "ML engineer", "#3aa3e3"),
    User("U0GUEST", "guest", "Guest", "Single-channel guest", "#a0a0a0", is_restricted=True),
)
GROUPS = (UserGroup("S0MLAPPROVERS", "ml-approvers", "ML approvers", ("U0BRUNO", "U0CARLA")),)


def users(bot_name: str) -> dict[str, User]:
    """Everybody, by id: the people, the app's bot user and Slackbot."""
    bot = User(BOT_USER, bot_name.lower().replace(" ", "-"), bot_name, "App", "#4a154b", is_bot=True)
    slackbot = User(SLACKBOT, "slackbot", "Slackbot", "", "#757575", is_bot=True)
    return {user.id: user for user in (*PEOPLE, bot, slackbot)}


def channels() -> dict[str, Channel]:
    """The two channels; the bot is a member of #ml-releases only."""
    people = [user.id for user in PEOPLE]
    return {
        "C0RELEASES": Channel("C0RELEASES", "ml-releases", "Model releases", [*people, BOT_USER]),
        "C0GENERAL": Channel("C0GENERAL", "general", "Company-wide talk", list(people)),
    }
