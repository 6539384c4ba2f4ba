"""What a function's calls took, noted in the ledger: a run's cost is made of it."""

from __future__ import annotations

import functools
import itertools
import logging
import time
from collections.abc import Callable
from typing import Any

from dataplatform.settings import LedgerSettings
from lambdas.common import LambdaContext, ledger_at

Handler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]

log = logging.getLogger("weir.metering")

_calls = itertools.count()


def metered(handler: Handler) -> Handler:
    """Let a step of the pipeline note each of its calls, failed ones too.

    The run is named by the event or, where the call opens it, by the answer. A call that is killed
    (out of memory or time) notes nothing.
    """

    @functools.wraps(handler)
    def measured(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        began = time.monotonic() - _start_up()
        try:
            answer = handler(event, context)
        except Exception:
            if "run_id" in event:
                _note_failed(event["run_id"], context, began)
            raise
        _note(event.get("run_id") or answer["run_id"], context, began)
        return answer

    return measured


def _start_up() -> float:
    """Seconds that this process took before its first call, which are billed with that call.

    Lambda gives no clock of it; it is imports, so its CPU time is about what it took.
    """
    return time.process_time() if next(_calls) == 0 else 0.0


def _note_failed(run_id: str, context: LambdaContext, began: float) -> None:
    """Note a failed call; where the ledger itself fails, the call's own error is what matters."""
    try:
        _note(run_id, context, began)
    except Exception:
        log.exception("the call's time couldn't be noted")


def _note(run_id: str, context: LambdaContext, began: float) -> None:
    ledger_at(LedgerSettings.from_environment().ledger_table).used(
        run_id,
        context.function_name,
        meter="lambda",
        size=int(context.memory_limit_in_mb),
        milliseconds=round((time.monotonic() - began) * 1000),
    )
