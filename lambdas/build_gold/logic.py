"""Due gold models in order: those that fit a function are built, the others are left to Spark."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final

from dataplatform.errors import NotForThisEngine, TooLarge
from dataplatform.gold.builder import GoldBuilder
from dataplatform.gold.due import Standing
from dataplatform.gold.engine import GoldEngine
from dataplatform.ledger import Ledger
from dataplatform.ledger.engines import model_subject
from dataplatform.ledger.records import Lease
from dataplatform.ledger.run_input import RunInput
from dataplatform.naming import GOLD_MODELS, Engine
from dataplatform.plans.model import PlatformPlan
from dataplatform.settings import DuckdbSettings
from dataplatform.sizes import size
from lambdas.pipeline_lease import hold

LEASE_SECONDS: Final = 15 * 60
"""As long as a call can last."""

_HANDED_OVER: Final = (TooLarge, NotForThisEngine)
_AUTO: Final = "auto"

_ROW: Final = 75
"""Bytes of memory for each row of the tables that a model reads, and of its own: a whole build of
20 million rows from as many took 2,362 MiB, of 30 million 2,811 and what went to disk beside it."""


@dataclass(frozen=True)
class Limits:
    """Up to where DuckDB is tried.

    read: bytes of data files that one model may read. Packed as they are, four times as much is
        needed for their rows, those of the model as it stands, and those that differ.
    rows: of the same tables; where values repeat, bytes of files say little of them.
    """

    read: int
    rows: int

    @classmethod
    def of(cls, settings: DuckdbSettings) -> Limits:
        """What a function of this memory and disk can do."""
        return cls(
            read=min(settings.memory_bytes, settings.storage_bytes) // 4,
            rows=settings.memory_bytes // _ROW,
        )


def build_gold(
    ledger: Ledger,
    plan: PlatformPlan,
    run_id: str,
    *,
    engine: GoldEngine,
    limits: Limits,
    bucket: str,
    lease: Callable[[str], AbstractContextManager[Lease]],
) -> dict[str, Any]:
    """Build what is due.

    A model is left to Spark where it or the run asks for that, where it has too much to read, and
    where it reads a model that is left: it would be built from what is about to change.

    Returns:
        Whether any model is left to Spark.

    Raises:
        LeaseHeld: a job of an earlier run still builds one of the models.
    """
    wanted = RunInput.from_json(hold(ledger, run_id).input).engine
    given_up = ledger.engine(run_id, GOLD_MODELS)
    if given_up and given_up.engine == "spark":
        return {"run_id": run_id, "spark": True}
    builder = GoldBuilder(
        engine=engine,
        ledger=ledger,
        plan=plan,
        run_id=run_id,
        bucket=bucket,
        lease=lease,
        handed_over=_HANDED_OVER,
    )
    # Tables stay open from model to model: none holds more than is known of it here.
    totals = ledger.totals_of(dataset.dataset for dataset in plan.datasets)
    left: dict[str, str] = {}
    for model in plan.models:
        below = next((name for name in model.models if name in left), "")
        standing = Standing.of(ledger, model, totals)
        if not below and not standing.lags:
            continue
        chosen, reason = choice(standing, limits, wanted, below)
        chosen = ledger.choose_engine(run_id, model_subject(model.name), chosen, reason).engine
        if chosen == "duckdb":
            try:
                builder.build_due(model.name, standing)
                continue
            except _HANDED_OVER as error:
                reason = f"{type(error).__name__}: {error.what}"
                ledger.leave_to_spark(run_id, model_subject(model.name), reason)
        left[model.name] = reason
    return {"run_id": run_id, "spark": bool(left)}


def choice(standing: Standing, limits: Limits, wanted: str, below: str) -> tuple[Engine, str]:
    """The engine for a model in a run, with the reason that the books show.

    Sizes are the ledger's, of whole tables. What an incremental model has to read is known only
    when its files are planned: the engine itself gives up where that is too much.

    Args:
        wanted: by whoever started the run; "" where nothing was said.
        below: a model that it reads and that is left to Spark; "" where there is none.
    """
    model = standing.model
    if below:
        return "spark", f"reads {below}, which is left to Spark"
    if not model.duckdb.full_sql:
        return "spark", "asked for by the model"
    for said, by in ((wanted, "the run"), (model.engine, "the model")):
        if said not in ("", _AUTO):
            return ("duckdb" if said == "duckdb" else "spark"), f"asked for by {by}"
    reads = standing.bytes
    if model.incremental:
        return "duckdb", f"tables of {size(reads)}, of which what is new is read"
    if reads > limits.read:
        return "spark", f"tables of {size(reads)}, over {size(limits.read)}"
    if standing.rows > limits.rows:
        return "spark", f"tables of {standing.rows:,} rows, over {limits.rows:,}"
    return "duckdb", f"tables of {size(reads)}, limit {size(limits.read)}"
