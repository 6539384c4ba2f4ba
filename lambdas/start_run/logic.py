"""Starting the pipeline only where it has something to do."""

from __future__ import annotations

import json
from typing import Any, Final

from dataplatform.drift.compare import takes_in_order
from dataplatform.ledger import Ledger
from dataplatform.plans.model import PlatformPlan, SilverPlan
from lambdas.pipeline_lease import reap

MAX_ATTEMPTS: Final = 3
"""Runs that a batch gets by itself; then it waits for the schedule or a person, so that a batch
which fails every time doesn't pay for a Spark job every few minutes."""


def start_run(
    ledger: Ledger, plan: PlatformPlan, states: Any, *, machine: str, pull: bool
) -> dict[str, Any]:
    """Start an execution where something is due and none goes on.

    Args:
        pull: whether sources that are pulled are due, and all else with them: the schedule says so.
            Without it, only what has landed since counts, and only its datasets run.

    Returns:
        {"started": execution ARN or "", "reason"}.
    """
    if not reap(ledger, states):
        return {"started": "", "reason": "a run goes on"}
    due = due_datasets(ledger, plan)
    pulled = [d.dataset for d in plan.datasets if d.source.kind == "api"] if pull else []
    if not due and not pulled:
        return {"started": "", "reason": "nothing is due"}
    run_input: dict[str, Any] = {} if pull else {"datasets": due}
    started = states.start_execution(stateMachineArn=machine, input=json.dumps(run_input))
    return {"started": started["executionArn"], "reason": ", ".join([*due, *pulled])}


def due_datasets(ledger: Ledger, plan: PlatformPlan) -> list[str]:
    """Datasets with landed objects in no batch, or with batches that a dead run left.

    Not those whose objects all wait because of their shape, nor those that an audit holds: a run
    would take none of them.
    """
    left = {b.dataset for b in ledger.unfinished_batches() if b.attempts < MAX_ATTEMPTS}
    landed = set(ledger.due_datasets())
    return [
        d.dataset
        for d in plan.datasets
        if not ledger.stands_still(d.dataset, d.digest)
        and (d.dataset in left or (d.dataset in landed and not _is_held_back(ledger, d)))
    ]


def _is_held_back(ledger: Ledger, dataset: SilverPlan) -> bool:
    in_order = takes_in_order(dataset)
    return ledger.is_held_back(dataset.dataset, dataset.digest, in_order=in_order)
