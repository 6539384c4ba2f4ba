"""What replays took from quarantine goes, by two switches; what waits stays, and the books too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from pyiceberg.table import Table

from dataplatform.adapters import quarantine_maintenance
from dataplatform.adapters.iceberg.tables import open_table
from dataplatform.adapters.quarantine_maintenance import Kept, Replayed, Settled
from dataplatform.errors import AuditFailed
from dataplatform.ledger.maintenance import TableMaintenance
from dataplatform.ledger.run_input import ReplayInput
from lambdas.maintain_table import replayed
from lambdas.maintain_table.logic import Caretaker
from tests.unit.support.backfills import backfilled
from tests.unit.support.contracts import spoiled
from tests.unit.support.lakes import plan_of
from tests.unit.support.merges import Shop, order, orders, shops
from tests.unit.support.replays import restaged, run_replay, waiting

DEAR = orders(spoiled(("maximum: 100", "maximum: 1000")))


@pytest.fixture
def shop(aws: None) -> Iterator[Shop]:
    """A replay has taken two rows of three that were too dear, malformed or both; one is good."""
    with shops() as shop:
        shop.merged(
            order(1, 1, amount="500"), order("x", 1, amount="700"), order(2, 1, state="lost")
        )
        shop.plan = DEAR
        run_replay(shop, "run-2", ReplayInput(dataset="orders", reason="amount above"))
        assert set(shop.rows()) == {1}
        yield shop


def tended(shop: Shop, *, removes: bool, days: int = 31, run: str = "care-1") -> TableMaintenance:
    return Caretaker(
        ledger=shop.ledger,
        plan=plan_of(shop.plan),
        s3=shop.lake.s3,
        run=run,
        owner=f"maintenance/{run}/1",
        deletes=False,
        removes=removes,
        joined_by_glue=False,
        now=datetime.now(UTC) + timedelta(days=days),
        patience=lambda writer: 0,
    ).maintain(shop.plan.quarantine_table)


def kept(shop: Shop) -> list[tuple[str, int]]:
    """Batch and position of each row that the table has."""
    rows = shop.lake.rows(shop.plan.quarantine_table)
    return sorted((row["batch_id"], row["position"]) for row in rows)


def test_without_the_switch_they_are_counted(shop: Shop) -> None:
    before = kept(shop)
    done = tended(shop, removes=False)
    assert (done.state, done.replayed, done.removed) == ("done", 2, 0)
    assert kept(shop) == before


def test_before_they_are_old_they_stay(shop: Shop) -> None:
    done = tended(shop, removes=True, days=29)
    assert (done.state, done.replayed, len(kept(shop))) == ("done", 0, 4)


def test_what_waits_stays_and_so_do_the_books(shop: Shop) -> None:
    seen, books = set(waiting(shop)), shop.ledger.totals("orders")
    done = tended(shop, removes=True)
    assert (done.state, done.replayed, done.removed, done.rows) == ("done", 2, 2, 2)
    assert set(waiting(shop)) == seen, "a person sees the same rows"
    assert sorted((row.batch_id, row.position) for row in seen) == kept(shop)
    assert shop.ledger.totals("orders") == books
    assert books.balanced
    again = tended(shop, removes=True, run="care-2")
    assert (again.replayed, again.removed, len(kept(shop))) == (0, 0, 2)


def test_what_is_left_can_be_replayed_and_derived_anew(shop: Shop) -> None:
    tended(shop, removes=True)
    run_replay(shop, "run-3", ReplayInput(dataset="orders"))
    assert len(waiting(shop)) == 2, "rejected again"
    found = backfilled(shop)
    assert found["keys"] == found.get("kept", 0) + found["absent"]
    assert not {"quarantined", "released"} & set(found)
    assert shop.ledger.totals("orders").balanced
    assert shop.ledger.totals("orders").source == 3


def test_a_replay_that_is_not_published_keeps_its_rows(shop: Shop) -> None:
    (origin,) = {row.batch_id for row in waiting(shop) if row.position == 3}
    batch = shop.ledger.open_replay("run-3", origin)
    assert batch is not None
    done = tended(shop, removes=True)
    assert done.removed == 2, "of the replay before"
    assert restaged(shop, batch).taken == 1
    shop.merge(shop.ledger.batch(batch.batch_id), run="run-3")
    assert shop.ledger.totals("orders").balanced


def test_another_writer_that_comes_between_leaves_them_to_the_next_run(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = quarantine_maintenance.without

    def overtaken(table: Table, found: Replayed, settled: Settled) -> Kept:
        monkeypatch.undo()
        tended(shop, removes=True, run="another")
        return write(table, found, settled)

    monkeypatch.setattr(replayed, "without", overtaken)
    done = tended(shop, removes=True)
    assert (done.state, done.replayed, done.removed) == ("done", 2, 0)
    assert len(kept(shop)) == 2


def test_a_row_too_many_stops_it(shop: Shop) -> None:
    table = open_table(shop.plan.quarantine_table)
    found = quarantine_maintenance.replayed(table, "orders", lambda batch, reasons: True)
    assert found.rows == 4
    with pytest.raises(AuditFailed, match="4 rows of orders, 4 stay, 4 go"):
        quarantine_maintenance.without(table, found, lambda batch, reasons: False)
    assert len(kept(shop)) == 4
