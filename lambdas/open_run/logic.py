"""Opening a run: what it is about, and the right to be the only one."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from dataplatform.ledger import Ledger
from dataplatform.ledger.run_input import parse_run_input
from dataplatform.plans.model import PlatformPlan
from lambdas.pipeline_lease import take

STEP = "open"


def open_run(
    ledger: Ledger, plan: PlatformPlan, states: Any, *, raw: Any, execution: str, now: datetime
) -> dict[str, Any]:
    """Validate the input, take the pipeline lease, note the run.

    The same execution gets the same run however often it asks.

    Raises:
        InvalidRunInput: with every problem of `raw`.
        LeaseHeld: another run goes on.
    """
    known = [dataset.dataset for dataset in plan.datasets]
    run_input = parse_run_input(raw, known, now)
    opened = ledger.run_of_execution(execution)
    run_id = opened.run_id if opened else ledger.new_run_id()
    take(ledger, states, run_id, execution)
    run = ledger.open_run(run_id, execution, run_input.to_json())
    chosen = [dataset for dataset in plan.datasets if run_input.selects(dataset.dataset)]
    # A replay is of what came before: nothing is pulled for it.
    pulled = [] if run_input.replay else [d for d in chosen if d.source.kind == "api"]
    sources = [{"dataset": dataset.dataset} for dataset in pulled]
    if not opened:
        counts = {"datasets": len(chosen), "sources": len(sources)}
        said = json.dumps(raw) if raw else ""
        ledger.step(run.run_id, STEP, detail=said, counts=counts)
    return {
        "run_id": run.run_id,
        "datasets": [dataset.dataset for dataset in chosen],
        "sources": sources,
    }
