"""`python -m sandbox.aws`: the local AWS as a program of its own."""

from __future__ import annotations

import argparse
import json
import os
import signal
import tempfile
import threading
from pathlib import Path

from sandbox.aws.backend import Setting
from sandbox.aws.clock import ManualClock, Pace, SystemClock
from sandbox.aws.launching import EmptyLauncher
from sandbox.aws.server import LocalAws

_SCALE_VARIABLE = "SANDBOX_SCALE_SECONDS"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.aws", description="Serve a local AWS with SageMaker.")
    parser.add_argument("--port", type=int, default=0, help="loopback port, 0 for a free one")
    parser.add_argument(
        "--scale-seconds",
        type=float,
        default=float(os.environ.get(_SCALE_VARIABLE, "3")),
        help=f"how long Creating, Updating and Deleting last (also {_SCALE_VARIABLE})",
    )
    parser.add_argument("--port-file", type=Path, help="write the port here when ready")
    parser.add_argument("--state-dir", type=Path, help="keep unpacked models and container logs here")
    parser.add_argument("--journal", type=Path, help="append every call here, one JSON object a line")
    parser.add_argument(
        "--stand-in", action="store_true", help="run no containers, and move time only over POST /sandbox/advance"
    )
    return parser.parse_args()


def _announce(aws: LocalAws, port_file: Path | None) -> None:
    if port_file:
        port_file.write_text(aws.url.rsplit(":", 1)[1], encoding="ascii")
    print(json.dumps({"url": aws.url}), flush=True)


def _serve_until_told(options: argparse.Namespace, folder: Path) -> None:
    pace = Pace(options.scale_seconds)
    setting = Setting(SystemClock(), pace, folder)
    if options.stand_in:
        setting = Setting(ManualClock(), pace, folder, EmptyLauncher)
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    with LocalAws(setting, options.port, options.journal) as aws:
        _announce(aws, options.port_file)
        told.wait()


def main() -> None:
    """Serve until SIGTERM or SIGINT, then end every model server."""
    options = _arguments()
    with tempfile.TemporaryDirectory(prefix="sandbox-aws-", ignore_cleanup_errors=True) as scratch:
        _serve_until_told(options, options.state_dir or Path(scratch))


if __name__ == "__main__":
    main()
