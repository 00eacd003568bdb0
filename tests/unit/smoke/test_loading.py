from pathlib import Path

import pytest

from services.smoke import DEFAULT, SuiteProblem, load
from services.smoke.budget import overdrawn
from services.smoke.form import SuiteForm
from services.smoke.loading import built_in

CANARY = "Pclass,Sex,Age,SibSp,Parch,Fare,Embarked,Survived\n3,0,22,1,0,7.25,2,0\n1,1,38,1,0,71.2833,0,1\n"
GOLDEN = "Pclass,Sex,Age,SibSp,Parch,Fare,Embarked,score\n3,0,22,1,0,7.25,2,0.150725\n"
SUITE = """\
suite: mine
contract:
  columns: [Pclass, Sex, Age, SibSp, Parch, Fare, Embarked]
canary: {data: canary.csv, label: Survived}
golden: {data: golden.csv, answer: score}
block:
  - auc >= 0.75
  - golden.max_diff <= 0.001
warn:
  - reject.json == 4xx
reject:
  json: {body: "{}", content_type: application/json}
  letters: {body: "a,b"}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "canary.csv").write_text(CANARY)
    (tmp_path / "golden.csv").write_text(GOLDEN)
    return tmp_path


def write(folder: Path, text: str) -> Path:
    path = folder / "suite.yaml"
    path.write_text(text)
    return path


def test_a_suite_is_loaded_with_its_tables_and_the_checks_it_implies(folder: Path) -> None:
    suite = load(write(folder, SUITE))
    assert suite.canary is not None
    assert suite.golden is not None
    assert suite.canary.rows == ("3,0,22,1,0,7.25,2", "1,1,38,1,0,71.2833,0")
    assert list(suite.canary.answers) == [0, 1]
    assert list(suite.golden.answers) == [0.150725]
    assert [(check.rule.text, check.blocking) for check in suite.checks] == [
        ("auc >= 0.75", True),
        ("golden.max_diff <= 0.001", True),
        ("reject.json == 4xx", False),
        ("reject.letters == 4xx", True),
    ]


def test_golden_records_that_a_suite_does_not_name_are_left_to_the_package(folder: Path) -> None:
    assert not load(write(folder, SUITE)).asks_golden
    suite = load(write(folder, SUITE.replace("golden: {data: golden.csv, answer: score}\n", "")))
    assert suite.golden is None
    assert suite.asks_golden


def test_the_columns_of_the_contract_are_sent_in_their_order(folder: Path) -> None:
    suite = load(write(folder, SUITE.replace("[Pclass, Sex, Age, SibSp, Parch, Fare, Embarked]", "[Sex, Pclass]")))
    assert suite.canary is not None
    assert suite.canary.rows == ("0,3", "1,1")


@pytest.mark.parametrize("name", ["suite.yaml", "canary.csv", "golden.csv"])
def test_the_digest_covers_every_file(folder: Path, name: str) -> None:
    before = load(write(folder, SUITE)).digest
    text = (folder / name).read_text()
    (folder / name).write_text(text.replace("7.25", "7.26") if name != "suite.yaml" else text + "# said\n")
    assert load(folder / "suite.yaml").digest != before
    (folder / name).write_text(text)
    assert load(folder / "suite.yaml").digest == before


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("  - auc >= 0.75", "  - auc is good", 7, "cannot read the rule 'auc is good'"),
        ("  - auc >= 0.75", "  - ouch >= 0.75", 7, "unknown metric 'ouch'"),
        ("  - auc >= 0.75", "  - auc >= 75ms", 7, "auc is written with no unit"),
        ("  - auc >= 0.75", "  - auc == 4xx", 7, "auc is not an HTTP status"),
        ("  - auc >= 0.75", "  - latency.p95 <= 50", 7, "latency.p95 is written with 'ms' or 's'"),
        ("  - auc >= 0.75", "  - auc >= pord", 7, "unknown reference 'pord'; known: sent, prod, registry"),
        ("  - auc >= 0.75", "  - auc.low >= 0.7", 7, "auc.low is compared with prod"),
        ("  - auc >= 0.75", "  - auc.low >= registry", 7, "auc.low cannot be compared with registry"),
        ("  - auc >= 0.75", "  - error.rate <= 2 x prod", 7, "error.rate cannot be compared with prod"),
        ("  - auc >= 0.75", "  - latency.p50 <= registry", 7, "latency.p50 cannot be compared with registry"),
        ("  - auc >= 0.75", "  - flipped <= 3ms", 7, "flipped is written with '%' or no unit, not 'ms'"),
        ("  - auc >= 0.75", "  - error.rate <= 5", 7, "error.rate is a share: write it as 5% or 0.05"),
        ("  - auc >= 0.75", "  - flipped <= 1", 7, "flipped is a share"),
        ("  - auc >= 0.75", "  - flipped <= 300%", 7, "100% at most"),
        ("  - auc >= 0.75", "  - accuracy >= registry - 2", 7, "accuracy is a share"),
        ("  - auc >= 0.75", "  - psi <= 1%", 7, "psi is written with no unit"),
        ("reject:\n", "prod: {per_second: 0}\nreject:\n", 11, "prod.per_second"),
        ("  - auc >= 0.75", "  - auc >= sent", 7, "auc cannot be compared with sent"),
        ("  - auc >= 0.75", "  - reply.rows == sent + 1ms", 7, "reply.rows is written with no unit"),
        ("  - auc >= 0.75", "  - reject.nobody == 4xx", 7, "reject.nobody needs reject: nobody"),
        ("  - auc >= 0.75", "  - 3", 7, "block.0: "),
        ("label: Survived}", "lable: Survived}", 4, "unknown key 'canary.lable'"),
        ("label: Survived}", "label: Survived, x: 1}", 4, "unknown key 'canary.x'"),
        ("label: Survived}", "label: Age}", 2, "Age must be 0 or 1, not '22'"),
        ("label: Survived}", "label: Lived}", 1, "no column 'Lived'"),
        ("data: canary.csv", "data: nowhere.csv", 4, "cannot read nowhere.csv: No such file"),
        ("canary: {data", "canary: {data: other.csv, data", 4, "the key 'data' is given twice"),
        ("canary: {", "cannery: {", 4, "unknown key 'cannery'"),
        ("suite: mine\n", "", 1, "suite: Field required"),
        ("suite: mine", "suite: &a mine\npayload: [*a]", 1, "aliases"),
        ("suite: mine", "suite: [mine", 2, "not YAML"),
        ("contract:\n", "contract:\n  reply: {per_row: 2}\n", 8, "auc needs one number a row"),
        ("reject:\n", "reject:\n  BAD: {body: x}\n", 12, "reject.BAD"),
        (
            "block:\n",
            "budget: {requests: 75}\nblock:\n",
            6,
            "sends 70 requests, 6 more after pauses; budget.requests all",
        ),
        ("reject:\n", "cases:\n  - {name: x, rows: ['1'], expect: {}}\nreject:\n", 12, "expect needs range"),
    ],
)
def test_a_wrong_suite_is_refused_with_line_and_reason(
    folder: Path, old: str, new: str, line: int, reason: str
) -> None:
    assert old in SUITE
    with pytest.raises(SuiteProblem) as refusal:
        load(write(folder, SUITE.replace(old, new, 1)))
    assert reason in refusal.value.reason
    assert refusal.value.line == line


def test_a_prod_that_is_asked_too_seldom_to_know_its_latency_is_refused(folder: Path) -> None:
    suite = SUITE.replace("  - auc >= 0.75", "  - latency.p50 <= 2 x prod")
    load(write(folder, suite))
    with pytest.raises(SuiteProblem) as refusal:
        load(write(folder, suite.replace("reject:\n", "prod: {per_second: 1}\nreject:\n")))
    assert refusal.value.line == 7
    assert refusal.value.reason == "20 requests to prod at 1 a second take 20 s, budget.seconds leaves 10 s for them"
    load(write(folder, SUITE.replace("reject:\n", "prod: {per_second: 1}\nreject:\n")))


def test_a_budget_has_room_for_all_that_is_asked(folder: Path) -> None:
    """The canary twice and its 2 rows alone, golden records, 2 refusals, 3 to warm up, 60 of load: 70; 6 for pauses."""
    assert overdrawn(load(write(folder, SUITE.replace("block:", "budget: {requests: 76}\nblock:")))) == ""
    of_the_package = SUITE.replace("golden: {data: golden.csv, answer: score}\n", "")
    assert overdrawn(load(write(folder, of_the_package.replace("block:", "budget: {requests: 76}\nblock:")))) == ""
    with pytest.raises(
        SuiteProblem, match=r"the suite sends 70 requests, 6 more after pauses; .* allows 75"
    ) as refusal:
        load(write(folder, of_the_package.replace("block:", "budget: {requests: 75}\nblock:")))
    assert refusal.value.line == 5


@pytest.mark.parametrize(
    ("case", "line", "reason"),
    [
        ("rows: ['1'], sample: 3, expect: {above: 0}", 12, "a case needs either rows or sample"),
        ("expect: {above: 0}", 12, "a case needs either rows or sample"),
        ("sample: 3, expect: {direction: '>='}", 12, "which is missing"),
        ("sample: 3, then: {Sex: 1}, expect: {direction: up}", 12, "expect.direction"),
        ("sample: 3, then: {Sex: 1}, expect: {within: 1, violations: some}", 12, "expect.violations"),
        ("sample: 3, then: {Sexe: 1}, expect: {within: 1}", 12, "case 'x': no column 'Sexe'"),
        ("sample: 3, given: {Sexe: 1}, expect: {above: 0}", 12, "case 'x': no column 'Sexe'"),
        ("sample: 3, then: {Fare: / 0}, expect: {within: 1}", 12, "case 'x': '/ 0' cannot be done to '7.25'"),
        ("rows: ['1,2'], then: {Fare: 1}, expect: {within: 1}", 12, "has 2 cells, the columns are 7"),
    ],
)
def test_a_wrong_case_is_refused_with_line_and_reason(folder: Path, case: str, line: int, reason: str) -> None:
    with pytest.raises(SuiteProblem) as refusal:
        load(write(folder, SUITE.replace("reject:\n", f"cases:\n  - {{name: x, {case}}}\nreject:\n")))
    assert reason in refusal.value.reason
    assert refusal.value.line == line


def test_a_sample_needs_a_canary(folder: Path) -> None:
    with pytest.raises(SuiteProblem, match="sample needs canary"):
        load(write(folder, "suite: x\npayload: ['1']\ncases:\n  - {name: x, sample: 3, expect: {above: 0}}\n"))


def test_the_stability_index_needs_a_range(folder: Path) -> None:
    with pytest.raises(SuiteProblem, match="psi needs the range of the reply"):
        load(write(folder, "suite: x\npayload: ['1']\ncontract: {reply: {kind: number}}\nblock: [psi <= 0.2]\n"))


def test_a_case_changes_the_cells_it_names(folder: Path) -> None:
    more = "cases:\n  - {name: x, sample: 9, given: {Sex: 0}, then: {Fare: '* 2', Age: '+ 1'}, expect: {within: 1}}\n"
    (case,) = load(write(folder, SUITE + more)).cases
    assert case.rows == ("3,0,22,1,0,7.25,2", "1,0,38,1,0,71.2833,0")
    assert case.changed == ("3,0,23,1,0,14.5,2", "1,0,39,1,0,142.5666,0")


@pytest.mark.parametrize(
    "text", ["", "[]", "word", "42", "{1: 2}", "? [a]\n: b\n", "a: !!python/object:os.system x", "\0"]
)
def test_what_is_no_suite_at_all_is_refused(folder: Path, text: str) -> None:
    with pytest.raises(SuiteProblem):
        load(write(folder, text))


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ("", "needs a header"),
        ("Pclass,Survived\n", "needs a header"),
        (CANARY + "3,0\n", "2 cells, the header has 8"),
        (CANARY.replace("7.25,2,0", "7.25,2,no"), "'no' is not a number"),
        (CANARY.replace("7.25,2,0", "7.25,2,nan"), "'nan' is not a number"),
        (CANARY + "3,0,22,1,0,7.25,2,0\n" * 2000, "1 to 2000 rows"),
        ('"', "not CSV"),
    ],
)
def test_a_wrong_table_is_refused_in_its_own_name(folder: Path, table: str, reason: str) -> None:
    (folder / "canary.csv").write_text(table)
    with pytest.raises(SuiteProblem, match=reason) as refusal:
        load(write(folder, SUITE))
    assert refusal.value.file == "canary.csv"


def test_a_missing_suite_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SuiteProblem, match=r"cannot read nowhere\.yaml"):
        load(tmp_path / "nowhere.yaml")


def test_the_default_is_the_seeds_payload() -> None:
    assert DEFAULT.form.payload == ("3,0,22,1,0,7.25,2", "1,1,38,1,0,71.2833,0")
    assert [case.expect.below or case.expect.above for case in DEFAULT.cases] == [0.5, 0.5]
    assert len(DEFAULT.digest) == 64


def test_a_suite_asks_of_something(folder: Path) -> None:
    with pytest.raises(SuiteProblem, match="a suite needs payload or canary") as refusal:
        load(write(folder, "suite: x\nblock: [error.rate == 0%]\n"))
    assert refusal.value.line == 1


def test_a_cell_with_a_comma_stays_one_cell(folder: Path) -> None:
    (folder / "canary.csv").write_text('Name,Age,Survived\n"Kelly, James",34,0\n')
    case = '{name: x, sample: 1, given: {Age: 35}, then: {Name: "Kelly, Jane"}, expect: {within: 1}}'
    suite = load(write(folder, f"suite: x\ncanary: {{data: canary.csv, label: Survived}}\ncases:\n  - {case}\n"))
    assert suite.canary is not None
    assert suite.canary.rows == ('"Kelly, James",34',)
    assert suite.cases[0].rows == ('"Kelly, James",35',)
    assert suite.cases[0].changed == ('"Kelly, Jane",35',)


def test_a_built_in_suite_is_checked_as_well() -> None:
    with pytest.raises(SuiteProblem, match="auc needs canary"):
        built_in(SuiteForm(suite="x", payload=("1,2",), block=("auc >= 0.5",)))
