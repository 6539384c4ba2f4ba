"""Whether a gold model lags behind what it is made from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dataplatform.ledger import Ledger
from dataplatform.ledger.records import ModelState
from dataplatform.plans.model import GoldModel, PlatformPlan
from lambdas.common import hold

STEP = "gold plan"


def plan_gold(ledger: Ledger, plan: PlatformPlan, run_id: str) -> dict[str, Any]:
    """Say whether the gold job has work: a Glue run is paid for only then."""
    hold(ledger, run_id)
    published = {
        dataset.dataset: ledger.published_sequence(dataset.dataset) for dataset in plan.datasets
    }
    built = {state.model: state for state in ledger.models()}
    due = [model.name for model in plan.models if lags(model, built, published)]
    ledger.step(
        run_id,
        STEP,
        state="done" if due else "skipped",
        counts={"models": len(due)},
        detail="" if due else "every model is up to date",
    )
    return {"run_id": run_id, "gold_due": bool(due)}


def lags(model: GoldModel, built: Mapping[str, ModelState], published: Mapping[str, int]) -> bool:
    """Whether a model must be built again.

    A model of which nothing is published yet waits for its first data.
    """
    state = built.get(model.name)
    if state is None:
        below = any(name in built for name in model.models)
        return below or any(published.get(name, 0) > 0 for name in model.datasets)
    if state.digest != model.digest:
        return True
    if any(published.get(name, 0) > state.sequences.get(name, 0) for name in model.datasets):
        return True
    return any(
        built[name].snapshot != state.sequences.get(f"gold.{name}", 0)
        for name in model.models
        if name in built
    )
