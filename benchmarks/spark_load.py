"""A large load by the Spark engine beside a plain PySpark script.

The same JSON Lines, the same session on two cores, the same catalogue and S3. The plain script is
what AWS's public samples for Glue do: read JSON, cast, drop duplicates, write an Iceberg table. It
checks nothing, keeps any one of the rows of a key, and counts nothing. It reads its files from the
disk, ours reads bronze from S3; staging, which the functions do before, is measured on a tenth.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.engines import CONTRACT, rows
from benchmarks.lake import Lake, Taken, lake, timed
from benchmarks.measure import Figure

if TYPE_CHECKING:
    from dataplatform.ledger.records import Batch

ROWS: Final = int(os.environ.get("WEIR_BENCH_ROWS", str(10_000_000)))
AGAIN: Final = 100
"""One row in so many comes a second time, changed."""

WARM_UP: Final = ROWS // AGAIN

_PART: Final = 10
"""One file in so many is staged."""

_SCHEMA: Final = (
    "order_id BIGINT, customer_id BIGINT, product_id BIGINT, quantity BIGINT, amount STRING, "
    "channel STRING, note STRING, ordered_on STRING, updated_at STRING"
)


def run() -> list[Figure]:
    """Load by each, after a small load by each has had Spark compiled."""
    taken: dict[str, Taken] = {}
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as t, lake(CONTRACT) as made:
        files = _files(Path(t))
        _plain(made, files[-1:], schema=_SCHEMA)
        with timed(made, taken, "samples"):
            _plain(made, files, schema="")
        with timed(made, taken, "schema"):
            _plain(made, files, schema=_SCHEMA)
        part = files[: max(1, len(files) // _PART)]
        landed = made.landed(part)
        with timed(made, taken, "staging"):
            staged = made.staged(landed)
        _silver(made, made.laid(_as_sent(_warm_up(Path(t))), "warm-up"), WARM_UP, 0)
        batch = made.laid(_as_sent(files), "all")
        with timed(made, taken, "silver"):
            _silver(made, batch, ROWS, ROWS // AGAIN)
        times = batch.rows / staged.rows
    silver, staging = taken["silver"], taken["staging"]
    return [
        _figure("bronze → silver", silver.wall, silver.cpu, taken["samples"], "schema found"),
        _figure("bronze → silver", silver.wall, silver.cpu, taken["schema"], "schema given"),
        _figure(
            "staging in one process, then silver",
            silver.wall + staging.wall * times,
            silver.cpu + staging.cpu * times,
            taken["samples"],
            "schema found",
        ),
    ]


def _files(scratch: Path) -> list[Path]:
    ids = f"SELECT * FROM range({ROWS})"
    again = f"SELECT r * {AGAIN} FROM range({ROWS // AGAIN}) AS t(r)"
    return [
        *rows(scratch, "first", ids, version=0),
        *rows(scratch, "again", again, version=1),
    ]


def _warm_up(scratch: Path) -> list[Path]:
    """Orders that come before the load, as many as the plain script compiles with."""
    return rows(scratch, "warm-up", f"SELECT * FROM range({ROWS}, {ROWS + WARM_UP})", version=0)


def _as_sent(files: list[Path]) -> str:
    """The files' records as bronze keeps them."""
    columns = ", ".join(f"{word.split()[0]}: 'VARCHAR'" for word in _SCHEMA.split(", "))
    paths = ", ".join(f"'{path}'" for path in files)
    return (
        f"SELECT * FROM read_json([{paths}], format = 'newline_delimited', columns = {{{columns}}})"
    )


def _plain(made: Lake, files: list[Path], *, schema: str) -> None:
    from pyspark.sql import functions as F

    from dataplatform.naming import CATALOG

    database = made.dataset.silver_table.partition(".")[0]
    reader = made.spark.read.schema(schema) if schema else made.spark.read
    typed = reader.json([str(path) for path in files]).select(
        F.col("order_id").cast("bigint"),
        F.col("customer_id").cast("int"),
        F.col("product_id").cast("int"),
        F.col("quantity").cast("int"),
        F.col("amount").cast("decimal(12,2)"),
        "channel",
        "note",
        F.to_date("ordered_on").alias("ordered_on"),
        F.to_timestamp("updated_at").alias("updated_at"),
    )
    writer = typed.dropDuplicates(["order_id"]).writeTo(f"{CATALOG}.{database}.plain")
    writer.using("iceberg").tableProperty("location", "s3://silver/plain").createOrReplace()


def _silver(made: Lake, batch: Batch, new: int, again: int) -> None:
    from dataplatform.naming import CATALOG
    from glue_jobs.publication import publish_dataset

    # The session is older than the batch, and keeps tables as it loaded them.
    made.spark.sql(f"REFRESH TABLE {CATALOG}.{made.dataset.bronze_table}")
    done = publish_dataset(made.job, made.dataset, [batch])
    if (done.inserted, done.duplicate) != (new, again):
        raise RuntimeError(f"{done} of {new:,} rows and {again:,} again")


def _figure(what: str, value: float, cpu: float, plain: Taken, how: str) -> Figure:
    return Figure(
        name=f"{ROWS:,} rows of JSON by the Spark engine, {what}",
        value=value,
        unit="s",
        target=round(plain.wall, 1),
        rival=f"a plain PySpark script, its {how}",
        rival_value=plain.wall,
        note=f"CPU {cpu:.0f} and {plain.cpu:.0f} s: {cpu / plain.cpu:.2f}",
    )
