"""Any one request of a merge fails for good, before AWS has done it or after: nothing is doubled.

The next attempt has the batches that are left beside the next one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count

from botocore.exceptions import ReadTimeoutError

from dataplatform.adapters.iceberg import maintenance
from dataplatform.adapters.iceberg.kept import kept
from dataplatform.adapters.iceberg.tables import open_table
from dataplatform.ledger.records import Batch, table_lease
from tests.unit.support.deaths import Request, failing, requests
from tests.unit.support.merges import Shop, order

_STAND = 100


def staged(shop: Shop, number: int) -> Batch:
    """A batch with each outcome but a duplicate."""
    return shop.staged(
        order(0, 1, amount=number % 100),
        order(_STAND + number, 1),
        order(number, 2, _op="delete"),
        order("x", 1),
    )


def deleted_orphans(shop: Shop, table: str) -> int:
    """Delete what no snapshot names, as maintenance does once it is old; how much that was."""
    kept.clear()
    later = datetime.now(UTC) + timedelta(days=1)
    opened = open_table(table)
    found = maintenance.orphans(opened, shop.lake.s3, before=later)
    maintenance.delete(opened, shop.lake.s3, found)
    kept.clear()
    return len(found)


def failures(asked: Iterable[Request]) -> Iterator[tuple[Request, bool]]:
    """Requests that change something, and the ledger's answers; and whether AWS had done it.

    Of objects that no commit names yet it is one or the other: nobody reads them.
    """
    for number, request in enumerate(sorted(asked, key=str)):
        if request.operation == "PutObject":
            if "silver" in request.of:
                yield request, number % 2 == 0
        elif request.writes:
            yield from ((request, False), (request, True))
        elif request.operation in ("BatchGetItem", "Query"):
            yield request, False


def test_whichever_request_fails_the_next_attempt_makes_up_for_it(shop: Shop) -> None:
    numbers = count(1)
    shop.merged(*(order(number, 1, amount=100) for number in range(_STAND)))
    shop.merge(staged(shop, next(numbers)))
    batch = staged(shop, next(numbers))
    with requests() as asked:
        shop.merge(batch)
    left: list[Batch] = []
    for request, done in failures(asked):
        number = next(numbers)
        left.append(staged(shop, number))
        with failing(request, done=done) as again, suppress(ReadTimeoutError):
            shop.merge(*left, run=f"run-{number}")
        assert request in again
        left = [batch for batch in left if shop.ledger.batch(batch.batch_id).state == "staged"]
        assert shop.ledger.totals("orders").balanced, request
    shop.merge(*left, staged(shop, batches := next(numbers)), run="last")

    assert not shop.ledger.unfinished_batches()
    assert shop.ledger.lease_holder(table_lease(shop.plan.silver_table)) is None
    assert shop.ledger.totals("orders").source == _STAND + 4 * batches
    assert deleted_orphans(shop, shop.plan.silver_table)
    assert deleted_orphans(shop, shop.plan.quarantine_table)
    rows = {key: int(row["amount"]) for key, row in shop.rows().items()}
    stand = {number: 100 for number in range(batches + 1, _STAND)}
    assert rows == {0: batches, **stand, **{_STAND + n: 1 for n in range(1, batches + 1)}}
    rejected = [row["batch_id"] for row in shop.lake.rows(shop.plan.quarantine_table)]
    assert len(rejected) == len(set(rejected)) == batches
