"""State `LoadWarehouse` of the pipeline: a model's oldest waiting export is submitted."""

from __future__ import annotations

from typing import Any

from lambdas.loads import loader
from lambdas.metering import metered
from lambdas.runtime import LambdaContext, logger

log = logger("load-warehouse")


@log.inject_lambda_context(clear_state=True)
@metered
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """{"run_id", "model"} -> {"run_id", "model", "statement_id", …, "done"}."""
    log.append_keys(run_id=event["run_id"], model=event["model"])
    submitted = loader().start(event["run_id"], event["model"])
    log.info("load submitted", extra={"statement_id": submitted["statement_id"]})
    return submitted
