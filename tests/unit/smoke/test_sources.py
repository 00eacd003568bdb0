"""A suite's files in S3, beside each other or at addresses of their own."""

from pathlib import Path

import pytest
from fakes.objects import MemoryObjects

from services.ports import Unavailable
from services.smoke import SuiteProblem, load

CANARY = b"a,b,label\n1,2,0\n3,4,1\n"
SUITE = (
    b"suite: mine\ncontract:\n  columns: [a, b]\ncanary: {data: data/canary.csv, label: label}\nblock: [auc >= 0.5]\n"
)
ADDRESS = "s3://bucket/suites/mine.yaml"
BESIDE = "s3://bucket/suites/data/canary.csv"


@pytest.fixture
def objects() -> MemoryObjects:
    memory = MemoryObjects()
    memory.stored |= {ADDRESS: SUITE, BESIDE: CANARY}
    return memory


def test_a_suite_in_s3_finds_its_data_beside_it(objects: MemoryObjects) -> None:
    suite = load(ADDRESS, objects.get)
    assert suite.canary is not None
    assert suite.canary.rows == ("1,2", "3,4")
    assert objects.calls == [("get", ADDRESS), ("get", BESIDE)]


def test_a_suite_is_the_same_wherever_it_lies(objects: MemoryObjects, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "canary.csv").write_bytes(CANARY)
    (tmp_path / "mine.yaml").write_bytes(SUITE)
    assert load(tmp_path / "mine.yaml") == load(ADDRESS, objects.get)
    assert objects.calls == [("get", ADDRESS), ("get", BESIDE)]


@pytest.mark.parametrize("where", ["file", "s3"])
def test_data_may_have_an_address_of_its_own(objects: MemoryObjects, tmp_path: Path, where: str) -> None:
    elsewhere = "s3://data-bucket/canary.csv"
    objects.stored[elsewhere] = CANARY
    text = SUITE.replace(b"data/canary.csv", elsewhere.encode())
    objects.stored[ADDRESS] = text
    (tmp_path / "mine.yaml").write_bytes(text)
    suite = load(tmp_path / "mine.yaml" if where == "file" else ADDRESS, objects.get)
    assert suite.canary is not None
    assert suite.canary.rows == ("1,2", "3,4")


def test_what_is_missing_is_refused_with_the_place_that_names_it(objects: MemoryObjects) -> None:
    del objects.stored[BESIDE]
    with pytest.raises(SuiteProblem) as caught:
        load(ADDRESS, objects.get)
    assert str(caught.value) == f"{ADDRESS}:4: cannot read {BESIDE}: NoSuchKey: The specified key does not exist."


def test_what_is_wrong_in_a_file_is_refused_by_its_address(objects: MemoryObjects) -> None:
    objects.stored[BESIDE] = CANARY.replace(b"4,1", b"4,?")
    with pytest.raises(SuiteProblem, match=rf"{BESIDE}:3: '\?' is not a number"):
        load(ADDRESS, objects.get)
    objects.stored[ADDRESS] = SUITE.replace(b"auc >=", b"auc is")
    objects.stored[BESIDE] = CANARY
    with pytest.raises(SuiteProblem, match=f"{ADDRESS}:5: cannot read the rule"):
        load(ADDRESS, objects.get)


def test_a_silent_s3_is_a_reason_too(objects: MemoryObjects) -> None:
    objects.fail_next("get", Unavailable("s3://x/y: timed out"))
    with pytest.raises(SuiteProblem, match="cannot read s3://x/y: timed out"):
        load(ADDRESS, objects.get)


def test_without_s3_an_address_is_refused() -> None:
    with pytest.raises(SuiteProblem, match=f"{ADDRESS}: cannot read {ADDRESS}: S3 is not reached from here"):
        load(ADDRESS)
