"""What a function's calls took, noted in the ledger: a run's cost is made of it."""

from __future__ import annotations

import functools
import itertools
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from dataplatform.ledger.engines import model_subject
from dataplatform.settings import LedgerSettings
from lambdas.runtime import LambdaContext, ledger_at

Handler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]

log = logging.getLogger("weir.metering")

_calls = itertools.count()


def metered(handler: Handler) -> Handler:
    """Let a step of the pipeline, or of the maintenance, note each of its calls, failed ones too.

    The run is named by the event or, where the call opens it, by the answer. A call that is killed
    (out of memory or time) notes nothing.
    """

    @functools.wraps(handler)
    def measured(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        began = time.monotonic() - _start_up()
        try:
            answer = handler(event, context)
        except Exception:
            if run := _run(event):
                _note_failed(run, event, context, began)
            raise
        _note(_run(event) or answer["run_id"], event, context, began)
        return answer

    return measured


def _start_up() -> float:
    """Seconds that this process took before its first call, which are billed with that call.

    Lambda gives no clock of it; it is imports, so its CPU time is about what it took.
    """
    return time.process_time() if next(_calls) == 0 else 0.0


def _run(event: Mapping[str, Any]) -> str:
    """The run that a call belongs to, of the pipeline or of the maintenance; "" before it opens."""
    return str(event.get("run_id") or event.get("run") or "")


def _subject(event: Mapping[str, Any]) -> str:
    """What a call is about, by the step's own input; "" where that is the whole run."""
    if "model" in event:
        return model_subject(event["model"])
    return str(event.get("dataset") or event.get("table") or event.get("batch_id") or "")


def _note_failed(
    run_id: str, event: Mapping[str, Any], context: LambdaContext, began: float
) -> None:
    """Note a failed call; where the ledger itself fails, the call's own error is what matters."""
    try:
        _note(run_id, event, context, began)
    except Exception:
        log.exception("the call's time couldn't be noted")


def _note(run_id: str, event: Mapping[str, Any], context: LambdaContext, began: float) -> None:
    ledger_at(LedgerSettings.from_environment().ledger_table).used(
        run_id,
        context.function_name,
        meter="lambda",
        size=int(context.memory_limit_in_mb),
        milliseconds=round((time.monotonic() - began) * 1000),
        subject=_subject(event),
    )
