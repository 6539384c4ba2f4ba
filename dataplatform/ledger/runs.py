"""Runs of the pipeline, and the steps that they took."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import fields
from itertools import count
from typing import Final, TypedDict, Unpack

from boto3.dynamodb.conditions import Attr

from dataplatform.errors import TransitionRefused
from dataplatform.ledger.records import Run, RunState, Step, StepState, new_run_id
from dataplatform.ledger.table import LedgerTable
from dataplatform.ledger.writes import ABSENT, Item, Refused, Write, put, update

STEP_DAYS: Final = 90
"""Steps are for watching and looking back; books and batches stay for good."""

REAPED: Final = "the execution ended as"
"""How the error of a run begins whose end was only found by the next run: why, and when, Step
Functions knows."""

_MAX_TEXT: Final = 4000
_order = count()  # keeps the steps of one process in order where the clock is coarse


class StepTold(TypedDict, total=False):
    """What a step may say: it is done and of no one dataset, unless it is told."""

    dataset: str
    state: StepState
    detail: str
    counts: Mapping[str, int]


class Runs(LedgerTable):
    """Runs, newest first, each with its timeline."""

    def open_run(self, run_id: str, execution: str, input: str) -> Run:
        """Note a run; an execution that opened one before gets that one back (retry)."""
        started_at = self.now()
        run: Item = {"run_id": run_id, "execution": execution, "input": input}
        run |= {"state": "running", "started_at": started_at}
        try:
            self._write(
                put({"pk": f"execution#{execution}", "sk": "execution", "run_id": run_id}, ABSENT),
                put({"pk": "runs", "sk": run_id, **run}, ABSENT),
            )
        except Refused as refused:
            opened = self.run_of_execution(execution)
            if opened is None:
                raise TransitionRefused(
                    f"run {run_id} belongs to another execution",
                    why="A run id stands for one execution.",
                    remedy="Open the run under another id.",
                ) from refused
            return opened
        return self.run(run_id)

    def new_run_id(self) -> str:
        """An id for a run that starts now."""
        return new_run_id(self._moment())

    def run(self, run_id: str) -> Run:
        """One run; KeyError where there is none."""
        item = self._get("runs", run_id)
        if item is None:
            raise KeyError(run_id)
        return _run(item)

    def run_of_execution(self, execution: str) -> Run | None:
        """The run that an execution opened."""
        item = self._get(f"execution#{execution}", "execution")
        return self.run(item["run_id"]) if item else None

    def runs(self, limit: int = 20) -> list[Run]:
        """Runs, newest first."""
        return [_run(item) for item in self._query("runs", limit=limit, newest_first=True)]

    def close_run(self, run_id: str, state: RunState, error: str = "") -> bool:
        """End a run; False where it ended so before.

        A failed run whose execution was redriven may still succeed; one that succeeded stays so.

        Raises:
            TransitionRefused: it has succeeded, or there is no such run.
        """
        try:
            self._write(
                update(
                    "runs",
                    run_id,
                    sets={"state": state, "ended_at": self.now(), "error": error[:_MAX_TEXT]},
                    where=Attr("state").is_in(["running", "failed"]),
                )
            )
        except Refused as refused:
            item = self._get("runs", run_id)
            if item and item["state"] == state:
                return False
            raise TransitionRefused(
                f"run {run_id} can't end as {state}: it is {item['state'] if item else 'unknown'}",
                why="A run that succeeded stays so.",
                remedy="Start another run.",
            ) from refused
        return True

    def step(self, run_id: str, name: str, **told: Unpack[StepTold]) -> Step:
        """Add to a run's timeline; what a retry does again is seen again."""
        step, write = self._step(run_id, name, **told)
        self._write(write)
        return step

    def _step(self, run_id: str, name: str, **told: Unpack[StepTold]) -> tuple[Step, Write]:
        """A step, and the write that adds it to the timeline."""
        at = self._moment().strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        step: Item = {"run_id": run_id, "name": name, "at": at}
        step |= {"dataset": told.get("dataset", ""), "state": told.get("state", "done")}
        step |= {"detail": told.get("detail", "")[:_MAX_TEXT]}
        step |= {"counts": dict(told.get("counts", {}))}
        key = {"pk": f"run#{run_id}", "sk": f"step#{at}#{next(_order):08d}{secrets.token_hex(4)}"}
        return Step(**step), put({**key, **step, "expires_at": self._expires(STEP_DAYS)})

    def steps(self, run_id: str, *, after: str = "") -> list[Step]:
        """A run's timeline, oldest first; `after` is the `at` of the last step seen."""
        start = f"step#{after}~" if after else "step#"
        found = self._query(f"run#{run_id}", between=(start, "step#~"))
        return [Step(**{f.name: item[f.name] for f in fields(Step)}) for item in found]


def _run(item: Item) -> Run:
    return Run(**{f.name: item[f.name] for f in fields(Run) if f.name in item})
