"""The limit: a script of DuckDB's own that merges the same files and writes Parquet, no more.

It fetches the files that the engine fetches, from the same S3 in the same way, and has its memory
and its CPUs. It casts, keeps the newest record of each key, compares, merges and sends one file.
It has no Iceberg, no checks, no reasons, no counts, no audit and no ledger.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from benchmarks.project import Project

_AT_ONCE: Final = 8
_THREADS: Final = 2
_MEMORY: Final = "2176MiB"
"""What the engine leaves DuckDB of a function's 3,008 MiB."""

_FRESH: Final = """
CREATE TABLE fresh AS SELECT * EXCLUDE (_rank) FROM (
  SELECT *, row_number() OVER (
    PARTITION BY order_id ORDER BY updated_at DESC, _arrived_at DESC, _object DESC, _position DESC
  ) AS _rank
  FROM (
    SELECT TRY_CAST(order_id AS BIGINT) AS order_id,
      TRY_CAST(customer_id AS INTEGER) AS customer_id,
      TRY_CAST(product_id AS INTEGER) AS product_id, TRY_CAST(quantity AS INTEGER) AS quantity,
      TRY_CAST(amount AS DECIMAL(12, 2)) AS amount, channel, note,
      TRY_CAST(ordered_on AS DATE) AS ordered_on,
      TRY_CAST(updated_at AS TIMESTAMPTZ) AS updated_at,
      _checksum, _position, _batch_id, _arrived_at, _object
    FROM read_parquet($bronze)
  )
) WHERE _rank = 1
"""

_MERGED: Final = """
COPY (
  WITH changes AS (
    SELECT f.* EXCLUDE (_arrived_at, _object), 1::BIGINT AS _sequence, now() AS _loaded_at
    FROM fresh AS f LEFT JOIN read_parquet($silver) AS s USING (order_id)
    WHERE s.order_id IS NULL OR (f.updated_at >= s.updated_at AND (
      f.customer_id IS DISTINCT FROM s.customer_id OR f.product_id IS DISTINCT FROM s.product_id
      OR f.quantity IS DISTINCT FROM s.quantity OR f.amount IS DISTINCT FROM s.amount
      OR f.channel IS DISTINCT FROM s.channel OR f.note IS DISTINCT FROM s.note
      OR f.ordered_on IS DISTINCT FROM s.ordered_on OR f.updated_at IS DISTINCT FROM s.updated_at))
  )
  SELECT * FROM changes UNION ALL BY NAME
  SELECT s.* FROM read_parquet($silver) AS s ANTI JOIN changes USING (order_id)
) TO '{target}' (FORMAT parquet, COMPRESSION zstd)
"""


def files(bench: Project, dataset: str, batch: str) -> tuple[list[str], list[str]]:
    """Locations of the data files of one staged batch, and of the silver table."""
    from pyiceberg.expressions import In, Reference

    from dataplatform.duckdb_engine.tables import LakeTable
    from dataplatform.naming import BronzeColumn

    plan = bench.target.plan.dataset(dataset)
    of_batch = In(Reference(BronzeColumn.BATCH_ID), [batch])  # type: ignore[call-arg, arg-type]
    staged = LakeTable.open(plan.bronze_table).files(of_batch)
    held = LakeTable.open(plan.silver_table).files()
    return [file.file_path for file in staged], [file.file_path for file in held]


def merge(bronze: Sequence[str], silver: Sequence[str], result: str) -> int:
    """Merge the orders of the bronze files into those of the silver files.

    Args:
        result: where the merged table goes, as one file.

    Returns:
        Rows of the merged table.
    """
    import duckdb

    from dataplatform.adapters.s3_objects import download, upload

    with tempfile.TemporaryDirectory(prefix="weir-limit-") as scratch:
        local = {place: Path(scratch, f"{n}.parquet") for n, place in enumerate((*bronze, *silver))}

        def fetch(place: str) -> None:
            with local[place].open("wb") as file:
                download(place, file)

        with ThreadPoolExecutor(_AT_ONCE) as threads:
            list(threads.map(fetch, local))
        merged = Path(scratch, "merged.parquet")
        with duckdb.connect(
            config={
                "threads": str(min(_THREADS, os.cpu_count() or 1)),
                "memory_limit": _MEMORY,
                "temp_directory": scratch,
                "preserve_insertion_order": "false",
            }
        ) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute(_FRESH, {"bronze": [str(local[place]) for place in bronze]})
            counted = connection.execute(
                _MERGED.format(target=merged), {"silver": [str(local[place]) for place in silver]}
            ).fetchone()
        upload(merged, result)
    assert counted is not None
    return int(counted[0])
