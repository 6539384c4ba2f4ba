"""Snapshots forgotten and files without an owner found, on a lake over moto."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dataplatform.adapters.iceberg.maintenance import (
    ListingIncomplete,
    delete,
    expirable,
    forget,
    orphans,
)
from dataplatform.adapters.iceberg.rewrite import Files, commit, join
from dataplatform.adapters.iceberg.tables import committed, open_table
from dataplatform.maintenance.history import Needs
from tests.unit.support.lakes import Lake, stores
from tests.unit.support.small_batches import publish

SILVER = stores().silver_table
KEPT = 20
"""Snapshots that the tables' own properties keep, however old."""

LATER = datetime.now(UTC) + timedelta(days=8)


@pytest.fixture
def busy(lake: Lake) -> Lake:
    for number in range(KEPT + 4):
        publish(SILVER, number)
    return lake


def test_old_snapshots_go_and_rows_stay(busy: Lake) -> None:
    assert forget(open_table(SILVER), Needs(), now=LATER) == 4
    assert busy.snapshots(SILVER) == KEPT
    assert len(busy.rows(SILVER)) == 2 * (KEPT + 4)
    assert forget(open_table(SILVER), Needs(), now=LATER) == 0


def test_snapshots_of_the_last_week_stay(busy: Lake) -> None:
    assert forget(open_table(SILVER), Needs(), now=datetime.now(UTC)) == 0


def test_a_batch_that_the_ledger_waits_for_is_still_found_afterwards(busy: Lake) -> None:
    needs = Needs(batches=frozenset({"stores-2"}))
    assert forget(open_table(SILVER), needs, now=LATER) == 2
    assert committed(open_table(SILVER), "stores-2") is not None
    assert committed(open_table(SILVER), "stores-1") is None


def test_what_a_branch_leads_to_stays_and_what_was_staged_and_dropped_goes(busy: Lake) -> None:
    table = open_table(SILVER)
    head = table.metadata.current_snapshot_id
    assert head is not None
    table.manage_snapshots().create_branch(head, "audit").commit()
    publish(SILVER, 99)
    with open_table(SILVER).manage_snapshots() as manage:
        manage.set_current_snapshot(snapshot_id=head)
    staged = [s.snapshot_id for s in open_table(SILVER).metadata.snapshots][-1]
    assert staged in expirable(open_table(SILVER).metadata, Needs(), now=LATER)
    waiting = Needs(batches=frozenset({"stores-99"}))
    assert staged not in expirable(open_table(SILVER).metadata, waiting, now=LATER)
    table = open_table(SILVER)
    table.manage_snapshots().create_branch(staged, "other").commit()
    assert staged not in expirable(open_table(SILVER).metadata, Needs(), now=LATER)


def test_a_table_in_use_has_no_orphans(busy: Lake) -> None:
    table = open_table(SILVER)
    commit(table, [join(table, group) for group in Files(table).small()])
    assert orphans(open_table(SILVER), busy.s3, before=LATER) == []


def test_what_only_forgotten_snapshots_named_is_found_and_deleted(busy: Lake) -> None:
    table = open_table(SILVER)
    commit(table, [join(table, group) for group in Files(table).small()])
    for number in range(KEPT):
        publish(SILVER, 100 + number)
    forget(open_table(SILVER), Needs(), now=LATER)
    table = open_table(SILVER)
    found = orphans(table, busy.s3, before=LATER)
    parquet = [orphan for orphan in found if orphan.key.endswith(".parquet")]
    assert len(parquet) == KEPT + 4
    rows = busy.rows(SILVER)
    delete(table, busy.s3, found)
    assert busy.rows(SILVER) == rows
    assert orphans(open_table(SILVER), busy.s3, before=LATER) == []


def test_what_a_writer_has_not_yet_committed_is_too_young(busy: Lake) -> None:
    busy.s3.put_object(Bucket="silver", Key="stores/data/left.parquet", Body=b"rows")
    recent = datetime.now(UTC) - timedelta(days=3)
    assert orphans(open_table(SILVER), busy.s3, before=recent) == []
    (found,) = orphans(open_table(SILVER), busy.s3, before=LATER)
    assert (found.key, found.size) == ("stores/data/left.parquet", 4)


def test_a_neighbour_whose_name_begins_the_same_is_another_table(busy: Lake) -> None:
    busy.s3.put_object(Bucket="silver", Key="stores_history/data/a.parquet", Body=b"rows")
    assert orphans(open_table(SILVER), busy.s3, before=LATER) == []


def test_nothing_is_taken_for_an_orphan_where_the_listing_is_not_the_tables(busy: Lake) -> None:
    table = open_table(SILVER)
    table.metadata_location = table.metadata_location.replace("stores/", "elsewhere/")
    with pytest.raises(ListingIncomplete):
        orphans(table, busy.s3, before=LATER)
