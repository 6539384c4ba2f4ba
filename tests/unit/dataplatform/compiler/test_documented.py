"""What the documentation shows works as shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dataplatform.compiler.platform import compile_platform
from dataplatform.naming import Names
from tests.unit.support.contracts import project

ROOT = Path(__file__).parents[4]


@pytest.mark.parametrize("document", ["README.md", "docs/contracts.md"])
def test_the_documented_dataset_and_model_compile(document: str, tmp_path: Path) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    contracts = _contracts(text)
    models = re.findall(r"```sql\n(.*?)```", text, re.DOTALL)
    files = {f"contracts/shop/d{i}.odcs.yaml": example for i, example in enumerate(contracts)}
    files |= {f"models/shop/gold/m{i}.sql": example for i, example in enumerate(models)}
    plan = compile_platform(project(tmp_path, files), Names("dev"))
    assert len(plan.datasets) == len(contracts)
    assert "returns" in [dataset.dataset for dataset in plan.datasets]
    assert len(plan.models) == len(models)


def test_the_documented_quality_is_asked(tmp_path: Path) -> None:
    contracts = _contracts((ROOT / "docs/contracts.md").read_text(encoding="utf-8"))
    (text,) = (contract for contract in contracts if "rowCount" in contract)
    root = project(tmp_path, {"contracts/shop/part.odcs.yaml": text})
    (dataset,) = compile_platform(root, Names("dev")).datasets
    assert [(gate.name, gate.severity) for gate in dataset.gates] == [
        ("amount.null_values", "error"),
        ("amount.sql", "warning"),
        ("row_count", "error"),
        ("duplicate_values", "error"),
    ]
    assert dataset.warns


def _contracts(text: str) -> list[str]:
    """Contracts shown; a part of one, which is indented, stands in the first one's place."""
    shown: list[str] = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    opening = shown[0][: shown[0].index("schema:\n")]
    folder = "landing/returns/"
    assert folder in opening
    return [
        f"{opening.replace(folder, f'landing/part_{number}/')}schema:\n  - name: part_{number}\n"
        f"{example}"
        if example[0] == " "
        else example
        for number, example in enumerate(shown)
    ]
