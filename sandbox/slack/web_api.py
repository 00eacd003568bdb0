"""``/api/<method>``: token, scope and fault checks around the methods' table."""

from aiohttp import web

from sandbox.slack import api_chat, api_conversations, api_directory, api_files, api_views
from sandbox.slack.arguments import Arguments, read_arguments
from sandbox.slack.directory import APP_TOKEN, BOT_TOKEN
from sandbox.slack.emulator import EMULATOR, Emulator, Fault
from sandbox.slack.methods import Method
from sandbox.slack.wire import ApiError, Json

METHODS: dict[str, Method] = {
    **api_chat.METHODS,
    **api_conversations.METHODS,
    **api_directory.METHODS,
    **api_files.METHODS,
    **api_views.METHODS,
}
KINDS = {BOT_TOKEN: "bot", APP_TOKEN: "app"}


async def handle_method(request: web.Request) -> web.Response:
    """Serve one call: HTTP 200 with ok true or false, or 429 with Retry-After."""
    emulator = request.app[EMULATOR]
    name = request.match_info["method"]
    try:
        args = await read_arguments(request)
    except ApiError as refusal:
        return web.json_response(refusal.answer())
    crossing = emulator.inspector.open("from_app", "web_api", name, args.values)
    fault = emulator.take_fault(name)
    answer = _failed(fault) if fault and not fault.lost else _answer(emulator, name, request, args)
    limited = answer.get("error") == "ratelimited"
    emulator.inspector.close(crossing, _status(answer), ok=answer["ok"], answer=answer)
    if fault and fault.lost and request.transport is not None:
        request.transport.abort()
    headers = {"x-oauth-scopes": ",".join(sorted(emulator.manifest.scopes))}
    if limited:
        headers["Retry-After"] = str(fault.retry_after if fault else 1)
    return web.json_response(answer, status=429 if limited else 200, headers=headers)


def _failed(fault: Fault) -> Json:
    return {"ok": False, "error": fault.error or "ratelimited"}


def _answer(emulator: Emulator, name: str, request: web.Request, args: Arguments) -> Json:
    try:
        return {"ok": True, **_call(emulator, name, request, args)}
    except ApiError as refusal:
        return refusal.answer()


def _status(answer: Json) -> str:
    return "ok" if answer["ok"] else str(answer["error"])


def _call(emulator: Emulator, name: str, request: web.Request, args: Arguments) -> Json:
    method = METHODS.get(name)
    if method is None:
        raise ApiError("unknown_method", req_method=name)
    if method.caller != "none":
        _check_token(method, _token(request, args))
    _check_scopes(emulator, method)
    return method.handler(emulator, args)


def _token(request: web.Request, args: Arguments) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else args.text("token")


def _check_token(method: Method, token: str) -> None:
    if not token:
        raise ApiError("not_authed")
    if token not in KINDS:
        raise ApiError("invalid_auth")
    if KINDS[token] != method.caller:
        raise ApiError("not_allowed_token_type")


def _check_scopes(emulator: Emulator, method: Method) -> None:
    granted = emulator.manifest.scopes
    if method.scopes and not granted & set(method.scopes):
        needed, provided = ",".join(method.scopes), ",".join(sorted(granted))
        raise ApiError("missing_scope", needed=needed, provided=provided)
    emulator.scopes_used |= granted & set(method.scopes)
