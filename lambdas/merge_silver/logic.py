"""One dataset published by DuckDB, and what the ledger is told about it."""

from __future__ import annotations

import logging
from typing import Final

from dataplatform.duckdb_engine.engine import too_large
from dataplatform.duckdb_engine.silver import merge_dataset
from dataplatform.errors import BatchHeld, LeaseHeld, NotForThisEngine, TooLarge
from dataplatform.ledger import Ledger
from dataplatform.ledger.run_input import RunInput
from dataplatform.overtaken import until_not_overtaken
from dataplatform.plans.model import PlatformPlan
from dataplatform.settings import DuckdbSettings
from lambdas.pipeline_lease import hold

STEP: Final = "silver"

_FOR_STEP_FUNCTIONS: Final = (LeaseHeld, NotForThisEngine, TooLarge)
"""The state machine waits for a lease, and leaves to Spark what this engine can't do."""

log = logging.getLogger("weir.silver")


def merge_silver(
    settings: DuckdbSettings,
    ledger: Ledger,
    plan: PlatformPlan,
    run_id: str,
    dataset: str,
    *,
    request: str,
) -> dict[str, int]:
    """Publish what the run has staged of a dataset; a dataset that fails leaves the run going.

    Args:
        request: id of the call: what it holds in leases.

    Returns:
        The outcomes; none where there was nothing to do, or the dataset failed.

    Raises:
        LeaseHeld: another call works on the table.
        TooLarge, NotForThisEngine: nothing was published; Spark is to take it over.
    """
    run = hold(ledger, run_id)
    choice = ledger.engine(run_id, dataset)
    if choice is not None and choice.engine == "spark":
        return {}  # a late retry of a call that was given up
    staged = [
        batch
        for batch in ledger.run_batches(run_id)
        if batch.dataset == dataset and batch.state == "staged"
    ]
    if not staged:
        return {}
    ledger.step(run_id, STEP, dataset=dataset, state="started")
    accept = dataset in RunInput.from_json(run.input).accept
    try:
        contract = plan.dataset(dataset)
        merged = until_not_overtaken(
            lambda: merge_dataset(
                settings, ledger, contract, run_id, staged, request=request, accept=accept
            )
        )
        counts = merged.to_dict()
    except MemoryError as error:
        raise too_large("out of memory") from error
    except _FOR_STEP_FUNCTIONS:
        raise
    except BatchHeld as error:  # the ledger knows: the batches stay staged
        log.warning("%s", error)
        ledger.step(run_id, STEP, dataset=dataset, state="failed", detail=error.what[:500])
        return {}
    except Exception as error:  # the run's last step fails loudly with every dataset's error
        log.exception("dataset %s failed", dataset)
        ledger.fail_dataset(run_id, dataset, f"{type(error).__name__}: {error}")
        ledger.step(run_id, STEP, dataset=dataset, state="failed", detail=str(error)[:500])
        return {}
    note = ledger.audit(run_id, dataset)
    if note is not None and note.warned:
        counts["warned"] = note.warned
    detail = note.summary[:500] if note else ""
    ledger.step(run_id, STEP, dataset=dataset, state="done", counts=counts, detail=detail)
    return counts
