"""Redshift SQL of gold tables: made from columns and keys, run through the Data API.

Types: a timestamp is TIMESTAMP, in UTC. Redshift's Parquet scan has no TIMESTAMPTZ, and turns
the instants that Spark and PyArrow write into UTC. A string without a length is VARCHAR(65535);
one with `max_length` gets four bytes for each character: Redshift counts bytes of UTF-8.

Placing: DISTSTYLE AUTO copies small tables to every node and spreads them once they grow. A table
that its model partitions is sorted in the same way, for the same queries; else Redshift chooses.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from dataplatform.naming import CHANGE_COLUMN, LOADS_TABLE, WAREHOUSE_SCHEMA
from dataplatform.plans.model import Column, GoldModel, WarehouseSql

LOADS: Final = f"{WAREHOUSE_SCHEMA}.{LOADS_TABLE}"
"""One row for each export that was merged, keyed by model and run, in the same transaction."""

_LOADS_COLUMNS: Final = {
    "model": "VARCHAR(256)",
    "run_id": "VARCHAR(64)",
    "build": "BIGINT",
    "snapshot": "BIGINT",
    "row_count": "BIGINT",
    "loaded_at": "TIMESTAMP",
}
_MAX_VARCHAR: Final = 65535
_BYTES_OF_CHARACTER: Final = 4
_TYPES: Final = {
    "boolean": "BOOLEAN",
    "int": "INTEGER",
    "bigint": "BIGINT",
    "double": "DOUBLE PRECISION",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
}
_DECIMAL: Final = re.compile(r"decimal\((\d+),\s*(\d+)\)")


def warehouse_sql(
    name: str, columns: Sequence[Column], key: Sequence[str], sort_by: Sequence[str] = ()
) -> WarehouseSql:
    """SQL that creates and loads one gold table.

    Args:
        name: the model's name; the table is `gold.<name>`.
        columns: in the order in which exports hold them: COPY from Parquet goes by position.
        key: columns that identify a row; none is ever null.
        sort_by: what queries mostly filter by. Names that aren't columns are left out.
    """
    return WarehouseSql(
        table=f"{WAREHOUSE_SCHEMA}.{name}",
        create=create_table(name, columns, key, sort_by),
        load=load_statements(name, columns, key),
    )


def create_table(
    name: str, columns: Sequence[Column], key: Sequence[str], sort_by: Sequence[str] = ()
) -> str:
    """CREATE TABLE IF NOT EXISTS; the primary key tells the planner, MERGE keeps it true."""
    required = {*key, *(column.name for column in columns if column.required)}
    lines = [f"    {definition(column, required=column.name in required)}" for column in columns]
    lines.append(f"    PRIMARY KEY ({_names(key)})")
    known = {column.name for column in columns}
    sort = [column for column in sort_by if column in known]
    sort_key = f"COMPOUND SORTKEY ({_names(sort)})" if sort else "SORTKEY AUTO"
    return (
        f"CREATE TABLE IF NOT EXISTS {_table(name)} (\n"
        + ",\n".join(lines)
        + f"\n)\nDISTSTYLE AUTO\n{sort_key}"
    )


def load_statements(name: str, columns: Sequence[Column], key: Sequence[str]) -> tuple[str, ...]:
    """One transaction that merges one export; the same export merged again changes nothing.

    Placeholders: {source} the manifest's URI, {role} the ARN that COPY reads with, {run_id},
    {build} and {snapshot} of the export. The last statement counts the table's rows.

    - Loads wait for each other at the LOCK, before the transaction has its snapshot: two
      submissions of one export never merge side by side. Readers of gold don't wait.
    - An export older than what was merged since (its statement was stuck) is emptied, not applied.
    - MERGE takes no condition and needs a table as its source: deletions go first.
    """
    target, stage = _table(name), quoted(f"stage_{name}")
    change = quoted(CHANGE_COLUMN)
    staged = [f"    {definition(column, required=False)}" for column in columns]
    newer = f'SELECT 1 FROM {LOADS} WHERE "model" = \'{name}\' AND "build" > {{build}}'
    this_load = f"\"model\" = '{name}' AND \"run_id\" = '{{run_id}}'"
    return (
        f"LOCK {LOADS}",
        f"CREATE TEMPORARY TABLE {stage} (\n"
        + ",\n".join([*staged, f"    {change} VARCHAR(6)"])
        + "\n)",
        f"COPY {stage} FROM '{{source}}' IAM_ROLE '{{role}}' FORMAT AS PARQUET MANIFEST",
        f"DELETE FROM {stage} WHERE EXISTS ({newer})",
        f"DELETE FROM {target} USING {stage}\n"
        f"WHERE {_matching(target, stage, key)} AND {stage}.{change} = 'delete'",
        f"DELETE FROM {stage} WHERE {change} = 'delete'",
        _merge(target, stage, columns, key),
        f"DELETE FROM {LOADS} WHERE {this_load}",
        f"INSERT INTO {LOADS} ({_names(_LOADS_COLUMNS)})\n"
        f"SELECT '{name}', '{{run_id}}', {{build}}, {{snapshot}}, count(*), getdate()\n"
        f"FROM {target}",
        f"SELECT count(*) AS row_count FROM {target}",
    )


def warehouse_setup(models: Sequence[GoldModel] = ()) -> tuple[str, ...]:
    """Schema, book of loads and rights; each statement may run again and again.

    Placeholder: {loader}, the database user of the role that loads (`loader_user`), who may read
    and write gold and owns nothing. Everyone else whom IAM lets into the workgroup may read gold.
    Rights come by default privileges, for tables made later, and once more for those present.
    """
    write = "SELECT, INSERT, UPDATE, DELETE"
    defaults = f"ALTER DEFAULT PRIVILEGES IN SCHEMA {WAREHOUSE_SCHEMA}"
    present = f"ON ALL TABLES IN SCHEMA {WAREHOUSE_SCHEMA}"
    return (
        f"CREATE SCHEMA IF NOT EXISTS {WAREHOUSE_SCHEMA}",
        f"CREATE TABLE IF NOT EXISTS {LOADS} (\n"
        + "".join(f"    {quoted(name)} {kind} NOT NULL,\n" for name, kind in _LOADS_COLUMNS.items())
        + '    PRIMARY KEY ("model", "run_id")\n)\nDISTSTYLE ALL\nSORTKEY AUTO',
        f'GRANT USAGE ON SCHEMA {WAREHOUSE_SCHEMA} TO "{{loader}}"',
        f"GRANT USAGE ON SCHEMA {WAREHOUSE_SCHEMA} TO PUBLIC",
        f'{defaults} GRANT {write} ON TABLES TO "{{loader}}"',
        f"{defaults} GRANT SELECT ON TABLES TO PUBLIC",
        f'GRANT {write} {present} TO "{{loader}}"',
        f"GRANT SELECT {present} TO PUBLIC",
    )


def loader_user(role_name: str) -> str:
    """Redshift's name for an IAM role that comes through the Data API."""
    return f"IAMR:{role_name}"


