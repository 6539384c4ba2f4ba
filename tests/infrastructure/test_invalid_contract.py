"""The app over broken contracts, as `cdk synth` runs it: all is said, nothing synthesized."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from stacks.assets import ROOT

CONTRACTS = Path("contracts/foodmart")
APP = ("app.py", "cdk.json", "stacks", "lambdas", "glue_jobs", "dataplatform", "layers")


@dataclass(frozen=True)
class Project:
    """A copy of the project whose contracts can be spoiled."""

    root: Path

    @property
    def assembly(self) -> Path:
        return self.root / "cdk.out"

    def spoil(self, contract: str, old: str, new: str) -> str:
        """Replace the first of some text; returns `file:line` of it."""
        name = CONTRACTS / f"{contract}.odcs.yaml"
        text = (self.root / name).read_text()
        before, _, _ = text.partition(old)
        assert before != text
        (self.root / name).write_text(text.replace(old, new, 1))
        return f"{name}:{before.count(chr(10)) + 1}"

    def synthesize(self) -> subprocess.CompletedProcess[str]:
        context = json.loads((self.root / "cdk.json").read_text())["context"]
        environment = {
            **os.environ,
            "CDK_OUTDIR": str(self.assembly),
            "CDK_CONTEXT_JSON": json.dumps(context | {"stage": "dev"}),
        }
        return subprocess.run(
            [sys.executable, "app.py"],
            cwd=self.root,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def project(tmp_path: Path) -> Project:
    for name in (*APP, "contracts", "models"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, tmp_path / name)
    return Project(tmp_path)


def test_every_problem_of_every_contract_is_said_and_nothing_is_synthesized(
    project: Project,
) -> None:
    wrong_type = project.spoil("stores", "logicalType: date", "logicalType: dtae")
    wrong_flag = project.spoil("regions", "required: true", "required: perhaps")
    wrong_size = project.spoil("products", "DECIMAL(10,4)", "DECIMAL(99,4)")
    ended = project.synthesize()

    assert ended.returncode == 1
    assert "InvalidContract" in ended.stderr
    said = ended.stderr.splitlines()
    for place, found in ((wrong_type, "dtae"), (wrong_flag, "perhaps"), (wrong_size, "DECIMAL(99")):
        (problem,) = [line for line in said if place in line]
        assert found in problem
        assert "; expected " in problem
        assert " schema." in problem, "the field"
    assert 'Did you mean "date"?' in ended.stderr
    assert "nothing was synthesized" in ended.stderr
    assert not list(project.assembly.glob("*"))
