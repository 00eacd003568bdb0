"""What the pages say is held against the code that they speak of."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
import yaml

from bot.catalog.entry import CatalogSpec
from bot.catalog.reading import read_catalog
from bot.policy_command import OUTCOMES, Example, judge
from bot.settings import SEED_VARIABLES, Settings
from handlers.grammar import COMMANDS
from services import smoke
from services.release.events import Event
from services.release.model import DecisionKind, Phase, Verdict
from services.smoke.contract import ContractForm
from services.smoke.form import SuiteForm
from services.smoke.metrics import METRICS

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|srcset)=\"([^\"]+)\"")


def _read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _spans(page: str) -> set[str]:
    return set(re.findall(r"`([^`\n]+)`", page))


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


# --- Made pages --------------------------------------------------------------------------------------------------


def test_the_reference_is_fresh() -> None:
    command = [sys.executable, str(DOCS / "generate.py"), "--check"]
    environment = {"PYTHONPATH": str(ROOT), "PATH": ""}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_setting_is_named() -> None:
    named = _spans(_read("docs/reference/settings.md"))
    assert {name.upper() for name in Settings.model_fields} | set(SEED_VARIABLES) <= named


def test_every_phase_and_event_is_named_and_has_a_sentence() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", _read("docs/explanation/words.md"), re.MULTILINE))
    wanted = {phase.value for phase in Phase} | {event.__name__ for event in get_args(Event)}
    assert wanted == set(rows)
    assert not [name for name, sentence in rows.items() if not sentence.endswith(".")]
    assert {phase.value for phase in Phase} <= _spans(_read("docs/reference/phases.md"))
    assert {event.__name__ for event in get_args(Event)} == set(
        re.findall(r"^## (\w+)$", _read("docs/reference/events.md"), re.MULTILINE)
    )


def test_every_command_is_explained_and_in_the_readme() -> None:
    titles = set(re.findall(r"^## (/\w+)$", _read("docs/reference/commands.md"), re.MULTILINE))
    manifest = yaml.safe_load(_read("manifest.yaml"))
    declared = {each["command"] for each in manifest["features"]["slash_commands"]}
    assert titles == set(COMMANDS) == declared
    in_readme = set(re.findall(r"^\| `(/\w+)", _read("README.md"), re.MULTILINE))
    assert in_readme == set(COMMANDS)


def test_every_reason_code_is_explained_and_exists() -> None:
    table = re.findall(r"^\| `([a-z_]+)` \|", _read("docs/reference/reason-codes.md"), re.MULTILINE)
    patterns = {code for path in (ROOT / "services").rglob("*.py") for code in _codes(path)}
    patterns |= {kind.value for kind in DecisionKind if kind not in {DecisionKind.APPROVED, DecisionKind.BREAK_GLASS}}
    unexplained = {pattern for pattern in patterns if not any(re.fullmatch(pattern, code) for code in table)}
    unknown = {code for code in table if not any(re.fullmatch(pattern, code) for pattern in patterns)}
    assert (unexplained, unknown) == (set(), set())


CARRIERS = {
    *("Denied", "Unreadable", "Doubt", "PackageRefused", "StagingFailed", "PromotionRefused", "ProdFailed", "Outcome"),
}
VERDICTS = "|".join(verdict.value for verdict in Verdict if verdict is not Verdict.PASSED)


def _codes(path: Path) -> Iterator[str]:
    """Yield every reason code of a file, as a pattern: a part that is filled in stands for what could be there."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[first, *_]) if name in CARRIERS:
                yield from _patterns(first)
            case ast.Call(func=ast.Name(id="_no_rollback"), args=[_, _, third, *_]):
                yield from _patterns(third)
            case ast.Assign(targets=[ast.Name(id="code")], value=value):
                yield from _patterns(value)
            case ast.FunctionDef(name="_refusal") if path.name == "inquiries.py":
                yield from _returned(node)
            case _:
                pass


def _patterns(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(text)) if text:
            yield re.escape(text)
        case ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]):
            yield re.escape(text) + (f"(?:{VERDICTS})" if text == "smoke_" else "(?:region|account|group)")
        case ast.IfExp(body=body, orelse=orelse):
            yield from _patterns(body)
            yield from _patterns(orelse)
        case _:
            pass


def _returned(function: ast.FunctionDef) -> Iterator[str]:
    for node in ast.walk(function):
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
            yield from _patterns(node.value.elts[0])


def test_the_workers_policy_is_what_the_adapters_call() -> None:
    called = {name for path in (ROOT / "services" / "adapters").glob("*_boto3.py") for name in _operations(path)}
    # AWS has no action HeadObject: who may get an object may ask for its head.
    called = {name.replace("HeadObject", "GetObject") for name in called}
    allowed = set(re.findall(r"^\| `(?:sagemaker|s3):(\w+)` \|", _read("docs/reference/iam.md"), re.MULTILINE))
    assert allowed == called


