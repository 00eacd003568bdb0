"""Told to stop, a process drains; told again, it ends at once."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

DRAINS_FOR_EVER = """
import signal, threading
from bot import cli

def listening():
    while signal.getsignal(signal.SIGINT) is not signal.getsignal(signal.SIGTERM):
        threading.Event().wait(0.01)
    print("listening", flush=True)

threading.Thread(target=listening).start()
cli._until_told_to_stop()
print("draining", flush=True)
threading.Event().wait()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_a_process_that_drains(number: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", DRAINS_FOR_EVER],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    with process.stdout as said:
        assert said.readline() == "listening\n"
        process.send_signal(number)
        assert "draining\n" in iter(said.readline, "")
        process.send_signal(number)
        assert process.wait(20) == -number