def missing_users_ddl(existing: Collection[str], wanted: Sequence[str]) -> list[str]:
    """CREATE USER for those that aren't there: Redshift has no IF NOT EXISTS for users."""
    return [f'CREATE USER "{name}" PASSWORD DISABLE' for name in wanted if name not in existing]


def column_type(column: Column) -> str:
    """Redshift's type of a column.

    Raises:
        ValueError: a type that no column of a plan has.
    """
    if column.type == "string":
        length = (column.max_length or _MAX_VARCHAR) * _BYTES_OF_CHARACTER
        return f"VARCHAR({min(length, _MAX_VARCHAR)})"
    if match := _DECIMAL.fullmatch(column.type):
        return f"DECIMAL({match[1]}, {match[2]})"
    if column.type not in _TYPES:
        raise ValueError(f"column {column.name}: no Redshift type for {column.type!r}")
    return _TYPES[column.type]


def definition(column: Column, *, required: bool) -> str:
    """A column as CREATE TABLE and ADD COLUMN take it."""
    return f"{quoted(column.name)} {column_type(column)}{' NOT NULL' if required else ''}"


def quoted(name: str) -> str:
    """Names of contracts are lower case; quotes keep reserved words usable."""
    return f'"{name}"'


def _merge(target: str, stage: str, columns: Sequence[Column], key: Sequence[str]) -> str:
    names = [column.name for column in columns]
    changing = [name for name in names if name not in key] or list(key)
    assignments = ", ".join(f"{quoted(name)} = {stage}.{quoted(name)}" for name in changing)
    values = ", ".join(f"{stage}.{quoted(name)}" for name in names)
    return (
        f"MERGE INTO {target} USING {stage}\n"
        f"ON {_matching(target, stage, key)}\n"
        f"WHEN MATCHED THEN UPDATE SET {assignments}\n"
        f"WHEN NOT MATCHED THEN INSERT ({_names(names)}) VALUES ({values})"
    )


def _matching(target: str, stage: str, key: Sequence[str]) -> str:
    return " AND ".join(f"{target}.{quoted(name)} = {stage}.{quoted(name)}" for name in key)


def _names(names: Iterable[str]) -> str:
    return ", ".join(quoted(name) for name in names)


def _table(name: str) -> str:
    return f"{WAREHOUSE_SCHEMA}.{quoted(name)}"
