from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pytest
from sqlfluff.core import FluffConfig, Linter

from dataplatform.compiler.platform import compile_platform
from dataplatform.naming import Names
from dataplatform.plans.model import Column, PlatformPlan, fill
from dataplatform.render.redshift import (
    column_type,
    create_table,
    load_statements,
    loader_user,
    missing_users_ddl,
    warehouse_setup,
    warehouse_sql,
)
from dataplatform.render.redshift_changes import Following, StandingColumn, following
from tests.unit.support import plans

ROOT = Path(__file__).parents[4]
COLUMNS = (
    Column(name="id", type="string", max_length=10, required=True),
    Column(name="order", type="int"),
    Column(name="day", type="date", required=True),
    Column(name="price", type="decimal(12,2)"),
    Column(name="at", type="timestamp"),
)
VALUES = {
    "source": "s3://gold/exports/sales/1.manifest",
    "role": "arn:aws:iam::000000000000:role/copy",
    "run_id": "2026-11-21T10:04:12Z-7f3a",
    "build": "3",
    "snapshot": "8213749213749",
    "loader": loader_user("weir-dev-loader"),
}


@lru_cache(maxsize=1)
def platform() -> PlatformPlan:
    return compile_platform(ROOT, Names("dev"))


@lru_cache(maxsize=1)
def linter() -> Linter:
    return Linter(config=FluffConfig.from_path(str(ROOT)))


def rendered() -> list[str]:
    """Every statement that is run on the warehouse: samples', and of columns of every type."""
    sql = warehouse_sql("fact_sales", COLUMNS, ("id",), ("day",))
    wide = warehouse_sql("agg", COLUMNS, ("id", "day"))
    statements = [
        *(statement for one in (sql, wide) for statement in (one.create, *one.load)),
        *warehouse_setup(),
        *(sql for steps in changes() for sql in (*steps.together, *steps.alone)),
        *missing_users_ddl((), [loader_user("weir-dev-loader")]),
        *(
            s
            for model in platform().models
            for s in (model.warehouse.create, *model.warehouse.load)
        ),
        *(summary.sql for summary in platform().summaries),
    ]
    return [fill(statement, **VALUES) for statement in statements]


def changes() -> list[Following]:
    """A table made anew, and one altered in place."""
    model = replace(
        plans.model("sales", "sales"),
        columns=COLUMNS,
        key=("id",),
        warehouse=warehouse_sql("sales", COLUMNS, ["id"]),
    )
    standing = [StandingColumn("id", "VARCHAR(4)", 4), StandingColumn("gone", "DATE")]
    retyped = StandingColumn("order", "BIGINT")
    return [following(model, standing), following(model, [*standing, retyped])]


def parse_errors(sql: str) -> list[str]:
    return [error.desc() for error in linter().parse_string(sql + ";\n").violations]


_REFUSED = {
    r"\bTRUNCATE\b": "commits the transaction that it stands in",
    r"\bVACUUM\b": "can't run in a transaction",
    r"\bALTER TABLE .* APPEND\b": "can't run in a transaction",
    r"^\s*WITH\b.*\bMERGE\b": "MERGE takes no CTE",
    r"\bMERGE INTO \S+ (?!USING\b)": "MERGE takes no alias for its target",
    r"\bUSING\s*\(": "MERGE takes a table as its source, not a subquery",
    r"\bWHEN (NOT )?MATCHED AND\b": "MERGE takes no condition",
    r"\bON CONFLICT\b|\bRETURNING\b": "PostgreSQL's, not Redshift's",
    r"\bIF NOT EXISTS\b.*\bADD COLUMN\b|\bADD COLUMN IF\b": "ADD COLUMN takes no IF NOT EXISTS",
    r"\b(UUID|JSONB|BYTEA|SERIAL|TEXT)\b": "no such column type in Redshift, or 256 bytes",
    r"\{\w+\}": "a placeholder that nobody filled",
}


def refusals(sql: str) -> list[str]:
    """What sqlfluff lets pass and Redshift doesn't."""
    flat = " ".join(sql.split())
    return [why for pattern, why in _REFUSED.items() if re.search(pattern, flat, re.IGNORECASE)]


