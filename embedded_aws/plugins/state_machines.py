"""State machines under their own role, and retries with their jitter and their longest delay."""

from __future__ import annotations

import contextvars
import random
from typing import Any

from ministack.services import lambda_svc
from ministack.services import stepfunctions as states

from embedded_aws.plugins.roles import role_allows

Retrier = dict[str, Any]

_execution: contextvars.ContextVar[str] = contextvars.ContextVar("weir_execution", default="")

_stock_run = states._run_execution
_stock_call_lambda = states._call_lambda
_stock_retrier = states._find_matching_retrier


def install() -> None:
    """Know which execution runs; ask its role before a function is called; time its retries."""
    states._run_execution = _run
    states._call_lambda = _call_lambda
    states._find_matching_retrier = _find_retrier


def _run(execution_arn: str) -> None:
    _execution.set(execution_arn)
    _stock_run(execution_arn)


def _call_lambda(function: str, event: Any) -> Any:
    """Call a function that the state machine's role may invoke.

    Raises:
        _ExecutionError: `Lambda.AWSLambdaException`, as AWS calls it.
    """
    role = _role()
    _, config, _ = lambda_svc._get_func_record_for_ref(function)
    if role and config:
        arn = config["FunctionArn"]
        if not role_allows(role, "lambda:InvokeFunction", arn):
            raise states._ExecutionError(
                "Lambda.AWSLambdaException",
                f"{role} is not authorized to perform: lambda:InvokeFunction on resource: {arn}",
            )
    return _stock_call_lambda(function, event)


def _role() -> str:
    execution = states._executions.get(_execution.get())
    machine = execution and states._state_machines.get(execution["stateMachineArn"])
    return str(machine["roleArn"]) if machine else ""


def _find_retrier(
    retriers: list[Retrier], error: str, counts: dict[int, int]
) -> tuple[Retrier | None, int]:
    """The retrier that applies, with the coming delay as a constant interval."""
    retrier, index = _stock_retrier(retriers, error, counts)
    if retrier is None:
        return None, index
    return {
        **retrier,
        "IntervalSeconds": delay(retrier, counts.get(index, 0)),
        "BackoffRate": 1,
    }, index


def delay(retrier: Retrier, attempt: int) -> float:
    """Seconds before retry number `attempt` (from 0)."""
    seconds = retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** attempt
    seconds = min(seconds, retrier.get("MaxDelaySeconds", seconds))
    if retrier.get("JitterStrategy") == "FULL":
        return random.uniform(0, seconds)
    return float(seconds)
