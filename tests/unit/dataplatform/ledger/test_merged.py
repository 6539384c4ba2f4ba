"""What stands in silver of a list of batches is told once, whoever committed it."""

from __future__ import annotations

import pytest

from dataplatform.errors import BooksUnbalanced, LeaseHeld
from dataplatform.ledger import Ledger
from dataplatform.ledger.commits import commit_properties
from dataplatform.ledger.merged import Merged
from dataplatform.ledger.records import Batch, Lease, Outcomes, TableSize, table_lease
from tests.unit.support.ledgers import landed

SIZE = TableSize(files=1, bytes=10)


@pytest.fixture
def lease(ledger: Ledger) -> Lease:
    return ledger.acquire_lease(table_lease("silver.products"), "silver", 60)


def staged(ledger: Ledger, name: str, rows: int) -> Batch:
    one = landed(name)
    ledger.register_object(one)
    batch = ledger.open_batch("r1", "products", [one])
    ledger.batch_staged(batch.batch_id, source=rows, unreadable=0, rows=rows)
    return batch


def test_what_was_committed_and_not_told_is_not_merged_again(ledger: Ledger, lease: Lease) -> None:
    first, second = staged(ledger, "a.csv", 3), staged(ledger, "b.csv", 2)
    counted = {first.batch_id: Outcomes(inserted=2, duplicate=1)}
    published = [commit_properties(counted, 4, {first.batch_id: 1}), {}]

    done = Merged.recovered(published, [first, second])
    assert done.left([first, second]) == [second]
    later = Merged(counted={second.batch_id: Outcomes(updated=2)}, sequence=5)
    both = done.followed_by(later)
    told = both.publish(ledger, [first, second], live=2, size=SIZE, lease=lease)

    assert told == Outcomes(inserted=2, updated=2, duplicate=1)
    totals = ledger.totals("products")
    assert totals.balanced
    assert (totals.source, totals.sequence, totals.warned) == (5, 5, 1)


def test_telling_it_twice_adds_nothing(ledger: Ledger, lease: Lease) -> None:
    batch = staged(ledger, "a.csv", 1)
    done = Merged(counted={batch.batch_id: Outcomes(inserted=1)}, sequence=1)
    for _ in range(2):
        done.publish(ledger, [batch], live=1, size=SIZE, lease=lease)
    assert ledger.totals("products").source == 1


def test_a_batch_whose_records_are_not_all_counted_is_not_published(
    ledger: Ledger, lease: Lease
) -> None:
    batch = staged(ledger, "a.csv", 2)
    done = Merged(counted={batch.batch_id: Outcomes(inserted=1)}, sequence=1)
    with pytest.raises(BooksUnbalanced):
        done.publish(ledger, [batch], live=1, size=SIZE, lease=lease)
    assert ledger.batch(batch.batch_id).state == "staged"


def test_with_the_last_batch_the_lease_is_given_back(ledger: Ledger, lease: Lease) -> None:
    first, second = staged(ledger, "a.csv", 1), staged(ledger, "b.csv", 2)
    half = {first.batch_id: Outcomes(inserted=1), second.batch_id: Outcomes(inserted=1)}
    with pytest.raises(BooksUnbalanced):
        Merged(counted=half, sequence=1).publish(
            ledger, [first, second], live=2, size=SIZE, lease=lease
        )
    assert ledger.batch(first.batch_id).state == "published"
    assert ledger.lease_holder(lease.name) == lease

    whole = {**half, second.batch_id: Outcomes(inserted=2)}
    Merged(counted=whole, sequence=1).publish(
        ledger, [first, second], live=3, size=SIZE, lease=lease
    )
    assert ledger.lease_holder(lease.name) is None
    assert ledger.totals("products").source == 3


def test_who_has_lost_the_lease_publishes_nothing(ledger: Ledger, lease: Lease) -> None:
    batch = staged(ledger, "a.csv", 1)
    ledger.release_lease(lease.name, lease.owner)
    later = ledger.acquire_lease(lease.name, "another", 60)
    done = Merged(counted={batch.batch_id: Outcomes(inserted=1)}, sequence=1)
    with pytest.raises(LeaseHeld, match="held by another"):
        done.publish(ledger, [batch], live=1, size=SIZE, lease=lease)
    assert ledger.batch(batch.batch_id).state == "staged"
    assert ledger.lease_holder(lease.name) == later
