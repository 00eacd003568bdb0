"""Answers that an app sends without the Web API: ack bodies of commands, and posts to a response_url."""

from aiohttp import web

from sandbox.slack.chat_rules import check_content
from sandbox.slack.directory import BOT_USER
from sandbox.slack.emulator import EMULATOR, Emulator
from sandbox.slack.tickets import ReplyTo
from sandbox.slack.wire import ApiError, Json
from sandbox.slack.workspace import Message


def post_reply(emulator: Emulator, user: str, channel: str, body: Json) -> Message:
    """Post an ack body or response: only ``user`` sees it unless it says ``response_type: in_channel``."""
    check_content(body)
    workspace = emulator.workspace
    message = Message(workspace.new_ts(), channel, BOT_USER, str(body.get("text") or ""))
    message.blocks, message.attachments = body.get("blocks"), body.get("attachments")
    message.thread_ts = body.get("thread_ts")
    message.metadata = body.get("metadata")
    if body.get("response_type") != "in_channel":
        message.ephemeral_to = user
    return workspace.post(message)


def answer_url(emulator: Emulator, code: str, body: Json) -> None:
    """Carry out one post to a response_url; raises ApiError (expired_url, used_url, invalid_blocks …)."""
    reply = emulator.response_urls.redeem(code)
    reply.said.append(str(body.get("text") or ""))
    original = emulator.workspace.find(reply.channel, reply.ts) if reply.ts else None
    if body.get("delete_original"):
        _delete(emulator, original)
    elif body.get("replace_original"):
        _replace(emulator, reply, original, body)
    else:
        post_reply(emulator, reply.user, reply.channel, body)


def _delete(emulator: Emulator, original: Message | None) -> None:
    if original is None:
        raise ApiError("message_not_found")
    emulator.workspace.remove(original)


def _replace(emulator: Emulator, reply: ReplyTo, original: Message | None, body: Json) -> None:
    if original is None:
        post_reply(emulator, reply.user, reply.channel, body)
        return
    check_content(body)
    original.text = str(body.get("text") or "")
    original.blocks = emulator.workspace.with_ids(body.get("blocks"))
    original.attachments = body.get("attachments")
    original.edited = original.ephemeral_to is None
    emulator.workspace.changed()


async def handle_response_url(request: web.Request) -> web.Response:
    """Serve ``POST /response/<code>``: ``ok``, or Slack's error with HTTP 404 (url) or 400 (content)."""
    emulator = request.app[EMULATOR]
    body: Json = await request.json()
    crossing = emulator.inspector.open("from_app", "http", "response_url", body)
    try:
        answer_url(emulator, request.match_info["code"], body)
    except ApiError as refusal:
        emulator.inspector.close(crossing, refusal.code, ok=False, answer=refusal.answer())
        return web.json_response(refusal.answer(), status=404 if refusal.code.endswith("_url") else 400)
    emulator.inspector.close(crossing, "ok", ok=True)
    return web.Response(text="ok")
