"""Secrets by reference: from a file, and from Secrets Manager over HTTP."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from bot.cli import main
from bot.secrets import revealed
from bot.settings import Misconfigured, read_settings, store_address

KEYS = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing", "region_name": "eu-west-1"}
ABSENT = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:none-AbCdEf"


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def manager(aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Secrets Manager, which the environment leads to as well."""
    given = {"AWS_ENDPOINT_URL": aws, "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    client = boto3.client("secretsmanager", endpoint_url=aws, **KEYS)
    yield client
    client.close()


def kept(manager: Any, name: str, text: str) -> str:
    arn: str = manager.create_secret(Name=name, SecretString=text)["ARN"]
    return arn


def test_what_is_no_reference_is_the_secret() -> None:
    assert revealed("xoxb-1-2-3") == "xoxb-1-2-3"
    assert revealed("redis://:arn:file:@there:6379/0") == "redis://:arn:file:@there:6379/0"


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("xoxb-in-a-file\n", encoding="utf-8")
    assert revealed(f"file:{path}") == "xoxb-in-a-file"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match="holds no text"):
        revealed(f"file:{path}")
    with pytest.raises(ValueError, match=r"absent cannot be read \(No such file"):
        revealed(f"file:{tmp_path / 'absent'}")


def test_a_secret_of_nothing_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With an empty signing secret, whoever knows Slack's recipe could sign a click of any approver."""
    path = tmp_path / "empty"
    path.write_text("\n", encoding="utf-8")
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    monkeypatch.delenv("SLACK_APP_TOKEN", raising=False)
    for nothing, said in (("", "set SLACK_APP_TOKEN"), ("  ", "is empty"), (f"file:{path}", "nothing in file:")):
        monkeypatch.setenv("SLACK_SIGNING_SECRET", nothing)
        with pytest.raises(Misconfigured) as told:
            read_settings()
        assert [problem.partition(":")[0] for problem in told.value.problems] == ["SLACK_SIGNING_SECRET"]
        assert said in told.value.problems[0]
    monkeypatch.setenv("REDIS_URL", f"file:{path}")
    with pytest.raises(Misconfigured, match="nothing in file:"):
        store_address()


def test_secrets_manager_is_read(manager: Any) -> None:
    assert revealed(kept(manager, "one", "xoxb-in-aws\n")) == "xoxb-in-aws"
    several = kept(manager, "several", json.dumps({"bot": "xoxb-of-several", "number": 7}))
    assert revealed(f"{several}#bot") == "xoxb-of-several"
    for key in ("absent", "number"):
        with pytest.raises(ValueError, match=f"no JSON object with a text under {key}"):
            revealed(f"{several}#{key}")
    with pytest.raises(ValueError, match="no JSON object") as told:
        revealed(f"{kept(manager, 'plain', 'xoxb-plain')}#bot")
    assert "xoxb" not in str(told.value)
    as_bytes = manager.create_secret(Name="bytes", SecretBinary=b"xoxb")["ARN"]
    with pytest.raises(ValueError, match="holds bytes"):
        revealed(as_bytes)
    with pytest.raises(ValueError, match="not arn:aws:secretsmanager"):
        revealed("arn:aws:ssm:eu-west-1:123456789012:parameter/token")


def test_every_secret_may_be_named(manager: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = {"bot": "xoxb-held", "app": "xapp-held", "signing": "signing-held"}
    arn = kept(manager, "held", json.dumps(held))
    address = tmp_path / "redis"
    address.write_text("redis://:held@there:6379/0\n", encoding="utf-8")
    for name, key in (("BOT_TOKEN", "bot"), ("APP_TOKEN", "app"), ("SIGNING_SECRET", "signing")):
        monkeypatch.setenv(f"SLACK_{name}", f" {arn}#{key}")
    monkeypatch.setenv("REDIS_URL", f"file:{address}")
    found = read_settings()
    tokens = (found.slack_bot_token, found.slack_app_token, found.slack_signing_secret)
    assert [token.get_secret_value() for token in tokens if token is not None] == list(held.values())
    assert found.redis_url.get_secret_value() == store_address() == "redis://:held@there:6379/0"


def test_what_cannot_be_read_is_listed_with_all_else_that_is_wrong(
    manager: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = {
        "SLACK_BOT_TOKEN": ABSENT,
        "SLACK_APP_TOKEN": f"{kept(manager, 'half', '{}')}#app",
        "REDIS_URL": "file:/nowhere/at/all",
        "SLUICE_POLL_SECONDS": "0",
    }
    for name, value in wrong.items():
        monkeypatch.setenv(name, value)
    assert main(["check"]) == 2
    told = capsys.readouterr().err
    assert f"SLACK_BOT_TOKEN: {ABSENT} cannot be read" in told
    assert all(f"- {name}: " in told for name in wrong)
    assert main(["audit", "verify"]) == 2
    assert "REDIS_URL: the file /nowhere/at/all cannot be read" in capsys.readouterr().err


def test_asking_how_a_process_is_needs_no_secret(monkeypatch: pytest.MonkeyPatch, aws: str) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", ABSENT)
    monkeypatch.setenv("SLUICE_HEALTH_PORT", aws.rpartition(":")[2])
    assert main(["health"]) == 1, "something answers there, and it is no process of ours"
    monkeypatch.setenv("SLUICE_HEALTH_PORT", "eighty")
    assert main(["health"]) == 2


def test_a_bot_without_such_a_reference_does_not_load_boto3() -> None:
    code = "import sys, bot.cli, bot.slack_app, bot.wiring; from bot.settings import read_settings; read_settings();"
    done = subprocess.run(
        [sys.executable, "-c", f"{code} sys.exit('boto3' in sys.modules)"],
        env={"SLACK_BOT_TOKEN": "xoxb", "SLACK_APP_TOKEN": "xapp"},
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert done.returncode == 0
