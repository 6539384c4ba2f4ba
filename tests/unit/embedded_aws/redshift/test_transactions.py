from __future__ import annotations

import time

import pytest

from tests.unit.support.redshift import Warehouse


@pytest.fixture(scope="module", autouse=True)
def tables(warehouse: Warehouse) -> None:
    warehouse.must("CREATE TABLE t (id INT)", "CREATE TABLE big AS SELECT 1 AS n")
    for _ in range(20):
        warehouse.must("INSERT INTO big SELECT n FROM big")


def count(warehouse: Warehouse) -> int:
    return int(warehouse.rows("SELECT count(*) FROM t")[0][0])


def test_a_batch_commits_whole_or_not_at_all(warehouse: Warehouse) -> None:
    before = count(warehouse)
    state = warehouse.run("INSERT INTO t VALUES (1)", "SELECT * FROM nowhere", "SELECT 1")
    assert state["Status"] == "FAILED"
    assert state["Error"].startswith("Query #2 failed with ERROR: relation")
    assert [s["Status"] for s in state["SubStatements"]] == ["FINISHED", "FAILED", "ABORTED"]
    assert count(warehouse) == before
    warehouse.must("INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (2)")
    assert count(warehouse) == before + 2


def test_a_batch_that_commits_each_statement_keeps_those_before_the_error(
    warehouse: Warehouse,
) -> None:
    before = count(warehouse)
    state = warehouse.run(
        "INSERT INTO t VALUES (1)", "SELECT * FROM nowhere", ExecutionMode="AUTO_COMMIT"
    )
    assert state["Status"] == "FAILED"
    assert count(warehouse) == before + 1


def test_temporary_tables_end_with_their_call(warehouse: Warehouse) -> None:
    warehouse.must("CREATE TEMP TABLE mine (id INT)", "INSERT INTO mine VALUES (1)")
    assert 'relation "mine" does not exist' in warehouse.error("SELECT * FROM mine")


def test_schema_changes_roll_back_too(warehouse: Warehouse) -> None:
    warehouse.error("CREATE TABLE gone (id INT)", "SELECT * FROM nowhere")
    assert "does not exist" in warehouse.error("SELECT * FROM gone")


def test_writers_of_one_table_wait_for_each_other(warehouse: Warehouse) -> None:
    before = count(warehouse)
    increment = "INSERT INTO t SELECT count(*) FROM t"
    runs = [warehouse.submit("LOCK t", increment, increment) for _ in range(6)]
    assert {warehouse.wait(run)["Status"] for run in runs} == {"FINISHED"}
    assert count(warehouse) == before + 12
    numbers = warehouse.rows(f"SELECT id FROM t WHERE id >= {before} ORDER BY id")
    assert [n for (n,) in numbers] == list(range(before, before + 12))


def test_a_cancelled_statement_is_undone(warehouse: Warehouse) -> None:
    before = count(warehouse)
    slow = "SELECT count(*) FROM big AS a JOIN big AS b ON a.n = b.n JOIN big AS c ON b.n = c.n"
    run = warehouse.submit("INSERT INTO t VALUES (1)", slow)
    deadline = time.monotonic() + 30
    while warehouse.data.describe_statement(Id=run)["SubStatements"][1]["Status"] != "STARTED":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert warehouse.data.cancel_statement(Id=run)["Status"]
    assert warehouse.wait(run)["Status"] == "ABORTED"
    assert count(warehouse) == before
    with pytest.raises(warehouse.data.exceptions.ValidationException, match="ABORTED"):
        warehouse.data.cancel_statement(Id=run)
