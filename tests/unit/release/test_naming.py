"""Names: legal, derived from the release alone, and readable back."""

import re
from dataclasses import replace
from fnmatch import fnmatchcase

import pytest
from fakes import builders as b
from hypothesis import assume, given
from hypothesis import strategies as st

from services.release.model import ModelPackage, Release, Stage
from services.release.naming import (
    NAME_LIMIT,
    config_name,
    is_ours,
    is_release_id,
    model_name,
    model_of,
    pattern_of,
    release_in,
    role_name,
    version_in,
)

# botocore's service model: EndpointConfigName and ModelName; ModelPackageGroup names follow the same pattern.
AWS_NAME = re.compile(r"[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?")
GROUPS = st.from_regex(r"\A[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}\Z").filter(lambda text: len(text) <= NAME_LIMIT)
VERSIONS = st.integers(min_value=1, max_value=999_999_999)
IDS = st.from_regex(r"\Ar[0-9a-z]{8}\Z")


def named(group: str, version: int, release_id: str) -> Release:
    return replace(b.asked(), id=release_id, package=ModelPackage("arn", group, version))


RELEASES = st.builds(named, GROUPS, VERSIONS, IDS)


def names_of(release: Release) -> list[str]:
    return [model_name(release), *(config_name(release, stage) for stage in Stage)]


@given(RELEASES)
def test_names_are_ones_that_sagemaker_takes(release: Release) -> None:
    for name in names_of(release):
        assert len(name) <= NAME_LIMIT
        assert AWS_NAME.fullmatch(name)


@given(RELEASES)
def test_names_are_different_and_always_the_same(release: Release) -> None:
    assert len(set(names_of(release))) == 3
    assert names_of(release) == names_of(replace(release, revision=9, requested_by="someone else"))


@given(RELEASES)
def test_names_tell_version_release_and_that_they_are_ours(release: Release) -> None:
    assert release.package is not None
    for name in names_of(release):
        assert (version_in(name), release_in(name)) == (release.package.version, release.id)
        assert is_ours(name)


@given(RELEASES)
def test_a_config_tells_its_model(release: Release) -> None:
    """Cleaning up knows by this which models are in use."""
    assert {model_of(name) for name in names_of(release)} == {model_name(release)}


@given(GROUPS, GROUPS, VERSIONS, IDS)
def test_groups_never_share_a_name(one: str, other: str, version: int, release_id: str) -> None:
    assume(one != other)
    assert not set(names_of(named(one, version, release_id))) & set(names_of(named(other, version, release_id)))


@given(st.text(alphabet="ab-", min_size=1, max_size=8), st.text(alphabet="ab-", min_size=1, max_size=8))
def test_long_groups_that_differ_at_the_end_never_share_a_name(one: str, other: str) -> None:
    assume(one != other)
    first, second = (named("g" * 55 + end, 7, b.RELEASE_ID) for end in (one, other))
    assert not set(names_of(first)) & set(names_of(second))


@given(RELEASES, RELEASES)
def test_releases_never_share_a_name(one: Release, other: Release) -> None:
    assume(one.id != other.id)
    assert not set(names_of(one)) & set(names_of(other))


def test_a_short_group_stays_readable() -> None:
    assert names_of(b.checked()) == [
        "titanic-survival-v7-r0000000a",
        "titanic-survival-v7-r0000000a-staging",
        "titanic-survival-v7-r0000000a-prod",
    ]


def test_a_rollback_wants_its_target_whatever_the_stage() -> None:
    assert {config_name(b.rolling_back(), stage) for stage in Stage} == {b.OLD_CONFIG}


@pytest.mark.parametrize("name", ["", "titanic-prod-config", "xgb-v7", "x-v7-r0000000a-canary", "x-v7-R0000000A"])
def test_a_foreign_name_tells_nothing(name: str) -> None:
    assert (is_ours(name), version_in(name), release_in(name)) == (False, None, None)


def test_a_release_without_a_package_has_no_names() -> None:
    with pytest.raises(ValueError, match="no package"):
        model_name(b.asked())
    with pytest.raises(ValueError, match="no package"):
        config_name(b.asked(), Stage.PROD)


@given(st.text())
def test_whether_text_is_a_release_id_is_always_decided(text: str) -> None:
    assert is_release_id(text) == bool(re.fullmatch(r"r[0-9a-z]{8}", text))


def test_a_role_is_named_without_its_account() -> None:
    assert role_name("arn:aws:iam::123456789012:role/ml/sluice") == "ml/sluice"
    assert role_name("") == ""


@given(RELEASES)
def test_one_pattern_fits_every_name_of_a_group(release: Release) -> None:
    assert release.package is not None
    pattern = pattern_of(release.package.group)
    assert fnmatchcase(model_name(release), pattern)
    for stage in Stage:
        assert fnmatchcase(config_name(release, stage), f"{pattern}-{stage.value}")


def test_a_pattern_names_its_group_as_far_as_names_do() -> None:
    assert pattern_of("churn") == "churn-v*"
    assert pattern_of("c" * 63) == "c" * 27 + "*"
