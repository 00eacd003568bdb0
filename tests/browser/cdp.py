"""A browser for tests and screenshots: Debian's Chromium over the Chrome DevTools Protocol, and nothing else."""

import asyncio
import base64
import contextlib
import itertools
import json
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--no-proxy-server",
    "--lang=en-US",
    "--remote-debugging-port=0",
)
START_SECONDS = 30.0
CALL_SECONDS = 60.0
MODIFIERS = {"Alt": 1, "Control": 2, "Meta": 4, "Shift": 8}
VIRTUAL_KEYS = {
    "Tab": 9,
    "Enter": 13,
    "Escape": 27,
    "ArrowLeft": 37,
    "ArrowUp": 38,
    "ArrowRight": 39,
    "ArrowDown": 40,
    "F6": 117,
    ".": 190,
}

WAIT = """new Promise((resolve, reject) => {
  const end = performance.now() + %d;
  const look = () => {
    const found = %s;
    if (found) resolve(found === true ? true : String(found));
    else if (performance.now() > end) reject(new Error("never true"));
    else setTimeout(look, 15);
  };
  look();
})"""
SETTLED = """Promise.allSettled([document.fonts.ready, new Promise(requestAnimationFrame), ...document.getAnimations()
  .filter((each) => each.effect.getComputedTiming().endTime < 1000).map((each) => each.finished)]).then(() => true)"""


def find_chromium() -> str | None:
    """Return the path of an installed Chromium, or None: the caller skips with that reason."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class PageError(Exception):
    """A script failed in the page, a condition never came true, or the protocol refused a command."""


class Browser:
    """One headless Chromium with one tab; a context manager. Calls block until the page has answered."""

    def __init__(self, executable: str, width: int = 1280, height: int = 800) -> None:
        """Run ``executable`` with a fresh profile and a tab of ``width`` x ``height`` CSS pixels."""
        self.executable, self.width, self.height = executable, width, height
        self._ids = itertools.count(1)
        self._session: dict[str, str] = {}
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        """Start the browser and attach to a new tab."""
        with contextlib.ExitStack() as stack:
            profile = stack.enter_context(tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True))
            command = [self.executable, *FLAGS, f"--user-data-dir={profile}", "about:blank"]
            quiet = subprocess.DEVNULL
            process = stack.enter_context(subprocess.Popen(command, stdout=quiet, stderr=quiet))
            stack.callback(process.kill)
            self._runner = stack.enter_context(asyncio.Runner())
            self._runner.run(self._attach(_devtools_address(process, Path(profile)), stack))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End the browser and remove its profile."""
        self._stack.close()

    async def _attach(self, address: str, stack: contextlib.ExitStack) -> None:
        http = aiohttp.ClientSession()
        stack.callback(lambda: self._runner.run(http.close()))
        self._socket = await http.ws_connect(address, max_msg_size=0)
        target = await self._send("Target.createTarget", {"url": "about:blank"})
        attached = await self._send("Target.attachToTarget", {"targetId": target["targetId"], "flatten": True})
        self._session = {"sessionId": attached["sessionId"]}

    async def _send(self, method: str, params: dict[str, object]) -> dict[str, Any]:
        number = next(self._ids)
        await self._socket.send_json({"id": number, "method": method, "params": params, **self._session})
        answer: dict[str, Any] = {}
        async with asyncio.timeout(CALL_SECONDS):
            while answer.get("id") != number:
                answer = json.loads(await self._socket.receive_str())
        if "error" in answer:
            raise PageError(f"{method}: {answer['error']['message']}")
        result: dict[str, Any] = answer["result"]
        return result

    def call(self, method: str, **params: object) -> dict[str, Any]:
        """Send one protocol command and return its result; raises PageError when it is refused."""
        return self._runner.run(self._send(method, params))

    def open(self, url: str, *, dark: bool = False) -> None:
        """Go to ``url`` in the light or the dark colour scheme, and wait until it has loaded."""
        self.resize(self.width, self.height)
        self.color_scheme(dark=dark)
        self.call("Page.navigate", url=url)
        self.wait("location.href !== 'about:blank' && document.readyState === 'complete'")

    def resize(self, width: int, height: int) -> None:
        """Give the tab another size, in CSS pixels."""
        self.width, self.height = width, height
        metrics: dict[str, object] = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", **metrics)

    def color_scheme(self, *, dark: bool) -> None:
        """Tell the page which colour scheme the system prefers."""
        feature = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[feature])

    def evaluate(self, script: str) -> Any:
        """Return the JSON value of an expression (promises are awaited); raises PageError if it throws."""
        answer = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise PageError(details.get("exception", {}).get("description") or details["text"])
        return answer["result"].get("value")

    def wait(self, condition: str, seconds: float = 10.0) -> Any:
        """Return the first truthy value of a JavaScript expression; raises PageError after ``seconds``."""
        try:
            return self.evaluate(WAIT % (int(seconds * 1000), condition))
        except PageError as error:
            raise PageError(f"{error} within {seconds} s: {condition}") from None

    def wait_text(self, selector: str, text: str, seconds: float = 10.0) -> None:
        """Wait until an element that matches ``selector`` contains ``text``."""
        nodes = f"[...document.querySelectorAll({json.dumps(selector)})]"
        self.wait(f"{nodes}.some((node) => node.textContent.includes({json.dumps(text)}))", seconds)

    def press(self, *chords: str) -> None:
        """Press keys, e.g. ``press("Tab", "Control+k")``."""
        for chord in chords:
            *held, key = chord.split("+")
            text = "\r" if key == "Enter" else key if len(key) == 1 and not held else ""
            event: dict[str, object] = {
                "key": key,
                "windowsVirtualKeyCode": VIRTUAL_KEYS.get(key) or ord(key[0].upper()),
                "modifiers": sum(MODIFIERS[name] for name in held),
            }
            self.call("Input.dispatchKeyEvent", type="keyDown", **event, **({"text": text} if text else {}))
            self.call("Input.dispatchKeyEvent", type="keyUp", **event)

    def type(self, text: str) -> None:
        """Type text into what has the focus, letter by letter."""
        for letter in text:
            self.call("Input.insertText", text=letter)

    def focus(self, selector: str) -> None:
        """Give an element the focus once it is there, as if it had been reached by Tab."""
        found = f"document.querySelector({json.dumps(selector)})"
        self.wait(f"{found} !== null")
        self.evaluate(f"{found}.focus()")

    def screenshot(self, path: Path, *, dark: bool) -> None:
        """Write what is shown to ``path`` as PNG, in the light or the dark colour scheme."""
        self.color_scheme(dark=dark)
        self.evaluate(SETTLED)
        picture = self.call("Page.captureScreenshot", format="png")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(picture["data"]))


def _devtools_address(process: "subprocess.Popen[bytes]", profile: Path) -> str:
    """Return the address that Chromium writes into its profile once it listens."""
    announced, deadline = profile / "DevToolsActivePort", time.monotonic() + START_SECONDS
    while not (announced.exists() and announced.read_text().count("\n")):
        with contextlib.suppress(subprocess.TimeoutExpired):
            raise PageError(f"Chromium ended with {process.wait(timeout=0.02)} before it listened")
        if time.monotonic() > deadline:
            raise PageError(f"Chromium does not listen after {START_SECONDS} s")
    port, path = announced.read_text().split()
    return f"ws://127.0.0.1:{port}{path}"
