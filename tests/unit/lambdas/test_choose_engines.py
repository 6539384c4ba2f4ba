"""Small batches go to DuckDB, what is too large for a function to Spark, and the books say why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dataplatform.ledger import Ledger
from dataplatform.ledger.records import Outcomes, TableSize, Totals
from dataplatform.plans.model import SilverPlan
from dataplatform.settings import EngineSettings
from dataplatform.sizes import size
from lambdas.choose_engines.logic import Load, choice, choose_engines
from tests.unit.lambdas.conftest import staged
from tests.unit.support.ledgers import landed
from tests.unit.support.plans import dataset, platform

LIMITS = EngineSettings(
    stage="dev",
    ledger_table="ledger",
    plans_uri="s3://plans/plan.json",
    batch_mib="100",
    batch_rows="1000",
    table_mib="10",
)
PARTITIONED = replace(dataset("sales"), partition_by=("day",))


@pytest.fixture(autouse=True)
def run(ledger: Ledger) -> None:
    ledger.open_run("now", "arn:now", "{}")


def load(ledger: Ledger, *, mib: int = 1, rows: int = 1, table_mib: int = 0) -> Load:
    """A batch of so much, into a table of so much."""
    ledger.register_object(landed("x", dataset="sales", size=mib << 20))
    batch = ledger.open_batch("now", "sales", ledger.due_objects("sales"))
    ledger.batch_staged(batch.batch_id, source=rows, unreadable=0, rows=rows)
    table = Totals(dataset="sales", bytes=table_mib << 20)
    return Load([ledger.batch(batch.batch_id)], table)


@pytest.mark.parametrize(
    ("of", "engine", "reason"),
    [
        ({"mib": 100, "rows": 1000, "table_mib": 10}, "duckdb", "105 MB batch, limit 105 MB"),
        ({"mib": 0, "rows": 12}, "duckdb", "batch of 12 records, limit 1,000"),  # a replay
        ({"mib": 101}, "spark", "106 MB batch, over 105 MB"),
        ({"rows": 1001}, "spark", "batch of 1,001 records, over 1,000"),
        ({"table_mib": 11}, "spark", "table of 12 MB without partitions, over 10 MB"),
    ],
)
def test_the_engine_goes_by_size(
    ledger: Ledger, of: dict[str, int], engine: str, reason: str
) -> None:
    assert choice(dataset("sales"), load(ledger, **of), LIMITS, "") == (engine, reason)


def test_a_partitioned_table_may_be_any_size(ledger: Ledger) -> None:
    assert choice(PARTITIONED, load(ledger, table_mib=10_000), LIMITS, "")[0] == "duckdb"


@pytest.mark.parametrize("engine", ["duckdb", "spark"])
def test_contract_and_run_may_name_the_engine_whatever_the_size(
    ledger: Ledger, engine: str
) -> None:
    huge, plan = load(ledger, mib=1000), replace(dataset("sales"), engine=engine)
    assert choice(plan, huge, LIMITS, "") == (engine, "asked for by the contract")
    other: SilverPlan = replace(plan, engine="spark" if engine == "duckdb" else "duckdb")
    assert choice(other, huge, LIMITS, engine) == (engine, "asked for by the run")


def chosen(ledger: Ledger, **limits: str) -> dict[str, Any]:
    plan = platform((dataset("sales"), dataset("stores"), dataset("idle")))
    return choose_engines(ledger, plan, replace(LIMITS, **limits), "now")


def test_each_dataset_with_staged_batches_gets_its_engine_the_largest_first(
    ledger: Ledger,
) -> None:
    staged(ledger, "now", "stores")
    load(ledger, mib=2)
    assert chosen(ledger) == {
        "run_id": "now",
        "stage": False,
        "duckdb": [
            {"run_id": "now", "dataset": "sales"},
            {"run_id": "now", "dataset": "stores"},
        ],
        "spark": False,
    }
    assert str(ledger.engines("now")["stores"]) == "duckdb · 100 B batch, limit 105 MB"


def test_what_a_function_left_is_said_when_asked_again(ledger: Ledger) -> None:
    done, left = staged(ledger, "now", "sales"), staged(ledger, "now", "stores")
    assert chosen(ledger)["spark"] is False
    ledger.publish_batch(done.batch_id, Outcomes(inserted=4), sequence=1, live=4)
    ledger.leave_to_spark("now", left.dataset, "out of memory")
    assert chosen(ledger) == {"run_id": "now", "stage": False, "duckdb": [], "spark": True}


def test_a_dataset_is_chosen_for_once_spark_has_staged_all_of_it(ledger: Ledger) -> None:
    staged(ledger, "now", "sales")
    staged(ledger, "now", "stores")
    ledger.register_object(landed("large", dataset="sales"))
    left = ledger.open_batch("now", "sales", ledger.due_objects("sales"))
    ledger.leave_batch_to_spark(left.batch_id, "now", "out of time")
    first = chosen(ledger)
    assert (first["stage"], [item["dataset"] for item in first["duckdb"]]) == (True, ["stores"])
    ledger.batch_staged(left.batch_id, source=1, unreadable=0, rows=1)
    again = chosen(ledger)
    assert (again["stage"], {item["dataset"] for item in again["duckdb"]}) == (
        False,
        {"sales", "stores"},
    )
    assert ledger.engines("now")["sales"].reason == "200 B batch, limit 105 MB"


def test_a_failed_dataset_is_nobodys_in_this_run(ledger: Ledger) -> None:
    staged(ledger, "now", "sales")
    chosen(ledger, batch_rows="0")
    ledger.fail_dataset("now", "sales", "broken")
    assert chosen(ledger) == {"run_id": "now", "stage": False, "duckdb": [], "spark": False}


def test_the_run_decides_for_every_dataset(ledger: Ledger) -> None:
    ledger.open_run("forced", "arn:forced", '{"engine": "spark"}')
    staged(ledger, "forced", "sales")
    plan = platform((dataset("sales"),))
    assert choose_engines(ledger, plan, LIMITS, "forced")["spark"] is True
    assert ledger.engines("forced")["sales"].reason == "asked for by the run"


def test_a_tables_size_is_known_from_what_was_published_last(ledger: Ledger) -> None:
    first, second = staged(ledger, "now", "sales"), staged(ledger, "now", "stores")
    for batch in (first, second):
        ledger.publish_batch(
            batch.batch_id,
            Outcomes(inserted=4),
            sequence=1,
            live=4,
            size=TableSize(files=3, bytes=11 << 20),
        )
    assert (ledger.totals("sales").files, ledger.totals("sales").bytes) == (3, 11 << 20)
    staged(ledger, "next", "sales")
    ledger.open_run("next", "arn:next", "{}")
    plan = platform((dataset("sales"),))
    assert choose_engines(ledger, plan, LIMITS, "next")["spark"] is True


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1.0 kB"),
        (6_400_000, "6.4 MB"),
        (62_000_000, "62 MB"),
        (999_700_000, "1.0 GB"),
        (5 * 10**15, "5000 TB"),
    ],
)
def test_sizes_are_said_in_a_few_figures(count: int, text: str) -> None:
    assert size(count) == text
