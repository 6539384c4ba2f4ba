"""Gold after one per cent of new rows, beside the same models computed whole.

Both are built by the deployed function, one after the other in one run: a model whose changed rows
suffice, and its twin without `-- incremental:`, which is what every model would be without that.
New orders are of days for which none stands, so no group of the aggregate changes: some come.
"""

from __future__ import annotations

import os
from collections import defaultdict
from datetime import datetime
from statistics import median
from typing import Final

from benchmarks import bronze
from benchmarks.engines import CONTRACT, DATASET, orders
from benchmarks.measure import ROOT, Figure
from benchmarks.project import Project, project
from dataplatform.ledger.gold import GOLD_STEP

ROWS: Final = int(os.environ.get("WEIR_BENCH_ROWS", "10000000"))
"""Orders that stand before the first refresh."""

MODELS: Final = tuple(sorted((ROOT / "benchmarks" / "models").glob("*.sql")))

_WHOLE: Final = "_whole"
_MADE: Final = {
    "fact_orders": "one row for each order",
    "agg_orders_day": "orders by day and channel",
}
_PART: Final = 5_000_000
_REFRESHES: Final = 3


def run() -> list[Figure]:
    """Each kind of model; medians of some refreshes."""
    with project(CONTRACT, models=MODELS) as bench:
        bench.up()
        for first in range(0, ROWS, _PART):
            _add(bench, first, min(ROWS, first + _PART))
        one = max(1, ROWS // 100)
        taken = [_refresh(bench, 2 * ROWS + one * n, one) for n in range(_REFRESHES)]
    single = [_figure(made, taken, (model,)) for model, made in _MADE.items()]
    return [*single, _figure("both, one after the other", taken, tuple(_MADE))]


def _refresh(bench: Project, first: int, rows: int) -> dict[str, float]:
    """Seconds that each model took after so many new orders.

    Raises:
        RuntimeError: the function left them to Spark.
    """
    execution = _add(bench, first, first + rows)
    ledger = bench.target.ledger
    run = ledger.run_of_execution(execution)
    assert run is not None
    at: dict[str, list[float]] = defaultdict(list)
    for step in ledger.steps(run.run_id):
        if step.name == GOLD_STEP and step.dataset:
            at[step.dataset].append(datetime.fromisoformat(step.at).timestamp())
    if missing := _MADE.keys() - at:
        chosen = ledger.engines(run.run_id)
        raise RuntimeError(f"the function didn't build {', '.join(sorted(missing))}: {chosen}")
    return {model: times[-1] - times[0] for model, times in at.items()}


def _add(bench: Project, first: int, last: int) -> str:
    """Publish new orders and build gold; the warehouse is left out.

    To stop before gold would leave builds that had begun in the way of the next.
    """
    query = orders(f"SELECT * FROM range({first}, {last})", 0)
    bronze.lay(bench, DATASET, query, name=f"orders-{first}")
    return bench.run(until="BuildGold", engine="duckdb").arn


def _figure(made: str, taken: list[dict[str, float]], models: tuple[str, ...]) -> Figure:
    value = median(sum(refresh[model] for model in models) for refresh in taken)
    whole = median(sum(refresh[model + _WHOLE] for model in models) for refresh in taken)
    return Figure(
        name=f"gold refresh after 1 % new of {ROWS:,} orders: {made}",
        value=value,
        unit="s",
        target=round(whole / 5, 2),
        rival="the same computed whole, in the same run",
        rival_value=whole,
        note=f"{whole / value:.1f} times faster; wanted 5; medians of {_REFRESHES}",
    )
