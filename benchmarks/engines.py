"""The same batches into the same silver table by each engine, as the pipeline runs them.

A table of a million rows takes batches of 10,000, 100,000 and a million rows, nine tenths of them
changes of rows that stand. Timed is what the engine takes: from the state machine's entering its
state to its leaving it.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from statistics import median

import duckdb

from benchmarks import bronze, limit
from benchmarks.measure import ROOT, Figure
from benchmarks.project import Execution, Project, project

BASE_ROWS = 1_000_000
BATCHES = {10_000: (1 / 20, 1 / 5), 100_000: (1 / 20, 1 / 5), 1_000_000: (1 / 4, 1 / 1.5)}
"""Rows -> the targets: share of a Spark job's time that is started for it, and of a warm one's."""

DATASET = "orders"
DUCKDB_STATES = ("MergeSilver",)
SPARK_STATES = ("Silver",)
NEW_IDS = 1_000_000_000
"""Ids of a batch's new rows begin at a multiple of it, so that no two batches share them."""

_FILE_ROWS = 250_000
_TURNS = 3
_CLOCK_SECONDS = 0.5
"""By which a process's start, which the kernel tells in ticks since boot, may be off."""

CONTRACT = ROOT / "benchmarks" / "contracts" / "orders.odcs.yaml"

_ROWS = """\
SELECT i AS order_id, i * 7919 % 50000 AS customer_id, i * 104729 % 1500 AS product_id,
  1 + i % 9 AS quantity, ((i * 31 % 100000 + {version}) / 100.0)::DECIMAL(12,2)::VARCHAR AS amount,
  ['web', 'store', 'phone', 'app'][1 + i % 4] AS channel, 'order ' || i || ' of the day' AS note,
  strftime(DATE '2026-01-01' + (i // 20000)::INTEGER, '%Y-%m-%d') AS ordered_on,
  strftime(TIMESTAMP '2026-06-01' + to_seconds({version} * 1000000 + i % 86400),
           '%Y-%m-%dT%H:%M:%SZ') AS updated_at
FROM ({ids}) AS ids(i)"""


def run() -> list[Figure]:
    """Three batch sizes by DuckDB, by a Spark job that is started for it, and by a warm one."""
    with project(CONTRACT) as bench, tempfile.TemporaryDirectory() as t:
        scratch = Path(t)
        bench.up()
        bench.land(DATASET, rows(scratch, "base", f"SELECT * FROM range({BASE_ROWS})", version=0))
        bench.run()
        figures = []
        version = 0
        for size, targets in BATCHES.items():
            taken: dict[str, float] = {}
            for way in ("warm-up", "duckdb", "started", "warm"):
                version += 1
                taken[way] = _merge(bench, scratch, size, version, way)
            figures += [
                _figure(size, taken["duckdb"], "started for it", taken["started"], targets[0]),
                _figure(size, taken["duckdb"], "on a warm JVM", taken["warm"], targets[1]),
            ]
        return [*figures, _beside_the_limit(bench, version + 1)]


def _merge(bench: Project, scratch: Path, size: int, version: int, way: str) -> float:
    """Seconds that an engine takes for one batch, nine tenths of it changes of rows that stand."""
    ids = mostly_changes(size, BASE_ROWS, version)
    bench.land(DATASET, rows(scratch, f"batch-{version}", ids, version=version))
    if way == "started":
        bench.end_spark()
    engine = "duckdb" if way in ("warm-up", "duckdb") else "spark"
    done = bench.run(engine=engine)
    if engine == "spark":
        _check_jvm(bench, done, started=way == "started")
    taken = done.seconds(*(DUCKDB_STATES if engine == "duckdb" else SPARK_STATES))
    if not taken:
        raise RuntimeError(f"{done.arn}: {engine} wasn't used; states: {', '.join(done.states)}")
    return taken


def mostly_changes(size: int, held: int, version: int) -> str:
    """SELECT of a batch's ids: nine tenths are spread over a table's, from 0 on; one is new."""
    changed, first = size * 9 // 10, NEW_IDS * version
    apart = max(1, held // changed)
    return (
        f"SELECT r * {apart} FROM range({changed}) AS t(r) "
        f"UNION ALL SELECT {first} + r FROM range({size - changed}) AS t(r)"
    )


def orders(ids: str, version: int) -> str:
    """SELECT of these orders, as the source has them; a later version has other amounts."""
    return _ROWS.format(ids=ids, version=version)


def _beside_the_limit(bench: Project, version: int) -> Figure:
    """A million rows by the deployed function and by the script, in turns; medians."""
    bucket = bench.target.output("SilverBucket")
    engine, script = [], []
    for turn in range(_TURNS):
        ids = mostly_changes(BASE_ROWS, BASE_ROWS, version + turn)
        query = orders(ids, version + turn)
        batch = bronze.lay(bench, DATASET, query, name=f"limit-{turn}")
        files = limit.files(bench, DATASET, batch.batch_id)
        for again in range(2 if turn == 0 else 1):
            began = time.monotonic()
            limit.merge(*files, f"s3://{bucket}/limit/{turn}-{again}.parquet")
            taken = time.monotonic() - began
        script.append(taken)
        engine.append(bench.run(engine="duckdb").seconds(*DUCKDB_STATES))
    best, value = median(script), median(engine)
    return Figure(
        name=f"the same, batch of {BASE_ROWS:,} rows",
        value=value,
        unit="s",
        target=round(best * 1.5, 2),
        rival="DuckDB alone on the same files: cast, merge, write Parquet",
        rival_value=best,
        note=f"medians of {_TURNS}; the script has no Iceberg, no checks, no audit",
    )


def _check_jvm(bench: Project, done: Execution, *, started: bool) -> None:
    """See that the job started the JVM itself, or found it warm, as its figure says.

    Raises:
        RuntimeError: it was the other way.
    """
    jvm = bench.spark()
    if jvm is None:
        raise RuntimeError(f"{done.arn}: no JVM is left after a Spark job")
    own = jvm.create_time() - done.entered[SPARK_STATES[0]]
    if (own > -_CLOCK_SECONDS) != started:
        raise RuntimeError(f"{done.arn}: the JVM began {own:.1f} s after the job's state")


def rows(scratch: Path, name: str, ids: str, *, version: int) -> list[Path]:
    """JSON Lines of the orders of these ids, as files of a quarter of a million records."""
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE orders AS {orders(ids, version)}")
        counted = connection.execute("SELECT count(*) FROM orders").fetchone()
        assert counted is not None
        files = []
        for number, first in enumerate(range(0, counted[0], _FILE_ROWS)):
            path = scratch / f"{name}-{number}.jsonl.gz"
            connection.execute(
                f"COPY (SELECT * FROM orders LIMIT {_FILE_ROWS} OFFSET {first}) TO '{path}' "
                "(FORMAT JSON, COMPRESSION GZIP)"
            )
            files.append(path)
        return files


def _figure(size: int, value: float, how: str, rival: float, target: float) -> Figure:
    return Figure(
        name=f"batch of {size:,} rows into a silver table of {BASE_ROWS:,}, DuckDB",
        value=value,
        unit="s",
        target=round(rival * target, 2),
        rival=f"the same plan as a Spark job {how}",
        rival_value=rival,
        note=f"{rival / value:.1f} times faster; wanted {1 / target:g}",
    )
