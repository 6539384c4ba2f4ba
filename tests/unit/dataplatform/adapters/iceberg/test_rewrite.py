"""Small files joined on a lake over moto: fewer files, the same rows, and nobody disturbed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
import pytest
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.table import Table

from dataplatform.adapters.iceberg import rewrite
from dataplatform.adapters.iceberg.glue import CommittingGlue
from dataplatform.adapters.iceberg.rewrite import (
    MANY_MANIFESTS,
    Files,
    Joined,
    Layout,
    commit,
    join,
)
from dataplatform.adapters.iceberg.tables import committed, open_table
from dataplatform.errors import AuditFailed
from dataplatform.maintenance.bins import MIN_FILES
from dataplatform.plans.model import Column
from tests.unit.support.lakes import COLUMNS, Lake, plan_of, stores
from tests.unit.support.small_batches import append, publish

SILVER = stores().silver_table
BATCHES = 12


def layout(name: str = SILVER) -> Layout:
    return Files(open_table(name)).layout


def joined(table: Table) -> list[Joined]:
    return [join(table, group) for group in Files(table).small()]


def rows(lake: Lake, name: str = SILVER) -> list[dict[str, Any]]:
    return sorted(lake.rows(name), key=lambda row: int(row["store_id"]))


@pytest.fixture
def busy(lake: Lake) -> Lake:
    for number in range(BATCHES):
        publish(SILVER, number)
    return lake


def test_many_small_files_become_one_with_the_same_rows(busy: Lake) -> None:
    before, rows_before = layout(), rows(busy)
    table = open_table(SILVER)
    assert commit(table, joined(table)) == []
    after = layout()
    assert (before.files, before.manifests) == (BATCHES, BATCHES)
    assert (after.files, after.manifests, after.rows) == (1, 2, before.rows)
    assert rows(busy) == rows_before


def test_a_row_that_is_lost_in_joining_stops_it(
    busy: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = rewrite._rows

    def losing_a_row(*args: Any) -> Iterator[pa.RecordBatch]:
        first, *others = read(*args)
        yield first[1:]
        yield from others

    monkeypatch.setattr(rewrite, "_rows", losing_a_row)
    with pytest.raises(AuditFailed, match=f"{2 * BATCHES} rows were read .* {2 * BATCHES - 1}"):
        joined(open_table(SILVER))


def test_the_commit_says_that_no_row_changed(busy: Lake) -> None:
    table = open_table(SILVER)
    commit(table, joined(table))
    snapshot = open_table(SILVER).current_snapshot()
    assert snapshot is not None and snapshot.summary is not None
    assert snapshot.summary.operation.value == "replace"
    assert snapshot.summary["total-records"] == str(2 * BATCHES)
    assert snapshot.summary["total-data-files"] == "1"


def test_what_earlier_commits_say_is_still_found(busy: Lake) -> None:
    table = open_table(SILVER)
    commit(table, joined(table))
    found = committed(open_table(SILVER), "stores-3")
    assert found is not None and found["weir.sequence"] == "3"


def test_a_second_time_there_is_nothing_to_do(busy: Lake) -> None:
    table = open_table(SILVER)
    commit(table, joined(table))
    again = Files(open_table(SILVER))
    assert again.small() == []
    assert not again.many_manifests


def test_rows_stay_in_their_partition(empty_lake: Lake) -> None:
    plan = stores(partition_by=("city",))
    empty_lake.migrate(plan_of(plan))
    for number in range(BATCHES):
        publish(SILVER, number, city="Bilbao" if number % 2 else "Vigo")
    table = open_table(SILVER)
    commit(table, joined(table))
    assert layout().files == 2
    (only,) = open_table(SILVER).scan(row_filter="city = 'Vigo'").plan_files()
    assert only.file.record_count == BATCHES
    assert {row["city"] for row in empty_lake.rows(SILVER, city="Vigo")} == {"Vigo"}


def test_files_written_before_a_column_was_added_get_it(busy: Lake) -> None:
    wider = stores(columns=(*COLUMNS, Column(name="region", type="string")))
    busy.migrate(plan_of(wider))
    publish(SILVER, BATCHES)
    table = open_table(SILVER)
    commit(table, joined(table))
    assert layout().files == 1
    assert {row["region"] for row in rows(busy)} == {None}


def test_manifests_are_joined_where_files_need_not_be(empty_lake: Lake) -> None:
    empty_lake.migrate(plan_of(stores(partition_by=("city",))))
    for number in range(MANY_MANIFESTS):
        publish(SILVER, number, city=f"city {number}")
    files = Files(open_table(SILVER))
    assert files.small() == [] and files.many_manifests
    commit(open_table(SILVER), [])
    assert layout() == Layout(
        rows=2 * MANY_MANIFESTS, files=MANY_MANIFESTS, bytes=files.layout.bytes, manifests=1
    )


def test_what_a_writer_adds_meanwhile_stays(busy: Lake) -> None:
    table = open_table(SILVER)
    done = joined(table)
    publish(SILVER, BATCHES)
    assert commit(table, done) == []
    assert layout().files == 2
    assert len(rows(busy)) == 2 * (BATCHES + 1)


def test_what_a_writer_replaces_meanwhile_is_given_up(busy: Lake) -> None:
    table = open_table(SILVER)
    done = joined(table)
    first = open_table(SILVER)
    commit(first, joined(first))
    assert commit(table, done) == done
    assert len(rows(busy)) == 2 * BATCHES


def test_a_commit_that_comes_first_wins(busy: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    table = open_table(SILVER)
    done = joined(table)
    _before_the_next_commit(monkeypatch, lambda: publish(SILVER, BATCHES))
    with pytest.raises(CommitFailedException):
        commit(table, done)
    assert commit(open_table(SILVER), done) == []
    assert len(rows(busy)) == 2 * (BATCHES + 1)


def test_bronze_keeps_a_file_for_each_batch(lake: Lake) -> None:
    bronze = stores().bronze_table
    for number in range(2 * MIN_FILES):
        batch = f"b{number}"
        row: dict[str, Any] = {
            "_batch_id": batch,
            "_object": "o",
            "_version": "v",
            "_checksum": "c",
        }
        row |= {"_position": 1, "_arrived_at": 0, "_op": "insert"}
        append(bronze, batch, [row], {"_batch_id": batch})
    assert Files(open_table(bronze)).small() == []


def _before_the_next_commit(monkeypatch: pytest.MonkeyPatch, first: Callable[[], None]) -> None:
    """Let another writer be faster, once, after the table was read for the last time."""
    original = CommittingGlue.commit_table

    def commit_table(*arguments: Any, **named: Any) -> Any:
        monkeypatch.setattr(CommittingGlue, "commit_table", original)
        first()
        return original(*arguments, **named)

    monkeypatch.setattr(CommittingGlue, "commit_table", commit_table)
