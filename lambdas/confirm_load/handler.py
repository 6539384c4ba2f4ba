"""State `LoadWarehouse` of the pipeline, asked until done: how did the load go?"""

from __future__ import annotations

from typing import Any

from lambdas.confirm_load.logic import confirm_load
from lambdas.loads import LoadState, loader
from lambdas.metering import metered
from lambdas.runtime import LambdaContext, logger

log = logger("confirm-load")


@log.inject_lambda_context(clear_state=True)
@metered
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """What load_warehouse or this function answered -> the same, gone on; "done" when all is in."""
    state = LoadState.from_event(event)
    log.append_keys(run_id=state.run_id, model=state.model)
    confirmed = confirm_load(loader(), state)
    log.info("load looked at", extra={key: confirmed[key] for key in ("statement_id", "done")})
    return confirmed
