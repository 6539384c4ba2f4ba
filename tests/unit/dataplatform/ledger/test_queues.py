from __future__ import annotations

from dataplatform.ledger import Ledger
from dataplatform.ledger.audits import AuditNote
from dataplatform.ledger.queues import Queue
from dataplatform.ledger.records import Outcomes
from tests.unit.support.ledgers import landed


def land(ledger: Ledger, minute: int, *, breaks: bool = False) -> None:
    each = landed(f"{minute}.csv", at=f"2026-11-21T09:{minute:02}:00Z", size=10**minute)
    ledger.register_object(each)
    if breaks:
        ledger.hold_back(each, digest="d", why="no id", run_id="run")


def hold(ledger: Ledger) -> None:
    note = AuditNote(run_id="run", dataset="products", state="held", batches=("b",), digest="d")
    ledger.hold_dataset(note, "BatchHeld: products is held")


def test_what_came_after_the_first_that_waits_is_behind_it(ledger: Ledger) -> None:
    land(ledger, 1)
    assert ledger.queued("products", in_order=True) is None, "nothing waits"
    land(ledger, 2, breaks=True)
    assert ledger.queued("products", in_order=True) is None, "what came before it goes on"
    land(ledger, 3)
    land(ledger, 4, breaks=True)
    land(ledger, 5)
    assert ledger.queued("products", in_order=True) == Queue(
        dataset="products",
        behind="products/2.csv",
        since="2026-11-21T09:03:00Z",
        objects=2,
        bytes=101_000,
    )
    assert ledger.queued("products", in_order=False) is None, "the others overtake those that wait"


def test_behind_a_hold_is_all_that_is_due(ledger: Ledger) -> None:
    hold(ledger)
    assert ledger.queued("products", in_order=False) is None, "nothing has landed since"
    land(ledger, 1)
    land(ledger, 2, breaks=True)
    found = ledger.queued("products", in_order=False)
    assert found and (found.behind, found.objects, found.bytes) == ("", 1, 10)


def test_latency_is_of_the_oldest_object_that_is_due_or_in_a_batch_not_published(
    ledger: Ledger,
) -> None:
    assert ledger.unpublished_since(["products"]) == {}
    land(ledger, 2)
    land(ledger, 3)
    assert ledger.unpublished_since(["products"]) == {"products": "2026-11-21T09:02:00Z"}
    batch = ledger.open_batch("run", "products", ledger.due_objects("products"))
    land(ledger, 4)
    assert ledger.unpublished_since(["products", "x"]) == {"products": "2026-11-21T09:02:00Z"}
    ledger.batch_staged(batch.batch_id, source=1, unreadable=0, rows=1)
    ledger.publish_batch(batch.batch_id, Outcomes(inserted=1), sequence=1, live=1)
    assert ledger.unpublished_since(["products"]) == {"products": "2026-11-21T09:04:00Z"}
