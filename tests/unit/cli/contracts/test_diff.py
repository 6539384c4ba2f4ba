"""`weir contracts diff` in a project of its own, which git keeps."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from cli.__main__ import main
from cli.contracts import base, diff
from tests.unit.support.contracts import project, spoiled

CONTRACT = "contracts/shop/orders.odcs.yaml"
MODEL = "models/shop/gold/dim_order.sql"
STATE = "      - name: state\n"
BEFORE = spoiled((STATE, f"{STATE}        id: c-state\n")) + (
    "roles:\n  - {role: analyst, access: read}\n"
)
RENAMED = BEFORE.replace("name: state", "name: status")
SQL = "-- key: order_id\nSELECT o.order_id, o.state FROM silver.orders AS o\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one commit on main, in a folder of its repository."""
    root = project(tmp_path / "repository" / "platform", {CONTRACT: BEFORE, MODEL: SQL})
    for module in (base, diff):
        monkeypatch.setattr(module, "ROOT", root)
    git(root, "init", "--quiet", "--initial-branch=main", str(root.parent))
    commit(root)
    return root


def git(root: Path, *words: str) -> None:
    who = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    subprocess.run(["git", *who, *words], cwd=root, check=True, capture_output=True)


def commit(root: Path) -> None:
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "contracts")


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    capsys.readouterr()
    code = main(["contracts", "diff", *words, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_nothing_has_changed(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["contracts", "diff"]) == 0
    assert "Nothing has changed since" in capsys.readouterr().out


def test_a_rename_tells_who_reads_the_old_name(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project(root, {CONTRACT: RENAMED, MODEL: SQL.replace("o.state", "o.status")})
    code, found = answer(capsys)
    assert code == 1
    (dataset,) = found["datasets"]
    (difference,) = dataset["differences"]
    assert (dataset["weight"], dataset["announced"]) == ("breaking", False)
    assert dataset["roles"] == [{"role": "analyst", "access": "read"}]
    assert difference["models"] == [{"model": "dim_order", "columns": ["state"], "key": []}]
    assert difference["warehouse"] == ["gold.dim_order"]
    assert [(each["column"], each["what"]) for each in found["models"]] == [
        ("status", "added, string"),
        ("state", "gone"),
    ]
    (problem,) = found["problems"]
    assert (problem["file"], problem["field"]) == (CONTRACT, "schema.orders.status")
    assert problem["line"] == RENAMED[: RENAMED.index("name: status")].count("\n") + 1
    project(root, {CONTRACT: RENAMED.replace("version: 1.0.0", "version: 2.0.0")})
    code, found = answer(capsys)
    assert (code, found["problems"], found["datasets"][0]["announced"]) == (0, [], True)


def test_a_model_of_others_that_closes_the_warehouse_to_a_role_is_told(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = BEFORE.replace("orders", "carts").replace("analyst", "shopkeeper")
    sql = "-- key: order_id\nSELECT c.order_id FROM silver.carts AS c\n"
    files = {"contracts/shop/carts.odcs.yaml": other, "models/shop/gold/dim_cart.sql": sql}
    project(root, {CONTRACT: BEFORE, MODEL: SQL, **files})
    code, found = answer(capsys)
    lost = {"role": "analyst", "reads": [], "models": [], "warehouse": True}
    assert (code, found["problems"], found["lost"]) == (0, [], [lost])
    assert main(["contracts", "diff"]) == 0
    assert "! analyst" in (out := capsys.readouterr().out)
    assert "may no longer read the warehouse" in out


def test_a_contract_that_no_longer_names_a_role_takes_dataset_and_models(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project(root, {CONTRACT: BEFORE.replace("analyst", "shopkeeper"), MODEL: SQL})
    lost = {"role": "analyst", "reads": ["orders"], "models": ["dim_order"], "warehouse": True}
    assert answer(capsys)[1]["lost"] == [lost]


def test_a_model_that_reads_the_old_name_is_a_problem_of_its_own(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project(root, {CONTRACT: RENAMED.replace("version: 1.0.0", "version: 2.0.0")})
    code, found = answer(capsys)
    assert code == 1
    assert [(each["file"], each["found"]) for each in found["problems"]] == [(MODEL, '"state"')]


def test_contracts_of_other_stages_alone_are_compared_on_one_of_those(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at_prod = "    environment: prod\n    type: kinesis\n"
    server = BEFORE[BEFORE.index("    type: s3\n") : BEFORE.index("schema:")]
    more = f"  - server: b\n    environment: test\n{server}"
    project(root, {CONTRACT: BEFORE.replace(server, at_prod + more)})
    commit(root)
    assert answer(capsys, "--against", "HEAD")[1]["datasets"] == []
    changed = at_prod + more.replace("csv", "json")
    project(root, {CONTRACT: BEFORE.replace(server, changed).replace("minimum: 0", "minimum: 1")})
    code, found = answer(capsys, "--against", "HEAD")
    assert (code, found["problems"]) == (0, [])
    assert [each["what"] for each in found["datasets"][0]["differences"]] == [
        "check changed: minimum 0 → 1",
        "comes from s3 (json) on stage test, before s3 (csv)",
    ]


def test_it_is_read_gladly_in_80_columns(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project(root, {CONTRACT: RENAMED.replace("maximum: 100", "maximum: 200")})
    assert main(["contracts", "diff", "--against", "main"]) == 1
    lines = capsys.readouterr().out.splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("orders 1.0.0"))
    end = next(n for n, line in enumerate(lines) if line.startswith("✗"))
    shown = lines[start:end]
    assert shown[0] == "orders 1.0.0" + "breaking, not announced".rjust(68)
    assert "  ~ amount                   check changed: maximum 100 → 200" in shown
    assert "  ! status                   renamed from state" in shown
    assert "      read by gold.dim_order (state)" in shown
    assert max(map(len, shown)) <= 80


def test_a_branch_is_compared_with_where_it_left_its_upstream(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git(root, "update-ref", "refs/remotes/origin/main", "HEAD")
    project(root, {CONTRACT: BEFORE.replace("maximum: 100", "maximum: 200")})
    commit(root)
    code, found = answer(capsys)
    assert code == 0
    assert [each["what"] for each in found["datasets"][0]["differences"]] == [
        "check changed: maximum 100 → 200"
    ]
    assert found["against"].endswith("(where this branch left origin/main)")
    code, found = answer(capsys, "--against", "HEAD")
    assert (code, found["datasets"]) == (0, [])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--against", "nowhere"), "git knows no commit nowhere"),
        (("--against", "--output=x"), "git knows no commit --output=x"),
        (("--stage", "prod"), "--stage needs --against deployed"),
    ],
)
def test_wrong_usage_says_what_would_be_right(
    root: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    assert main(["contracts", "diff", *words]) == 2
    assert said in capsys.readouterr().err


def test_a_base_that_this_version_cannot_read_is_told(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project(root, {CONTRACT: BEFORE.replace("logicalType: timestamp", "logicalType: moment")})
    commit(root)
    project(root, {CONTRACT: BEFORE})
    assert main(["contracts", "diff", "--against", "HEAD"]) == 1
    assert "What they meant can't be told" in capsys.readouterr().err


def test_a_project_without_git_compares_with_what_runs(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", str(root / "nothing"))
    assert main(["contracts", "diff"]) == 2
    assert "--against deployed" in capsys.readouterr().err
