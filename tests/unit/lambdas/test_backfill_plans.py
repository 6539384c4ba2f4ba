"""What a backfill's first function plans: records, chunks, the engine; and what it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from dataplatform.errors import InvalidRunInput
from dataplatform.ledger.records import MAX_CHUNKS, Totals
from lambdas.plan_backfill.engine import choice, chunks_for
from tests.unit.support.backfill_machine import PLANNING, Machine
from tests.unit.support.merges import SETTINGS, order, orders, shops


@pytest.fixture
def machine(aws: None) -> Iterator[Machine]:
    with shops() as shop:
        yield Machine(shop)


def test_a_dry_run_notes_nothing(machine: Machine) -> None:
    machine.shop.merged(order(1, 1))
    planned = machine.plan(dry_run=True)
    assert planned["dry_run"] and planned["chunks"] == []
    assert (planned["plan"]["rows"], planned["plan"]["chunks"]) == (1, 1)
    assert machine.shop.ledger.backfills("orders") == []
    assert machine.shop.ledger.lease_holder("backfill:orders") is None


def test_days_on_which_nothing_arrived_have_no_records(machine: Machine) -> None:
    machine.shop.merged(order(1, 1))
    planned = machine.plan(**{"from": "2026-11-01", "to": "2026-11-21"}, dry_run=True)
    assert (planned["plan"]["window_rows"], planned["plan"]["batches"]) == (0, 0)


def test_every_wrong_input_is_said_at_once(machine: Machine) -> None:
    wrong: dict[str, Any] = {
        "dataset": "order",
        "from": "yesterday",
        "to": 7,
        "engine": "sparc",
        "dry_run": "yes",
        "until": "x",
    }
    with pytest.raises(InvalidRunInput) as raised:
        machine.plan("arn:1", **wrong)
    fields = {problem.field for problem in raised.value.problems}
    assert fields == set(wrong)
    with pytest.raises(InvalidRunInput, match="window"):
        machine.plan(to="2026-11-21")
    with pytest.raises(InvalidRunInput, match="has been"):
        machine.plan(**{"from": "2027-01-01", "to": "2027-01-02"})


def test_chunks_grow_in_number_until_a_functions_disk_ends_it() -> None:
    assert chunks_for(0, SETTINGS) == 1
    few, many = (chunks_for(mib << 20, SETTINGS) for mib in (400, 1000))
    assert 1 < few < many <= MAX_CHUNKS
    assert chunks_for(1400 << 20, SETTINGS) == 0


@pytest.mark.parametrize(
    ("case", "engine", "reason"),
    [
        ({}, "duckdb", "52 MB of bronze"),
        ({"wanted": "spark"}, "spark", "asked for by whoever started it"),
        ({"contract": "spark"}, "spark", "asked for by the contract"),
        ({"contract": "spark", "wanted": "duckdb"}, "duckdb", "asked for by whoever started it"),
        ({"bytes": 1400 << 20}, "spark", "1.5 GB of bronze; functions read up to 1.3 GB"),
        ({"bytes": 1400 << 20, "wanted": "duckdb"}, "spark", "functions read up to"),
        ({"rows": 1001}, "spark", "1,001 records to read, over 1,000"),
        ({"rows": 1001, "wanted": "duckdb"}, "duckdb", "asked for by whoever started it"),
        ({"table": 2 << 30}, "spark", "table of 2.1 GB without partitions"),
        ({"table": 2 << 30, "partition": ("state",)}, "duckdb", "52 MB of bronze"),
    ],
    ids=str,
)
def test_the_engine_is_chosen_by_what_is_asked_and_by_size(
    case: dict[str, Any], engine: str, reason: str
) -> None:
    plan = orders()
    chosen = choice(
        replace(
            plan,
            engine=case.get("contract", "auto"),
            partition_by=case.get("partition", plan.partition_by),
        ),
        PLANNING,
        Totals(dataset="orders", bytes=case.get("table", 0)),
        rows=case.get("rows", 1000),
        bytes=case.get("bytes", 50 << 20),
        wanted=case.get("wanted", ""),
    )
    assert (chosen.engine, reason in chosen.reason) == (engine, True), chosen
    assert engine == "duckdb" or chosen.chunks == 1
