"""When a listener fails: a clear private answer, an id that finds the log line, and never a traceback in Slack."""

import secrets

import structlog
from slack_bolt import App, BoltResponse, Respond
from slack_sdk.errors import SlackApiError

from handlers import action_ids as ids
from handlers import inbound
from handlers.action_ids import read_value
from handlers.inbound import Payload
from handlers.private import whisper
from handlers.slack_errors import code_of
from handlers.views.blocks import Message, paragraph
from handlers.views.modals import message_notice
from services.ports import Full, NewerDocument, PortError, Unavailable

log = structlog.get_logger()

_NO_STORE = (
    "⚠️ Sluice cannot reach its store, or it answers too slowly. What you asked for may or may not have been kept: "
    "look at `/release` in a moment, and try again if it is not there."
)
_FULL = "⚠️ Redis is full, so Sluice can keep nothing new. Nothing was changed. Someone has to give it more memory."
_NO_FORM = "⚠️ Slack did not open the form. Nothing was changed."
_BUSY = "⚠️ Sluice could not do that now. `/release` shows how things stand; please try again."
_NEWER = (
    "🆕 A newer Sluice is at this release, and this one leaves it alone. Nothing was changed; please try again when "
    "the update is done."
)
_UNKNOWN = "⚠️ Something went wrong in Sluice (error {id}). `/release` shows how things stand."
_LATE = frozenset({"expired_trigger_id", "trigger_exchanged", "invalid_trigger_id"})
"""A trigger_id is good for 3 s, once."""
_AGAIN = " Please click again."
_INSTEAD = {
    "/deploy": " Without a form: `/deploy &lt;model&gt; &lt;version&gt;`.",
    ids.OPEN_DEPLOY: " Without a form: `/deploy &lt;model&gt; &lt;version&gt;`.",
    ids.REJECT: " Please click again, or end the release without a form: `/release cancel {id} because …`.",
    ids.ROLL_BACK: " Please ask again: `/rollback &lt;model&gt;`.",
}
"""What a person can do who gets no form, by what was to open it."""


def register(app: App) -> None:
    """Answer for every listener that raises."""
    app.error(answer_error)


def answer_error(error: Exception, body: Payload, respond: Respond) -> BoltResponse:
    """Tell the person, and acknowledge: an unacknowledged request shows as Slack's own failure."""
    error_id = secrets.token_hex(4)
    if _is_late(error):
        log.warning("form not opened", error_id=error_id, user=inbound.sender(body), detail=str(error))
    else:
        log.error("listener failed", error_id=error_id, user=inbound.sender(body), exc_info=error)
    message = paragraph(sentence_for(error, error_id, body))
    if body.get("type") == "view_submission":
        view = message_notice("Sluice", message)
        return BoltResponse(status=200, body={"response_action": "update", "view": view})
    if "command" in body:
        answer = {"response_type": "ephemeral", "text": message.text, "blocks": list(message.blocks)}
        return BoltResponse(status=200, body=answer)
    _whisper_if_possible(respond, message, error_id)
    return BoltResponse(status=200, body="")


def sentence_for(error: Exception, error_id: str, body: Payload) -> str:
    """Return what a person is told about a failure; mrkdwn."""
    match error:
        case Full():
            return _FULL
        case Unavailable():
            return _NO_STORE
        case NewerDocument():
            return _NEWER
        case PortError():
            return _BUSY
        case SlackApiError() if _is_late(error):
            return _NO_FORM + instead_of_form(body)
        case _:
            return _UNKNOWN.replace("{id}", f"`{error_id}`")


def _is_late(error: Exception) -> bool:
    return isinstance(error, SlackApiError) and code_of(error) in _LATE


def instead_of_form(body: Payload) -> str:
    """Return what to do where the form that a command or a click asks for does not open; mrkdwn."""
    act = inbound.act(body)
    about = read_value(act.actions[0].value) if act.actions else None
    return _INSTEAD.get(act.what, _AGAIN).replace("{id}", about.release_id if about is not None else "&lt;id&gt;")


def _whisper_if_possible(respond: Respond, message: Message, error_id: str) -> None:
    """Answer a click; where Slack cannot be reached either, the log has to do."""
    if not respond.response_url:
        return
    try:
        whisper(respond, message)
    except OSError as problem:
        log.warning("person not told of a failure", error_id=error_id, detail=str(problem))
