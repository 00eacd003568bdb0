"""No file of the project holds what looks like a real secret; what the sandbox uses says that it is the sandbox's.

The forms are those that their makers publish for scanners. Passwords in Python are ruff's (S105, S106, S107).
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("bot", "handlers", "services", "sandbox", "tests", "benchmarks", "docs", "scripts", ".ci")
BINARY = {".png", ".gz", ".ttf", ".pyc"}
FORMS = {
    "Slack token": r"xox[abeoprs]-[0-9]{9,}-[0-9A-Za-z-]{10,}",
    "Slack app token": r"xapp-[0-9]-[A-Z0-9]{8,}-[0-9]{9,}-[0-9a-f]{32,}",
    "Slack webhook": r"hooks\.slack\.com/[a-z]{7,9}/[TE][A-Z0-9]{7,}/[0-9A-Z]{7,}/[0-9A-Za-z]{16,}",
    "AWS access key id": r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b",
    "AWS secret access key": r"(?i:secret_?access_?key)\W{1,8}[0-9A-Za-z/+]{40}\b",
    "private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----",
    "GitHub token": r"\bgh[pousr]_[0-9A-Za-z]{36}|\bgithub_pat_[0-9A-Za-z_]{40,}",
    "GitLab token": r"\bglpat-[0-9A-Za-z_-]{20}",
    "PyPI token": r"\bpypi-AgE[0-9A-Za-z_-]{50,}",
    "npm token": r"\bnpm_[0-9A-Za-z]{36}\b",
    "Google key": r"\bAIza[0-9A-Za-z_-]{35}\b",
    "model provider's key": r"\bsk-(?:ant-|proj-)?[0-9A-Za-z_-]{32,}",
    "JSON web token": r"\beyJ[0-9A-Za-z_-]{16,}\.eyJ[0-9A-Za-z_-]{16,}\.[0-9A-Za-z_-]{16,}",
}
ANY = re.compile("|".join(f"(?:{form})" for form in FORMS.values()))


def files() -> Iterator[Path]:
    """Return every file of the project that holds text; `.env` is git's to ignore, and the place for secrets."""
    found = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if "__pycache__" not in path.parts]
    for path in [*found, *ROOT.iterdir()]:
        if path.is_file() and path.suffix not in BINARY and path.name != ".env":
            yield path


def test_no_file_holds_a_secret() -> None:
    texts = {path.relative_to(ROOT): path.read_text(encoding="utf-8", errors="replace") for path in files()}
    assert len(texts) > 400
    assert {str(name): found[0][:8] for name, text in texts.items() if (found := ANY.search(text))} == {}


@pytest.mark.parametrize(
    "parts",
    [
        ("xoxb-", "123456789012-1234567890123-", "a" * 24),
        ("xapp-", "1-A0123456789-1234567890123-", "0" * 64),
        ("https://hooks.slack", ".com/commands/T01234567/1234567890/", "a" * 24),
        ("AKIA", "ABCDEFGHIJKLMNOP"),
        ("aws_secret_access_key = ", "a" * 40),
        ("-----BEGIN RSA ", "PRIVATE KEY-----"),
        ("ghp_", "a" * 36),
        ("sk-ant-", "a" * 40),
        ("eyJ", "a" * 20, ".eyJ", "a" * 20, ".", "a" * 20),
    ],
)
def test_a_secret_would_be_seen(parts: tuple[str, ...]) -> None:
    assert ANY.search(f'TOKEN = "{"".join(parts)}"')
