from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from tests.unit.support.redshift import Warehouse, allow

COLUMNS = (
    "(id BIGINT NOT NULL, n INT, name VARCHAR(4), price DECIMAL(9, 2), at TIMESTAMP, ok BOOLEAN)"
)


def rows(**changed: Any) -> dict[str, pa.Array]:
    columns = {
        "id": pa.array([1, 2], pa.int64()),
        "n": pa.array([7, None], pa.int32()),
        "name": pa.array(["ä", "abcd"]),
        "price": pa.array([Decimal("1.50"), Decimal("-2.25")], pa.decimal128(9, 2)),
        "at": pa.array([datetime(2026, 11, 21, 10, tzinfo=UTC), None], pa.timestamp("us", "UTC")),
        "ok": pa.array([True, None]),
    }
    return {name: array for name, array in {**columns, **changed}.items() if array is not None}


@pytest.fixture
def table(warehouse: Warehouse, request: pytest.FixtureRequest) -> str:
    name = request.node.name.split("[")[0]
    warehouse.must(f"DROP TABLE IF EXISTS {name}", f"CREATE TABLE {name} {COLUMNS}")
    return str(name)


def copy(warehouse: Warehouse, table: str, source: str, more: str = "") -> str:
    return f"COPY {table} FROM '{source}' IAM_ROLE '{warehouse.role}' FORMAT AS PARQUET {more}"


def test_every_file_below_the_prefix_is_loaded(warehouse: Warehouse, table: str) -> None:
    warehouse.put_parquet("allowed/all/a.parquet", rows())
    warehouse.put_parquet("allowed/all/b/c.parquet", rows())
    state = warehouse.must(copy(warehouse, table, f"s3://{warehouse.bucket}/allowed/all/"))
    assert state["ResultRows"] == 4
    assert warehouse.rows(f"SELECT * FROM {table} ORDER BY id LIMIT 1") == [
        [1, 7, "ä", "1.50", "2026-11-21 10:00:00", True]
    ]


def test_files_of_the_same_size_are_told_apart(warehouse: Warehouse) -> None:
    warehouse.must("CREATE TABLE alike (a VARCHAR(20), b VARCHAR(20))")
    for name, (long, short) in {"1": ("a", "b"), "2": ("b", "a")}.items():
        columns = {long: ["x" * 15], short: ["x" * 5]}
        warehouse.put_parquet(f"allowed/alike/{name}.parquet", dict(sorted(columns.items())))
    warehouse.must(copy(warehouse, "alike", f"s3://{warehouse.bucket}/allowed/alike/"))
    found = warehouse.rows("SELECT len(a), len(b) FROM alike ORDER BY 1")
    assert found == [[5, 15], [15, 5]]


def test_a_manifest_names_the_very_files(warehouse: Warehouse, table: str) -> None:
    uris = [warehouse.put_parquet(f"allowed/listed/{n}.parquet", rows()) for n in range(2)]
    warehouse.put_parquet("allowed/listed/stray.parquet", rows())
    sizes = [
        warehouse.s3.head_object(Bucket=warehouse.bucket, Key=uri.split("/", 3)[3])["ContentLength"]
        for uri in uris
    ]

    def write(key: str, entries: list[dict[str, Any]]) -> str:
        body = json.dumps({"entries": entries}).encode()
        warehouse.s3.put_object(Bucket=warehouse.bucket, Key=key, Body=body)
        return f"s3://{warehouse.bucket}/{key}"

    entries = [
        {"url": uri, "mandatory": True, "meta": {"content_length": size}}
        for uri, size in zip(uris, sizes, strict=True)
    ]
    manifest = write("allowed/good.manifest", entries)
    assert warehouse.must(copy(warehouse, table, manifest, "MANIFEST"))["ResultRows"] == 4
    bare = write("allowed/bare.manifest", [{"url": uris[0], "mandatory": True}])
    assert "content_length" in warehouse.error(copy(warehouse, table, bare, "MANIFEST"))
    missing = write("allowed/missing.manifest", [{**entries[0], "url": uris[0] + ".gone"}])
    assert "S3ServiceException" in warehouse.error(copy(warehouse, table, missing, "MANIFEST"))
    assert warehouse.rows(f"SELECT count(*) FROM {table}") == [[4]]


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"more": pa.array([1, 2])}, "Unmatched number of columns between table and file"),
        ({"ok": None}, "Table columns: 6, Data columns: 5"),
        ({"n": pa.array([1, 2], pa.int64())}, "Column type: INT, Parquet schema: optional int64 n"),
        ({"id": pa.array([1, 2], pa.int32())}, "Column type: BIGINT"),
        (
            {"price": pa.array([Decimal("1.5"), None], pa.decimal128(12, 2))},
            "Column type: DECIMAL(9,2)",
        ),
        ({"name": pa.array(["abcde", ""])}, "Table: 4, Data: 5"),
        ({"name": pa.array(["ääa", ""])}, "Table: 4, Data: 5"),
        ({"at": pa.array([1, 2], pa.timestamp("ns"))}, "Column type: TIMESTAMP"),
        ({"ok": pa.array([[1], [2]])}, "nested columns"),
    ],
)
def test_a_file_that_does_not_fit_loads_nothing(
    warehouse: Warehouse, table: str, changed: dict[str, Any], error: str
) -> None:
    source = warehouse.put_parquet("allowed/unfit.parquet", rows(**changed))
    said = warehouse.error(copy(warehouse, table, source))
    assert "Spectrum Scan Error" in said
    assert error in said
    assert warehouse.rows(f"SELECT count(*) FROM {table}") == [[0]]


