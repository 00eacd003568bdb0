"""Slack's payloads as typed requests: the only place where raw JSON is held.

Fields as in docs.slack.dev/interactivity; what Slack adds later is passed over.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from handlers.reply_address import ReplyAddress
from services.releases import Asker

Payload = Mapping[str, Any]
"""A request body as Bolt hands it over."""


class _Incoming(BaseModel):
    # What cannot be read ends up in a traceback in the log, and a payload holds tokens and addresses.
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class _Named(_Incoming):
    id: str = ""


class SlashCommand(_Incoming):
    """A slash command."""

    command: str
    text: str = ""
    user_id: str
    channel_id: str = ""
    trigger_id: str = ""

    @property
    def asker(self) -> Asker:
        """Return who asks."""
        address = ReplyAddress(self.user_id, self.channel_id, request_of(self.trigger_id))
        return Asker(self.user_id, address.encode(), self.channel_id)


class _Option(_Incoming):
    value: str = ""


class _Action(_Incoming):
    action_id: str = ""
    value: str = ""
    selected_option: _Option | None = None


class _State(_Incoming):
    values: dict[str, dict[str, dict[str, Any]]] = Field(default_factory=dict)


class _View(_Incoming):
    id: str = ""
    callback_id: str = ""
    private_metadata: str = ""
    state: _State = Field(default_factory=_State)


class Click(_Incoming):
    """A click on a button or a choice in a select."""

    user: _Named
    channel: _Named = Field(default_factory=_Named)
    actions: tuple[_Action, ...] = ()
    trigger_id: str = ""
    view: _View = Field(default_factory=_View)

    @property
    def value(self) -> str:
        """Return what the button or the chosen option carries."""
        if not self.actions:
            return ""
        first = self.actions[0]
        return first.selected_option.value if first.selected_option is not None else first.value

    @property
    def asker(self) -> Asker:
        """Return who clicked."""
        address = ReplyAddress(self.user.id, self.channel.id, request_of(self.trigger_id))
        return Asker(self.user.id, address.encode(), self.channel.id)


class Submission(_Incoming):
    """A modal that was sent."""

    user: _Named
    view: _View

    def entered(self, action_id: str) -> str:
        """Return what was typed or chosen in a field, or an empty text."""
        for block in self.view.state.values.values():
            if action_id in block:
                return _entered(block[action_id])
        return ""

    def ticked(self, action_id: str) -> tuple[str, ...]:
        """Return the values of the boxes that are ticked."""
        held = [block[action_id] for block in self.view.state.values.values() if action_id in block]
        options = [option for field in held for option in field.get("selected_options") or ()]
        return tuple(str(option.get("value", "")) for option in options if isinstance(option, dict))

    def block_of(self, action_id: str) -> str:
        """Return the id of the block that holds a field: errors are shown beside it."""
        return next((block_id for block_id, block in self.view.state.values.items() if action_id in block), "")


def _entered(field: Payload) -> str:
    option = field.get("selected_option")
    found = option.get("value") if isinstance(option, dict) else field.get("value")
    return found.strip() if isinstance(found, str) else ""


class HomeOpened(_Incoming):
    """A person opened the app; `tab` is `home` or `messages`."""

    user: str
    tab: str = "home"


class _HomeEvent(_Incoming):
    event: HomeOpened


class Act(_Incoming):
    """What a person did, whatever its kind; Slack names each act anew by its `trigger_id`, which an event has not.

    `response_url` answers it privately: good for 30 minutes and five uses, for whoever has it.
    """

    trigger_id: str = ""
    response_url: str = ""
    user: _Named = Field(default_factory=_Named)
    user_id: str = ""
    command: str = ""
    actions: tuple[_Action, ...] = ()
    view: _View | None = None

    @property
    def request(self) -> str:
        """Return the name under which the request is remembered, empty for one that is no act."""
        return request_of(self.trigger_id)

    @property
    def what(self) -> str:
        """Return the command, the button or the form."""
        action = self.actions[0].action_id if self.actions else ""
        return self.command or action or (self.view.callback_id if self.view is not None else "")

    @property
    def asker(self) -> Asker:
        """Return who did it."""
        return Asker(self.user_id or self.user.id)


class FormMetadata(_Incoming):
    """What a modal of ours keeps: what it is about, and where its sender can be answered."""

    value: str = ""
    reply_to: str = ""


def slash(body: Payload) -> SlashCommand:
    """Read a slash command."""
    return SlashCommand.model_validate(body)


def click(body: Payload) -> Click:
    """Read a click."""
    return Click.model_validate(body)


def submission(body: Payload) -> Submission:
    """Read a modal that was sent."""
    return Submission.model_validate(body)


def home_opened(body: Payload) -> HomeOpened:
    """Read app_home_opened."""
    return _HomeEvent.model_validate(body).event


def act(body: Payload) -> Act:
    """Read what there is of an act in any payload; nothing in one that is none."""
    return Act.model_validate(body) if "trigger_id" in body else Act()


def request_of(trigger_id: str) -> str:
    """Return a name for what `trigger_id` names, of which nothing of it can be read: it opens forms."""
    return hashlib.sha256(trigger_id.encode()).hexdigest()[:32] if trigger_id else ""


def metadata_of(text: str) -> FormMetadata:
    """Read a modal's private_metadata; an empty one is that of a form about nothing."""
    return FormMetadata.model_validate_json(text or "{}")


def sender(body: Payload) -> str:
    """Return who sent any payload, for the log; empty where it does not say."""
    user = body.get("user") or body.get("user_id") or ""
    return str(user.get("id", "")) if isinstance(user, dict) else str(user)
