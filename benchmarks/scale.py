"""How time and memory grow with the rows of a batch, for each engine.

Into a table of as many rows come nine tenths of changes and a tenth of new ones: once by the
function, once by a Spark job that is started for it. The plot in the docs is drawn anew.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from benchmarks import bronze, plot
from benchmarks.engines import (
    CONTRACT,
    DATASET,
    DUCKDB_STATES,
    SPARK_STATES,
    mostly_changes,
    orders,
)
from benchmarks.measure import ROOT, Figure
from benchmarks.project import Project, project
from benchmarks.use import Use, function, spark

SIZES: Final = tuple(
    int(size)
    for size in os.environ.get("WEIR_BENCH_SIZES", "10000,100000,1000000,10000000").split(",")
)
"""Rows; 10 million take most of the time."""

PLOT: Final = ROOT / "docs" / "engines-by-rows.svg"
POINTS: Final = ROOT / "docs" / "engines-by-rows.json"
"""What the plot was drawn from."""

_PART: Final = 2_500_000
"""Rows that one batch of the table's first load has."""
_GIB: Final = 1 << 30
_JVM: Final = "-Xmx6g -XX:+UseParallelGC"
"""About the heap that a G.1X worker gives Spark, and both of Java's compilers, which large batches
repay."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """What an engine took for a batch of so many rows.

    seconds: from the state machine's entering the engine's state to its leaving it.
    cpu: seconds of the engine's processes, user and system.
    peak: bytes of memory that they had resident at most.
    """

    engine: str
    rows: int
    seconds: float
    cpu: float
    peak: int


def run() -> list[Figure]:
    """Each size by each engine; writes the plot and its points."""
    with project(CONTRACT, jvm_options=_JVM) as bench:
        bench.up()
        points = list(_measured(bench))
    POINTS.write_text(json.dumps([asdict(point) for point in points], indent=1) + "\n")
    draw(points, PLOT)
    return [figure for size in SIZES for figure in _figures(points, size)]


def draw(points: Sequence[Point], path: Path) -> None:
    """Write the plot of the points."""
    names = {"duckdb": "DuckDB in a function", "spark": "Spark job"}
    shown: dict[str, Callable[[Point], float]] = {
        "seconds": lambda point: point.seconds,
        "CPU seconds": lambda point: point.cpu,
        "GiB at the peak": lambda point: point.peak / _GIB,
    }
    panels = [
        plot.Panel(
            title=title,
            lines={
                name: [(p.rows, value(p)) for p in points if p.engine == engine]
                for engine, name in names.items()
            },
        )
        for title, value in shown.items()
    ]
    path.write_text(plot.svg("A batch of changes into a table of as many rows", panels))


def _measured(bench: Project) -> Iterator[Point]:
    held, version = 0, 0
    for size in SIZES:
        while held < size:
            upto = min(size, held + _PART)
            _lay(bench, f"SELECT * FROM range({held}, {upto})", f"base-{upto}", 0)
            bench.run(engine="duckdb")
            held = upto
        for engine in ("duckdb", "spark"):
            version += 1
            _lay(bench, mostly_changes(size, held, version), f"{engine}-{size}", version)
            yield _point(bench, engine, size)


def _lay(bench: Project, ids: str, name: str, version: int) -> None:
    bronze.lay(bench, DATASET, orders(ids, version), name=name)


def _point(bench: Project, engine: str, rows: int) -> Point:
    """Run the pipeline on what is laid.

    Raises:
        RuntimeError: DuckDB left the batch to Spark, so its figures would be of both.
    """
    if engine == "spark":
        bench.end_spark()
    ours, states = (
        (spark, SPARK_STATES) if engine == "spark" else (function("merge-silver"), DUCKDB_STATES)
    )
    with Use(bench, ours) as use:
        done = bench.run(engine=engine)
    if engine == "duckdb" and done.seconds(*SPARK_STATES):
        raise RuntimeError(f"{rows:,} rows were too many for the function: {done.arn}")
    point = Point(
        engine=engine, rows=rows, seconds=done.seconds(*states), cpu=use.cpu, peak=use.peak
    )
    sys.stderr.write(f"{point}\n")
    return point


def _figures(points: Sequence[Point], rows: int) -> Iterator[Figure]:
    duckdb, other = (
        next(point for point in points if (point.engine, point.rows) == (engine, rows))
        for engine in ("duckdb", "spark")
    )
    what, rival = f"{rows:,} rows by DuckDB", "a Spark job started for them"
    for name, unit, value, beside in (
        ("time", "s", duckdb.seconds, other.seconds),
        ("CPU", "s", duckdb.cpu, other.cpu),
        ("memory", "GiB", duckdb.peak / _GIB, other.peak / _GIB),
    ):
        yield Figure(
            name=f"{what}, {name}",
            value=value,
            unit=unit,
            target=round(beside, 2),
            rival=rival,
            rival_value=beside,
        )
