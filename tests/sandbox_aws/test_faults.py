"""The words of `sandbox:fault`."""

from __future__ import annotations

import pytest

from sandbox.aws.faults import Faults, read_faults
from sandbox.aws.wire import AwsError


@pytest.mark.parametrize("properties", [None, {}, {"git_commit": "abc"}, {"sandbox:fault": ""}])
def test_no_property_no_fault(properties: dict[str, str] | None) -> None:
    assert read_faults(properties) == Faults()


def test_faults_combine_and_reach_the_model_server() -> None:
    faults = read_faults({"sandbox:fault": "latency_ms:80, crash_after:50,slow_ping:2,update_fails,percent,reversed"})
    assert faults.flags == {"update_fails"}
    numbers = ["--latency-ms", "80", "--crash-after", "50", "--startup-delay", "2"]
    assert faults.arguments() == [*numbers, "--misbehave", "percent", "--misbehave", "reversed"]


WRONG = [
    "latency",
    "latency_ms",
    "latency_ms:",
    "latency_ms:fast",
    "crash:3",
    "update_fails:1",
    "per_cent",
    "percent:3",
]


@pytest.mark.parametrize("text", WRONG)
def test_a_word_it_does_not_know_is_refused(text: str) -> None:
    with pytest.raises(AwsError, match="sandbox:fault"):
        read_faults({"sandbox:fault": text})
