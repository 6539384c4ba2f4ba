from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.support.redshift import (
    DEADLINE,
    REGION,
    Server,
    Warehouse,
    allow,
    policy,
)


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    process = Server(tmp_path)
    process.start()
    yield process
    process.stop()


def test_a_restart_finds_everything_again(own_server: Server) -> None:
    warehouse = Warehouse(own_server, "kept")
    warehouse.must("CREATE SCHEMA gold", "CREATE TABLE gold.t (id INT IDENTITY(1, 1), n INT)")
    warehouse.must("INSERT INTO gold.t (n) VALUES (5)")
    own_server.stop()
    (kept,) = (own_server.state / "data" / "redshift").iterdir()
    assert [file.name for file in kept.iterdir()] == ["warehouse.duckdb"], "the log is folded in"
    own_server.start()
    warehouse.must("INSERT INTO gold.t (n) VALUES (6)")
    assert warehouse.rows("SELECT id, n FROM gold.t ORDER BY id") == [[1, 5], [2, 6]]
    found = warehouse.control.get_namespace(namespaceName="kept")["namespace"]
    assert found["namespaceArn"] == warehouse.namespace_arn


def test_committed_rows_survive_a_kill(own_server: Server) -> None:
    warehouse = Warehouse(own_server, "killed")
    warehouse.must("CREATE TABLE t (n INT)", "INSERT INTO t VALUES (1)")
    own_server.stop(signal.SIGTERM)
    own_server.start()
    warehouse.must("INSERT INTO t VALUES (2)")
    own_server.stop(signal.SIGKILL)
    own_server.start()
    assert warehouse.rows("SELECT n FROM t ORDER BY n") == [[1], [2]]


def test_a_deleted_namespace_leaves_no_data(own_server: Server) -> None:
    warehouse = Warehouse(own_server, "deleted")
    warehouse.must("CREATE TABLE t (n INT)")
    warehouse.control.delete_workgroup(workgroupName="deleted")
    warehouse.control.delete_namespace(namespaceName="deleted")
    assert not list((own_server.state / "data" / "redshift").iterdir())


def test_step_functions_run_statements(warehouse: Warehouse) -> None:
    definition = {
        "StartAt": "Run",
        "States": {
            "Run": {
                "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:redshiftdata:executeStatement",
                "Parameters": {
                    "Sql": "SELECT 1",
                    "WorkgroupName": warehouse.name,
                    "Database": "warehouse",
                },
                "End": True,
            }
        },
    }
    states, iam = warehouse.server.client("stepfunctions"), warehouse.server.client("iam")
    trust = {**allow("sts:AssumeRole"), "Principal": {"Service": "states.amazonaws.com"}}
    iam.create_role(RoleName="machine", AssumeRolePolicyDocument=policy([trust]))
    machine = states.create_state_machine(
        name="run-sql",
        definition=json.dumps(definition),
        roleArn=iam.get_role(RoleName="machine")["Role"]["Arn"],
    )
    execution = states.start_execution(stateMachineArn=machine["stateMachineArn"])
    deadline = time.monotonic() + DEADLINE
    while True:
        state = states.describe_execution(executionArn=execution["executionArn"])
        if state["status"] != "RUNNING":
            break
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert state["status"] == "SUCCEEDED", state
    assert warehouse.wait(json.loads(state["output"])["Id"])["Status"] == "FINISHED"
    assert REGION in machine["stateMachineArn"]
