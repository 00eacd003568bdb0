"""The table of Web API methods: who may call each, with which scopes, and what it does."""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.slack.arguments import Arguments
from sandbox.slack.emulator import Emulator
from sandbox.slack.wire import Json

Handler = Callable[[Emulator, Arguments], Json]


@dataclass(frozen=True, slots=True)
class Method:
    """One method; any one of ``scopes`` is enough; ``caller`` is the kind of token: ``bot``, ``app``, ``none``."""

    handler: Handler
    scopes: tuple[str, ...] = ()
    caller: str = "bot"
