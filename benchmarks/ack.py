"""How long a slash command waits for its ack: Sluice, Redis write included, against two peers in the same run.

    python -m benchmarks.ack [--rounds 1000] [--burst 3000]

Each subject is a process of its own, connected by Socket Mode to one small server in this process, which sends
envelopes and notes when each is acknowledged. Subjects take turns, so that a noisy machine is noisy for all.
  bare     a Bolt app as in its README: defaults, a listener that only acks
  no-op    the same with process_before_response=True
  sluice   the product's own bot, `/deploy` of another model each time: the release is in Valkey before the ack
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import WSMsgType, web

from sandbox.valkey import EmbeddedValkey

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent.parent
IN_FLIGHT = 50

PEER = """
import sys, threading
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
app = App(client=WebClient(token="xoxb-bench", base_url=sys.argv[1]), signing_secret="bench", %s)
@app.command("/deploy")
def deploy(ack):
    ack("ok")
SocketModeHandler(app, "xapp-bench").connect()
threading.Event().wait()
"""


@dataclass(slots=True)
class Slack:
    """The smallest Socket Mode server that can time acks."""

    url: str = ""
    socket: web.WebSocketResponse | None = None
    acked: dict[str, asyncio.Future[float]] = field(default_factory=dict)
    connected: asyncio.Event = field(default_factory=asyncio.Event)

    async def api(self, request: web.Request) -> web.Response:
        """Answer any Web API method well enough for an app to start."""
        await request.read()
        answer = {
            "ok": True,
            "bot_id": "B0",
            "user_id": "U0",
            "team_id": "T0",
            "url": "http://127.0.0.1/",
            "user": USER,
        }
        return web.json_response({**answer, "url": f"{self.url.replace('http', 'ws')}/link"})

    async def link(self, request: web.Request) -> web.WebSocketResponse:
        """Hold one app's connection."""
        self.socket = socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": 1, "debug_info": {}, "connection_info": {}})
        self.connected.set()
        async for message in socket:
            if message.type is WSMsgType.TEXT and message.data.startswith("{"):
                future = self.acked.pop(json.loads(message.data).get("envelope_id", ""), None)
                if future is not None and not future.done():
                    future.set_result(time.perf_counter())
        return socket

    async def command(self, number: int) -> float:
        """Send one `/deploy` and return the milliseconds until its ack."""
        if self.socket is None:
            raise RuntimeError("no app is connected")
        future: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        envelope = f"e{number}"
        self.acked[envelope] = future
        begun = time.perf_counter()
        await self.socket.send_str(json.dumps(_envelope(envelope, number)))
        return (await asyncio.wait_for(future, 30) - begun) * 1000


USER = {"id": "U0", "team_id": "T0"}
"""What users.info tells: a full member of the bot's own workspace."""


def _envelope(envelope: str, number: int) -> dict[str, object]:
    payload = {
        "token": "t", "team_id": "T0", "team_domain": "bench", "channel_id": "C0", "channel_name": "bench",
        "user_id": "U0", "user_name": "ana", "command": "/deploy", "text": f"model-{number} 1", "api_app_id": "A0",
        "is_enterprise_install": "false", "response_url": "http://127.0.0.1:9/", "trigger_id": f"1.{number}",
    }  # fmt: skip
    return {"envelope_id": envelope, "type": "slash_commands", "payload": payload, "accepts_response_payload": True}


@dataclass(frozen=True, slots=True)
class Load:
    """How much is sent to each subject in each of its turns."""

    rounds: int
    burst: int
    turns: int


@dataclass(frozen=True, slots=True)
class Figures:
    """One subject's turn: sequential latencies (ms), and a burst with 50 in flight."""

    sequential: list[float]
    burst: list[float]
    per_second: float


async def measure(slack: Slack, first: int, rounds: int, burst: int) -> Figures:
    """Send `rounds` commands one after the other, then `burst` of them 50 at a time."""
    for number in range(first, first + 50):
        await slack.command(number)
    first += 50
    sequential = [await slack.command(number) for number in range(first, first + rounds)]
    numbers = iter(range(first + rounds, first + rounds + burst))
    taken: list[float] = []

    async def stream() -> None:
        taken.extend([await slack.command(number) for number in numbers])

    begun = time.perf_counter()
    await asyncio.gather(*(stream() for _ in range(IN_FLIGHT)))
    return Figures(sequential, taken, burst / (time.perf_counter() - begun))


