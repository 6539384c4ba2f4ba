"""States `ChooseEngines`, `ChooseForStaged` and `LeftToSpark`: which engine publishes what?"""

from __future__ import annotations

from typing import Any

from dataplatform.adapters.plans import load_plan
from dataplatform.settings import EngineSettings
from lambdas.choose_engines.logic import choose_engines
from lambdas.metering import metered
from lambdas.runtime import LambdaContext, ledger_at, logger

log = logger("choose-engines")


@log.inject_lambda_context(clear_state=True)
@metered
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """{"run_id"} -> {"run_id", "stage", "duckdb", "spark"}."""
    log.append_keys(run_id=event["run_id"])
    settings = EngineSettings.from_environment()
    chosen = choose_engines(
        ledger_at(settings.ledger_table), load_plan(settings.plans_uri), settings, event["run_id"]
    )
    log.info(
        "engines chosen",
        extra={"duckdb": [item["dataset"] for item in chosen["duckdb"]], "spark": chosen["spark"]},
    )
    return chosen
