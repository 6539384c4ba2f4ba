"""`weir new dataset`: what it writes, and when it writes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cli import new as new_verb
from cli import own_samples
from cli.contracts import check
from cli.own_samples import files
from cli.screen import Exit
from dataplatform.compiler.platform import compile_platform
from dataplatform.naming import Names
from tests.unit.support.contracts import ORDERS, project

Weir = Callable[..., tuple[int, str, str]]
RETURNS = "Return ID,Amount\n1,2.50\n2,3.00\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one contract, and a sample beside it."""
    root = project(
        tmp_path, {"contracts/shop/orders.odcs.yaml": ORDERS, "inbox/returns.csv": RETURNS}
    )
    monkeypatch.setattr(new_verb, "ROOT", root)
    monkeypatch.setattr(check, "ROOT", root)
    monkeypatch.setattr(own_samples, "FOLDER", root / "samples")
    return root


def test_the_proposal_is_written_with_the_sample_that_up_lands(weir: Weir, root: Path) -> None:
    code, out, _ = weir(
        "new", "dataset", "shop/returns", "--from", str(root / "inbox/returns.csv"), "--yes"
    )
    assert code == Exit.DONE
    assert "all 2 records pass" in out
    assert "./weir up" in out
    plan = compile_platform(root, Names("dev"))
    assert plan.dataset("returns").primary_key == ("return_id",)
    assert plan.dataset("returns").fields == ("Return ID", "Amount")
    sample = root / "samples/returns/returns.csv"
    assert files(plan) == [("returns", sample)]
    assert sample.read_text() == RETURNS
    code, out, _ = weir("contracts", "check")
    assert (code, out) == (0, "2 contracts, 7 columns, 10 rules: all is well\n")


def test_without_yes_it_is_shown_and_nothing_is_written(weir: Weir, root: Path) -> None:
    asked = ("new", "dataset", "shop/returns", "--from", str(root / "inbox/returns.csv"))
    code, out, _ = weir(*asked)
    assert code == Exit.FAILED
    assert 'physicalName: "Return ID"' in out
    assert "--yes" in out
    code, out, _ = weir(*asked, "--json")
    assert code == Exit.DONE
    answer = json.loads(out)
    assert (answer["written"], answer["key"]) == (False, ["return_id"])
    assert not (root / "contracts/shop/returns.odcs.yaml").exists()
    assert not (root / "samples").exists()


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("shop/orders", Exit.USAGE, "contracts/shop/orders.odcs.yaml declares orders already"),
        ("other/orders", Exit.USAGE, "contracts/shop/orders.odcs.yaml declares orders already"),
        ("returns", Exit.USAGE, "./weir new dataset sales/returns"),
        ("Shop/My Returns", Exit.USAGE, "./weir new dataset shop/my_returns"),
        ("shop/returns/x", Exit.USAGE, "no DOMAIN/NAME"),
        ("shop/" + "r" * 61, Exit.USAGE, "at most 60"),
    ],
)
def test_a_name_that_cannot_be_used_is_refused_before_the_sample_is_read(
    weir: Weir, root: Path, name: str, code: Exit, said: str
) -> None:
    got, _, err = weir("new", "dataset", name, "--from", "nowhere.csv", "--yes")
    assert (got, said in err) == (code, True), err


def test_a_sample_that_cannot_be_read_is_told_in_three_lines(weir: Weir, root: Path) -> None:
    (root / "inbox/bad.csv").write_text("a,a\n1,2\n")
    code, _, err = weir("new", "dataset", "shop/bad", "--from", str(root / "inbox/bad.csv"))
    assert code == Exit.FAILED
    assert err.splitlines() == [
        "✗ bad.csv  (sample): wrong header: column a stands there twice; expected CSV with a "
        "header, in UTF-8 or windows-1252; JSON; or Parquet",
        "    What can't be read here can't be read in the platform either.",
        "  No contract was written.",
    ]


def test_every_problem_of_every_contract_is_shown_and_ends_with_1(weir: Weir, root: Path) -> None:
    project(root, {"contracts/a/worse.odcs.yaml": ORDERS.replace("format: csv", "format: xml")})
    project(root, {"contracts/a/bad.odcs.yaml": "a: ["})
    code, out, _ = weir("contracts", "check")
    assert code == Exit.FAILED
    assert "contracts/a/bad.odcs.yaml:1" in out
    assert "contracts/a/worse.odcs.yaml:11  servers.landing.format" in out
    assert "in 2 files. Nothing is synthesized or deployed until they are mended." in out
    code, out, _ = weir("contracts", "check", "--json")
    assert code == Exit.FAILED
    assert {p["file"] for p in json.loads(out)["problems"]} == {
        "contracts/a/bad.odcs.yaml", "contracts/a/worse.odcs.yaml",
    }  # fmt: skip
    code, out, _ = weir("contracts", "check", str(root / "contracts/shop"))
    assert (code, out) == (0, "1 contract, 5 columns, 8 rules: all is well\n")
    code, _, err = weir("contracts", "check", str(root / "nowhere"))
    assert (code, "no such file" in err) == (Exit.USAGE, True)


def test_a_promise_without_effect_is_a_warning_with_its_place(weir: Weir, root: Path) -> None:
    kept = "slaProperties: [{property: retention, value: 30, unit: d}]\n"
    project(root, {"contracts/shop/orders.odcs.yaml": ORDERS + kept})
    for asked in ((), (str(root / "contracts/shop"),)):
        code, out, _ = weir("contracts", "check", *asked)
        assert code == Exit.DONE
        assert "slaProperties.retention: retention has no effect here; expected freshness or" in out
        assert "no row and no object is deleted because of it" in out
        assert "1 warning" in out
    (warning,) = json.loads(weir("contracts", "check", "--json")[1])["warnings"]
    assert warning["line"] == ORDERS.count("\n") + 1
