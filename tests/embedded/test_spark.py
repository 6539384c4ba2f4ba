"""The whole pipeline by Spark, beside the one by DuckDB that all other tests look at."""

from __future__ import annotations

import duckdb
import pytest

from dataplatform.naming import GOLD_MODELS, SilverColumn
from embedded_aws.samples.foodmart import Foodmart
from embedded_aws.samples.truth import aggregate
from embedded_aws.spark.settings import WARM_UP_VARIABLE
from tests.embedded.aggregates import AGGREGATES, sums
from tests.embedded.first_runs import FirstRun, Kept
from tests.embedded.harness import Platform, out_of_sight, running
from tests.embedded.shared import Synthesis

pytestmark = pytest.mark.embedded

OF_THE_RUN = {SilverColumn.BATCH_ID.value, SilverColumn.LOADED_AT.value}
"""Columns that say who wrote a row and when: the one thing that may differ."""


@pytest.fixture(scope="module")
def by_duckdb(platform: Platform, foodmart: Foodmart) -> FirstRun:
    return FirstRun.of(platform, foodmart)


@pytest.fixture(scope="module")
def by_spark(
    platform: Platform,
    foodmart: Foodmart,
    sparks_first_run: Kept,
    synthesis: Synthesis,
    tmp_path_factory: pytest.TempPathFactory,
) -> FirstRun:
    """Of the platform on which projects change; else of one that is gone before the tests look."""
    with sparks_first_run.alone():
        if found := sparks_first_run.take():
            return found
    # Spark starts while the stacks are deployed.
    variables = {WARM_UP_VARIABLE: "1"}
    other = Platform(tmp_path_factory.mktemp("spark") / "state", variables)
    synthesis.give(other)
    with out_of_sight(platform):
        with running(other, "--engine", "spark"):
            return FirstRun.of(other, foodmart)


def test_every_dataset_and_model_was_sparks(by_spark: FirstRun) -> None:
    datasets = {name for name, books in by_spark.answer["datasets"].items() if books["source"]}
    assert datasets
    assert by_spark.engines == dict.fromkeys({*datasets, GOLD_MODELS}, "spark")
    assert by_spark.job_runs == {"StageJob": 0, "SilverJob": 1, "GoldJob": 1}


def test_the_books_and_the_figures_are_duckdbs(by_spark: FirstRun, by_duckdb: FirstRun) -> None:
    assert set(by_duckdb.engines.values()) == {"duckdb"}
    for said in ("datasets", "warehouse"):
        assert by_spark.answer[said] == by_duckdb.answer[said], said


def test_every_table_has_duckdbs_rows(by_spark: FirstRun, by_duckdb: FirstRun) -> None:
    assert by_spark.tables.keys() == by_duckdb.tables.keys()
    connection = duckdb.connect()
    for name, theirs in by_duckdb.tables.items():
        ours = by_spark.tables[name]
        assert ours.schema.equals(theirs.schema), name
        assert ours.num_rows == theirs.num_rows, name
        kept = ", ".join(f'"{c}"' for c in ours.column_names if c not in OF_THE_RUN)
        connection.register("ours", ours)
        connection.register("theirs", theirs)
        rows = f"(SELECT {kept} FROM ours) EXCEPT ALL (SELECT {kept} FROM theirs) LIMIT 3"
        assert connection.execute(rows).fetchall() == [], name
    assert by_spark.tables["gold.fact_sales"].num_rows > 0


@pytest.mark.parametrize("table", AGGREGATES)
def test_the_warehouse_equals_foodmarts_own_aggregates_group_by_group(
    by_spark: FirstRun, foodmart: Foodmart, table: str
) -> None:
    assert sums(foodmart, table, by_spark.aggregates[table]) == aggregate(foodmart, table)
