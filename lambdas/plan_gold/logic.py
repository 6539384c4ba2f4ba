"""Whether a gold model lags behind what it is made from."""

from __future__ import annotations

from typing import Any

from dataplatform.gold.due import due_models
from dataplatform.ledger import Ledger
from dataplatform.ledger.run_input import RunInput
from dataplatform.naming import GOLD_MODELS
from dataplatform.plans.model import PlatformPlan
from lambdas.pipeline_lease import hold

STEP = "gold plan"


def plan_gold(ledger: Ledger, plan: PlatformPlan, run_id: str) -> dict[str, Any]:
    """Say whether gold has work, and whether whoever started the run wants it done by Spark."""
    wanted = RunInput.from_json(hold(ledger, run_id).input).engine
    if wanted == "spark":
        ledger.leave_to_spark(run_id, GOLD_MODELS, "asked for by the run")
    due = due_models(ledger, plan)
    ledger.step(
        run_id,
        STEP,
        state="done" if due else "skipped",
        counts={"models": len(due)},
        detail="" if due else "every model is up to date",
    )
    return {"run_id": run_id, "gold_due": bool(due), "spark": wanted == "spark"}
