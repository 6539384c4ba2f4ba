"""A function couldn't do it: its leases go back, and Spark takes over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dataplatform.ledger import Ledger
from dataplatform.ledger.holders import Call, holder
from dataplatform.ledger.records import Lease, table_lease
from dataplatform.ledger.staging import STAGE_STEP
from dataplatform.naming import GOLD_MODELS
from dataplatform.plans.model import PlatformPlan
from lambdas.failures import reason
from lambdas.pipeline_lease import hold


def hand_to_spark(
    ledger: Ledger, plan: PlatformPlan, run_id: str, subject: str, error: Mapping[str, str]
) -> dict[str, Any]:
    """Give back what the call held and note the reason; both may be done again.

    Nothing else is undone: what the call committed is found by its snapshot's properties, and what
    it only staged on a branch is dropped by the next writer.

    Args:
        subject: the dataset, or `GOLD_MODELS`.
        error: `Error` and `Cause` as Step Functions caught them.
    """
    hold(ledger, run_id)
    for lease in _held(ledger, plan, run_id, subject):
        ledger.release_lease(lease.name, lease.owner, token=lease.token)
    choice = ledger.leave_to_spark(run_id, subject, reason(error))
    return {"run_id": run_id, "subject": subject, "reason": choice.reason}


def hand_batch_to_spark(
    ledger: Ledger, run_id: str, batch_id: str, error: Mapping[str, str]
) -> dict[str, Any]:
    """Note that Spark stages a batch; staging holds no lease, so there is nothing to give back.

    What the call committed is found by its snapshot's properties.
    """
    hold(ledger, run_id)
    batch = ledger.leave_batch_to_spark(batch_id, run_id, reason(error))
    said = f"{batch_id} · left to Spark: {batch.spark_stages}"
    ledger.step(run_id, STAGE_STEP, dataset=batch.dataset, state="skipped", detail=said)
    return {"run_id": run_id, "subject": batch_id, "reason": batch.spark_stages}


def _held(ledger: Ledger, plan: PlatformPlan, run_id: str, subject: str) -> Iterator[Lease]:
    """Leases of calls for this subject of this run: Step Functions says that they have ended."""
    for table in _tables(plan, subject):
        lease = ledger.lease_holder(table_lease(table))
        call = holder(lease.owner) if lease else None
        if lease and isinstance(call, Call) and (call.run_id, call.subject) == (run_id, subject):
            yield lease


def _tables(plan: PlatformPlan, subject: str) -> list[str]:
    if subject == GOLD_MODELS:
        return [model.table for model in plan.models]
    dataset = plan.dataset(subject)
    return [dataset.silver_table, dataset.quarantine_table]
