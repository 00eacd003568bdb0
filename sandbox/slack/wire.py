"""Raw JSON as it travels on Slack's wires, and the error the Web API answers with."""

from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]
"""One decoded JSON object; its shape is the caller's word until a rule has looked at it."""


class ApiError(Exception):
    """A Web API refusal, answered as ``{"ok": false, "error": code, **detail}``."""

    def __init__(self, code: str, **detail: object) -> None:
        """Keep Slack's error ``code`` and the extra fields of the answer."""
        super().__init__(code)
        self.code = code
        self.detail: Json = dict(detail)

    def answer(self) -> Json:
        """Return the body that Slack would send."""
        return {"ok": False, "error": self.code, **self.detail}
