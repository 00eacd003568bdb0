"""Tells people in Slack what a release has come to: its card, its thread, and what is for one person only."""

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler
from slack_sdk.models.metadata import Metadata

from handlers.letterbox import Letterbox
from handlers.slack_errors import code_of, told_apart
from handlers.views.blocks import Message
from handlers.views.card import card
from handlers.views.endpoints import EndpointLine, endpoints_message
from handlers.views.lists import card_link
from handlers.views.rollback import refused_rollback, rollback_offer
from handlers.views.tables import without_tables
from handlers.views.thread import is_broadcast, thread_message
from services.ports import Answer, Clock, EndpointsAnswer, EndpointView, Inquiry, RollbackAnswer
from services.release import events as e
from services.release.catalog import Catalog, People
from services.release.events import LogEntry
from services.release.model import Release

_METADATA_TYPE = "sluice_release"
_RATE_LIMIT_RETRIES = 2
_NOBODY = People()


class SlackAnnouncer:
    """The Announcer port on Slack's Web API.

    With a `catalog`, those who may decide are called when a gate opens.
    """

    def __init__(self, client: WebClient, clock: Clock, catalog: Catalog | None = None) -> None:
        # slack_sdk does not retry a 429 by itself.
        client.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=_RATE_LIMIT_RETRIES))
        self._client = client
        self._letterbox = Letterbox(client)
        self._clock = clock
        self._catalog: Catalog = catalog or {}

    def post_card(self, release: Release) -> tuple[str, str]:
        """Post the card; its place is `<channel id>:<ts>`, its link a permalink."""
        channel = release.deployment.channel
        with told_apart(channel):
            found = self._post_or_simpler(release, channel, card(release))
        return f"{found[0]}:{found[1]}", self._link(*found)

    def update_card(self, release: Release, place: str) -> None:
        """Redraw the card; a card that someone deleted is answered with SaidNo."""
        channel, _, ts = place.partition(":")
        drawn = card(release)
        with told_apart(channel):
            try:
                self._update(release, channel, ts, drawn)
            except SlackApiError as error:
                if code_of(error) != "invalid_blocks":
                    raise
                self._update(release, channel, ts, without_tables(drawn))

    def tell(self, release: Release, entry: LogEntry, place: str) -> None:
        """Reply in the card's thread; what became of prod is shown in the channel too."""
        message = thread_message(release, entry, self._deciders(release, entry))
        if message is None:
            return
        channel, _, ts = place.partition(":")
        with told_apart(channel):
            self._client.chat_postMessage(
                channel=channel,
                thread_ts=ts,
                text=message.text,
                reply_broadcast=is_broadcast(release, entry),
                unfurl_links=False,
                unfurl_media=False,
            )

    def tell_requester(self, release: Release, entry: LogEntry, link: str) -> None:
        """Answer the requester: where the card is, or what happened to a release that has none."""
        message = card_link(release, link) if link else thread_message(release, entry)
        if message is not None:
            self._letterbox.deliver(release.reply_to, message)

    def answer(self, inquiry: Inquiry, answer: Answer) -> None:
        """Answer an inquiry, to the person who asked only."""
        self._letterbox.deliver(inquiry.reply_to, answer_message(answer))

    def _post_or_simpler(self, release: Release, channel: str, message: Message) -> tuple[str, str]:
        """Post the card; a workspace that does not know tables yet gets it without."""
        try:
            return self._post(release, channel, message)
        except SlackApiError as error:
            if code_of(error) != "invalid_blocks":
                raise
            return self._post(release, channel, without_tables(message))

    def _post(self, release: Release, channel: str, message: Message) -> tuple[str, str]:
        response = self._client.chat_postMessage(
            channel=channel,
            text=message.text,
            blocks=list(message.blocks),
            metadata=Metadata(event_type=_METADATA_TYPE, event_payload={"release_id": release.id}),
            unfurl_links=False,
            unfurl_media=False,
        )
        return str(response["channel"]), str(response["ts"])

    def _update(self, release: Release, channel: str, ts: str, message: Message) -> None:
        self._client.chat_update(
            channel=channel,
            ts=ts,
            text=message.text,
            blocks=list(message.blocks),
            metadata=Metadata(event_type=_METADATA_TYPE, event_payload={"release_id": release.id}),
        )

    def _link(self, channel: str, ts: str) -> str:
        """Return the card's permalink; the card is posted, so a failure here may not have it posted again."""
        try:
            return str(self._client.chat_getPermalink(channel=channel, message_ts=ts)["permalink"])
        except (SlackApiError, OSError):
            return f"https://slack.com/app_redirect?channel={channel}"

    def _deciders(self, release: Release, entry: LogEntry) -> People:
        """Return whom to call: who may decide, when there is something to decide."""
        model = self._catalog.get(release.model)
        if model is None or not isinstance(entry.event, e.GateOpened):
            return _NOBODY
        if model.allow_self_approval:
            return model.approvers
        return People(model.approvers.users - {release.requested_by}, model.approvers.groups)


def answer_message(answer: Answer) -> Message:
    """Return what a person is told in answer to an inquiry."""
    match answer:
        case EndpointsAnswer(found, locks, looked_at):
            return endpoints_message(map(endpoint_line, found), locks, looked_at)
        case RollbackAnswer(model, endpoint, current, version, pointer, "") if pointer is not None:
            return rollback_offer(model, endpoint, current, version, pointer)
        case RollbackAnswer(model=model, current_config=current, refusal=refusal, detail=detail):
            return refused_rollback(model, current, refusal, detail)


def endpoint_line(seen: EndpointView) -> EndpointLine:
    """Return an endpoint as the view takes it."""
    described, config = seen.description, seen.config
    if described is None:
        return EndpointLine(seen.model, seen.stage, seen.name, error=seen.error)
    live = described.instance_count
    return EndpointLine(
        model=seen.model,
        stage=seen.stage,
        name=seen.name,
        status=described.status,
        config=described.config,
        pending_config=described.pending_config or "",
        version=seen.version,
        instance_type=config.instance_type if config is not None else "",
        instance_count=live if live is not None else (config.instance_count if config is not None else None),
        release_id=seen.release_id or "",
        changed_at=described.modified_at,
        trouble=described.failure_reason or described.message,
        error=seen.error,
    )
