"""How a load went: noted in the ledger, tried again, or said to have failed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from dataplatform.adapters.warehouse import StatementUnknown, Status
from dataplatform.errors import WarehouseLoadFailed
from lambdas.loads import STEP, Loader, LoadState

MAX_ATTEMPTS: Final = 3
_PASSING: Final = (
    "Serializable isolation violation",
    "conflict with concurrent transaction",
    "connection",
    "Slow Down",
    "503",
    "internal error",
    "resource limit",
)
"""Words of errors that may be gone at the next try; others are wrong data or missing rights."""


def confirm_load(loader: Loader, state: LoadState) -> dict[str, Any]:
    """Look once; the state machine asks again until `done`.

    A finished load is noted and the model's next export submitted; a load that met a passing error
    is submitted again, up to `MAX_ATTEMPTS` times.

    Raises:
        WarehouseLoadFailed: with what the warehouse said. The export waits for the next run.
    """
    if not state.statement_id:
        return state.answer(done=True)
    try:
        status = loader.warehouse.status(state.statement_id)
    except StatementUnknown:
        # The state machine was redriven days later: whether it was committed doesn't matter.
        return loader.submit_next(replace(state, build=0))
    if not status.done:
        return state.answer(done=False)
    if status.failed:
        return _again(loader, state, status)
    loader.ledger.load_done(state.model, state.load_run, rows=status.rows)
    loader.ledger.step(state.run_id, STEP, dataset=state.model, counts={"rows": status.rows})
    return loader.submit_next(state)


def _again(loader: Loader, state: LoadState, status: Status) -> dict[str, Any]:
    if state.attempt < MAX_ATTEMPTS and passes(status.error):
        return loader.submit_next(state)
    loader.ledger.step(
        state.run_id, STEP, dataset=state.model, state="failed", detail=status.error[:500]
    )
    raise WarehouseLoadFailed(
        f"model {state.model}, export of run {state.load_run}: {status.error or status.state}",
        why="The warehouse rolled the whole load back; its table is as it was before.",
        remedy="Mend the cause and start the pipeline: it takes the export up again.",
    )


def passes(error: str) -> bool:
    """Whether the error may be gone at the next try."""
    return any(words.lower() in error.lower() for words in _PASSING)