def _operations(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Attribute(value=ast.Attribute(attr="_client"), attr=method) if method != "get_paginator":
                yield method.title().replace("_", "")
            case ast.Call(func=ast.Attribute(attr="get_paginator"), args=[ast.Constant(value=str(method))]):
                yield method.title().replace("_", "")
            case _:
                pass


# --- Written pages -----------------------------------------------------------------------------------------------


def test_the_suite_reference_names_every_measurement_and_key() -> None:
    named = _spans(_read("docs/reference/smoke-suites.md"))
    assert set(METRICS) | set(SuiteForm.model_fields) <= named


TABLES = {
    "iris": "sepal_length,sepal_width,petal_length,petal_width,species\n5.0,3.4,1.4,0.2,setosa\n",
    "prices": "rooms,surface,district,price\n3,80,north,300000\n",
}


@pytest.mark.parametrize(
    ("page", "number", "suite"),
    [("write-a-smoke-suite", 0, "churn"), ("test-other-models", 0, "iris"), ("test-other-models", 1, "prices")],
)
def test_the_suite_guides_examples_are_suites(tmp_path: Path, page: str, number: int, suite: str) -> None:
    (tmp_path / "suite.yaml").write_text(_fenced(f"docs/how-to/{page}.md", "yaml")[number], encoding="utf-8")
    (tmp_path / "canary.csv").write_text(TABLES.get(suite, ""), encoding="utf-8")
    assert smoke.load(tmp_path / "suite.yaml").name == suite


CONTRACTS = re.findall(r"^\| [^|]+ \| (`.+`) \|$", _read("docs/how-to/test-other-models.md"), re.MULTILINE)


def test_the_contracts_of_real_containers_are_contracts() -> None:
    found = ["\n".join(re.findall(r"`([^`]+)`", row)) for row in CONTRACTS if row != "`contract`"]
    assert len(found) == 8
    assert all(ContractForm.model_validate(yaml.safe_load(text)) for text in found)


def test_the_connecting_guides_catalog_is_a_catalog(tmp_path: Path) -> None:
    text = _fenced("docs/how-to/connect-slack-and-aws.md", "yaml")[0]
    CatalogSpec.model_validate(yaml.safe_load(text))
    (tmp_path / "catalog.yaml").write_text(text, encoding="utf-8")
    assert set(read_catalog(tmp_path / "catalog.yaml")) == {"churn"}


def test_the_policy_guides_examples_hold_against_its_catalog(tmp_path: Path) -> None:
    catalog, examples = _fenced("docs/how-to/write-a-policy.md", "yaml")[:2]
    (tmp_path / "catalog.yaml").write_text(catalog, encoding="utf-8")
    (tmp_path / "policy.yaml").write_text(examples, encoding="utf-8")
    assert all(each.holds for each in judge(tmp_path / "policy.yaml"))
    named = _spans(_read("docs/how-to/write-a-policy.md"))
    assert set(Example.model_fields) - {"what"} <= named
    assert set(OUTCOMES.values()) <= named


def _fenced(name: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", _read(name), re.MULTILINE | re.DOTALL)


def test_the_make_commands_of_the_pages_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", _read("Makefile"), re.MULTILINE))
    for page in PAGES:
        used = set(re.findall(r"(?:^|`)make ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE))
        assert used <= targets, _name(page)
    assert re.findall(r"^make ([a-z]+)", _read("README.md"), re.MULTILINE) == ["demo", "test", "sandbox"]


def test_the_product_commands_of_the_pages_exist() -> None:
    names = set(re.findall(r"^        \(\"(\w+)\", _\w+, ", _read("bot/cli.py"), re.MULTILINE))
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        used = set(re.findall(r"(?:^|`|[A-Z_]+=\d+ )sluice ([a-z]+)", text, re.MULTILINE))
        assert used <= names, _name(page)


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_links_lead_somewhere(page: Path) -> None:
    dead = [target for target in _targets(page) if not _resolves(page, target)]
    assert not dead


def _targets(page: Path) -> Iterator[str]:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for link, picture in LINK.findall(text):
        target = link or picture
        if not target.startswith(("http://", "https://", "mailto:")):
            yield target


def _resolves(page: Path, target: str) -> bool:
    path, _, anchor = target.partition("#")
    place = (page.parent / path).resolve() if path else page
    if not place.exists():
        return False
    return not anchor or anchor in _anchors(place)


def _anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives to a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_page_is_reached_from_the_readme() -> None:
    seen, queue = set(), [ROOT / "README.md"]
    while queue:
        page = queue.pop()
        if page in seen or page.suffix != ".md" or not page.exists():
            continue
        seen.add(page)
        queue += [(page.parent / target.partition("#")[0]).resolve() for target in _targets(page)]
    assert {_name(page) for page in PAGES} <= {_name(page) for page in seen}


def test_every_decision_is_listed_in_order() -> None:
    written = sorted(path.name for path in (DOCS / "decisions").glob("[0-9]*.md"))
    assert re.findall(r"\]\((\d{4}-[a-z0-9-]+\.md)\)", _read("docs/decisions/README.md")) == written
    assert [name[:4] for name in written] == [f"{number:04}" for number in range(1, len(written) + 1)]


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_no_page_knows_one_machine_or_waits_to_be_written(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"/(?:work|root|home)/\w|\bTO[D]O\b|\bTB[D]\b|lorem ipsum", text)
