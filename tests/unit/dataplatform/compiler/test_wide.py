"""A contract of 300 columns and 50 rules: whatever it asks, the records are read once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.contract import wide
from dataplatform.compiler.platform import compile_platform
from dataplatform.naming import Names
from dataplatform.plans.model import SilverPlan
from tests.unit.support.contracts import project


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> SilverPlan:
    text = json.dumps(wide(300, 50))
    root: Path = project(tmp_path_factory.mktemp("wide"), {"contracts/bench/w.odcs.yaml": text})
    (found,) = compile_platform(root, Names("dev")).datasets
    return found


def test_every_rule_is_there(plan: SilverPlan) -> None:
    assert len(plan.columns) == 300
    of_records = {check.column for check in plan.checks if check.kind in ("one_of", "pattern")}
    assert len(plan.gates) + len(of_records) == 50
    assert plan.warns
    assert {gate.column for gate in plan.gates if ".sql" in gate.name}


def test_records_are_cast_and_checked_in_one_select_over_bronze(plan: SilverPlan) -> None:
    for rendered in (plan.spark.typed, plan.duckdb.typed):
        assert rendered.count("{bronze}") == 1
        assert "JOIN" not in rendered.upper()


def test_figures_of_the_batch_are_one_pass_over_its_records(plan: SilverPlan) -> None:
    assert plan.audit is not None
    assert plan.audit.duckdb.count("{records}") == plan.audit.duckdb.upper().count("SELECT") == 1
    # Spark's sets of values are beside the rest, of hashes that are made below; both read rows
    # that wait in memory, however many columns and gates there are.
    assert plan.audit.spark.count("{records}") == 2
    assert plan.audit.spark.upper().count("SELECT") == 4
    assert plan.audit.spark.upper().count("JOIN") == 1
    asked = {measure.of for measure in plan.audit.measures if measure.figure == "gate"}
    assert asked == {gate.name for gate in plan.gates}
