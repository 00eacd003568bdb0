"""`sluice audit verify` and `sluice audit export`, on a real server."""

import csv
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fakes.builders import NOON, after
from fakes.stores import FIRST, change, created, named

from bot.cli import main
from handlers.views.text import without_accounts
from services.adapters.redis_store import RedisStore
from services.release import audit as a
from services.release import events as e

pytestmark = pytest.mark.contract
NASTY = '=HYPERLINK("http://evil")\n<!channel> 🙈'


@pytest.fixture
def store(valkey: Any, valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> RedisStore:
    monkeypatch.setenv("REDIS_URL", valkey_url)
    store = RedisStore(valkey)
    release = created(store)
    store.witness(release.id, a.Attempted(after(5), "UEVE", "approve", release.id, "not_an_approver", "approvers"))
    store.witness(release.id, a.OrderSent(after(6), "UpdateEndpoint", (("name", "titanic-prod"),)))
    call = a.AwsCall("UpdateEndpoint", "4f1b-77", 200)
    store.witness(release.id, a.OrderAnswered(after(6), "UpdateEndpoint", (call,)))
    store.commit(change(release, e.Rejected("UBOB", NASTY)))
    store.witness(release.id, a.Announced(after(11), "thread", 2, 0, "C1:17.1"))
    store.witness(a.GENERAL, a.Attempted(NOON, "UBOB", "freeze", "all", rule="operators", detail=NASTY))
    return store


def printed(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


def test_a_whole_record_is_said_to_be_whole(store: RedisStore, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "verify"]) == 0
    assert printed(capsys).splitlines() == [
        "general: whole, 1 lines",
        "r0000000a: whole, 6 lines, which vouch for facts 1 to 2",
        "2 verified, 0 broken.",
    ]


def test_a_log_that_was_begun_anew_is_said_to_be_whatever_was_witnessed_before(
    store: RedisStore, capsys: pytest.CaptureFixture[str]
) -> None:
    """A worker that had an order on its way when the store was lost says afterwards how it went."""
    late = named("r0000000b", model="iris", minutes=1)
    store.witness(late.id, a.OrderAnswered(after(6), "UpdateEndpoint", ()))
    store.create(late, FIRST, NOON, (a.Attempted(after(7), "ops", "recover", late.id),))
    assert main(["audit", "verify", late.id]) == 0
    said = printed(capsys)
    assert said.startswith("r0000000b: whole, 3 lines")
    assert "begun anew by sluice recover" in said


def test_a_changed_byte_is_located_and_the_rest_is_verified_too(
    store: RedisStore, valkey: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    created(store, named("r0000000b", model="iris", minutes=1))
    written = valkey.lindex("sluice:audit:r0000000a", 2)
    valkey.lset("sluice:audit:r0000000a", 2, written.replace(b"titanic-prod", b"titanic-pr0d"))
    assert main(["audit", "verify"]) == 1
    lines = printed(capsys).splitlines()
    assert [line for line in lines if line.startswith("r0000000a: line 3: ")]
    assert lines[-1] == "3 verified, 1 broken."
    assert main(["audit", "verify", "r0000000b"]) == 0
    assert main(["audit", "verify", "r0000000a"]) == 1


def test_a_changed_fact_is_located(store: RedisStore, valkey: Any, capsys: pytest.CaptureFixture[str]) -> None:
    log = "sluice:release:r0000000a:log"
    valkey.lset(log, 1, valkey.lindex(log, 1).replace(b"UBOB", b"UEVE"))
    assert main(["audit", "verify"]) == 1
    assert "r0000000a: fact 2: it is not what was written" in printed(capsys)


def test_what_an_older_sluice_wrote_is_said_to_be_under_no_seal(
    store: RedisStore, valkey: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    release = created(store, named("r0000000b", model="iris", minutes=1))
    valkey.delete("sluice:audit:r0000000b", "sluice:audit:r0000000b:head")
    assert main(["audit", "verify", "r0000000b"]) == 0
    assert "r0000000b: no audit log" in printed(capsys)
    store.commit(change(release, e.Recovered(1)))
    assert main(["audit", "verify", "r0000000b"]) == 0
    assert "vouch for facts 2 to 2; facts 1 to 1 are older" in printed(capsys)


def test_nothing_to_verify_is_no_failure(
    valkey: Any, valkey_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REDIS_URL", valkey_url)
    assert main(["audit", "verify"]) == 0
    for action in ("verify", "export"):
        assert main(["audit", action, "rnothing0"]) == 1
        assert "no such release" in capsys.readouterr().err


def test_an_export_in_json_can_be_verified_by_anyone(store: RedisStore, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "export", "r0000000a"]) == 0
    lines = [json.loads(line) for line in printed(capsys).splitlines()]
    assert a.chained("", [line["text"] for line in lines])[1] == f"6 {lines[-1]['hash']}"
    assert lines[4]["facts"][0]["event"] == {"by": "UBOB", "reason": NASTY, "known_as": ""}
    assert {line["chain"] for line in lines} == {"r0000000a"}


def test_an_export_for_spreadsheets_is_safe_to_open(store: RedisStore, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "export", "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(printed(capsys))))
    assert [row["kind"] for row in rows] == ["attempt", "fact", "attempt", "order", "answer", "fact", "message"]
    frozen, _, refused, order, answer, rejected, said = rows
    assert frozen["detail"] == "'" + NASTY
    assert (refused["outcome"], refused["rule"], refused["by"]) == ("refused: not_an_approver", "approvers", "UEVE")
    assert order["about"] == "name=titanic-prod"
    assert "4f1b-77" in answer["detail"]
    assert (rejected["what"], rejected["by"], rejected["about"]) == ("Rejected", "UBOB", "fact 2")
    assert said["detail"] == "C1:17.1"


def test_an_export_begins_at_a_time(store: RedisStore, capsys: pytest.CaptureFixture[str]) -> None:
    for since, expected in ((after(6), 4), (after(11) + timedelta(seconds=1), 0)):
        assert main(["audit", "export", "--since", since.isoformat()]) == 0
        assert len(printed(capsys).splitlines()) == expected
    assert main(["audit", "export", "--since", f"{NOON:%Y-%m-%d}"]) == 0
    assert len(printed(capsys).splitlines()) == 7
    with pytest.raises(SystemExit):
        main(["audit", "export", "--since", "yesterday"])


def test_what_was_tampered_with_is_exported_as_it_is(
    store: RedisStore, valkey: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    valkey.lset("sluice:audit:r0000000a", 2, b"\xff{}")
    valkey.lset("sluice:release:r0000000a:log", 1, b"\xff")
    assert main(["audit", "export", "r0000000a", "--format", "csv"]) == 0
    assert list(csv.DictReader(io.StringIO(printed(capsys))))[2]["kind"] == "unreadable"
    assert main(["audit", "export", "r0000000a"]) == 0
    assert len(printed(capsys).splitlines()) == 6


def test_a_store_that_is_away_is_a_wrong_configuration(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    assert main(["audit", "verify"]) == 2
    assert "REDIS_URL" in capsys.readouterr().err


# --- against a copy -------------------------------------------------------------------------------------------------


@pytest.fixture
def copy(store: RedisStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """The JSON report of the release, without account ids as the channel gets it."""
    assert main(["audit", "report", "r0000000a", "--format", "json"]) == 0
    path = tmp_path / "report.json"
    path.write_text(without_accounts(printed(capsys)), encoding="utf-8")
    return str(path)


def test_a_chain_that_went_on_since_the_copy_is_as_it_was(
    store: RedisStore, copy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    store.witness("r0000000a", a.Attempted(after(20), "UEVE", "approve", code="already_decided"))
    assert main(["audit", "verify", "--against", copy]) == 0
    assert printed(capsys).splitlines()[-1] == "1 verified, 0 broken."


def test_a_chain_that_was_written_anew_from_end_to_end_is_found_by_a_copy(
    store: RedisStore, valkey: Any, copy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    trail = store.trail("r0000000a")
    texts = [line.split(" ", 2)[2].replace("titanic-prod", "iris-prod") for line in trail.lines]
    lines, head = a.chained("", texts)
    valkey.delete("sluice:audit:r0000000a")
    valkey.rpush("sluice:audit:r0000000a", *lines)
    valkey.set("sluice:audit:r0000000a:head", head)
    assert main(["audit", "verify", "r0000000a"]) == 0
    assert main(["audit", "verify", "r0000000a", "--against", copy]) == 1
    assert "r0000000a: line 3: it is not the line of the copy" in printed(capsys)


def test_a_chain_that_is_gone_altogether_is_found_by_a_copy(
    store: RedisStore, valkey: Any, copy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    valkey.delete("sluice:audit:r0000000a", "sluice:audit:r0000000a:head")
    assert main(["audit", "verify", "--against", copy]) == 1
    assert "line 1: the copy has it, and the chain does not" in printed(capsys)


def test_what_is_no_copy_of_the_release_is_refused(
    store: RedisStore, copy: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", "verify", "r0000000b", "--against", copy]) == 2
    assert "it is the report of r0000000a" in capsys.readouterr().err
    for text in ("", "[]", "{}", '{"release_id": "r0000000a", "lines": 1}'):
        (tmp_path / "no.json").write_text(text, encoding="utf-8")
        assert main(["audit", "verify", "--against", str(tmp_path / "no.json")]) == 2
    assert main(["audit", "verify", "--against", str(tmp_path / "absent.json")]) == 2


def test_a_report_is_printed_as_a_page(store: RedisStore, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "report", "r0000000a"]) == 0
    assert printed(capsys).startswith("<!doctype html>")
    assert main(["audit", "report", "rnothing0"]) == 1
