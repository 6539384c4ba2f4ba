"""State `PullSources` of the pipeline, once a source: what is new there is landed."""

from __future__ import annotations

from typing import Any, Final

import boto3

from dataplatform.adapters.plans import load_plan
from dataplatform.ledger import Ledger
from dataplatform.ledger.run_input import RunInput
from dataplatform.naming import Names
from dataplatform.settings import IngestSettings
from lambdas.api_sources import api_client
from lambdas.ingest_api.pull import Pull
from lambdas.metering import metered
from lambdas.pipeline_lease import hold
from lambdas.runtime import LambdaContext, ledger_at, logger

STEP: Final = "ingest"

STOP_SECONDS: Final = 60
"""What is left of Lambda's time when a pull stops: enough to land what it holds."""

log = logger("ingest-api")


@log.inject_lambda_context(clear_state=True)
@metered
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """{"run_id", "dataset"} -> those, "more" and "rows" (of this run, so far)."""
    run_id, dataset = event["run_id"], event["dataset"]
    log.append_keys(run_id=run_id, dataset=dataset)
    settings = IngestSettings.from_environment()
    ledger = ledger_at(settings.ledger_table)
    run = hold(ledger, run_id)
    before = int(event.get("rows", 0))
    options = load_plan(settings.plans_uri).dataset(dataset).source.options

    def told(rows: int) -> None:
        ledger.step(run_id, STEP, dataset=dataset, state="started", counts={"rows": before + rows})

    told(0)
    try:
        pulled = Pull(
            ledger=ledger,
            s3=boto3.client("s3"),
            client=api_client(
                Names(settings.stage),
                options,
                lambda: _seconds_left(context) - STOP_SECONDS / 2,
            ),
            bucket=settings.landing_bucket,
            dataset=dataset,
            options=options,
            until=RunInput.from_json(run.input).until,
            time_is_up=lambda: _seconds_left(context) < STOP_SECONDS,
            landed=told,
        ).run()
    except Exception as error:
        ledger.step(run_id, STEP, dataset=dataset, state="failed", detail=str(error))
        raise
    rows = before + pulled.rows
    if not pulled.more:
        _done(ledger, run_id, dataset, rows)
    log.info("pulled", extra={"rows": pulled.rows, "more": pulled.more})
    return {"run_id": run_id, "dataset": dataset, "more": pulled.more, "rows": rows}


def _seconds_left(context: LambdaContext) -> float:
    return context.get_remaining_time_in_millis() / 1000


def _done(ledger: Ledger, run_id: str, dataset: str, rows: int) -> None:
    cursor = ledger.cursor(dataset)
    detail = f"up to {cursor.updated_at}" if cursor else "the source is empty"
    ledger.step(run_id, STEP, dataset=dataset, counts={"rows": rows}, detail=detail)
