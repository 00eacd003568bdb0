"""The grammar: every form that help shows is understood, and no text makes it raise."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers import grammar as g
from handlers.grammar import parse
from handlers.views.usage import FORMS

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
RELEASE = "r7k2m9x4q"
WORDS = st.sampled_from(
    [
        "cancel",
        "evidence",
        "because",
        "until",
        "for",
        "2h",
        "all",
        RELEASE,
        "help",
        '"',
        "'",
        "“",
        "—",
        "<@U1>",
        "latest",
    ]
)
TEXTS = st.text(max_size=80) | st.lists(WORDS | st.text(max_size=8), max_size=8).map(" ".join)


@pytest.mark.parametrize(
    ("command", "text", "meaning"),
    [
        ("/deploy", "", g.OpenDeployForm()),
        ("/deploy", "titanic", g.Deploy("titanic", "latest")),
        ("/deploy", "titanic 7", g.Deploy("titanic", "7")),
        ("/deploy", "  titanic   latest ", g.Deploy("titanic", "latest")),
        (
            "/deploy",
            "“titanic” \N{LEFT SINGLE QUOTATION MARK}7\N{RIGHT SINGLE QUOTATION MARK}",
            g.Deploy("titanic", "7"),
        ),
        ("/deploy", "titanic\N{EN DASH}survival 7", g.Deploy("titanic-survival", "7")),
        ("/deploy", "titanic—survival 7", g.Deploy("titanic-survival", "7")),
        ("/release", "", g.ListReleases()),
        ("/release", RELEASE, g.ShowRelease(RELEASE)),
        ("/release", RELEASE.upper(), g.ShowRelease(RELEASE)),
        ("/release", f"evidence {RELEASE}", g.ShowEvidence(RELEASE)),
        ("/release", f"cancel {RELEASE}", g.CancelRelease(RELEASE)),
        (
            "/release",
            f"CANCEL {RELEASE} wrong version, don't ship",
            g.CancelRelease(RELEASE, "wrong version, don't ship"),
        ),
        ("/release", f"cancel {RELEASE} “wrong one”", g.CancelRelease(RELEASE, "wrong one")),
        ("/rollback", "", g.LookBack()),
        ("/rollback", "titanic", g.LookBack("titanic")),
        ("/endpoints", "", g.ShowEndpoints()),
        ("/endpoints", "titanic", g.ShowEndpoints("titanic")),
        ("/freeze", "", g.ShowHolds()),
        ("/freeze", "all because it's Friday", g.FreezePromotions("all", "it's Friday")),
        ("/freeze", "ALL BECAUSE Friday", g.FreezePromotions("all", "Friday")),
        ("/freeze", "titanic for 2h because x", g.FreezePromotions("titanic", "x", NOW + timedelta(hours=2))),
        ("/freeze", "titanic for 3 days because x", g.FreezePromotions("titanic", "x", NOW + timedelta(days=3))),
        (
            "/freeze",
            "titanic until 2026-12-01 because “x” is late",
            g.FreezePromotions("titanic", '"x" is late', datetime(2026, 12, 1, tzinfo=UTC)),
        ),
        (
            "/freeze",
            "titanic until 2026\N{EN DASH}12\N{EN DASH}01T08:30 because x because y",
            g.FreezePromotions("titanic", "x because y", datetime(2026, 12, 1, 8, 30, tzinfo=UTC)),
        ),
        ("/thaw", "titanic", g.ThawPromotions("titanic")),
        ("/thaw", "All", g.ThawPromotions("all")),
    ],
)
def test_understands(command: str, text: str, meaning: g.Command) -> None:
    assert parse(command, text, NOW) == meaning


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("/deploy", "titanic 7 now please"),
        ("/deploy", "x" * 301),
        ("/deploy", "x" * 2001),
        ("/release", "seven"),
        ("/release", "cancel"),
        ("/release", "cancel everything"),
        ("/release", "evidence"),
        ("/release", f"{RELEASE} {RELEASE}"),
        ("/release", f"cancel {RELEASE} {'x' * 1001}"),
        ("/rollback", "titanic 6"),
        ("/endpoints", "a b"),
        ("/freeze", "titanic"),
        ("/freeze", "titanic because"),
        ("/freeze", "because I say so"),
        ("/freeze", "titanic whenever because x"),
        ("/freeze", "titanic for ever because x"),
        ("/freeze", "titanic for 0h because x"),
        ("/freeze", "titanic until 2026-02-30 because x"),
        ("/freeze", "titanic until 2026-11-22 because x"),
        ("/freeze", "titanic until 2999-01-01 because x"),
        ("/freeze", f"titanic because {'x' * 1001}"),
        ("/thaw", ""),
        ("/thaw", "a b"),
        ("/dance", ""),
    ],
)
def test_answers_what_is_wrong_with(command: str, text: str) -> None:
    answer = parse(command, text, NOW)
    assert isinstance(answer, g.Mistake)
    assert answer.command == command
    assert 0 < len(answer.problem) < 500


@pytest.mark.parametrize("command", g.COMMANDS)
@pytest.mark.parametrize("text", ["help", "HELP", " --help ", "help me", "?"])
def test_help_is_understood_everywhere(command: str, text: str) -> None:
    assert parse(command, text, NOW) == g.Help(command)


@given(st.sampled_from([*g.COMMANDS, "/other"]), TEXTS)
def test_every_text_means_something(command: str, text: str) -> None:
    answer = parse(command, text, NOW)
    if isinstance(answer, g.Mistake):
        assert answer.problem
    if isinstance(answer, g.FreezePromotions):
        assert answer.reason
        assert answer.until is None or answer.until > NOW


@given(st.sampled_from(g.COMMANDS), st.integers(2001, 9000), st.sampled_from("x \"'“—é"))
def test_over_long_text_is_refused(command: str, length: int, letter: str) -> None:
    assert isinstance(parse(command, letter * length, NOW), g.Mistake)


def test_help_knows_every_command() -> None:
    assert tuple(FORMS) == g.COMMANDS
    assert all(form.startswith(command) for command, forms in FORMS.items() for form, _ in forms)
