"""The local Slack as one object: state, log, tickets, the wire to the app, and injected faults."""

from dataclasses import dataclass, field

from aiohttp import web

from sandbox.slack.delivery import Delivery, Wire
from sandbox.slack.http_mode import HttpMode
from sandbox.slack.inspector import Inspector
from sandbox.slack.manifest import Manifest
from sandbox.slack.socket_mode import SocketMode
from sandbox.slack.tickets import Limits, ResponseUrls, Triggers
from sandbox.slack.wire import Json
from sandbox.slack.workspace import Workspace


@dataclass(slots=True)
class Fault:
    """``times`` coming calls of ``method`` (any when None) fail: 429 with ``retry_after`` s, or ``error``.

    With ``lost`` they are carried out, and the connection is cut before the answer.
    """

    method: str | None
    retry_after: int
    times: int
    error: str | None = None
    lost: bool = False


@dataclass(slots=True)
class Emulator:
    """Everything a request handler needs; ``origin`` is the server's own ``http://127.0.0.1:PORT``.

    ``uploads`` is what goes wrong with files: ``fail`` (their bytes are not taken), ``never_ready``, or nothing.
    While Slack is ``away`` it answers the app with 503 and takes no socket; people still see what was said.
    ``scopes_used`` are the scopes without which something that happened would have been refused.
    """

    manifest: Manifest
    limits: Limits
    workspace: Workspace
    inspector: Inspector
    delivery: Delivery
    triggers: Triggers
    response_urls: ResponseUrls
    origin: str = ""
    uploads: str = ""
    away: bool = False
    faults: list[Fault] = field(default_factory=list)
    suggested: dict[tuple[str, str], list[Json]] = field(default_factory=dict)
    scopes_used: set[str] = field(default_factory=set)
    posted_at: dict[str, float] = field(default_factory=dict)

    @property
    def socket(self) -> SocketMode | None:
        """The Socket Mode wire, or None when the app is reached over HTTP."""
        return self.delivery.wire if isinstance(self.delivery.wire, SocketMode) else None

    def take_fault(self, method: str) -> Fault | None:
        """Use up one injected failure of ``method``, if any is left."""
        for fault in self.faults:
            if fault.times > 0 and fault.method in (None, method):
                fault.times -= 1
                return fault
        return None


def build(manifest: Manifest, limits: Limits, http_url: str | None = None) -> Emulator:
    """Wire an emulator; with ``http_url`` payloads go there signed, otherwise over Socket Mode."""
    workspace = Workspace(manifest.bot_name)
    inspector = Inspector(workspace.changed)
    wire: Wire = HttpMode(inspector, limits, http_url) if http_url else SocketMode(inspector, limits)
    return Emulator(
        manifest=manifest,
        limits=limits,
        workspace=workspace,
        inspector=inspector,
        delivery=Delivery(wire, inspector, limits.retry_delays),
        triggers=Triggers(limits.trigger_seconds),
        response_urls=ResponseUrls(limits),
    )


EMULATOR = web.AppKey("emulator", Emulator)
"""Where an application keeps its emulator."""
