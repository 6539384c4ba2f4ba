"""What a handler has of its runtime: the invocation's context, a logger, a connected ledger."""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

from aws_lambda_powertools.logging import Logger

from dataplatform.ledger import Ledger


class LambdaContext(Protocol):
    """What the functions use of Lambda's context."""

    function_name: str
    memory_limit_in_mb: int
    invoked_function_arn: str
    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends this invocation."""
        ...


def logger(function: str) -> Logger:
    """A structured logger; the handlers add `run_id`, `batch_id` or `dataset` as keys."""
    return Logger(service=function)


@lru_cache(maxsize=4)
def ledger_at(table: str) -> Ledger:
    """The ledger, connected once a process."""
    return Ledger.connect(table)
