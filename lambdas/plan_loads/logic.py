"""Which models have exports that the warehouse hasn't merged."""

from __future__ import annotations

from typing import Any

from dataplatform.ledger import Ledger
from dataplatform.plans.model import PlatformPlan
from lambdas.pipeline_lease import hold

STEP = "load plan"


def plan_loads(ledger: Ledger, plan: PlatformPlan, run_id: str) -> dict[str, Any]:
    """Say what waits, of this run or of one that died, in the order of the plan.

    Exports of a model are loaded one after the other, so each model stands here once.
    """
    hold(ledger, run_id)
    waiting = [model.name for model in plan.models if ledger.pending_loads(model.name)]
    ledger.step(
        run_id,
        STEP,
        state="done" if waiting else "skipped",
        counts={"models": len(waiting)},
        detail="" if waiting else "the warehouse has everything",
    )
    return {"run_id": run_id, "loads": [{"run_id": run_id, "model": name} for name in waiting]}
