"""`sluice suite check` and `sluice suite run`."""

import re
from pathlib import Path

import pytest
from fakes.aws import FakeAws
from fakes.builders import DEPLOYMENT
from fakes.clock import FakeClock
from fakes.predicting import of_rows, score, well

from bot.catalog.reading import read_catalog
from bot.cli import main
from bot.settings import Misconfigured
from bot.wiring import suites_of
from services.adapters.sagemaker_boto3 import AwsRegions
from services.ports import Aws, Reply, SaidNo, Unavailable
from services.release.catalog import ModelEntry, People

ROOT = Path(__file__).parents[2]
PAYLOAD = '["3,0,22,1,0,7.25,2", "1,1,38,1,0,71.2833,0"]'
RULES = "block:\n  - reply.rows == sent\n  - flipped <= 30%\n  - auc.rows == 1\n"
SUITE = f"suite: mine\npayload: {PAYLOAD}\nload: {{requests: 20}}\n{RULES}"
GOOD = SUITE.replace("  - auc.rows == 1\n", "prod: {requests: 20, per_second: 1000}\n")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD + "cases:\n  - {name: a woman, rows: ['1,1,38,1,0,71.2833,0'], expect: {above: 0.5}}\n")
    return path


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> FakeAws:
    fake = FakeAws(FakeClock(), seconds=0)
    fake.reply = lambda _endpoint, body: well(body, "text/csv")
    arn = fake.add_package("g", 1)
    fake.approve(arn, "")
    fake.create_model("m", arn, "role")
    fake.create_config("c", "m", "ml.m5.large", 1)
    for name in ("staging", "prod"):
        fake.create_endpoint(name, "c")
    fake.settle()

    def in_region(_self: AwsRegions, region: str, _role_arn: str = "") -> Aws:
        if region == "nowhere":
            raise SaidNo("no such region")
        return fake.of(DEPLOYMENT)

    monkeypatch.setattr(AwsRegions, "in_region", in_region)
    return fake


def test_a_good_suite_is_printed(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["suite", "check", str(file)]) == 0
    printed = capsys.readouterr().out
    assert "block  flipped <= 30%" in printed
    assert "block  a woman: > 0.5 (1 row)" in printed


def test_a_wrong_suite_is_told_with_file_and_line(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(SUITE)
    assert main(["suite", "check", str(file)]) == 2
    assert capsys.readouterr().err.startswith("mine.yaml:7: unknown metric 'auc.rows'")
    assert main(["suite", "run", str(file), "--endpoint", "staging"]) == 2


def test_a_suite_is_run_outside_a_release(file: Path, aws: FakeAws, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["suite", "run", str(file), "--endpoint", "staging", "--prod", "prod"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("staging serving c: passed\n")
    assert re.search(r"\d+ of at most 1042 requests in [0-9.]+ of 30 s, suite mine", printed)
    assert "flipped: saw 0% (0 of 2), wanted <= 30%" in printed


def test_without_prod_the_report_says_so(file: Path, aws: FakeAws, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["suite", "run", str(file), "--endpoint", "staging"]) == 0
    assert "skipped      flipped: saw no prod to compare with" in capsys.readouterr().out


def test_a_suite_that_fails_is_exit_1(file: Path, aws: FakeAws, capsys: pytest.CaptureFixture[str]) -> None:
    def wrong(endpoint: str, body: str) -> Reply:
        return (
            of_rows(lambda row: 1 - score(row))(body, "text/csv") if endpoint == "staging" else well(body, "text/csv")
        )

    aws.reply = wrong
    assert main(["suite", "run", str(file), "--endpoint", "staging", "--prod", "prod"]) == 1
    assert "failed       flipped: saw 100% (2 of 2), wanted <= 30%" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        (["--endpoint", "nobody"], "--endpoint nobody: there is none"),
        (["--endpoint", "x", "--region", "nowhere"], "no such"),
        (["--endpoint", "staging", "--package", "slow"], "--package slow: timed out"),
    ],
)
def test_what_cannot_be_found_is_exit_2(
    file: Path, aws: FakeAws, capsys: pytest.CaptureFixture[str], more: list[str], reason: str
) -> None:
    if "slow" in more:
        aws.fail_next("package", Unavailable("timed out"))
    assert main(["suite", "run", str(file), *more]) == 2
    assert reason in capsys.readouterr().err


def test_a_models_words_stay_on_their_line(file: Path, aws: FakeAws, capsys: pytest.CaptureFixture[str]) -> None:
    reply = "contract: {content_type: application/json, reply: {kind: class, classes: [a]}}"
    file.write_text(f"suite: x\n{reply}\npayload: ['1,2']\nblock: [reply.outside == 0]\n")
    aws.reply = lambda _endpoint, _body: Reply(200, '{"predictions": ["\\ud800\\u001b[2J\\n  passed"]}', 1.0)
    assert main(["suite", "run", str(file), "--endpoint", "staging"]) == 1
    assert "failed       reply.outside: saw 1 (the first: ??[2J?  passed), wanted == 0\n" in capsys.readouterr().out


def test_a_suite_may_lie_in_s3(aws: FakeAws, capsys: pytest.CaptureFixture[str]) -> None:
    aws.objects.stored["s3://suites/mine.yaml"] = GOOD.encode()
    assert main(["suite", "check", "s3://suites/mine.yaml"]) == 0
    assert main(["suite", "run", "s3://suites/mine.yaml", "--endpoint", "staging"]) == 0
    capsys.readouterr()
    assert main(["suite", "check", "s3://suites/yours.yaml"]) == 2
    assert "s3://suites/yours.yaml: NoSuchKey" in capsys.readouterr().err
    assert main(["suite", "check", "s3://suites/mine.yaml", "--region", "nowhere"]) == 2
    assert "cannot read no such region" in capsys.readouterr().err


def test_a_catalogs_suites_are_fetched_once_each_and_only_from_s3(aws: FakeAws, file: Path) -> None:
    aws.objects.stored["s3://suites/mine.yaml"] = GOOD.encode()
    addresses = {"a": "s3://suites/mine.yaml", "b": str(file), "c": "", "d": "s3://suites/none.yaml"}
    catalog = {
        name: ModelEntry(name, DEPLOYMENT, People(), People(), allow_self_approval=False, suite=address)
        for name, address in addresses.items()
    }
    with pytest.raises(Misconfigured) as caught:
        suites_of(catalog)
    (problem,) = caught.value.problems
    assert problem.startswith("models.d.suite: s3://suites/none.yaml: cannot read s3://suites/none.yaml: NoSuchKey")
    aws.objects.calls.clear()
    del catalog["d"]
    assert sorted(suites_of(catalog)) == ["a", "b"]
    assert aws.objects.calls == [("get", "s3://suites/mine.yaml")]


def test_a_catalog_takes_an_address_of_s3_as_it_stands(tmp_path: Path) -> None:
    text = (ROOT / "sandbox" / "catalog" / "catalog.yaml").read_text()
    for written, suite in (("s3://b/k.yaml", "s3://b/k.yaml"), ("k.yaml", str(tmp_path / "k.yaml")), ('""', "")):
        (tmp_path / "catalog.yaml").write_text(text.replace("suites/titanic.yaml", written))
        assert read_catalog(tmp_path / "catalog.yaml")["titanic-survival"].suite == suite
