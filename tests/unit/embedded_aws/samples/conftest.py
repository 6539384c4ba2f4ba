"""FoodMart as it comes, and a small one of our own in the same form."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from embedded_aws.samples.foodmart import Foodmart
from tests.unit.support.foodmarts import small_jar


@pytest.fixture
def small(tmp_path: Path) -> Foodmart:
    """Five sale lines, the first two equal; the one table of four days that they need."""
    return Foodmart.open(small_jar(tmp_path), tmp_path / "cache")


@pytest.fixture(scope="session")
def foodmart(tmp_path_factory: pytest.TempPathFactory) -> Foodmart:
    """The real one."""
    if "WEIR_TOOLS" not in os.environ:
        pytest.skip("FoodMart is fetched by ./weir test")
    tools = json.loads(Path(os.environ["WEIR_TOOLS"]).read_text())
    return Foodmart.open(Path(tools["foodmart"]), tmp_path_factory.mktemp("foodmart"))
