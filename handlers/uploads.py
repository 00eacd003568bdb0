"""Files brought to Slack by its current flow: an address for the bytes, the bytes, and the completion.

Slack looks at a file after its completion has answered (docs.slack.dev/reference/methods/files.completeUploadExternal);
until it is done, a block that shows the file is refused (slackapi/java-slack-sdk #1349).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from handlers.slack_errors import code_of, told_apart
from handlers.views.text import truncate
from services.ports import SaidNo

_SECONDS = 5
_LONGEST_ALT = 1_000
_NO_SCOPE = "the app has no scope files:write; add it in Slack and install the app again"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file as people get it; `alt` says in words what a picture shows (Slack takes 1,000 characters)."""

    name: str
    title: str
    content: bytes
    alt: str = ""


class Uploads:
    """Brings files to Slack for whom `client` speaks; every method raises Unavailable or SaidNo.

    It waits for no retry and not for long: what did not work is tried again at a later telling, and meanwhile the
    release goes on.
    """

    def __init__(self, client: WebClient) -> None:
        self._client = WebClient(
            token=client.token,
            base_url=client.base_url,
            timeout=_SECONDS,
            ssl=client.ssl,
            proxy=client.proxy,
            retry_handlers=[],
        )

    def keep(self, file: Attachment) -> str:
        """Upload a file that no channel sees, and return its id: the bot's own blocks can show it."""
        with _of_files(""):
            response = self._client.files_upload_v2(file_uploads=[_named(file)])
        files = response.get("files") or [{}]
        return str(files[0].get("id", ""))

    def share(self, files: Sequence[Attachment], comment: str, channel: str, thread_ts: str) -> tuple[str, ...]:
        """Upload files into a thread, all in one message with a comment (mrkdwn); return a link to each.

        A link opens for those who are in the channel.
        """
        with _of_files(channel):
            response = self._client.files_upload_v2(
                file_uploads=[_named(each) for each in files],
                channel=channel,
                thread_ts=thread_ts,
                initial_comment=comment,
            )
        return tuple(str(each.get("permalink", "")) for each in response.get("files") or [])


def _named(file: Attachment) -> dict[str, object]:
    described: dict[str, object] = {"filename": file.name, "title": file.title, "content": file.content}
    return {**described, "alt_txt": truncate(file.alt, _LONGEST_ALT)} if file.alt else described


@contextmanager
def _of_files(channel: str) -> Iterator[None]:
    """Turn errors of an upload into the port's; a scope that an older installation lacks comes with no retry."""
    with told_apart(channel):
        try:
            yield
        except SlackApiError as error:
            if code_of(error) == "missing_scope":
                raise SaidNo(_NO_SCOPE) from error
            raise