@pytest.mark.parametrize("sql", rendered())
def test_every_statement_is_valid_redshift(sql: str) -> None:
    assert parse_errors(sql) == []
    assert refusals(sql) == []
    assert len(sql.encode()) < 100_000, "the Data API takes 100 KB"


@pytest.mark.parametrize(
    "sql",
    [
        *(
            "CREATE TABLE t (a INT) DISTKY (a)",
            "COPY t FROM 's3://x/' IAM_ROLE default FORMAT PARQUETT",
        ),
        *("MERGE INTO t USING x ON t.a = x.a WHEN MATCHED THEN FLY", "SELEC 1"),
        "CREATE TABLE t (model INT, snapshot INT)",
    ],
)
def test_the_linter_finds_what_is_not_redshift(sql: str) -> None:
    assert parse_errors(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "MERGE INTO t USING (SELECT 1 AS a) AS s ON t.a = s.a WHEN MATCHED THEN DELETE",
        "MERGE INTO t AS x USING s ON x.a = s.a WHEN MATCHED THEN DELETE",
        "MERGE INTO t USING s ON t.a = s.a WHEN MATCHED AND s.b THEN DELETE",
        *("TRUNCATE t", "CREATE TABLE t (a UUID)", "COPY t FROM '{source}'"),
    ],
)
def test_the_deny_list_finds_what_the_linter_lets_pass(sql: str) -> None:
    assert refusals(sql)


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (Column(name="c", type="string"), "VARCHAR(65535)"),
        (Column(name="c", type="string", max_length=60), "VARCHAR(240)"),
        (Column(name="c", type="string", max_length=20_000), "VARCHAR(65535)"),
        (Column(name="c", type="decimal(12,2)"), "DECIMAL(12, 2)"),
        (Column(name="c", type="decimal(38, 10)"), "DECIMAL(38, 10)"),
        (Column(name="c", type="timestamp"), "TIMESTAMP"),
        (Column(name="c", type="double"), "DOUBLE PRECISION"),
        (Column(name="c", type="int"), "INTEGER"),
    ],
)
def test_types_hold_what_the_lake_holds(column: Column, expected: str) -> None:
    assert column_type(column) == expected


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(ValueError, match="'array'"):
        column_type(Column(name="c", type="array"))


def test_a_partitioned_model_is_sorted_alike_and_others_by_redshift() -> None:
    assert 'COMPOUND SORTKEY ("day")' in create_table("t", COLUMNS, ("id",), ("day", "gone"))
    assert "SORTKEY AUTO" in create_table("t", COLUMNS, ("id",))


def test_the_key_and_required_columns_are_never_null() -> None:
    created = create_table("t", COLUMNS, ("id", "order"))
    assert re.findall(r'"(\w+)" .* NOT NULL', created) == ["id", "order", "day"]


def test_the_stage_has_the_exports_columns_in_their_order() -> None:
    """COPY from Parquet goes by position."""
    stage = load_statements("sales", COLUMNS, ("id",))[1]
    assert re.findall(r'^ +"(\w+)"', stage, re.MULTILINE) == [
        *("id", "order", "day", "price", "at", "_change")
    ]


def test_only_missing_users_are_made() -> None:
    assert missing_users_ddl({"IAMR:a"}, ["IAMR:a"]) == []
    assert missing_users_ddl({"admin"}, ["IAMR:a"]) == ['CREATE USER "IAMR:a" PASSWORD DISABLE']


def _first(statements: Sequence[str], word: str) -> int:
    return next(n for n, statement in enumerate(statements) if statement.startswith(word))


def test_a_load_locks_before_its_snapshot_and_deletes_before_it_merges() -> None:
    load = load_statements("sales", COLUMNS, ("id",))
    assert len(load) <= 40
    order = [_first(load, word) for word in ("LOCK", "CREATE TEMP", "COPY", "DELETE", "MERGE")]
    assert order == sorted(order)
    assert order[0] == 0
    assert load[-1].startswith("SELECT count(*)")


def test_a_table_of_keys_alone_still_merges() -> None:
    keys = (Column(name="a", type="int"), Column(name="b", type="int"))
    merge = load_statements("pairs", keys, ("a", "b"))[6]
    assert 'UPDATE SET "a" = "stage_pairs"."a"' in merge
    assert parse_errors(merge) == []
