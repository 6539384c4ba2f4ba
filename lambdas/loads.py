"""Exports into the warehouse: one transaction each, oldest first.

One transaction an export, not one for all: changes of one key in two exports must be applied in
order, and a transaction of the Data API has room for four exports at most.

A retry can't double anything. The same submission again is the same transaction (its name is its
token). Where it was committed and nobody heard of it, the next run merges the same rows once more,
which changes nothing; the book of loads in the warehouse has one row for each model and run.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, Final

import boto3
from botocore.config import Config

from dataplatform.adapters.plans import load_plan
from dataplatform.adapters.warehouse import Warehouse
from dataplatform.ledger import Ledger
from dataplatform.ledger.records import Load
from dataplatform.plans.model import PlatformPlan, fill
from dataplatform.settings import WarehouseSettings
from lambdas.pipeline_lease import hold
from lambdas.runtime import ledger_at

STEP = "warehouse"

_PATIENT: Final = Config(retries={"mode": "standard", "max_attempts": 6})
"""The Data API's throttling is no error of its model: a caller's state machine sees `ClientError`,
whose name tells nothing, so it is waited for here."""


@dataclass(frozen=True, kw_only=True)
class LoadState:
    """What travels between the two functions through the state machine.

    `load_run` and `build` name the export that `statement_id` merges; `attempt` counts its
    submissions within this run. No statement: nothing is left to load.
    """

    run_id: str
    model: str
    statement_id: str = ""
    load_run: str = ""
    build: int = 0
    attempt: int = 0

    @classmethod
    def from_event(cls, event: dict[str, Any]) -> LoadState:
        """Read what the function before answered; more keys may have come along."""
        return cls(**{name: event[name] for name in cls.__dataclass_fields__ if name in event})

    def answer(self, *, done: bool) -> dict[str, Any]:
        """For the state machine."""
        return {**asdict(self), "done": done}


@dataclass(frozen=True)
class Loader:
    """The ledger that knows what waits, and the warehouse that takes it."""

    ledger: Ledger
    plan: PlatformPlan
    warehouse: Warehouse
    role_arn: str

    def start(self, run_id: str, model: str) -> dict[str, Any]:
        """Submit the model's oldest waiting export."""
        hold(self.ledger, run_id)
        return self.submit_next(LoadState(run_id=run_id, model=model))

    def submit_next(self, state: LoadState) -> dict[str, Any]:
        """Submit the oldest waiting export; done where none is left."""
        pending = self.ledger.pending_loads(state.model)
        if not pending:
            return LoadState(run_id=state.run_id, model=state.model).answer(done=True)
        load = pending[0]
        attempt = state.attempt + 1 if load.build == state.build else 1
        submitted = LoadState(
            run_id=state.run_id,
            model=state.model,
            statement_id=self.warehouse.submit(
                self._statements(load),
                name=f"{load.model}/{load.run_id}/{load.build}/{state.run_id}/{attempt}",
            ),
            load_run=load.run_id,
            build=load.build,
            attempt=attempt,
        )
        self.ledger.step(state.run_id, STEP, dataset=state.model, state="started")
        return submitted.answer(done=False)

    def _statements(self, load: Load) -> list[str]:
        return [
            fill(
                sql,
                source=load.export_uri,
                role=self.role_arn,
                run_id=load.run_id,
                build=str(load.build),
                snapshot=str(load.snapshot),
            )
            for sql in self.plan.model(load.model).warehouse.load
        ]


@lru_cache(maxsize=1)
def loader() -> Loader:
    """Ledger, plan and warehouse from the function's settings."""
    settings = WarehouseSettings.from_environment()
    return Loader(
        ledger_at(settings.ledger_table),
        load_plan(settings.plans_uri),
        Warehouse(boto3.client("redshift-data", config=_PATIENT), settings.workgroup),
        settings.warehouse_role_arn,
    )
