"""Runs that replay quarantined rows, step by step as the state machine's functions do."""

from __future__ import annotations

from dataclasses import dataclass

from cli.quarantine.waiting import Quarantine, Row
from dataplatform.ledger import Ledger
from dataplatform.ledger.records import Batch
from dataplatform.ledger.run_input import ReplayInput
from dataplatform.naming import Names
from lambdas.plan_batches.logic import open_replays
from tests.unit.support.lakes import NAMES
from tests.unit.support.merges import Shop


@dataclass
class Stage:
    """A deployed stage, as far as the quarantine's verbs look at it."""

    ledger: Ledger
    names: Names = NAMES
    stage: str = "dev"


def restaged(shop: Shop, batch: Batch) -> Batch:
    """A replay in bronze."""
    staged = shop.stage_replay(batch)
    shop.ledger.batch_staged(
        batch.batch_id,
        source=staged.source,
        unreadable=staged.unreadable,
        rows=staged.rows,
        taken=staged.taken,
    )
    return shop.ledger.batch(batch.batch_id)


def run_replay(shop: Shop, run: str, wanted: ReplayInput | None = None) -> None:
    """A run: takes up what a dead one left, opens what is wanted, stages and merges it all."""
    ledger = shop.ledger
    for batch in ledger.unfinished_batches():
        ledger.adopt_batch(batch.batch_id, run)
    if wanted:
        open_replays(ledger, run, wanted, limit=100)
    for batch in ledger.run_batches(run):
        if batch.state == "claimed":
            restaged(shop, batch)
    staged = [batch for batch in ledger.run_batches(run) if batch.state == "staged"]
    if staged:
        shop.merge(*staged, run=run)


def waiting(shop: Shop) -> list[Row]:
    """What a person sees of the dataset in quarantine."""
    stage = Stage(shop.ledger)
    return list(Quarantine(stage, shop.plan.dataset).rows())  # type: ignore[arg-type]
