"""HTTP delivery: form and JSON bodies signed with ``v0=HMAC_SHA256(secret, "v0:{ts}:{body}")``."""

import asyncio
import hashlib
import hmac
import json
import time
from urllib.parse import urlencode

import aiohttp

from sandbox.slack.delivery import FAILED, INTERACTIVE, OFFLINE, SLASH, TIMEOUT, Receipt
from sandbox.slack.directory import SIGNING_SECRET, VERIFICATION_TOKEN
from sandbox.slack.inspector import Inspector
from sandbox.slack.tickets import Limits
from sandbox.slack.wire import Json

OK, LATE, NOBODY = 200, 408, 0
FORM = "application/x-www-form-urlencoded"


class HttpMode:
    """Signed requests to the app's request URL, used once the url_verification challenge was answered."""

    def __init__(self, inspector: Inspector, limits: Limits, url: str) -> None:
        """Deliver to ``url``; each request waits ``limits.ack_seconds``."""
        self._inspector = inspector
        self._url = url
        self._limit = aiohttp.ClientTimeout(total=limits.ack_seconds)
        self._session: aiohttp.ClientSession | None = None
        self._verified = asyncio.Event()
        self._verifying: asyncio.Task[None] | None = None

    @property
    def online(self) -> bool:
        """Whether the URL answered the challenge and its last request."""
        return self._verified.is_set()

    @property
    def connections(self) -> int:
        """HTTP holds no sockets open."""
        return 0

    def start(self) -> None:
        """Begin asking the URL for the challenge until it answers."""
        self._verifying = asyncio.get_running_loop().create_task(self._keep_verified())

    async def _keep_verified(self) -> None:
        while True:
            if not self._verified.is_set() and await self._challenge():
                self._inspector.note("to_app", "http", "url_verification")
                self._verified.set()
            await asyncio.sleep(0.1)

    async def _challenge(self) -> bool:
        payload = {"token": VERIFICATION_TOKEN, "challenge": "sandbox-challenge", "type": "url_verification"}
        status, body = await self._post("application/json", json.dumps(payload), {})
        return status == OK and isinstance(body, dict) and body.get("challenge") == "sandbox-challenge"

    async def attempt(self, kind: str, payload: Json, retry: int = 0, reason: str = "") -> Receipt:
        """Send one signed request; its 200 answer is the ack."""
        if not self._verified.is_set():
            return Receipt(OFFLINE, 0.0)
        headers = {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": reason} if retry else {}
        start = time.perf_counter()
        status, body = await self._post(*_encoded(kind, payload), headers)
        ack_ms = round((time.perf_counter() - start) * 1000, 3)
        if status == NOBODY:
            self._verified.clear()
        errors = {OK: None, NOBODY: OFFLINE, LATE: TIMEOUT}
        return Receipt(errors.get(status, FAILED), ack_ms, body)

    async def _post(self, content_type: str, text: str, extra: dict[str, str]) -> tuple[int, Json | str | None]:
        """Return the status and decoded body: NOBODY listens, or the answer is LATE, or the app's own."""
        self._session = self._session or aiohttp.ClientSession(trust_env=False)
        headers = {"Content-Type": content_type, **_signature(text), **extra}
        try:
            async with self._session.post(
                self._url, data=text.encode(), headers=headers, timeout=self._limit
            ) as answer:
                return answer.status, _decoded(await answer.text())
        except TimeoutError:
            return LATE, None
        except aiohttp.ClientError:
            return NOBODY, None

    async def close(self) -> None:
        """Stop verifying and close the client."""
        if self._verifying is not None:
            self._verifying.cancel()
        if self._session is not None:
            await self._session.close()


def _encoded(kind: str, payload: Json) -> tuple[str, str]:
    if kind == SLASH:
        return FORM, urlencode(payload)
    if kind == INTERACTIVE:
        return FORM, urlencode({"payload": json.dumps(payload)})
    return "application/json", json.dumps(payload)


def _signature(text: str) -> dict[str, str]:
    stamp = str(int(time.time()))
    digest = hmac.new(SIGNING_SECRET.encode(), f"v0:{stamp}:{text}".encode(), hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}


def _decoded(text: str) -> Json | str | None:
    if not text.strip():
        return None
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, dict) else text
