"""What a run costs by list prices, as the books have it, beside the same run by Glue's Spark jobs.

A run takes files from landing through silver and two gold models to the warehouse. Every second
that AWS bills is the ledger's: calls of functions with their memory, jobs with their DPU. A job
counts as Glue's shortest, one minute, however long it took here: two DPU have more CPUs than a
laptop, so more than that would flatter the functions.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Final

from benchmarks.engines import BASE_ROWS, CONTRACT, DATASET, mostly_changes, rows
from benchmarks.gold_refresh import MODELS
from benchmarks.measure import Figure
from benchmarks.project import Project, project
from dataplatform.ledger.costs import Cost, cost
from dataplatform.ledger.usage import Usage

BATCHES: Final = {10_000: 50, 1_000_000: 5}
"""Rows -> how many times cheaper than Glue's jobs a run is to be."""


def run() -> list[Figure]:
    """Each size by functions and by jobs; functions are warm, as they are in a busy stage."""
    models = [model for model in MODELS if not model.stem.endswith("_whole")]
    with project(CONTRACT, models=models) as bench, tempfile.TemporaryDirectory() as t:
        scratch = Path(t)
        bench.up()
        bench.land(DATASET, rows(scratch, "base", f"SELECT * FROM range({BASE_ROWS})", version=0))
        bench.run(engine="duckdb")
        figures, version = [], 0
        for size, wanted in BATCHES.items():
            taken: dict[str, Cost] = {}
            for engine in ("duckdb", "spark"):
                version += 1
                ids = mostly_changes(size, BASE_ROWS, version)
                bench.land(DATASET, rows(scratch, f"batch-{version}", ids, version=version))
                taken[engine] = _cost(bench, engine)
            figures.append(_figure(size, wanted, taken["duckdb"], taken["spark"]))
        return figures


def _cost(bench: Project, engine: str) -> Cost:
    ledger = bench.target.ledger
    run = ledger.run_of_execution(bench.run(engine=engine).arn)
    assert run is not None
    return cost(_shortest(used) for used in ledger.usage(run.run_id))


def _shortest(used: Usage) -> Usage:
    """A job's run as the shortest that Glue bills; a function's call as it is."""
    return replace(used, milliseconds=0) if used.meter == "glue" else used


def _figure(size: int, wanted: float, functions: Cost, jobs: Cost) -> Figure:
    cents, rival = functions.total * 100, jobs.total * 100
    return Figure(
        name=f"cost of a run, {size:,} rows into a table of {BASE_ROWS:,}, with gold",
        value=round(cents, 4),
        unit="¢",
        target=round(rival / wanted, 4),
        rival="the same run, silver and gold by Glue jobs",
        rival_value=round(rival, 4),
        note=f"{rival / cents:.0f} times cheaper; wanted {wanted:g}; a minute for each job",
    )
