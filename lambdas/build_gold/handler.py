"""State `BuildGold` of the pipeline: the gold models that a function can build."""

from __future__ import annotations

import gc
from contextlib import closing
from functools import partial
from typing import Any

import boto3

from dataplatform.adapters.holders import goes_on
from dataplatform.adapters.plans import load_plan
from dataplatform.duckdb_engine.gold import DuckdbGold
from dataplatform.ledger.holders import Call
from dataplatform.naming import GOLD_MODELS
from dataplatform.settings import DuckdbSettings
from lambdas.build_gold.logic import LEASE_SECONDS, Limits, build_gold
from lambdas.metering import metered
from lambdas.runtime import LambdaContext, ledger_at, logger

log = logger("build-gold")

# What the libraries made while they were imported stays; the collector needn't walk it any more.
gc.freeze()


@log.inject_lambda_context(clear_state=True)
@metered
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """{"run_id"} -> {"run_id", "spark"}: whether a model is left to Spark."""
    run_id = event["run_id"]
    log.append_keys(run_id=run_id)
    settings = DuckdbSettings.from_environment()
    ledger, plan = ledger_at(settings.ledger_table), load_plan(settings.plans_uri)
    limits = Limits.of(settings)
    owner = str(Call(run_id, GOLD_MODELS, context.aws_request_id))
    with closing(
        DuckdbGold(
            plan=plan,
            memory=settings.memory_bytes,
            storage=settings.storage_bytes,
            limit=limits.read,
        )
    ) as engine:
        built = build_gold(
            ledger,
            plan,
            run_id,
            engine=engine,
            limits=limits,
            bucket=settings.gold_bucket,
            lease=partial(
                ledger.lease,
                owner=owner,
                seconds=LEASE_SECONDS,
                alive=goes_on(run_id, partial(boto3.client, "glue")),
            ),
        )
    log.info("gold built", extra={"spark": built["spark"]})
    return built
