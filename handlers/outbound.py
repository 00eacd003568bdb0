"""Tells people in Slack what a release has come to: its card, its thread, and what is for one person only."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from handlers.exhibits import Exhibits
from handlers.finding import Fact, Finder
from handlers.found_cards import card_metadata
from handlers.letterbox import AnswerUrl, Letterbox
from handlers.report.reports import Reports
from handlers.slack_errors import ShortWaits, code_of, told_apart
from handlers.uploads import Attachment, Uploads
from handlers.views.blocks import Message
from handlers.views.card import card
from handlers.views.endpoints import EndpointLine, endpoints_message
from handlers.views.evidence import Illustration
from handlers.views.lists import barred_channel, card_link, no_answer, old_hold
from handlers.views.rehearsal import rehearsal_word
from handlers.views.report import (
    files_missing,
    final_report_missing,
    report_comment,
    report_length,
    report_links,
    report_message,
)
from handlers.views.rollback import refused_rollback, rehearsed, rollback_offer
from handlers.views.tables import has_picture, has_table, without_pictures, without_tables
from handlers.views.thread import is_broadcast, is_last, report_of, thread_message
from services.ports import (
    Answer,
    Brought,
    Clock,
    EndpointsAnswer,
    EndpointView,
    EvidenceAnswer,
    Inquiry,
    NoAnswer,
    Picture,
    PortError,
    PostedCard,
    RollbackAnswer,
    Said,
    SaidNo,
    Unavailable,
)
from services.release import events as e
from services.release.catalog import Catalog, People
from services.release.events import LogEntry
from services.release.model import Evidence, Freeze, Lock, Release, Stage
from services.release.rehearsal import Rehearsal

_NOBODY = People()
_COMMANDS = {"endpoints": "/endpoints", "evidence": "/release evidence", "rollback": "/rollback"}
_FILES_PATIENCE = timedelta(seconds=10)
"""How long the files of a verdict may hold back what the thread tells next, since they were first tried."""

log = structlog.get_logger()

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Supplies:
    """What else an announcer may have.

    With `exhibits`, evidence has its picture and its files; with `reports`, a release has its report at the end; with
    `answer_url`, people are answered where they asked, even where the app is no member.
    """

    exhibits: Exhibits | None = None
    reports: Reports | None = None
    answer_url: AnswerUrl = lambda _request: ""


@dataclass(frozen=True, slots=True)
class _Saying:
    """Which part of which fact is said in the thread of the card at `place`; `again`: it may have been said before."""

    place: str
    fact: Fact
    again: bool


class SlackAnnouncer:
    """The Announcer port on Slack's Web API.

    With a `catalog`, those who may decide are called when a gate opens.
    """

    def __init__(
        self,
        client: WebClient,
        clock: Clock,
        catalog: Catalog | None = None,
        supplies: Supplies = Supplies(),
    ) -> None:
        client.retry_handlers = [ShortWaits()]
        self._client = client
        self._finder = Finder(client)
        self._letterbox = Letterbox(client, supplies.answer_url)
        self._clock = clock
        self._catalog: Catalog = catalog or {}
        self._exhibits = supplies.exhibits
        self._reports = supplies.reports
        self._uploads = Uploads(client)
        self._files_tried: dict[str, datetime] = {}

    def post_card(self, release: Release, picture: Picture | None = None, *, again: bool = False) -> PostedCard:
        """Post the card; its place is `<channel id>:<ts>`, its link a permalink. One that is found is redrawn."""
        channel = release.deployment.channel
        with told_apart(channel):
            ts = self._finder.card(channel, release.id, release.requested_at) if again else ""
        if ts:
            place = f"{channel}:{ts}"
            return PostedCard(place, self._link(channel, ts), self.update_card(release, place, picture))
        with told_apart(channel):
            found, sent = _sent(
                lambda drawn: self._post(release, channel, drawn), card(release, _illustration(picture))
            )
        return PostedCard(f"{found[0]}:{found[1]}", self._link(*found), has_picture(sent))

    def update_card(
        self, release: Release, place: str, picture: Picture | None = None, rehearsal: Rehearsal | None = None
    ) -> bool:
        """Redraw the card; a card that someone deleted is answered with SaidNo."""
        channel, _, ts = place.partition(":")
        with told_apart(channel):
            _, sent = _sent(
                lambda drawn: self._update(release, channel, ts, drawn),
                card(release, _illustration(picture), rehearsal),
            )
        return has_picture(sent)

    def bring_picture(self, evidence: Evidence) -> tuple[str, str]:
        """Draw the picture and upload it for the bot's own blocks; its place is a Slack file id."""
        if self._exhibits is None:
            raise SaidNo("pictures are drawn by the worker only")
        drawn = self._exhibits.picture(evidence)
        return self._uploads.keep(drawn), drawn.alt

    def tell(self, release: Release, entry: LogEntry, place: str, part: int = 0, *, again: bool = False) -> Said:
        """Reply in the card's thread; what became of prod is shown in the channel too.

        A suite's verdict is followed by its whole report and its files; the last fact of all by the release's report.
        """
        first = thread_message(release, entry, self._deciders(release, entry))
        reported = report_of(entry.event) if first is not None else None
        saying, parts = _Saying(place, Fact(release.id, entry.seq, part), again), list[Callable[[], str]]()
        if first is not None:
            parts.append(partial(self._reply, first, saying, broadcast=is_broadcast(release, entry)))
        if reported is not None:
            parts += [partial(self._report, *reported, n, saying) for n in range(report_length(reported[0]))]
        if reported is not None and reported[0].record:
            parts.append(partial(self._attach, release, reported[0], saying))
        if self._reports is not None and is_last(release, entry):
            parts.append(partial(self._close, release, saying))
        return Said(parts[part](), part + 1 < len(parts)) if part < len(parts) else Said()

    def _report(self, evidence: Evidence, stage: Stage, number: int, saying: _Saying) -> str:
        """Send a message of the whole report; the last one's raw sample is the record's, where that can be read."""
        is_final = number + 1 == report_length(evidence)
        kept = self._exhibits if evidence.record and is_final else None
        exchanges = kept.exchanges(evidence) if kept is not None else ()
        return self._reply(report_message(evidence, stage, number, exchanges), saying)

    def _reply(self, message: Message, saying: _Saying, *, broadcast: bool = False) -> str:
        channel, _, ts = saying.place.partition(":")
        with told_apart(channel):
            found = self._finder.reply(channel, ts, saying.fact) if saying.again else ""
            if found:
                return f"{channel}:{found}"
            response, _ = _sent(
                lambda drawn: self._client.chat_postMessage(
                    channel=channel,
                    thread_ts=ts,
                    text=drawn.text,
                    blocks=list(drawn.blocks) or None,
                    metadata=saying.fact.metadata(),
                    reply_broadcast=broadcast,
                    unfurl_links=False,
                    unfurl_media=False,
                ),
                message,
            )
        return f"{channel}:{response['ts']}"

    def _attach(self, release: Release, evidence: Evidence, saying: _Saying) -> str:
        """Bring the evidence's files to the thread."""

        def bring() -> None:
            if self._exhibits is None:
                raise SaidNo("files are made by the worker only")
            self._shared(*self._exhibits.files(evidence), saying.place, again=saying.again)

        return self._share(evidence.record, bring, saying, lambda why: files_missing(why, release.id))

    def _close(self, release: Release, saying: _Saying) -> str:
        """Bring the release's report to the thread."""
        missing = partial(final_report_missing, release_id=release.id)
        bring = partial(self.bring_report, release, saying.place, "", again=saying.again)
        return self._share(release.id, bring, saying, missing)

    def bring_report(self, release: Release, place: str, by: str, *, again: bool = False) -> Brought:
        """Bring the report into the thread, as a page and as JSON, unless one that tells as much is there."""
        if self._reports is None:
            raise SaidNo("reports are made by the worker only")
        known = self._reports.brought(release.id)
        if known:
            return Brought(known, anew=False)
        # Counted before it is made: what comes between is told by the next one.
        told = self._reports.told(release.id)
        links = self._shared(self._reports.files(release.id), report_comment(by), place, again=again)
        self._reports.note_brought(release.id, told, links)
        return Brought(links, anew=True)

    def _shared(self, files: Sequence[Attachment], comment: str, place: str, *, again: bool) -> tuple[str, ...]:
        """Upload files into a thread unless they are there, and return their addresses."""
        channel, _, ts = place.partition(":")
        with told_apart(channel):
            found = self._finder.files(channel, ts, frozenset(file.name for file in files)) if again else ()
        return found or self._uploads.share(files, comment, channel, ts)

    def _share(self, name: str, bring: Callable[[], object], saying: _Saying, missing: Callable[[str], Message]) -> str:
        """Bring files to the thread or say why they are missing; what comes after them does not wait for long."""
        said = saying.place
        try:
            bring()
        except PortError as error:
            now = self._clock.now()
            tried = self._files_tried.setdefault(name, now)
            if isinstance(error, Unavailable) and now - tried < _FILES_PATIENCE:
                raise
            log.warning("no files", of=name, detail=str(error))
            said = self._reply(missing(str(error)), saying)
        self._files_tried.pop(name, None)
        return said

    def tell_requester(self, release: Release, entry: LogEntry, link: str) -> None:
        """Answer the requester: where the card is, or what happened to a release that has none."""
        message = card_link(release, link) if link else thread_message(release, entry)
        if message is not None:
            self._letterbox.deliver(release.reply_to, message)

    def warn_requester(self, release: Release, why: str, *, waits: bool) -> None:
        """Tell the requester what has to be done about the channel; `why` is mrkdwn."""
        self._letterbox.deliver(release.reply_to, barred_channel(release, why, waits=waits))

    def answer(self, inquiry: Inquiry, answer: Answer) -> None:
        """Answer an inquiry, to the person who asked only."""
        self._letterbox.deliver(inquiry.reply_to, answer_message(inquiry, answer))

    def tell_rehearsal(self, channel: str, rehearsal: Rehearsal) -> None:
        """Tell a channel that its way back is broken, or whole again."""
        said = rehearsal_word(rehearsal)
        with told_apart(channel):
            self._client.chat_postMessage(channel=channel, text=said.text, blocks=list(said.blocks))

    def nag(self, channel: str, hold: Lock | Freeze) -> None:
        """Ask in a channel whether a lock or a freeze is still needed."""
        asked = old_hold(hold, self._clock.now())
        with told_apart(channel):
            self._client.chat_postMessage(channel=channel, text=asked.text, blocks=list(asked.blocks))

    def _post(self, release: Release, channel: str, message: Message) -> tuple[str, str]:
        response = self._client.chat_postMessage(
            channel=channel,
            text=message.text,
            blocks=list(message.blocks),
            metadata=card_metadata(release),
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
            metadata=card_metadata(release),
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
        if model is None or not isinstance(entry.event, e.GateOpened | e.Reminded):
            return _NOBODY
        done = {vote.by for vote in release.votes} | (set() if model.allow_self_approval else {release.requested_by})
        return People(model.approvers.users - done, model.approvers.groups)


def _illustration(picture: Picture | None) -> Illustration:
    return Illustration(picture.place, picture.alt, picture.problem) if picture is not None else Illustration()


def _sent(send: Callable[[Message], T], message: Message) -> tuple[T, Message]:
    """Send a message, simpler each time that Slack refuses its blocks; return the answer and what was sent."""
    while True:
        try:
            return send(message), message
        except SlackApiError as error:
            simpler = _simpler(message, error)
            if simpler is None:
                raise
            message = simpler


def _simpler(message: Message, error: SlackApiError) -> Message | None:
    """Return the message without what Slack will not have in it: a picture that it has not ready, or its table.

    A workspace may not know tables yet. Slack names the block; where it names none, either may be to blame.
    """
    if code_of(error) != "invalid_blocks":
        return None
    if has_picture(message) and ("slack_file" in str(error.response) or not has_table(message)):
        return without_pictures(message)
    return without_tables(message) if has_table(message) else None


def answer_message(inquiry: Inquiry, answer: Answer) -> Message:
    """Return what a person is told in answer to an inquiry."""
    match answer:
        case EndpointsAnswer(found, locks, looked_at, rehearsals):
            return endpoints_message(map(endpoint_line, found), locks, looked_at, rehearsals)
        case EvidenceAnswer(release, links, problem):
            return report_links(release, links, problem)
        case NoAnswer(newer):
            return no_answer(_COMMANDS[inquiry.topic], inquiry.model, newer)
        case RollbackAnswer(model, endpoint, current, version, pointer, "", rehearsal=found) if pointer is not None:
            return rehearsed(rollback_offer(model, endpoint, current, version, pointer), found)
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
        lost_release=seen.lost_release,
        broke_glass=seen.broke_glass,
    )