def _percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


async def run(load: Load) -> None:
    """Measure all subjects in turn and print a table."""
    slack = Slack()
    app = web.Application()
    app.router.add_route("*", "/api/{method}", slack.api)
    app.router.add_get("/link", slack.link)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    slack.url = f"http://{host}:{port}"
    with tempfile.TemporaryDirectory() as folder:
        valkey = EmbeddedValkey()
        redis_url = valkey.start(Path(folder) / "valkey")
        try:
            await _take_turns(slack, Path(folder), redis_url, load)
        finally:
            valkey.stop()
    await runner.cleanup()


async def _take_turns(slack: Slack, folder: Path, redis_url: str, load: Load) -> None:
    rounds, burst, turns = load.rounds, load.burst, load.turns
    needed = turns * (rounds + burst + 50)
    subjects: dict[str, Callable[[], subprocess.Popen[bytes]]] = {
        "bare": lambda: _peer(slack, ""),
        "no-op": lambda: _peer(slack, "process_before_response=True"),
        "sluice": lambda: _sluice(slack, folder, redis_url, needed),
    }
    figures: dict[str, list[Figures]] = {name: [] for name in subjects}
    for turn in range(turns):
        for name, start in subjects.items():
            slack.connected.clear()
            process = start()
            try:
                await asyncio.wait_for(slack.connected.wait(), 30)
                figures[name].append(await measure(slack, turn * (rounds + burst + 50), rounds, burst))
            finally:
                process.terminate()
                process.wait()
    _print(figures)


def _environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if "proxy" not in key.lower()} | {"PYTHONPATH": str(ROOT)}


def _peer(slack: Slack, option: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", PEER % option, f"{slack.url}/api/"], env=_environment())


def _sluice(slack: Slack, folder: Path, redis_url: str, models: int) -> subprocess.Popen[bytes]:
    catalog = folder / "catalog.json"  # JSON is YAML, and written faster
    catalog.write_text(json.dumps({"models": {f"model-{number}": _model(number) for number in range(models)}}))
    environment = _environment() | {
        "SLACK_BOT_TOKEN": "xoxb-bench",
        "SLACK_APP_TOKEN": "xapp-bench",
        "SLACK_API_URL": f"{slack.url}/api/",
        "REDIS_URL": redis_url,
        "SLUICE_CATALOG": str(catalog),
        "SLUICE_HEALTH_PORT": "0",
        "SLUICE_LOG_LEVEL": "error",
    }
    return subprocess.Popen([sys.executable, "-m", "bot", "bot"], env=environment, cwd=ROOT)


def _model(number: int) -> dict[str, object]:
    return {
        "package_group": f"group-{number}",
        "staging_endpoint": f"model-{number}-staging",
        "prod_endpoint": f"model-{number}-prod",
        "execution_role_arn": "arn:aws:iam::123456789012:role/bench",
        "channel": "C0",
    }


def _print(figures: dict[str, list[Figures]]) -> None:
    """Print medians over the turns; ratios are of the same turn, and their median is shown."""
    print(f"{'':8} {'p50 ms':>8} {'p99 ms':>8} {'per s, 50 in flight':>20} {'p50 of bare':>12} {'p50 of no-op':>13}")
    p50 = {name: [statistics.median(turn.sequential) for turn in turns] for name, turns in figures.items()}
    for name, turns in figures.items():
        p99 = statistics.median(_percentile(turn.sequential, 0.99) for turn in turns)
        rate = statistics.median(turn.per_second for turn in turns)
        bare = statistics.median(own / peer for own, peer in zip(p50[name], p50["bare"], strict=True))
        noop = statistics.median(own / peer for own, peer in zip(p50[name], p50["no-op"], strict=True))
        print(f"{name:8} {statistics.median(p50[name]):8.2f} {p99:8.2f} {rate:20,.0f} {bare:11.2f}x {noop:12.2f}x")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=1000, help="commands sent one after the other")
    parser.add_argument("--burst", type=int, default=3000, help="commands sent 50 at a time")
    parser.add_argument("--turns", type=int, default=3, help="turns of each subject")
    options = parser.parse_args()
    asyncio.run(run(Load(options.rounds, options.burst, options.turns)))


if __name__ == "__main__":
    main()
