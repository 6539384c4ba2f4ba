"""Events as they landed, cast by their contract, each once."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa

from dataplatform.naming import landing_prefix
from dataplatform.plans.model import Column, SilverPlan
from lambdas.transform_events.logic import RECEIVED_AT


@dataclass(frozen=True)
class Events:
    """Events of a stream.

    table: Arrow, one row an event, with the contract's columns.
    newest: when Firehose took the newest, in seconds since 1970; 0 where there is none.
    repeated, unusable: how many came again, and how many don't fit the contract.
    """

    table: pa.Table
    newest: float
    repeated: int
    unusable: int

    @property
    def count(self) -> int:
        """Number of events."""
        return int(self.table.num_rows)


def read_events(s3: Any, bucket: str, plan: SilverPlan, hours: int) -> Events:
    """Events of the last hours, from the folders that Firehose names by the hour, in UTC."""
    now = datetime.now(UTC)
    objects = (
        s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        for back in range(hours, -1, -1)
        for key in _keys(s3, bucket, _folder(plan, now - timedelta(hours=back)))
    )
    return cast_events(plan, [row for body in objects for row in _rows(body)])


def cast_events(plan: SilverPlan, rows: list[dict[str, Any]]) -> Events:
    """Rows of text to typed events; of one key only the newest counts, as in silver."""
    names = [column.name for column in plan.columns]
    texts = pa.table(
        {
            name: pa.array([_text(row.get(name)) for row in rows], pa.string())
            for name in (*names, RECEIVED_AT)
        }
    )
    required = [name for c in plan.columns if c.required for name in (c.name,)]
    keys = ", ".join(plan.key) if plan.primary_key else "NULL"
    order = f"{plan.ordering or RECEIVED_AT} DESC, {RECEIVED_AT} DESC"
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("texts", texts)
        connection.execute(
            f"CREATE TABLE typed AS SELECT {', '.join(map(_cast, plan.columns))}, {RECEIVED_AT}"
            " FROM texts"
        )
        fits = " AND ".join(f"{name} IS NOT NULL" for name in required) or "true"
        once = f"QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY {order}) = 1"
        usable = connection.execute(f"SELECT count(*) FROM typed WHERE {fits}").fetchone()
        table = connection.execute(
            f"SELECT {', '.join(names)} FROM typed WHERE {fits} {once if plan.primary_key else ''}"
        ).to_arrow_table()
    good = int(usable[0]) if usable else 0
    newest = max((str(row[RECEIVED_AT]) for row in rows if RECEIVED_AT in row), default="")
    return Events(
        table=table,
        newest=datetime.fromisoformat(newest).timestamp() if newest else 0.0,
        repeated=good - table.num_rows,
        unusable=len(rows) - good,
    )


def _cast(column: Column) -> str:
    kind = {"string": "VARCHAR", "timestamp": "TIMESTAMPTZ"}.get(column.type, column.type)
    return f"TRY_CAST({column.name} AS {kind}) AS {column.name}"


def _folder(plan: SilverPlan, moment: datetime) -> str:
    return landing_prefix(plan.dataset) + moment.strftime("%Y/%m/%d/%H/")


def _keys(s3: Any, bucket: str, prefix: str) -> Iterator[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    for page in pages:
        yield from (item["Key"] for item in page.get("Contents", []))


def _rows(body: bytes) -> Iterator[dict[str, Any]]:
    """Lines that the transform wrote; numbers stay text until they are cast."""
    for line in gzip.decompress(body).decode().split("\n"):
        if line:
            yield json.loads(line, parse_int=str, parse_float=str)


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)
