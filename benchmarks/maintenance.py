"""A table after a thousand small batches, before and after it was looked after.

Beside it stands a table of the same rows, written in one commit. Both are read as the engine reads
them: planned by PyIceberg, fetched from S3, added up by DuckDB.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

from benchmarks.measure import Figure

if TYPE_CHECKING:
    import pyarrow as pa

BATCHES: Final = int(os.environ.get("WEIR_BENCH_BATCHES", "1000"))
"""Each a commit of `ROWS` rows."""

ROWS: Final = 1000
TIMES: Final = 9

_DATABASE: Final = "bench"
_MANY, _FRESH = f"{_DATABASE}.many", f"{_DATABASE}.fresh"
_GIB: Final = 1 << 30


def run() -> list[Figure]:
    """On an embedded AWS of its own, without the platform."""
    with _aws():
        _make_tables()
        began = time.monotonic()
        for number in range(BATCHES):
            _append(_MANY, number, [_rows(number)])
        sys.stderr.write(f"{BATCHES} batches in {time.monotonic() - began:.0f} s\n")
        _append(_FRESH, 0, (_rows(number) for number in range(BATCHES)))
        fresh, before = _seconds(_FRESH, _MANY)
        taken, note = _look_after()
        fresh_again, after = _seconds(_FRESH, _MANY)
    what = f"reading {BATCHES:,} batches of {ROWS:,} rows"
    rival = "the same rows in one commit"
    return [
        Figure(
            name=f"{what}, never looked after",
            value=before,
            unit="s",
            target=fresh * 1.3,
            rival=rival,
            rival_value=fresh,
        ),
        Figure(
            name=f"{what}, looked after",
            value=after,
            unit="s",
            target=fresh_again * 1.3,
            rival=rival,
            rival_value=fresh_again,
            note=note,
        ),
        Figure(
            name="looking after that table",
            value=taken,
            unit="s",
            target=60,
            rival="reading it once, never looked after",
            rival_value=before,
            note=f"peak memory of this process {_peak_mebibytes():.0f} MiB",
        ),
    ]


def _look_after() -> tuple[float, str]:
    """What `maintain_table` does, eight days later so that snapshots are old enough."""
    from dataplatform.adapters.iceberg import maintenance, rewrite
    from dataplatform.adapters.iceberg.tables import open_table
    from dataplatform.adapters.s3_objects import s3
    from dataplatform.maintenance.history import Needs

    later = datetime.now(UTC) + timedelta(days=8)
    began = time.monotonic()
    table = open_table(_MANY)
    files = rewrite.Files(table)
    rewrite.commit(table, [rewrite.join(table, each) for each in files.small()])
    rewrite.commit(table, [])
    forgotten = maintenance.forget(open_table(_MANY), Needs(), now=later)
    table = open_table(_MANY)
    found = maintenance.orphans(table, s3(), before=later)
    maintenance.delete(table, s3(), found)
    taken = time.monotonic() - began
    before, after = files.layout, rewrite.Files(open_table(_MANY)).layout
    return taken, (
        f"files {before.files:,} → {after.files:,}, manifests {before.manifests} → "
        f"{after.manifests}, {before.bytes / 2**20:.0f} → {after.bytes / 2**20:.0f} MiB, "
        f"{forgotten:,} snapshots forgotten, {len(found):,} orphans deleted"
    )


def _make_tables() -> None:
    import boto3

    from dataplatform.adapters.iceberg.definitions import Nature, TableDefinition
    from dataplatform.adapters.iceberg.migration import migrate_lake
    from dataplatform.adapters.iceberg.tables import catalog
    from dataplatform.plans.model import Column

    boto3.client("s3").create_bucket(Bucket=_DATABASE)
    boto3.client("glue").create_database(DatabaseInput={"Name": _DATABASE})
    columns = (
        Column(name="id", type="bigint", required=True, description="Number"),
        Column(name="name", type="string", description="Text that differs from row to row"),
        Column(name="amount", type="decimal(21,2)", description="Money"),
        Column(name="at", type="timestamp", description="Time"),
    )
    migrate_lake(
        catalog(),
        [
            TableDefinition(
                name=name,
                location=f"s3://bench/{name}",
                owner="bench",
                nature=Nature.MODEL,
                columns=columns,
            )
            for name in (_MANY, _FRESH)
        ],
    )


def _rows(number: int) -> pa.Table:
    import pyarrow as pa
    import pyarrow.compute as pc

    ids = pa.array(range(number * ROWS, (number + 1) * ROWS), pa.int64())
    text = pc.cast(ids, pa.string())
    return pa.table(
        {
            "id": ids,
            "name": pc.binary_join_element_wise("row number", text, " "),
            "amount": pc.cast(ids, pa.decimal128(21, 2)),
            "at": pc.cast(ids, pa.timestamp("us", tz="UTC")),
        }
    )


def _append(name: str, number: int, parts: Iterator[pa.Table] | list[pa.Table]) -> None:
    from dataplatform.adapters.iceberg.files import DataFiles
    from dataplatform.adapters.iceberg.tables import append_once, open_table

    table = open_table(name)
    with DataFiles(table, {}) as files:
        for part in parts:
            for batch in part.cast(files.arrow_schema).to_batches():
                files.write(batch)
        append_once(table, files.finish(), mark=f"batch-{number}", properties={})


def _read(name: str) -> None:
    from dataplatform.duckdb_engine.engine import Engine
    from dataplatform.duckdb_engine.tables import LakeTable

    table = LakeTable.open(name)
    with Engine(memory=2 * _GIB, storage=4 * _GIB) as engine:
        table.view(engine, "rows", table.files())
        ((count, total),) = engine.rows("SELECT count(*), sum(id) + sum(length(name)) FROM rows")
    assert count == BATCHES * ROWS and total, (name, count)


def _seconds(*names: str) -> list[float]:
    """Median time to read each table; in turns, so that what else the machine does hits each."""
    taken: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(TIMES):
        for name in names:
            began = time.monotonic()
            _read(name)
            taken[name].append(time.monotonic() - began)
    return [median(taken[name]) for name in names]


def _peak_mebibytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@contextmanager
def _aws() -> Iterator[None]:
    """A server that is gone afterwards, and this process as its client."""
    from embedded_aws import supervisor
    from embedded_aws.client import client_environment

    with tempfile.TemporaryDirectory(prefix="weir-bench-") as scratch:
        state = Path(scratch) / "state"
        before = dict(os.environ)
        try:
            supervisor.start(state)
            os.environ.update(client_environment(state))
            yield
        finally:
            supervisor.erase(state)
            os.environ.clear()
            os.environ.update(before)
