"""Files: the external upload in three steps, and serving what was uploaded."""

import math
import mimetypes
import time
from urllib.parse import quote

from aiohttp import web

from sandbox.slack.api_chat import bot_channel
from sandbox.slack.arguments import Arguments
from sandbox.slack.chat_rules import check_content
from sandbox.slack.directory import BOT_USER
from sandbox.slack.emulator import EMULATOR, Emulator
from sandbox.slack.methods import Method
from sandbox.slack.wire import ApiError, Json
from sandbox.slack.workspace import Message, UploadedFile


def get_upload_url(emulator: Emulator, args: Arguments) -> Json:
    """files.getUploadURLExternal: where to send the bytes of a file."""
    if args.number("length", 0) <= 0:
        raise ApiError("invalid_arguments")
    file_id, name = emulator.workspace.new_id("F0"), args.required("filename")
    file = UploadedFile(file_id, name, f"{emulator.origin}/files/{file_id}/{quote(name)}")
    emulator.workspace.files[file.id] = file
    return {"upload_url": f"{emulator.origin}/upload/{file.id}", "file_id": file.id}


def complete_upload(emulator: Emulator, args: Arguments) -> Json:
    """files.completeUploadExternal: share the uploaded files in a channel or thread, if one is named."""
    shared = [_completed(emulator, each) for each in args.array("files") or []]
    if not shared:
        raise ApiError("invalid_arguments")
    channel_id = args.text("channel_id") or args.text("channels")
    if channel_id:
        _share(emulator, Arguments({**args.values, "channel": channel_id}), shared)
    return {"files": [described(file, known=file.is_ready) for file in shared]}


def _completed(emulator: Emulator, named: Json) -> UploadedFile:
    file = emulator.workspace.files.get(str(named.get("id")))
    if file is None or not file.content:
        raise ApiError("file_not_found")
    file.title = str(named.get("title") or file.name)
    never = emulator.uploads == "never_ready"
    file.ready_at = math.inf if never else time.monotonic() + emulator.limits.file_seconds
    return file


def described(file: UploadedFile, *, known: bool) -> Json:
    """Return a file as Slack describes it; its kind is ``known`` once it is ready. ``url_private`` needs no token."""
    return {
        "id": file.id,
        "name": file.name,
        "title": file.title,
        "mimetype": (mimetypes.guess_type(file.name)[0] or "application/octet-stream") if known else "",
        "filetype": file.name.rpartition(".")[2] if known else "",
        "size": len(file.content),
        "user": BOT_USER,
        "url_private": file.url,
        "url_private_download": file.url,
        "permalink": file.url,
    }


def _share(emulator: Emulator, args: Arguments, shared: list[UploadedFile]) -> None:
    channel = bot_channel(emulator, args)
    blocks = args.array("blocks")
    if blocks:
        check_content({"blocks": blocks})
    message = Message(emulator.workspace.new_ts(), channel.id, BOT_USER, args.text("initial_comment"))
    message.blocks, message.files = blocks, [described(file, known=True) for file in shared]
    message.thread_ts = args.text("thread_ts") or None
    emulator.workspace.post(message)


async def handle_upload(request: web.Request) -> web.Response:
    """Serve ``POST /upload/<id>``: raw bytes, or the first part of a multipart form."""
    emulator = request.app[EMULATOR]
    file = emulator.workspace.files.get(request.match_info["id"])
    if file is None:
        raise web.HTTPNotFound
    if emulator.uploads == "fail":
        raise web.HTTPInternalServerError(text="upload failed")
    if request.content_type == "multipart/form-data":
        part = next(iter((await request.post()).values()))
        file.content = part.file.read() if isinstance(part, web.FileField) else str(part).encode()
    else:
        file.content = await request.read()
    return web.Response(text=f"OK - {len(file.content)}")


async def handle_file(request: web.Request) -> web.Response:
    """Serve ``GET /files/<id>/<name>``."""
    emulator = request.app[EMULATOR]
    file = emulator.workspace.files.get(request.match_info["id"])
    if file is None:
        raise web.HTTPNotFound
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return web.Response(body=file.content, content_type=kind)


METHODS = {
    "files.getUploadURLExternal": Method(get_upload_url, ("files:write",)),
    "files.completeUploadExternal": Method(complete_upload, ("files:write",)),
}
