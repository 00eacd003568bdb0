"""Each request acts once: one that comes again, by a fault of the wire or from somebody who kept it, is only answered.

Slack tries neither commands nor clicks again (docs.slack.dev/interactivity), so whatever comes again was not meant.
Events are tried again with the same `event_id`; here they only redraw the Home tab, as often as Slack likes.
"""

from collections.abc import Callable
from dataclasses import dataclass

from slack_bolt import Ack, App, BoltResponse

from handlers import answers, inbound
from handlers.private import acknowledge, replace_form
from services.release.policy import Denied
from services.releases import Releases


@dataclass(frozen=True, slots=True)
class Once:
    """Lets a command, a click or a form through to its listener the first time that it arrives."""

    releases: Releases

    def on_request(self, body: inbound.Payload, ack: Ack, next_: Callable[[], None]) -> BoltResponse | None:
        """Let it through, or answer it here."""
        act = inbound.act(body)
        denied = self.releases.admit(act.request, act.asker, act.what, act.response_url) if act.request else None
        if denied is None:
            next_()
            return None
        return _answered(ack, body, denied)


def register(app: App, releases: Releases) -> None:
    """Stand before all listeners."""
    app.middleware(Once(releases).on_request)


def _answered(ack: Ack, body: inbound.Payload, denied: Denied) -> BoltResponse:
    message = answers.answer_to(denied)
    if "command" in body:
        acknowledge(ack, message)
    elif body.get("type") == "view_submission":
        replace_form(ack, "Sluice", message)
    else:
        ack()
    return ack.response or BoltResponse(status=200, body="")
