"""The state machine of backfills, as far as its functions know it, over moto."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from dataplatform.ledger.records import BackfillCounts
from dataplatform.settings import BackfillSettings
from lambdas.backfill_chunk.logic import backfill_chunk
from lambdas.close_backfill.logic import close_backfill, give_up
from lambdas.plan_backfill.logic import plan_backfill
from tests.unit.support.contracts import spoiled
from tests.unit.support.lakes import plan_of
from tests.unit.support.merges import SETTINGS, Shop, orders

PLANNING = BackfillSettings(
    **vars(SETTINGS), batch_mib="2048", batch_rows="1000", table_mib="1024", dpu="2"
)
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = {"dataset": "orders", "from": "2026-11-21", "to": "2026-11-22"}


@dataclass
class Machine:
    """Backfills of a shop's orders; `running` are executions that go on."""

    shop: Shop
    running: set[str] = field(default_factory=set)

    def plan(self, execution: str = "arn:1", **said: Any) -> dict[str, Any]:
        """What the first state answers."""
        return plan_backfill(
            self.shop.ledger,
            plan_of(self.shop.plan),
            PLANNING,
            raw=DAY | said,
            execution=execution,
            now=NOW,
            goes_on=lambda holder: holder in self.running,
        )

    def chunk(self, item: dict[str, Any], left: float = 3) -> BackfillCounts:
        """What a call for a chunk counts."""
        return backfill_chunk(
            SETTINGS,
            self.shop.ledger,
            plan_of(self.shop.plan),
            item["run_id"],
            item["chunk"],
            request="r",
            left=left,
            glue=lambda: None,
        )

    def give_up(self, run_id: str, error: dict[str, str], *, to_spark: bool) -> None:
        """What follows a call for the first chunk that has ended so."""
        plan = plan_of(self.shop.plan)
        give_up(self.shop.ledger, plan, run_id, 0, error, to_spark=to_spark)

    def close(self, run_id: str, execution: str = "arn:1") -> dict[str, Any]:
        """What the last state answers."""
        plan = plan_of(self.shop.plan)
        gold = replace(plan.models[0], datasets=("orders",))
        whole = replace(plan, models=(gold,))
        return close_backfill(self.shop.ledger, whole, run_id, execution=execution)


def relax(machine: Machine) -> None:
    """Let dearer orders through from now on."""
    machine.shop.plan = orders(spoiled(("maximum: 100", "maximum: 1000")))
