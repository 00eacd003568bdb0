"""The sandbox's AWS as a program of its own, for tests that need its wire and nothing of its insides."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}


@contextmanager
def local_aws(scale_seconds: float, *arguments: str) -> Iterator[str]:
    """Run `python -m sandbox.aws` and yield its URL."""
    command = [sys.executable, "-m", "sandbox.aws", "--scale-seconds", str(scale_seconds), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            if process.stdout is None:
                raise RuntimeError("no pipe")
            yield json.loads(process.stdout.readline())["url"]
        finally:
            process.terminate()
