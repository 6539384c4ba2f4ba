"""DuckDB for what a function can do in minutes, Spark for the rest.

The reasons are in docs/decisions/engines.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dataplatform.ledger import Ledger
from dataplatform.ledger.records import Batch, Totals
from dataplatform.ledger.run_input import RunInput
from dataplatform.naming import Engine
from dataplatform.plans.model import PlatformPlan, SilverPlan
from dataplatform.settings import EngineSettings
from dataplatform.sizes import size
from lambdas.engine_limits import asked_for, table_too_large
from lambdas.pipeline_lease import hold


@dataclass(frozen=True)
class Load:
    """What a dataset has to publish in a run, and what it goes into."""

    batches: Sequence[Batch]
    table: Totals

    @property
    def bytes(self) -> int:
        """As landed."""
        return sum(batch.bytes for batch in self.batches)

    @property
    def rows(self) -> int:
        """Records staged in bronze."""
        return sum(batch.rows for batch in self.batches)


def choose_engines(
    ledger: Ledger, plan: PlatformPlan, limits: EngineSettings, run_id: str
) -> dict[str, Any]:
    """Choose once for each dataset with staged batches; what was chosen before stands.

    A dataset that waits for Spark to stage a batch is left out: its batches go through together.
    Asked again after that, it chooses for those; after the merges, it says what was left to Spark.

    Returns:
        `stage`: whether Spark has batches to stage. `duckdb`: datasets for functions. `spark`:
        whether there are others.
    """
    wanted = RunInput.from_json(hold(ledger, run_id).input).engine
    engines = ledger.engines(run_id)
    batches = ledger.run_batches(run_id)
    to_stage = {batch.dataset for batch in batches if batch.waits_for_spark}
    waiting = _staged(batch for batch in batches if batch.dataset not in to_stage)
    for name, staged in waiting.items():
        if name not in engines:
            load = Load(staged, ledger.totals(name))
            engine, reason = choice(plan.dataset(name), load, limits, wanted)
            engines[name] = ledger.choose_engine(run_id, name, engine, reason)
    largest_first = sorted(waiting, key=lambda name: -Load(waiting[name], Totals(dataset="")).bytes)
    return {
        "run_id": run_id,
        "stage": bool(to_stage),
        "duckdb": [
            {"run_id": run_id, "dataset": name}
            for name in largest_first
            if engines[name].engine == "duckdb"
        ],
        "spark": any(engines[name].engine == "spark" for name in waiting),
    }


def choice(plan: SilverPlan, load: Load, limits: EngineSettings, wanted: str) -> tuple[Engine, str]:
    """The engine for a dataset in a run, with the reason that the books show.

    Args:
        wanted: by whoever started the run; "" where nothing was said.
    """
    if said := asked_for(plan, wanted, by="the run"):
        return said
    if load.bytes > limits.batch_bytes:
        return "spark", f"{size(load.bytes)} batch, over {size(limits.batch_bytes)}"
    if load.rows > limits.rows:
        return "spark", f"batch of {load.rows:,} records, over {limits.rows:,}"
    if reason := table_too_large(plan, load.table, limits):
        return "spark", reason
    if not load.bytes:  # a replay: its records came with the batches that they were rejected of
        return "duckdb", f"batch of {load.rows:,} records, limit {limits.rows:,}"
    return "duckdb", f"{size(load.bytes)} batch, limit {size(limits.batch_bytes)}"


def _staged(batches: Iterable[Batch]) -> Mapping[str, list[Batch]]:
    staged: dict[str, list[Batch]] = {}
    for batch in batches:
        if batch.state == "staged":
            staged.setdefault(batch.dataset, []).append(batch)
    return staged
