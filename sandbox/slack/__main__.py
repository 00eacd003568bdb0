"""``python -m sandbox.slack``: run the local Slack until interrupted."""

import argparse
import asyncio
import contextlib
import json
import signal
from pathlib import Path

from sandbox.slack.emulator import build
from sandbox.slack.manifest import read_manifest
from sandbox.slack.server import run
from sandbox.slack.tickets import Limits


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.slack", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--manifest", type=Path, default=Path("manifest.yaml"))
    parser.add_argument("--http-url", help="deliver signed requests there instead of over Socket Mode")
    parser.add_argument("--port-file", type=Path, help="write the port there once requests are accepted")
    parser.add_argument("--ack-seconds", type=float, default=3.0, help="how long the app has to acknowledge")
    return parser.parse_args()


def _announce(origin: str, port_file: Path | None) -> None:
    if port_file is not None:
        partial = port_file.with_suffix(".partial")
        partial.write_text(origin.rpartition(":")[2], encoding="utf-8")
        partial.replace(port_file)
    print(json.dumps({"url": origin}), flush=True)


async def _serve(options: argparse.Namespace) -> None:
    limits = Limits(ack_seconds=options.ack_seconds)
    emulator = build(read_manifest(options.manifest), limits, options.http_url)
    serving = asyncio.ensure_future(run(emulator, options.port, lambda origin: _announce(origin, options.port_file)))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, serving.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await serving


def main() -> None:
    """Run the server; SIGINT and SIGTERM end it cleanly."""
    asyncio.run(_serve(_arguments()))


if __name__ == "__main__":
    main()
