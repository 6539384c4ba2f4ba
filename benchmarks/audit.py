"""What write-audit-publish costs: the same merges into one table, audited, and written plainly.

Plain is one commit straight to `main`: no profile, no gates, no bounds of earlier runs, no branch,
no count before readers see it. CPU seconds of the merge, bronze to published, since they hardly
depend on what else the machine does; both ways in turns.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

from benchmarks.engines import CONTRACT, orders
from benchmarks.lake import RUN, Lake, lake, timed
from benchmarks.measure import Figure
from dataplatform.naming import CATALOG

if TYPE_CHECKING:
    from pyiceberg.manifest import DataFile
    from pyspark.sql import SparkSession

    from dataplatform.ledger.records import Batch, Outcomes

ROWS: Final = int(os.environ.get("WEIR_BENCH_ROWS", "1000000"))
TURNS: Final = 3
TARGET: Final = 1.2

_ENGINES: Final = {"duckdb": "DuckDB", "spark": "Spark"}
_ROOM: Final = {"memory_mib": "3008", "storage_mib": "8192"}


def run() -> list[Figure]:
    """Medians of merges of new rows, audited and plain, by each engine."""
    with lake(CONTRACT) as made:
        merges = _Merges(made)
        return [_figure(engine, merges.measured(engine)) for engine in _ENGINES]


class _Merges:
    """New rows into one table, a batch at a time."""

    def __init__(self, made: Lake) -> None:
        self._made = made
        self._batches = 0

    def measured(self, engine: str) -> dict[str, float]:
        """CPU seconds by way; what is loaded and compiled once isn't counted."""
        self._merge(engine, audited=True)
        taken: dict[bool, list[float]] = {True: [], False: []}
        for turn in range(TURNS):
            for audited in (True, False) if turn % 2 else (False, True):
                taken[audited].append(self._merge(engine, audited=audited))
        return {"audited": median(taken[True]), "plain": median(taken[False])}

    def _merge(self, engine: str, *, audited: bool) -> float:
        self._batches += 1
        first = self._batches * ROWS
        ids = f"SELECT * FROM range({first}, {first + ROWS})"
        batch = self._made.laid(orders(ids, 0), f"batch-{self._batches}")
        if engine == "spark":
            for table in (self._made.dataset.bronze_table, self._made.dataset.silver_table):
                self._made.spark.sql(f"REFRESH TABLE {CATALOG}.{table}")
        taken: dict[str, Any] = {}
        with ExitStack() as ways:
            if not audited:
                ways.enter_context(_plainly(engine))
            with timed(self._made, taken, engine):
                outcomes = self._publish(engine, batch, audited=audited)
        if outcomes.inserted != ROWS:
            raise RuntimeError(f"{outcomes}: not every row was inserted")
        sys.stderr.write(f"{engine}, {'audited' if audited else 'plain'}: {taken[engine]}\n")
        return float(taken[engine].cpu)

    def _publish(self, engine: str, batch: Batch, *, audited: bool) -> Outcomes:
        from dataplatform.duckdb_engine.silver import merge_dataset
        from dataplatform.settings import DuckdbSettings
        from glue_jobs.publication import publish_dataset

        made = self._made
        plan = made.dataset if audited else replace(made.dataset, audit=None, gates=())
        if engine == "spark":
            return publish_dataset(made.job, plan, [batch])
        settings = DuckdbSettings(**vars(made.settings), **_ROOM)
        return merge_dataset(settings, made.ledger, plan, RUN, [batch], request=batch.batch_id)


@contextmanager
def _plainly(engine: str) -> Iterator[None]:
    """Let the engine commit straight to `main`."""
    from dataplatform.duckdb_engine.tables import LakeTable
    from glue_jobs import tables

    if engine == "spark":
        with patch.object(tables, "publish", _plain_in_spark):
            yield
    else:
        with patch.object(LakeTable, "publish", _plain_in_duckdb):
            yield


def _plain_in_spark(
    spark: SparkSession,
    table: str,
    *,
    write: Callable[[str], None],
    properties: Mapping[str, str],
    expected_rows: Callable[[int], int],
    base: int | None,
) -> int:
    from glue_jobs import tables
    from glue_jobs.snapshot_properties import commit_with

    commit_with(spark, properties, lambda: write(tables.qualified(table)))
    return 0


def _plain_in_duckdb(
    table: Any,
    *,
    added: Sequence[DataFile],
    removed: Sequence[DataFile],
    properties: Mapping[str, str],
    expected_rows: Callable[[int], int],
    arriving: Sequence[Future[Any]],
) -> int:
    from dataplatform.adapters.iceberg.commits import changing

    if removed:
        raise RuntimeError("these merges only add rows")
    with changing(table._table, arriving=arriving) as transaction:
        update = transaction.update_snapshot(snapshot_properties=dict(properties))
        with update.fast_append() as append:
            for file in added:
                append.append_data_file(file)
    return 0


def _figure(engine: str, cpu: Mapping[str, float]) -> Figure:
    return Figure(
        name=f"{ROWS:,} new rows into silver, audited and published, {_ENGINES[engine]}",
        value=cpu["audited"],
        unit="CPU s",
        target=round(cpu["plain"] * TARGET, 2),
        rival="the same, committed straight to main, unaudited",
        rival_value=cpu["plain"],
        note=f"medians of {TURNS}, in turns",
    )
