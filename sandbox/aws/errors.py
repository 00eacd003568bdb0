"""Errors in the form of each service's protocol, for what answers before moto does."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sandbox.aws.calls import Call

_REQUEST_ID = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error that AWS answers with: HTTP status, code, and the words."""

    status: int
    code: str
    message: str

    def answer(self, call: Call, start_response: Callable[..., object]) -> Iterable[bytes]:
        """Answer a call with it, in the protocol of the call's service."""
        kind, body = self._body(call)
        headers = [("Content-Type", kind), ("Content-Length", str(len(body))), ("x-amzn-RequestId", _REQUEST_ID)]
        if kind.endswith("json"):
            headers.append(("x-amzn-ErrorType", self.code))
        start_response(f"{self.status} {HTTPStatus(self.status).phrase}", headers)
        return [body]

    def _body(self, call: Call) -> tuple[str, bytes]:
        if call.service in {"s3", "sts", "iam"}:
            error = f"<Error><Code>{self.code}</Code><Message>{escape(self.message)}</Message></Error>"
            wrapped = error if call.service == "s3" else f"<ErrorResponse>{error}</ErrorResponse>"
            return "text/xml", wrapped.encode()
        return "application/x-amz-json-1.1", json.dumps({"__type": self.code, "message": self.message}).encode()
