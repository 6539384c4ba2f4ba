"""A backfill's functions: what is begun, resumed, given up and closed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from dataplatform.errors import BackfillIncomplete, BackfillRunning, LeaseHeld, PlanChanged
from dataplatform.ledger.holders import Call, ChunkCall
from dataplatform.ledger.records import PIPELINE_LEASE, BackfillCounts, table_lease
from lambdas.close_backfill.logic import left_to_spark
from tests.unit.support.backfill_machine import Machine, relax
from tests.unit.support.ledgers import built
from tests.unit.support.merges import order, shops


@pytest.fixture
def machine(aws: None) -> Iterator[Machine]:
    with shops() as shop:
        yield Machine(shop)


def test_a_backfill_goes_from_plan_to_close(machine: Machine) -> None:
    machine.shop.merged(order(1, 1), order(2, 1, amount="500"))
    relax(machine)
    planned = machine.plan()
    assert planned["plan"]["window_rows"] == planned["plan"]["rows"] == 2
    assert planned["plan"]["batches"] == 1 and not planned["resumed"]
    (item,) = planned["chunks"]
    assert machine.chunk(item).inserted == 1
    closed = machine.close(planned["run_id"])
    assert closed["gold_due"] and closed["counts"]["released"] == 1
    assert machine.shop.ledger.backfill(planned["run_id"]).state == "done"
    assert machine.shop.ledger.lease_holder("backfill:orders") is None


def test_two_backfills_of_a_dataset_are_refused_while_one_goes_on(machine: Machine) -> None:
    machine.shop.merged(order(1, 1))
    first = machine.plan("arn:1")
    machine.running.add("arn:1")
    with pytest.raises(BackfillRunning, match="arn:1"):
        machine.plan("arn:2", **{"from": "2026-11-20"})
    assert machine.plan("arn:1")["run_id"] == first["run_id"], "a retry of the same step"


def test_what_ended_too_soon_goes_on_where_it_was(machine: Machine) -> None:
    machine.shop.merged(*(order(key, 1, amount="500") for key in range(8)))
    relax(machine)
    planned = machine.plan("arn:1")
    backfill = machine.shop.ledger.backfill(planned["run_id"])
    machine.shop.ledger.end_backfill(backfill.backfill_id, "superseded")
    other = machine.shop.ledger.open_backfill(replace(backfill, chunks=3))
    machine.chunk({"run_id": other.backfill_id, "chunk": 1})
    again = machine.plan("arn:2")
    assert again["resumed"] and again["run_id"] == other.backfill_id
    assert [item["chunk"] for item in again["chunks"]] == [0, 2]


def test_another_contract_begins_anew(machine: Machine) -> None:
    machine.shop.merged(order(1, 1))
    first = machine.plan("arn:1")
    relax(machine)
    with pytest.raises(PlanChanged):
        machine.chunk(first["chunks"][0])
    again = machine.plan("arn:2")
    assert not again["resumed"] and again["run_id"] != first["run_id"]
    assert machine.shop.ledger.backfill(first["run_id"]).state == "superseded"


def test_what_only_describes_a_dataset_makes_no_new_plan(machine: Machine) -> None:
    plan = machine.shop.plan
    assert replace(plan, description="other", engine="spark").mark == plan.mark
    relax(machine)
    assert machine.shop.plan.mark != plan.mark


def test_a_merge_that_goes_on_is_waited_for_and_one_that_died_is_not(machine: Machine) -> None:
    machine.shop.merged(order(1, 1))
    (item,) = machine.plan()["chunks"]
    ledger, table = machine.shop.ledger, table_lease(machine.shop.plan.silver_table)
    ledger.acquire_lease(PIPELINE_LEASE, "run-7", 600)
    ledger.acquire_lease(table, str(Call("run-7", "orders", "r")), 600)
    with pytest.raises(LeaseHeld):
        machine.chunk(item)
    ledger.release_lease(PIPELINE_LEASE, "run-7")
    assert machine.chunk(item).kept == 1


OUT_OF_TIME = {"Error": "Sandbox.Timedout", "Cause": ""}


def test_a_chunk_that_is_given_up_gives_back_its_lease_and_fails_the_end(machine: Machine) -> None:
    machine.shop.merged(order(1, 1))
    planned = machine.plan()
    ledger, table = machine.shop.ledger, table_lease(machine.shop.plan.silver_table)
    ledger.acquire_lease(table, str(ChunkCall(planned["run_id"], 0, "dead")), 600)
    machine.give_up(planned["run_id"], {"Error": "LeaseHeld", "Cause": ""}, to_spark=False)
    assert ledger.lease_holder(table) is None
    assert not left_to_spark(ledger, planned["run_id"])["spark"]
    with pytest.raises(BackfillIncomplete, match="chunk 1 of 1: LeaseHeld"):
        machine.close(planned["run_id"])
    again = machine.plan("arn:2")
    assert again["resumed"] and len(again["chunks"]) == 1
    machine.chunk(again["chunks"][0])
    built(ledger, "dim_store", "r", sequences={"orders": 1})
    assert not machine.close(planned["run_id"], "arn:2")["gold_due"]


def test_a_chunk_that_outgrows_its_function_is_sparks_from_then_on(machine: Machine) -> None:
    machine.shop.merged(order(1, 1))
    run_id = machine.plan()["run_id"]
    machine.give_up(run_id, OUT_OF_TIME, to_spark=True)
    ledger = machine.shop.ledger
    chunk = ledger.chunk(run_id, 0)
    assert (chunk.state, chunk.engine, chunk.reason) == ("pending", "spark", "out of time")
    assert left_to_spark(ledger, run_id)["spark"]
    ledger.chunk_failed(run_id, 0, "Overtaken: thrice")
    with pytest.raises(BackfillIncomplete, match="thrice"):
        machine.close(run_id)
    again = machine.plan("arn:2")
    assert again["run_id"] == run_id and again["chunks"] == []
    assert left_to_spark(ledger, run_id)["spark"]
    late = machine.chunk({"run_id": run_id, "chunk": 0})
    assert late == BackfillCounts(), "a late retry of the call that was given up"


def test_spark_goes_on_with_what_functions_began_and_functions_begin_anew(
    machine: Machine,
) -> None:
    machine.shop.merged(order(1, 1))
    first = machine.plan("arn:1")
    assert (first["plan"]["engine"], len(first["chunks"])) == ("duckdb", 1)
    second = machine.plan("arn:2", engine="spark")
    assert second["run_id"] == first["run_id"] and second["chunks"] == []
    (chunk,) = machine.shop.ledger.chunks(first["run_id"])
    assert (chunk.engine, chunk.reason) == ("spark", "asked for by whoever started it")
    machine.shop.ledger.end_backfill(first["run_id"], "done")
    sparks = machine.plan("arn:3", engine="spark")
    assert sparks["plan"]["engine"] == "spark" and sparks["chunks"] == []
    anew = machine.plan("arn:4", engine="duckdb")
    assert anew["run_id"] != sparks["run_id"] and len(anew["chunks"]) == 1
    assert machine.shop.ledger.backfill(sparks["run_id"]).state == "superseded"


def test_gold_that_lagged_before_follows_too(machine: Machine) -> None:
    machine.shop.merged(order(1, 1))
    planned = machine.plan()
    assert machine.chunk(planned["chunks"][0]).changed == 0
    assert machine.close(planned["run_id"])["gold_due"]
