"""What is held, released and replayed is the same whichever engine the dataset has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dataplatform.errors import BatchHeld
from dataplatform.ledger.records import Batch
from dataplatform.ledger.run_input import ReplayInput
from tests.unit.support.each_engine import PUBLISHING, shop_of
from tests.unit.support.gated import gated
from tests.unit.support.merges import Record, Shop, counts, order
from tests.unit.support.replays import run_replay, waiting


class Died(Exception):
    """The function, or the job, was killed."""


@pytest.fixture(params=["duckdb", "spark", "spark, appended"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def shop(
    aws: None, engine: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shop]:
    """One order is published; of later ones at most one may be closed."""
    with shop_of(engine, request, monkeypatch, gated()) as shop:
        yield shop


def odd(shop: Shop, *more: Record) -> Batch:
    """A batch that breaks the gate, with records that are rejected."""
    closed = [order(key, 1, state="closed") for key in (2, 3)]
    return shop.staged(*closed, order("x", 1), order(4, 1, amount="500"), *more)


def state(shop: Shop) -> tuple[object, ...]:
    rows = shop.lake.rows(shop.plan.quarantine_table)
    return (
        shop.lake.published(shop.plan.silver_table),
        shop.rows(),
        shop.ledger.totals("orders"),
        len(rows),
    )


def released(shop: Shop, batch: Batch, run: str) -> dict[str, int]:
    """What a run does for a person who accepts."""
    return shop.merge(shop.ledger.adopt_batch(batch.batch_id, run), run=run, accept=True)


def killed(call: Callable[..., Any], *, after: bool) -> Callable[..., Any]:
    def once(*arguments: Any, **named: Any) -> Any:
        if after:
            call(*arguments, **named)
        raise Died

    return once


def test_a_broken_gate_leaves_main_quarantine_and_books_as_they_were(shop: Shop) -> None:
    before, batch = state(shop), odd(shop)
    with pytest.raises(BatchHeld, match=r"sql: 2; expected at most 1 \(few are closed\)"):
        shop.merge(batch)
    assert state(shop) == before
    assert shop.ledger.batch(batch.batch_id).state == "staged"
    note = shop.ledger.held()["orders"]
    assert (note.state, note.rows, note.batches) == ("held", 2, (batch.batch_id,))
    assert shop.ledger.stands_still("orders", shop.plan.digest)
    assert "sql: 2" in shop.ledger.failures("run-1")["orders"]

    assert released(shop, batch, "run-2") == {"inserted": 2, "quarantined": 2}
    assert set(shop.rows()) == {1, 2, 3}
    assert len(shop.lake.rows(shop.plan.quarantine_table)) == 2
    assert shop.ledger.totals("orders").balanced
    assert shop.ledger.held() == {}
    accepted = shop.ledger.audit("run-2", "orders")
    assert accepted is not None
    assert (accepted.state, accepted.broken) == ("accepted", note.broken)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_release_that_is_killed_is_a_release_still(
    shop: Shop, engine: str, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    """Killed before its commit it is held as before; after it, the commit is found."""
    batch = odd(shop)
    with pytest.raises(BatchHeld):
        shop.merge(batch)
    owner, name = PUBLISHING[engine]
    with monkeypatch.context() as patched:
        patched.setattr(owner, name, killed(getattr(owner, name), after=after))
        with pytest.raises(Died):
            released(shop, batch, "run-2")
    assert set(shop.rows()) == ({1, 2, 3} if after else {1})
    assert shop.ledger.held(), "nobody has told the ledger yet"
    commits = shop.lake.snapshots(shop.plan.silver_table)

    assert released(shop, batch, "run-3") == {"inserted": 2, "quarantined": 2}
    assert set(shop.rows()) == {1, 2, 3}
    assert not after or shop.lake.snapshots(shop.plan.silver_table) == commits
    assert len(shop.lake.rows(shop.plan.quarantine_table)) == 2, "none twice"
    assert shop.ledger.held() == {}
    assert shop.ledger.totals("orders").balanced


def test_a_replay_is_not_held_and_leaves_each_record_in_one_place(shop: Shop) -> None:
    """Of records as new as each other the later in the file stands, when ever it was taken."""
    twice = [order(key, 1, amount=amount) for key, amount in ((5, 500), (5, 7), (6, 7), (6, 500))]
    batch = odd(shop, *twice)
    with pytest.raises(BatchHeld):
        shop.merge(batch)
    released(shop, batch, "run-2")
    shop.plan = gated(maximum=1000)
    run_replay(shop, "run-3", ReplayInput(dataset="orders"))
    amounts = {key: int(row["amount"]) for key, row in shop.rows().items()}
    assert amounts == {1: 1, 2: 1, 3: 1, 4: 500, 5: 7, 6: 500}
    (row,) = waiting(shop)
    assert (row.position, row.under_way) == (3, False)
    assert row.reasons == ("malformed order_id: 'x' is not bigint",)
    totals = shop.ledger.totals("orders")
    assert totals.balanced
    assert (totals.source, totals.replayed) == (9, 4)
    assert counts(totals.outcomes) == {
        **{"inserted": 6, "updated": 1, "duplicate": 1},
        "quarantined": 1,
    }


def test_a_column_that_a_held_batch_brought_is_there_once_the_contract_has_it(shop: Shop) -> None:
    """It was staged by the contract before: its values lie in bronze's `_extra`."""
    sent = [("2", "closed", "web"), ("3", "closed", ""), ("x", "open", "shop")]
    lines = [f"{key},1,a@b,{state},2026-01-01T00:00:00Z,{channel}" for key, state, channel in sent]
    header = "order_id,amount,email,state,changed_at,channel"
    body = "\n".join([header, *lines, ""]).encode()
    batch = shop.staged_objects([shop.lake.land("odd.csv", body, "orders")])
    with pytest.raises(BatchHeld):
        shop.merge(batch)
    shop.evolve(gated(more="      - {name: channel, logicalType: string}\n"))
    assert released(shop, batch, "run-2") == {"inserted": 2, "quarantined": 1}
    channels = {key: row["channel"] for key, row in shop.rows().items()}
    assert channels == {1: None, 2: "web", 3: None}
    (row,) = waiting(shop)
    assert row.sent["channel"] == "shop"
