"""A batch for a table's newest days, while the table grows by older ones.

The same 100,000 records, nine tenths of them changes, go into the newest three days of a table that
is split by day and keyed by a number without the day in it. Timed is the merge alone, bronze to
published, by each engine: it should cost what it touches, whatever the table holds.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING, Final

from benchmarks.lake import RUN, Lake, Taken, lake, timed
from benchmarks.measure import ROOT, Figure
from dataplatform.naming import CATALOG, Watch

if TYPE_CHECKING:
    from dataplatform.ledger.records import Batch
    from dataplatform.plans.model import SilverPlan

CONTRACT: Final = ROOT / "benchmarks" / "contracts" / "daily_orders.odcs.yaml"
SMALL: Final = int(os.environ.get("WEIR_BENCH_ROWS", "10000000")) // 10
LARGE: Final = 10 * SMALL
DAY: Final = 20_000
BATCH: Final = 100_000
TIMES: Final = 3
TARGET: Final = 1.3

_MEMORY_MIB: Final = "3008"
_STORAGE_MIB: Final = "8192"
_ENGINES: Final = {"duckdb": "DuckDB, as `auto` chooses", "spark": "Spark"}


def run() -> list[Figure]:
    """Medians of a few merges by each engine at each size, in turns."""
    with lake(CONTRACT) as made:
        table = NewestDays(made)
        table.append(LARGE - SMALL, LARGE)
        for engine in _ENGINES:
            table.merge(engine)  # what is loaded and compiled once isn't the table's doing
        at_small = table.measured()
        table.append(0, LARGE - SMALL)
        at_large = table.measured()
    return [_figure(engine, at_small[engine], at_large[engine]) for engine in _ENGINES]


class NewestDays:
    """The table, whose numbers grow with its days; the newest are written first."""

    def __init__(self, made: Lake) -> None:
        self._made = made
        self._version = 0

    def append(self, first: int, last: int) -> None:
        """Add rows by a merge of their own, in batches as large as a run takes."""
        for start in range(first, last, 1_000_000):
            ids = f"SELECT * FROM range({start}, {min(last, start + 1_000_000)})"
            self._merge("spark", self._made.laid(_rows(ids, 0), f"days-{start}"))

    def measured(self) -> dict[str, list[Taken]]:
        """Merges by each engine, one after the other."""
        taken: dict[str, list[Taken]] = {engine: [] for engine in _ENGINES}
        for _ in range(TIMES):
            for engine, found in taken.items():
                found.append(self.merge(engine))
        return taken

    def merge(self, engine: str) -> Taken:
        """Merge the next batch into the newest three days."""
        self._version += 1
        changed, new = BATCH * 9 // 10, BATCH // 10
        newest = LARGE - 3 * DAY
        ids = (
            f"SELECT {newest} + r * {3 * DAY} // {changed} FROM range({changed}) AS t(r) "
            f"UNION ALL SELECT {LARGE + self._version * new} + r FROM range({new}) AS t(r)"
        )
        return self._merge(
            engine, self._made.laid(_rows(ids, self._version), f"batch-{self._version}")
        )

    def _merge(self, engine: str, batch: Batch) -> Taken:
        taken: dict[str, Taken] = {}
        for table in (self._made.dataset.bronze_table, self._made.dataset.silver_table):
            # The session is older than the batch, and keeps tables as it loaded them.
            self._made.spark.sql(f"REFRESH TABLE {CATALOG}.{table}")
        with timed(self._made, taken, engine):
            (_by_spark if engine == "spark" else _by_duckdb)(self._made, batch)
        return taken[engine]


def _by_spark(made: Lake, batch: Batch) -> None:
    from glue_jobs.publication import publish_dataset

    publish_dataset(made.job, _plan(made), [batch])


def _by_duckdb(made: Lake, batch: Batch) -> None:
    from dataplatform.duckdb_engine.silver import merge_dataset
    from dataplatform.settings import DuckdbSettings

    room = DuckdbSettings(**vars(made.settings), memory_mib=_MEMORY_MIB, storage_mib=_STORAGE_MIB)
    merge_dataset(room, made.ledger, _plan(made), RUN, [batch], request=batch.batch_id)


def _plan(made: Lake) -> SilverPlan:
    """Batches are profiled, but not held where they are ten times as large as those before."""
    return replace(made.dataset, anomalies=Watch.OFF)


def _rows(ids: str, version: int) -> str:
    """The rows of these numbers; all that are new belong to the newest day."""
    return (
        "SELECT i AS order_id, i * 7919 % 50000 AS customer_id, i * 104729 % 1500 AS product_id, "
        f"1 + i % 9 AS quantity, ((i * 31 % 100000 + {version}) / 100.0)::DECIMAL(12,2) AS amount, "
        "['web', 'store', 'phone', 'app'][1 + i % 4] AS channel, "
        "'order ' || i || ' of the day' AS note, "
        f"DATE '2026-01-01' + least(i, {LARGE - 1})::INTEGER // {DAY} AS ordered_on, "
        "strftime(TIMESTAMP '2027-06-01' + "
        f"to_seconds({version} * 1000000 + i % 86400), '%Y-%m-%dT%H:%M:%SZ') AS updated_at "
        f"FROM ({ids}) AS ids(i)"
    )


def _figure(engine: str, small: list[Taken], large: list[Taken]) -> Figure:
    before, after = (median(each.wall for each in taken) for taken in (small, large))
    cpu = [median(each.cpu for each in taken) for taken in (small, large)]
    sys.stderr.write(f"{engine}: {small} {large}\n")
    return Figure(
        name=f"{BATCH:,} rows into the newest 3 days of {LARGE:,}, {_ENGINES[engine]}",
        value=after,
        unit="s",
        target=round(before * TARGET, 2),
        rival=f"the same with {SMALL:,} rows in the table",
        rival_value=before,
        note=f"CPU {cpu[0]:.1f} and {cpu[1]:.1f} s: {cpu[1] / cpu[0]:.2f}; medians of {TIMES}",
    )
