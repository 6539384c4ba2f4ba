"""A contract that the deployed tables can't follow: refused, rolled back, and mended."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.embedded.faults import denied
from tests.embedded.harness import ROOT, Platform

pytestmark = pytest.mark.embedded

STACK = "weir-dev-catalog"
PROJECT = ("app.py", "cdk.json", "requirements.txt", "contracts", "models", "layers")
CODE = ("cli", "stacks", "lambdas", "glue_jobs", "dataplatform", "embedded_aws")
CONTRACT = "contracts/foodmart/promotions.odcs.yaml"
DISTRICT = """\
      - name: promotion_district_id
        logicalType: integer
        logicalTypeOptions:
          minimum: 0
"""
END = """\
      - name: end_date
        logicalType: date
"""
REFUSED = "promotion_district_id: type string; expected int or wider"


def test_a_contract_that_cannot_be_applied_is_rolled_back_and_its_mending_goes_on(
    platform: Platform, tmp_path: Path
) -> None:
    """First with a rollback that fails too: the migration may not speak to the warehouse."""
    books, snapshots = platform.books(), platform.snapshots()
    function = platform.target.names.resource("migrate-schemas")
    role = platform.client("lambda").get_function_configuration(FunctionName=function)["Role"]
    project = copied(tmp_path)
    contract = project / CONTRACT
    assert DISTRICT in contract.read_text()
    string = DISTRICT.replace("integer", "string").partition("        logicalTypeOptions")[0]
    assert END in contract.read_text()
    broken = contract.read_text().replace(DISTRICT, string)
    contract.write_text(broken.replace(END, END.replace("Type: date", "Type: string")))

    with synthesis_kept(platform):
        with denied(platform, role, "redshift-data:ExecuteStatement"):
            said = fails(project, platform)
        assert REFUSED in said
        assert "couldn't be rolled back yet" in said
        assert status(platform) == "UPDATE_ROLLBACK_FAILED"

        said = fails(project, platform)
        assert REFUSED in said
        assert "end_date: type string; expected date" in said, "every problem"
        assert "the failed one was rolled back" in said
        assert status(platform) == "UPDATE_ROLLBACK_COMPLETE"

    assert platform.json("up")["datasets"] == books
    assert platform.snapshots() == snapshots


def copied(folder: Path) -> Path:
    """The project, where a contract can be broken."""
    for name in (*PROJECT, *CODE):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    return folder


def fails(project: Path, platform: Platform) -> str:
    """What `up` says when it fails, as the wrapper starts it in that project."""
    ended = subprocess.run(
        [sys.executable, "-P", "-m", "cli", "up"],
        cwd=project,
        env={**platform.environment, "PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


@contextmanager
def synthesis_kept(platform: Platform) -> Iterator[None]:
    """Put the synthesis of the project as it is back: what mends the contract needn't wait."""
    assembly, kept = platform.state / "cdk.out", platform.state / "cdk.out.kept"
    shutil.copytree(assembly, kept)
    try:
        yield
    finally:
        shutil.rmtree(assembly)
        kept.rename(assembly)


def status(platform: Platform) -> str:
    stacks = platform.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
    return str(stacks[0]["StackStatus"])
