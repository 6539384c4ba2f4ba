"""A large load by the Spark engine beside plain PySpark scripts, which `plain_spark` describes.

The same JSON Lines, the same session on two cores, the same catalogue and S3. Each of them has had
a hundredth as much before: Spark is compiled, and the tables that are merged into, ours and the
script's, hold the same rows. The scripts read their files from the disk and check nothing. Ours
reads landing, and then bronze, from S3.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks import lake_staging
from benchmarks.engines import CONTRACT, rows
from benchmarks.lake import Lake, Taken, lake, timed
from benchmarks.measure import Figure
from benchmarks.plain_spark import SCHEMA, PlainScripts
from dataplatform.ledger.records import Outcomes

if TYPE_CHECKING:
    from dataplatform.ledger.records import Batch

ROWS: Final = int(os.environ.get("WEIR_BENCH_ROWS", str(10_000_000)))
AGAIN: Final = 100
"""One row in so many comes a second time, changed."""

WARM_UP: Final = ROWS // AGAIN

_PART: Final = 10
"""One file in so many is staged by one process, as a function does it."""

_BATCHES: Final = 8
_CORES: Final = 2
"""A run's batches, each a function's, and how many of these have a core at the same time here."""

_MERGED: Final = "plain_merged"
_RAW: Final = "plain_raw"
_SCRIPTS: Final = {
    "merge": "a plain PySpark script doing the same: newest of each key, MERGE",
    "raw": "the same script, raw records kept as Parquet first",
    "replace": "a plain script that only drops duplicates and overwrites",
    "schema": "the same, its schema given",
}


def run() -> list[Figure]:
    """Load by each, after a small load by each."""
    taken, parts = _measured()
    silver, job, one = taken["silver"], taken["stage job"], taken["one process"]
    both = Taken(silver.wall + job.wall, silver.cpu + job.cpu)
    functions = taken["functions"]
    beside = Taken(silver.wall + functions.wall, silver.cpu + functions.cpu)
    alone = Taken(silver.wall + one.wall * parts, silver.cpu + one.cpu * parts)
    return [
        *(_figure("bronze → silver", silver, taken, how) for how in ("merge", "replace", "schema")),
        *(_figure("staged by Spark → silver", both, taken, how) for how in ("raw", "merge")),
        _figure("staged by two functions at a time → silver", beside, taken, "raw"),
        _figure("staged in one process → silver", alone, taken, "raw"),
    ]


def _measured() -> tuple[dict[str, Taken], float]:
    """What each load took, and how many times the part staged by one process the whole is."""
    taken: dict[str, Taken] = {}
    with tempfile.TemporaryDirectory(prefix="weir-bench-") as t, lake(CONTRACT) as made:
        files, before = _files(Path(t)), _warm_up(Path(t))
        fit(made, ROWS + WARM_UP)
        scripts = PlainScripts.beside(made)
        raw = Path(t) / "raw"
        scripts.replace(before)
        for table in (_MERGED, _RAW):
            scripts.stand(table)
        scripts.merge(before, _MERGED)
        scripts.keep_raw(before, _RAW, raw)
        published(made, [_by_spark(made, before)], Outcomes(inserted=WARM_UP))
        with timed(made, taken, "replace"):
            scripts.replace(files)
        with timed(made, taken, "schema"):
            scripts.replace(files, schema=SCHEMA)
        with timed(made, taken, "merge"):
            scripts.merge(files, _MERGED)
        with timed(made, taken, "raw"):
            scripts.keep_raw(files, _RAW, raw)
        landed = lake_staging.land(made, files[:: min(_PART, len(files))], folder="part/")
        with timed(made, taken, "one process"):
            part = lake_staging.stage(made, landed)
        some = [files[n::_BATCHES] for n in range(min(_BATCHES, len(files)))]
        batches = [lake_staging.land(made, each, folder=f"{n}/") for n, each in enumerate(some)]
        with timed(made, taken, "functions"):
            lake_staging.stage_by_functions(made, batches, at_once=_CORES)
        landed = lake_staging.land(made, files)
        with timed(made, taken, "stage job"):
            batch = lake_staging.stage_by_spark(made, landed)
        with timed(made, taken, "silver"):
            published(made, [batch], Outcomes(inserted=ROWS, duplicate=ROWS // AGAIN))
        scripts.check(_MERGED, made.dataset)
    return taken, batch.rows / part.rows


def _files(scratch: Path) -> list[Path]:
    ids = f"SELECT * FROM range({ROWS})"
    again = f"SELECT r * {AGAIN} FROM range({ROWS // AGAIN}) AS t(r)"
    return [
        *rows(scratch, "first", ids, version=0),
        *rows(scratch, "again", again, version=1),
    ]


def _warm_up(scratch: Path) -> list[Path]:
    """Orders that come before the load."""
    return rows(scratch, "warm-up", f"SELECT * FROM range({ROWS}, {ROWS + WARM_UP})", version=0)


def _by_spark(made: Lake, files: list[Path]) -> Batch:
    return lake_staging.stage_by_spark(made, lake_staging.land(made, files))


def fit(made: Lake, rows: int) -> None:
    """Set the session's shuffles as the job does for so many rows; for the scripts, too."""
    from glue_jobs import shuffles

    shuffles.fit(made.spark, rows)


def published(made: Lake, batches: Sequence[Batch], expected: Outcomes) -> None:
    """Publish batches as the job does it, and see that their records became what they should."""
    from dataplatform.naming import CATALOG
    from glue_jobs.publication import publish_dataset

    # The session is older than the batches, and keeps tables as it loaded them.
    made.spark.sql(f"REFRESH TABLE {CATALOG}.{made.dataset.bronze_table}")
    done = publish_dataset(made.job, made.dataset, batches)
    if done != expected:
        raise RuntimeError(f"{done}; expected were {expected}")


def _figure(what: str, ours: Taken, taken: dict[str, Taken], how: str) -> Figure:
    plain = taken[how]
    return Figure(
        name=f"{ROWS:,} rows of JSON by the Spark engine, {what}",
        value=ours.wall,
        unit="s",
        target=round(plain.wall, 1),
        rival=_SCRIPTS[how],
        rival_value=plain.wall,
        note=f"CPU {ours.cpu:.0f} and {plain.cpu:.0f} s: {ours.cpu / plain.cpu:.2f}",
    )
