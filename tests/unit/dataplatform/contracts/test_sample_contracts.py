from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[4]
FILES = sorted((ROOT / "contracts").rglob("*.odcs.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_sample_contract_is_valid_by_the_standards_own_schema(path: Path) -> None:
    schema = json.loads((files("open_data_contract_standard") / "schema.json").read_text())
    data = YAML(typ="safe", pure=True).load(path.read_text())
    validator = jsonschema.validators.validator_for(schema)(schema)
    assert [error.message for error in validator.iter_errors(data)] == []


def test_there_are_samples() -> None:
    assert len(FILES) >= 8
