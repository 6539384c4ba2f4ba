from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dataplatform.compiler import platform
from dataplatform.compiler.platform import compile_platform
from dataplatform.errors import InvalidContract
from dataplatform.naming import Names
from dataplatform.plans.model import PlatformPlan
from stacks import assets, compilation
from stacks.compilation import compiled
from tests.unit.support.contracts import ORDERS, project

CONTRACT = "contracts/shop/orders.odcs.yaml"
DEV = Names("dev")

pytestmark = pytest.mark.usefixtures("build")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return project(tmp_path / "project", {CONTRACT: ORDERS})


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The stages that were compiled, one entry a compilation."""
    made: list[str] = []

    def compile_and_count(root: Path, names: Names) -> PlatformPlan:
        made.append(names.stage)
        return compile_platform(root, names)

    monkeypatch.setattr(platform, "compile_platform", compile_and_count)
    return made


def test_the_same_sources_are_compiled_once_a_stage(root: Path, compilations: list[str]) -> None:
    plans = [compiled(root, Names(stage)) for stage in ("dev", "prod", "dev", "prod")]
    assert compilations == ["dev", "prod"]
    assert plans == [compile_platform(root, Names(stage)) for stage in ("dev", "prod")] * 2


def test_a_changed_contract_is_compiled_again(root: Path, compilations: list[str]) -> None:
    before = compiled(root, DEV)
    (root / CONTRACT).write_text(ORDERS.replace("maximum: 100", "maximum: 99"))
    assert compiled(root, DEV) == compile_platform(root, DEV) != before
    assert compilations == ["dev", "dev"]


def test_another_compiler_compiles_again(
    root: Path, compilations: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled(root, DEV)
    monkeypatch.setattr(compilation, "version", lambda library: f"{library} of tomorrow")
    compiled(root, DEV)
    assert compilations == ["dev", "dev"]


def test_a_kept_plan_that_was_edited_is_not_used(
    root: Path, build: Path, compilations: list[str]
) -> None:
    plan = compiled(root, DEV)
    (file,) = build.glob("compiled-*")
    file.write_text(file.read_text().replace("orders", "odders"))
    assert compiled(root, DEV) == plan
    assert compilations == ["dev", "dev"]


def test_a_broken_contract_is_told_each_time(root: Path) -> None:
    compiled(root, DEV)
    (root / CONTRACT).write_text(ORDERS.replace("version:", "versoin:"))
    for _ in range(2):
        with pytest.raises(InvalidContract):
            compiled(root, DEV)


def test_stacks_import_no_compiler_and_no_aws_sdk() -> None:
    """A plan that is kept needs none, and its libraries take longer to import than to use it."""
    heavy = ("sqlglot", "pydantic", "dataplatform.compiler", "boto3", "botocore")
    code = f"import json, sys, app; print(json.dumps([m for m in {heavy!r} if m in sys.modules]))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=assets.ROOT
    )
    assert json.loads(done.stdout) == []
