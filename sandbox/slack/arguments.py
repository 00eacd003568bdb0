"""Arguments of a Web API call: form, query or JSON bodies, with JSON strings inside forms decoded on demand."""

import json

from aiohttp import web

from sandbox.slack.wire import ApiError, Json


class Arguments:
    """Typed access to the arguments; a missing or malformed one is an ApiError."""

    def __init__(self, values: Json) -> None:
        """Wrap the decoded body."""
        self.values = values

    def text(self, name: str, default: str = "") -> str:
        """Return a string; ``default`` when absent or null."""
        value = self.values.get(name)
        return default if value is None else str(value)

    def required(self, name: str, error: str = "invalid_arguments") -> str:
        """Return a non-empty string; raises ApiError ``error``."""
        value = self.text(name)
        if not value:
            raise ApiError(error, **missing(name))
        return value

    def number(self, name: str, default: int) -> int:
        """Return an integer; raises ApiError invalid_arguments."""
        try:
            return int(self.text(name) or default)
        except ValueError as error:
            raise ApiError("invalid_arguments", **missing(name)) from error

    def flag(self, name: str) -> bool:
        """Return a boolean given as true, "true" or "1"."""
        return self.text(name).lower() in ("true", "1")

    def json(self, name: str, error: str = "invalid_json") -> object:
        """Return a JSON value given directly or as a JSON string; None when absent; raises ApiError ``error``."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError as broken:
            raise ApiError(error) from broken

    def mapping(self, name: str, error: str = "invalid_json") -> Json | None:
        """Return a JSON object or None; raises ApiError ``error``."""
        value = self.json(name, error)
        if value is not None and not isinstance(value, dict):
            raise ApiError(error)
        return value

    def array(self, name: str, error: str = "invalid_json") -> list[Json] | None:
        """Return a JSON array or None; raises ApiError ``error``."""
        value = self.json(name, error)
        if value is not None and not isinstance(value, list):
            raise ApiError(error)
        return value


def missing(name: str) -> Json:
    """Return the detail Slack adds for a missing argument."""
    return {"response_metadata": {"messages": [f"[ERROR] missing required field: {name}"]}}


async def read_arguments(request: web.Request) -> Arguments:
    """Decode a call; an empty body is no arguments, whatever its type (sync WebClient.auth_test sends one)."""
    values: Json = dict(request.query)
    text = await request.text() if request.content_type != "multipart/form-data" else ""
    if request.content_type == "application/json":
        if text.strip():
            values |= _object(text)
    elif request.method == "POST":
        values |= {key: each for key, each in (await request.post()).items() if isinstance(each, str)}
    return Arguments(values)


def _object(text: str) -> Json:
    try:
        value = json.loads(text)
    except ValueError as broken:
        raise ApiError("invalid_json") from broken
    if not isinstance(value, dict):
        raise ApiError("json_not_object")
    return value
