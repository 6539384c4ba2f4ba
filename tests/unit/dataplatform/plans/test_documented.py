"""What the documentation shows works as shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dataplatform.naming import Names
from dataplatform.plans.compiler import compile_platform
from tests.unit.support.contracts import project

ROOT = Path(__file__).parents[4]


@pytest.mark.parametrize("document", ["README.md", "docs/contracts.md"])
def test_the_documented_dataset_and_model_compile(document: str, tmp_path: Path) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    contracts = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    models = re.findall(r"```sql\n(.*?)```", text, re.DOTALL)
    files = {f"contracts/shop/d{i}.odcs.yaml": example for i, example in enumerate(contracts)}
    files |= {f"models/shop/gold/m{i}.sql": example for i, example in enumerate(models)}
    plan = compile_platform(project(tmp_path, files), Names("dev"))
    assert [dataset.dataset for dataset in plan.datasets] == ["returns"]
    assert len(plan.models) == len(models)
