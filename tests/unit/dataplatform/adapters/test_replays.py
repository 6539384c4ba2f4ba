"""What was quarantined goes through the same path again, as old as it is, and counts once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from dataplatform.adapters.iceberg.tables import open_table
from dataplatform.errors import AuditFailed
from dataplatform.ledger.records import Batch
from tests.unit.support.contracts import ORDERS, spoiled
from tests.unit.support.merges import Shop, counts, order, orders, shops
from tests.unit.support.replays import restaged

STATE = "      - name: state\n"
LOOSE = spoiled(("          maximum: 100\n", "          maximum: 1000\n"))


@pytest.fixture
def shop(aws: None) -> Iterator[Shop]:
    with shops() as shop:
        yield shop


def replayed(shop: Shop, origin: Batch, *, reason: str = "", run: str = "run-2") -> Batch:
    """A replay of a batch, staged."""
    batch = shop.ledger.open_replay(run, origin.batch_id, reason=reason)
    assert batch is not None
    return restaged(shop, batch)


def totals(shop: Shop) -> dict[str, int]:
    found = shop.ledger.totals("orders")
    assert found.balanced
    return {**counts(found.outcomes), "source": found.source, "live": found.live}


def test_rows_leave_quarantine_for_silver_once_the_contract_takes_them(shop: Shop) -> None:
    origin = shop.staged(order(1, 1), order(2, 1, amount="500"), order(3, 1, amount="many"))
    assert shop.merge(origin) == {"inserted": 1, "quarantined": 2}
    assert totals(shop) == {"source": 3, "inserted": 1, "quarantined": 2, "live": 1}
    shop.plan = orders(LOOSE)

    batch = replayed(shop, origin)
    assert (batch.source, batch.rows, batch.taken) == (2, 2, 2)
    assert shop.merge(batch, run="run-2") == {"inserted": 1, "quarantined": 1}
    assert totals(shop) == {"source": 3, "inserted": 2, "quarantined": 1, "live": 2}
    assert sorted(shop.rows()) == [1, 2]
    assert [b.batch_id for b in shop.ledger.waiting_batches("orders")] == [batch.batch_id]
    assert shop.ledger.open_replay("run-3", origin.batch_id) is None
    (books,) = shop.ledger.books("run-2")
    assert (books.replayed, books.waiting, books.balanced) == (2, 1, True)


def test_a_record_keeps_its_place_and_its_arrival(shop: Shop) -> None:
    origin = shop.staged(order(1, 1), order(2, 1, amount="500"))
    shop.merge(origin)
    batch = replayed(shop, origin)
    rows = shop.lake.rows(shop.plan.bronze_table)
    (again,) = [row for row in rows if row["_batch_id"] == batch.batch_id]
    before = next(row for row in rows if row["_position"] == 2 and row != again)
    assert again | {"_batch_id": origin.batch_id} == before
    assert again["_arrived_at"] == datetime(2026, 11, 21, 9, tzinfo=UTC)


def test_a_reason_chooses_and_what_it_leaves_can_be_taken_later(shop: Shop) -> None:
    origin = shop.staged(order(1, 1, amount="500"), order(2, 1, amount="many"), order("x", 1))
    shop.merge(origin)
    shop.plan = orders(LOOSE)
    first = replayed(shop, origin, reason="amount above")
    assert first.taken == 1
    shop.merge(first, run="run-2")
    rest = replayed(shop, origin, run="run-3")
    assert rest.taken == 2
    shop.merge(rest, run="run-3")
    assert totals(shop) == {"source": 3, "inserted": 1, "quarantined": 2, "live": 1}


def test_a_column_that_the_contract_did_not_know_comes_from_the_extra_fields(
    shop: Shop,
) -> None:
    landed = shop.lake.land(
        "more.csv",
        b"order_id,amount,email,state,changed_at,channel,till\n"
        b"1,500,a@b,open,2026-01-01T00:00:00Z,web,7\n",
        "orders",
    )
    origin = shop.staged_objects([landed])
    shop.merge(origin)
    more = spoiled(
        ("          maximum: 100\n", "          maximum: 1000\n"),
        (STATE, "      - {name: channel, logicalType: string}\n" + STATE),
    )
    shop.evolve(orders(more))
    shop.merge(replayed(shop, origin), run="run-2")
    assert shop.rows()[1]["channel"] == "web"
    (row,) = shop.lake.rows(shop.plan.bronze_table, channel="web")
    assert row["_extra"] == '{"till":"7"}'


def test_an_older_row_does_not_overwrite_a_newer_one(shop: Shop) -> None:
    origin = shop.staged(order(1, 1, amount="500"))
    shop.merge(origin)
    shop.merged(order(1, 2, amount="7"))
    shop.plan = orders(LOOSE)
    assert shop.merge(replayed(shop, origin), run="run-2") == {"duplicate": 1}
    assert str(shop.rows()[1]["amount"]) == "7.0000"
    assert totals(shop) == {"source": 2, "inserted": 1, "duplicate": 1, "live": 1}


ARRIVAL = ORDERS.replace(
    """    customProperties:
      - property: ordering
        value: changed_at
