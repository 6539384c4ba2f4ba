"""Glue 6.0 and Lambda's Python 3.13: a batch by each engine, and a model of what they wrote.

Only where it is asked for, because its Spark, jars and wheels are half a gigabyte:
`WEIR_TEST_RUNTIME=glue-6.0 ./weir test tests/embedded/test_next_runtime.py`
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from benchmarks.measure import ROOT
from benchmarks.project import Project, project
from bootstrap.runtimes import find_python
from cli.local import not_emulated
from dataplatform.adapters.iceberg.tables import catalog, open_table

RUNTIME = "glue-6.0"
ORDERS = ROOT / "benchmarks" / "contracts" / "orders.odcs.yaml"
SILVER = "weir_dev_silver.orders"
GOLD = "weir_dev_gold.day_orders"
MODEL = """\
-- key: ordered_on
SELECT o.ordered_on, CAST(SUM(o.amount) AS DECIMAL(20, 2)) AS amount, COUNT(*) AS orders
FROM silver.orders AS o
GROUP BY o.ordered_on
"""

pytestmark = [
    pytest.mark.embedded,
    pytest.mark.slow,
    pytest.mark.skipif(
        os.environ.get("WEIR_TEST_RUNTIME") != RUNTIME,
        reason=f"half a gigabyte; asked for by WEIR_TEST_RUNTIME={RUNTIME}",
    ),
    pytest.mark.skipif(find_python("3.13") is None, reason="no Python 3.13 is on this machine"),
]


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A copy of this project whose stage is set to it, with Glue's own compaction besides."""
    model = tmp_path_factory.mktemp("models") / "day_orders.sql"
    model.write_text(MODEL)
    with project(ORDERS, models=[model]) as made:
        configuration = made.root / "cdk.json"
        configured = json.loads(configuration.read_text())
        dev = configured["context"]["stages"]["dev"]
        dev.update(runtime=RUNTIME, glue_table_optimizers=True)
        configuration.write_text(json.dumps(configured, indent=2))
        made.up()
        catalog.cache_clear()  # the process may have asked another platform before
        yield made
    catalog.cache_clear()


@pytest.fixture(scope="module")
def published(newer: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Three orders by DuckDB, then by Spark: one changed, one new, one that no table takes."""
    scratch = tmp_path_factory.mktemp("orders")
    first = [_order(1, "1.10"), _order(2, "2.20"), _order(3, "3.30")]
    second = [_order(1, "9.10", version=2), _order(4, "4.40"), _order(5, "much")]
    for engine, orders in (("duckdb", first), ("spark", second)):
        landed = scratch / f"{engine}.jsonl"
        landed.write_text("".join(json.dumps(order) + "\n" for order in orders))
        newer.land("orders", [landed])
        newer.run(engine=engine)
    return newer


def _order(number: int, amount: str, *, version: int = 1) -> dict[str, Any]:
    whole = {"order_id": number, "customer_id": 7, "product_id": 8, "quantity": 1}
    day = {"ordered_on": "2026-01-01", "updated_at": f"2026-01-0{version}T00:00:00Z"}
    return {**whole, **day, "amount": amount, "channel": "web", "note": "ä 東京"}


def _rows(table: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = open_table(table).scan().to_arrow().to_pylist()
    return rows


def test_both_engines_publish_into_one_table(published: Project) -> None:
    amounts = {row["order_id"]: str(row["amount"]) for row in _rows(SILVER)}
    assert amounts == {1: "9.10", 2: "2.20", 3: "3.30", 4: "4.40"}
    (rejected,) = _rows("weir_dev_quarantine.records")
    assert "amount" in rejected["reasons"]


def test_gold_is_built_of_what_both_wrote(published: Project) -> None:
    (day,) = _rows(GOLD)
    assert (str(day["amount"]), day["orders"]) == ("19.00", 4)


def test_spark_and_iceberg_are_those_of_the_runtime(published: Project) -> None:
    newest = open_table(SILVER).metadata.current_snapshot()
    assert newest is not None and newest.summary is not None
    assert newest.summary["engine-version"] == "4.1.1"
    assert "1.11.0" in str(newest.summary["iceberg-version"])
    assert open_table(SILVER).format_version == 2


def test_functions_have_the_runtimes_python(published: Project) -> None:
    """The one that merged loaded wheels that no other Python can load."""
    client = boto3.client("lambda")
    told = client.get_function_configuration(FunctionName="weir-dev-merge-silver")
    assert told["Runtime"] == "python3.13"


def test_glues_compaction_is_on_for_merged_tables_and_said_to_do_nothing_here(
    newer: Project,
) -> None:
    glue = boto3.client("glue")
    account = boto3.client("sts").get_caller_identity()["Account"]
    for table in (SILVER, GOLD):
        database, _, name = table.partition(".")
        found = glue.get_table_optimizer(
            CatalogId=account, DatabaseName=database, TableName=name, Type="compaction"
        )["TableOptimizer"]["configuration"]
        assert found["enabled"]
        assert "OptimizerRole" in found["roleArn"]
    assert "Glue table optimizers" in not_emulated(Path(newer.state))
