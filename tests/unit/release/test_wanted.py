"""What a person may write for "which version"."""

import pytest
from fakes import builders as b
from hypothesis import given
from hypothesis import strategies as st

from services.release.wanted import LATEST, Unreadable, read_wanted, version_in_arn

OTHER_REGION = b.ARN.replace("eu-west-1", "us-east-1")
OTHER_ACCOUNT = b.ARN.replace("111122223333", "444455556666")
OTHER_GROUP = b.ARN.replace("titanic-survival", "iceberg-risk")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("", LATEST),
        ("  ", LATEST),
        ("latest", LATEST),
        (" LATEST ", LATEST),
        ("7", "7"),
        ("007", "7"),
        ("v7", "7"),
        ("V12", "12"),
        (b.ARN, b.ARN),
        (f" {b.ARN} ", b.ARN),
        (b.ARN.replace("titanic-survival", "Titanic-Survival"), b.ARN.replace("titanic-survival", "Titanic-Survival")),
    ],
)
def test_readable(written: str, read: str) -> None:
    assert read_wanted(written, b.DEPLOYMENT) == read


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("seven", "bad_version"),
        ("-7", "bad_version"),
        ("7.0", "bad_version"),
        ("v", "bad_version"),
        ("1234567890", "bad_version"),
        ("7 8", "bad_version"),
        (b.ARN.rpartition("/")[0], "bad_version"),
        (b.ARN + "\nx", "bad_version"),
        (OTHER_REGION, "other_region"),
        (OTHER_ACCOUNT, "other_account"),
        (OTHER_GROUP, "other_group"),
    ],
)
def test_unreadable(written: str, code: str) -> None:
    read = read_wanted(written, b.DEPLOYMENT)
    assert isinstance(read, Unreadable)
    assert read.code == code
    assert read.expected


@given(st.text() | st.from_regex(r"[vV]?[0-9]{1,12}") | st.from_regex(r"arn:aws:sagemaker:[a-z0-9:/-]*"))
def test_every_text_is_read_or_refused_and_reading_again_changes_nothing(text: str) -> None:
    read = read_wanted(text, b.DEPLOYMENT)
    if isinstance(read, Unreadable):
        assert read.asked in text
    else:
        assert read == LATEST or read.startswith("arn:") or int(read) >= 0
        assert read_wanted(read, b.DEPLOYMENT) == read


@pytest.mark.parametrize(("arn", "version"), [(b.ARN, 7), (b.ARN + "x", None), ("", None), ("7", None)])
def test_the_version_of_an_arn(arn: str, version: int | None) -> None:
    assert version_in_arn(arn) == version
