"""`python -m sandbox demo` plays the whole story; `python -m sandbox up` leaves its world running."""

import argparse
import signal
import sys
import threading

from sandbox.demo import play
from sandbox.world import NotStarted, Recipe, World

_PAGE_PORT = 8155


def main() -> int:
    """Run a command of the sandbox."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("demo", help="play the story, assert what it claims, and end")
    up = commands.add_parser("up", help="start the world and leave it running until Ctrl-C")
    up.add_argument("--port", type=int, default=_PAGE_PORT, help="port of the local Slack's page")
    up.add_argument("--scale-seconds", type=float, default=6.0, help="how long an endpoint takes to change")
    options = parser.parse_args()
    try:
        return play() if options.command == "demo" else _up(options.port, options.scale_seconds)
    except NotStarted as error:
        print(error, file=sys.stderr)
        return 1


def _up(port: int, scale_seconds: float) -> int:
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    print("Starting Valkey, a local AWS, a local Slack, the bot and a worker …", flush=True)
    with World(Recipe(scale_seconds=scale_seconds, slack_port=port)) as world:
        print(_welcome(world), flush=True)
        told.wait()
        print("Stopping …", flush=True)
    return 0


def _welcome(world: World) -> str:
    return f"""
  The sandbox is ready:  {world.slack_url}

  Open it in a browser. You are Ana, who ships a model. In #ml-releases type

      /deploy titanic-survival 1        release the baseline; wait for the card's buttons
  then choose "Act as Bruno" at the left, who may approve, and click Approve.

      /deploy titanic-survival 2        a better model, released over it
      /deploy titanic-survival 3        perfect metrics, wrong answers: stopped at staging
      (versions 4 and 5 are broken on purpose; latest is 4)
      /rollback titanic-survival        as Diego, who is on call: back to what prod served before
      /endpoints                        what is live where

  AWS at {world.aws_url}  (any credentials, region eu-west-1)
  Redis at {world.redis_url}
  Logs in {world.folder}

  Ctrl-C ends it and leaves nothing behind."""


if __name__ == "__main__":
    sys.exit(main())
