"""Called by Firehose with the records of a buffer."""

from __future__ import annotations

from typing import Any

from lambdas.runtime import LambdaContext, logger
from lambdas.transform_events.logic import Answer, transform

log = logger("transform-events")


@log.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[Answer]]:
    """Firehose's records -> an answer for each, in their order."""
    answers = [transform(record) for record in event["records"]]
    failed = sum(answer["result"] != "Ok" for answer in answers)
    log.info("transformed", extra={"records": len(answers), "failed": failed})
    return {"records": answers}
