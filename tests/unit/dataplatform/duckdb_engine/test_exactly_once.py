"""Whatever comes, and wherever it is killed: each record has one outcome, silver is the model's."""

from __future__ import annotations

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from dataplatform.adapters.bronze import stage
from dataplatform.ledger.records import Batch, LandedObject, Outcomes
from tests.unit.support.deaths import Death, Killed, dying
from tests.unit.support.merges import Shop, orders, shops
from tests.unit.support.order_model import RECORDS, Model, Sent, held

Batches = list[tuple[list[Sent], list["Death"]]]


class Line:
    """What a run does with a landed object, from its event to silver; every step may be again."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._attempts = 0

    def take(self, landed: LandedObject) -> None:
        """One attempt to bring the object's records to silver."""
        self._attempts += 1
        shop, run = self._shop, f"run-{self._attempts}"
        shop.ledger.register_object(landed)
        for left in shop.ledger.unfinished_batches():
            shop.ledger.adopt_batch(left.batch_id, run)
        if due := shop.ledger.due_objects(shop.plan.dataset):
            shop.ledger.open_batch(run, shop.plan.dataset, due)
        for batch in shop.ledger.run_batches(run):
            if batch.state == "claimed":
                self._stage(batch)
            shop.merge(shop.ledger.batch(batch.batch_id), run=run, request=str(self._attempts))

    def _stage(self, batch: Batch) -> None:
        shop = self._shop
        objects = shop.ledger.batch_objects(batch.batch_id)
        done = stage(
            shop.plan, batch, objects, s3=shop.lake.s3, directory=shop.directory, limit=10**9
        )
        shop.ledger.batch_staged(
            batch.batch_id, source=done.source, unreadable=done.unreadable, rows=done.rows
        )


DEATHS = st.lists(st.builds(Death, call=st.integers(1, 90), done=st.booleans()), max_size=3)
BATCHES = st.lists(
    st.tuples(st.lists(RECORDS, min_size=1, max_size=8), DEATHS), min_size=1, max_size=3
)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(batches=BATCHES, again=st.booleans())
def test_killed_at_any_call_each_record_has_one_outcome(
    aws: None, batches: Batches, again: bool
) -> None:
    if again:  # the first file's bytes once more, under another key
        batches = [*batches, (batches[0][0], [])]
    model, counted = Model(), Outcomes()
    with shops(orders()) as shop:
        line = Line(shop)
        for records, deaths in batches:
            landed = shop.land(*records)
            for death in deaths:
                event("killed" if _killed(line, landed, death) else "got through")
            line.take(landed)
            counted += Outcomes(**model.merge(records))
            assert held(shop) == model.held
            assert shop.ledger.totals("orders").outcomes == counted
            assert shop.ledger.totals("orders").balanced
            assert shop.ledger.unfinished_batches() == []
            assert len(shop.lake.rows(shop.plan.quarantine_table)) == counted.quarantined


def _killed(line: Line, landed: LandedObject, death: Death) -> bool:
    try:
        with dying(death):
            line.take(landed)
    except Killed:
        return True
    return False