def test_a_null_for_a_required_column_is_refused(warehouse: Warehouse, table: str) -> None:
    source = warehouse.put_parquet("allowed/null.parquet", rows(id=pa.array([1, None], pa.int64())))
    assert "NULL value into column id" in warehouse.error(copy(warehouse, table, source))


def test_a_poisoned_file_undoes_the_whole_load(warehouse: Warehouse, table: str) -> None:
    """How a test makes a load fail midway: good files first, then one that can't be read."""
    prefix = f"s3://{warehouse.bucket}/allowed/poisoned/"
    warehouse.put_parquet("allowed/poisoned/1.parquet", rows())
    warehouse.s3.put_object(
        Bucket=warehouse.bucket, Key="allowed/poisoned/2.parquet", Body=b"PAR1 broken"
    )
    said = warehouse.error(f"INSERT INTO {table} (id) VALUES (1)", copy(warehouse, table, prefix))
    assert "not a valid Parquet file" in said
    assert warehouse.rows(f"SELECT count(*) FROM {table}") == [[0]]


def test_the_named_roles_policy_decides_what_is_read(warehouse: Warehouse, table: str) -> None:
    warehouse.put_parquet("forbidden/a.parquet", rows())
    said = warehouse.error(copy(warehouse, table, f"s3://{warehouse.bucket}/forbidden/"))
    assert "S3ServiceException:Access Denied,Status 403" in said


def test_a_role_must_be_attached_and_must_trust_redshift(warehouse: Warehouse, table: str) -> None:
    source = warehouse.put_parquet("allowed/role.parquet", rows())
    everything = [allow("s3:*", "*")]
    detached = warehouse.create_role("detached", everything, "redshift-serverless.amazonaws.com")
    distrusting = warehouse.create_role("distrusting", everything, "lambda.amazonaws.com")
    warehouse.control.update_namespace(
        namespaceName=warehouse.name, iamRoles=[warehouse.role, distrusting]
    )
    for role in (detached, distrusting, "arn:aws:iam::000000000000:role/nobody"):
        sql = f"COPY {table} FROM '{source}' IAM_ROLE '{role}' FORMAT PARQUET"
        assert f"is not authorized to assume IAM Role {role}" in warehouse.error(sql)
    default = f"COPY {table} FROM '{source}' IAM_ROLE default FORMAT PARQUET"
    assert warehouse.must(default)["ResultRows"] == 2


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ("FORMAT AS CSV", "COPY in format CSV is not emulated"),
        ("", "delimited text is not emulated"),
        ("FORMAT PARQUET REGION 'us-east-1'", "REGION is not supported with Parquet"),
    ],
)
def test_other_formats_and_options_are_refused_by_name(
    warehouse: Warehouse, table: str, options: str, error: str
) -> None:
    sql = f"COPY {table} FROM 's3://{warehouse.bucket}/x' IAM_ROLE '{warehouse.role}' {options}"
    assert error in warehouse.error(sql)


def test_nothing_below_the_prefix_is_an_error(warehouse: Warehouse, table: str) -> None:
    said = warehouse.error(copy(warehouse, table, f"s3://{warehouse.bucket}/allowed/none/"))
    assert "The specified S3 prefix 'allowed/none/' does not exist" in said