""",
    "",
)


AS_NEW = pytest.mark.parametrize("contract", [ARRIVAL, ORDERS], ids=["no ordering", "as new by it"])
"""Contracts by which arrival decides between records of one day."""


@AS_NEW
@pytest.mark.parametrize("engine_order", ["older first", "newer first"])
def test_where_no_ordering_decides_the_record_that_came_later_stands(
    aws: None, engine_order: str, contract: str
) -> None:
    loose = contract.replace("maximum: 100\n", "maximum: 1000\n")
    with shops(orders(contract)) as shop:
        first = []
        for amount in (500, 600):
            first.append(batch := shop.staged(order(1, 1, amount=amount), order(2, 1, amount=1)))
            shop.merge(batch)
        shop.merge(last := shop.staged(order(1, 1, amount="700"), order(2, 1, amount=2)))
        shop.merged(order(3, 1, amount=3))
        shop.plan = orders(loose)
        chosen = [first[0], last, first[1]]
        for number, origin in enumerate(chosen if engine_order == "older first" else chosen[::-1]):
            run = f"replay-{number}"
            shop.merge(replayed(shop, origin, run=run), run=run)
        assert {key: int(row["amount"]) for key, row in shop.rows().items()} == {1: 700, 2: 2, 3: 3}
        assert totals(shop)["live"] == 3


@AS_NEW
def test_a_replayed_record_of_a_row_that_came_later_changes_nothing(
    aws: None, contract: str
) -> None:
    loose = contract.replace("maximum: 100\n", "maximum: 1000\n")
    with shops(orders(contract)) as shop:
        shop.merge(
            origin := shop.staged(
                order(1, 1, amount=500),
                order(1, 1, amount=1),
                order(2, 1, amount=1),
                order(2, 1, amount=500),
            )
        )
        shop.plan = orders(loose)
        shop.merge(replayed(shop, origin), run="run-2")
        assert {key: int(row["amount"]) for key, row in shop.rows().items()} == {1: 1, 2: 500}


def test_an_object_that_was_unreadable_is_read_again_whole(shop: Shop) -> None:
    text = b"order_id;amount;email;changed_at\n1;1;a@b;2026-01-01T00:00:00Z\n2;9;;bad\n"
    origin = shop.staged_objects([shop.lake.land("otherwise.csv", text, "orders")])
    shop.merge(origin)
    assert totals(shop) == {"source": 1, "quarantined": 1, "live": 0}
    whole = shop.plan
    shop.plan = orders(spoiled(("format: csv\n", 'format: csv\n    delimiter: ";"\n')))
    batch = replayed(shop, origin)
    assert (batch.taken, batch.rows, batch.source) == (1, 2, 2)
    shop.plan = whole
    assert shop.merge(batch, run="run-2") == {"inserted": 1, "quarantined": 1}
    assert totals(shop) == {"source": 2, "inserted": 1, "quarantined": 1, "live": 1}


def test_records_that_could_not_be_read_are_read_again(shop: Shop) -> None:
    torn = b"order_id,amount,email,state,changed_at\n1,1\n2,1,a@b,open,2026-01-01T00:00:00Z\n3\n"
    origin = shop.staged_objects([shop.lake.land("torn.csv", torn, "orders")])
    shop.merge(origin)
    batch = replayed(shop, origin)
    assert (batch.taken, batch.rows, batch.unreadable) == (2, 0, 2)
    shop.merge(batch, run="run-2")
    found = shop.lake.rows(shop.plan.quarantine_table, batch_id=batch.batch_id)
    assert sorted((row["position"], row["record"]) for row in found) == [(1, '"1,1"'), (3, '"3"')]


def test_a_row_that_bronze_has_lost_is_not_lost_without_a_word(shop: Shop) -> None:
    origin = shop.staged(order(1, 1, amount="500"))
    shop.merge(origin)
    batch = shop.ledger.open_replay("run-2", origin.batch_id)
    assert batch is not None
    open_table(shop.plan.bronze_table).delete(f"_batch_id = '{origin.batch_id}'")
    with pytest.raises(AuditFailed, match="has 0 of 1"):
        restaged(shop, batch)
