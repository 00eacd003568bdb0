"""Private answers that come after the ack: through the response_url while it lasts, then as an ephemeral message."""

from collections.abc import Callable

import structlog
from slack_sdk import WebClient
from slack_sdk.webhook import WebhookClient

from handlers.reply_address import ReplyAddress, read_reply_address
from handlers.slack_errors import AWAY_SECONDS, ShortWaits, patience_of, told_apart
from handlers.views.blocks import Message
from services.ports import Away, SaidNo

_SECONDS = 10
_OK = 200
_SERVER_ERRORS = 500
_LIMITED = 429

log = structlog.get_logger()


AnswerUrl = Callable[[str], str]
"""Returns the response_url of a request by the name that it is remembered under, empty when there is none any more."""


class Letterbox:
    """Delivers messages to one person at a reply address."""

    def __init__(self, client: WebClient, answer_url: AnswerUrl) -> None:
        self._client = client
        self._answer_url = answer_url

    def deliver(self, reply_to: str, message: Message) -> None:
        """Deliver, or log that it was not possible.

        Raises:
            Away: Slack did not answer; try again.
        """
        address = read_reply_address(reply_to)
        if address is None:
            log.info("nobody to answer", characters=len(reply_to))
            return
        url = self._answer_url(address.request)
        if not (url and self._by_url(url, address, message)):
            self._ephemerally(address, message)

    def _by_url(self, url: str, address: ReplyAddress, message: Message) -> bool:
        """Return whether the response_url took it; it refuses after 30 minutes or five uses."""
        hook = WebhookClient(url, timeout=_SECONDS, retry_handlers=[ShortWaits()])
        with told_apart(address.channel):
            response = hook.send(
                text=message.text, blocks=list(message.blocks), response_type="ephemeral", replace_original=False
            )
        if response.status_code >= _SERVER_ERRORS or response.status_code == _LIMITED:
            seconds = patience_of(response.headers) if response.status_code == _LIMITED else AWAY_SECONDS
            raise Away(f"Slack answered the response_url with {response.status_code}", seconds)
        return response.status_code == _OK

    def _ephemerally(self, address: ReplyAddress, message: Message) -> None:
        if not address.channel:
            log.info("no channel to answer in", user=address.user)
            return
        try:
            with told_apart(address.channel):
                self._client.chat_postEphemeral(
                    channel=address.channel, user=address.user, text=message.text, blocks=list(message.blocks)
                )
        except SaidNo as refusal:
            log.info("person not answered", user=address.user, detail=str(refusal))
