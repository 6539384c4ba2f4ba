from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.support.redshift import Warehouse, allow, policy


@pytest.fixture(scope="module", autouse=True)
def numbers(warehouse: Warehouse) -> None:
    warehouse.must("CREATE SCHEMA gold", "CREATE TABLE gold.n (n INT NOT NULL, t VARCHAR(7))")
    warehouse.must("INSERT INTO gold.n VALUES " + ", ".join(f"({n}, 'x')" for n in range(2500)))


def test_results_come_in_pages(warehouse: Warehouse) -> None:
    state = warehouse.must("SELECT n FROM gold.n ORDER BY n")
    assert state["ResultRows"] == 2500
    pages = list(warehouse.data.get_paginator("get_statement_result").paginate(Id=state["Id"]))
    assert [len(page["Records"]) for page in pages] == [1000, 1000, 500]
    assert pages[2]["Records"][-1] == [{"longValue": 2499}]


def test_each_statement_of_a_batch_has_its_own_result(warehouse: Warehouse) -> None:
    state = warehouse.must("SELECT 1 AS a", "INSERT INTO gold.n (n) VALUES (-1)", "SELECT 2 AS b")
    parts = state["SubStatements"]
    assert [part["HasResultSet"] for part in parts] == [True, False, True]
    assert [part["Id"] for part in parts] == [f"{state['Id']}:{n}" for n in (1, 2, 3)]
    last = warehouse.data.get_statement_result(Id=parts[2]["Id"])
    assert last["Records"] == [[{"longValue": 2}]]
    assert last["ColumnMetadata"][0]["name"] == "b"
    with pytest.raises(warehouse.data.exceptions.ResourceNotFoundException, match="result"):
        warehouse.data.get_statement_result(Id=parts[1]["Id"])


def test_a_token_submits_once(warehouse: Warehouse) -> None:
    sql = "INSERT INTO gold.n (n) VALUES (-7)"
    first = warehouse.submit(sql, ClientToken="token-of-a-load")
    assert warehouse.submit(sql, ClientToken="token-of-a-load") == first
    warehouse.wait(first)
    assert warehouse.rows("SELECT count(*) FROM gold.n WHERE n = -7") == [[1]]


def test_limits_of_the_api_hold(warehouse: Warehouse) -> None:
    with pytest.raises(ClientError, match="100 KB"):
        warehouse.submit(f"SELECT '{'x' * 110_000}'")
    with pytest.raises(ClientError, match="40"):
        warehouse.submit(*["SELECT 1"] * 41)


def test_unknown_things_are_named(warehouse: Warehouse) -> None:
    with pytest.raises(warehouse.data.exceptions.ResourceNotFoundException):
        warehouse.data.describe_statement(Id="0" * 8 + "-0000-0000-0000-" + "0" * 12)
    with pytest.raises(ClientError, match="nowhere"):
        warehouse.data.execute_statement(Sql="SELECT 1", WorkgroupName="nowhere")
    with pytest.raises(ClientError, match='database "other" does not exist'):
        warehouse.data.execute_statement(
            Sql="SELECT 1", WorkgroupName=warehouse.name, Database="other"
        )
    with pytest.raises(ClientError, match="ClusterIdentifier is not emulated"):
        warehouse.data.execute_statement(Sql="SELECT 1", ClusterIdentifier="c", Database="d")


def test_the_database_can_be_explored(warehouse: Warehouse) -> None:
    login = {
        "WorkgroupName": warehouse.name,
        "Database": "warehouse",
        "SecretArn": warehouse.secret,
    }
    assert warehouse.data.list_databases(**login)["Databases"] == ["warehouse"]
    assert "gold" in warehouse.data.list_schemas(**login)["Schemas"]
    tables = warehouse.data.list_tables(**login, SchemaPattern="go%")["Tables"]
    assert tables == [{"name": "n", "type": "TABLE", "schema": "gold"}]
    columns = warehouse.data.describe_table(**login, Schema="gold", Table="n")["ColumnList"]
    shown = [(c["name"], c["typeName"], c["nullable"], c["length"]) for c in columns]
    assert shown == [("n", "int4", 0, 0), ("t", "varchar", 1, 7)]


def test_statements_are_listed_by_state_and_name(warehouse: Warehouse) -> None:
    warehouse.run("SELECT 1", StatementName="listed-good")
    warehouse.run("SELECT nothing", StatementName="listed-bad")
    listed = warehouse.data.list_statements(StatementName="listed", Status="ALL")["Statements"]
    assert {s["StatementName"]: s["Status"] for s in listed} == {
        "listed-good": "FINISHED",
        "listed-bad": "FAILED",
    }


@pytest.mark.parametrize(
    ("granted", "error"),
    [
        ([], "ExecuteStatement"),
        (["redshift-data:ExecuteStatement"], "redshift-serverless:GetCredentials"),
    ],
)
def test_a_caller_needs_both_rights(warehouse: Warehouse, granted: list[str], error: str) -> None:
    role = f"caller-{len(granted)}"
    statements = [allow(granted, warehouse.workgroup_arn)] if granted else []
    client = warehouse.as_role(warehouse.create_role(role, statements))
    with pytest.raises(ClientError, match=error) as denied:
        warehouse.submit("SELECT 1", client=client)
    assert denied.value.response["Error"]["Code"] == "AccessDeniedException"


def test_a_secret_takes_the_right_to_read_it(warehouse: Warehouse) -> None:
    rights = [allow(["redshift-data:*", "redshift-serverless:*"], "*")]
    client = warehouse.as_role(warehouse.create_role("no-secret", rights))
    with pytest.raises(ClientError, match="secretsmanager:GetSecretValue"):
        warehouse.submit("SELECT 1", client=client, SecretArn=warehouse.secret)


def _owner_policy(operator: str, owner: str) -> str:
    run = [
        *("redshift-data:ExecuteStatement", "redshift-data:BatchExecuteStatement"),
        "redshift-serverless:GetCredentials",
    ]
    look: dict[str, Any] = {
        **allow(["redshift-data:DescribeStatement", "redshift-data:GetStatementResult"], "*"),
        "Condition": {operator: {"redshift-data:statement-owner-iam-userid": owner}},
    }
    return policy([allow(run, "*"), look])


def test_statements_belong_to_the_session_that_submitted_them(warehouse: Warehouse) -> None:
    """Two functions with one role have two sessions, so `${aws:userid}` keeps them apart."""
    arn = warehouse.create_role("owner", [])
    iam, sts = warehouse.server.client("iam"), warehouse.server.client("sts")

    def session(name: str) -> Any:
        keys = sts.assume_role(RoleArn=arn, RoleSessionName=name)["Credentials"]
        names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
        values = (keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
        return warehouse.server.client("redshift-data", dict(zip(names, values, strict=True)))

    one, two = session("load"), session("confirm")
    own = _owner_policy("StringEquals", "${aws:userid}")
    iam.put_role_policy(RoleName="owner", PolicyName="p", PolicyDocument=own)
    run = warehouse.submit("SELECT 1", client=one)
    assert warehouse.wait(run, one)["Status"] == "FINISHED"
    with pytest.raises(ClientError, match="DescribeStatement"):
        two.describe_statement(Id=run)
    role_id = iam.get_role(RoleName="owner")["Role"]["RoleId"]
    shared = _owner_policy("StringLike", f"{role_id}:*")
    iam.put_role_policy(RoleName="owner", PolicyName="p", PolicyDocument=shared)
    assert two.describe_statement(Id=run)["Status"] == "FINISHED"
