"""What a commit asks of Glue and S3, and what it leaves in the table's metadata."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.io import FileIO
from pyiceberg.manifest import UNASSIGNED_SEQ, ManifestEntryStatus, ManifestFile
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Snapshot

from dataplatform.adapters import s3_sending
from dataplatform.adapters.iceberg import kept
from dataplatform.adapters.iceberg.commits import changing
from dataplatform.adapters.iceberg.glue import CommittingGlue
from dataplatform.adapters.iceberg.kept import DecodedManifests, ReadLists
from dataplatform.adapters.iceberg.staging import has_files
from dataplatform.adapters.iceberg.tables import open_table
from dataplatform.adapters.s3_objects import put
from tests.unit.support.deaths import answers_lost
from tests.unit.support.merges import Shop, order


def note(table: Table, value: str) -> None:
    with changing(table) as transaction:
        transaction.set_properties({"weir.noted": value})


def noted(shop: Shop) -> str | None:
    return open_table(shop.plan.silver_table).properties.get("weir.noted")


def counting(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> list[object]:
    """Note each call of a method."""
    calls: list[object] = []
    original: Callable[..., Any] = getattr(owner, name)

    def counted(self: Any, *args: Any, **named: Any) -> Any:
        calls.append(self)
        return original(self, *args, **named)

    monkeypatch.setattr(owner, name, counted)
    return calls


def test_what_was_loaded_is_committed_without_asking_glue_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = open_table(shop.plan.silver_table)
    asked = counting(monkeypatch, CommittingGlue, "_get_glue_table")
    note(table, "one")
    assert not asked
    note(table, "two")
    assert asked, "which version it has since its own commit Glue didn't say"
    assert noted(shop) == "two"


def test_a_commit_on_what_another_has_replaced_is_refused(shop: Shop) -> None:
    mine, others = (open_table(shop.plan.silver_table) for _ in range(2))
    note(others, "theirs")
    with pytest.raises(CommitFailedException):
        note(mine, "mine")
    assert noted(shop) == "theirs"
    mine.refresh()
    note(mine, "mine")
    assert noted(shop) == "mine"


@pytest.mark.parametrize("operation", ["UpdateTable", "PutObject"])
def test_a_commit_whose_answers_were_lost_stands(shop: Shop, operation: str) -> None:
    """boto3 asks again, and what is refused then is its own doing."""
    batch = shop.staged(order(1, 1))
    with answers_lost(operation) as lost:
        assert shop.merge(batch) == {"inserted": 1}
    assert lost
    assert set(shop.rows()) == {1}
    assert shop.merged(order(1, 2), order(2, 1)) == {"inserted": 1, "updated": 1}


def test_a_commit_whose_answer_was_lost_stands_below_anothers(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the next commit stands on isn't deleted as if it had been refused."""
    shop.merged(order(1, 1))
    batch = shop.staged(order(2, 1))
    update = GlueCatalog._update_glue_table

    def lost(self: GlueCatalog, *args: Any, **named: Any) -> None:
        monkeypatch.setattr(GlueCatalog, "_update_glue_table", update)
        update(self, *args, **named)
        note(open_table(shop.plan.silver_table), "theirs")
        update(self, *args, **named)

    monkeypatch.setattr(GlueCatalog, "_update_glue_table", lost)
    assert shop.merge(batch) == {"inserted": 1}
    assert noted(shop) == "theirs"
    table = open_table(shop.plan.silver_table)
    current = table.metadata.current_snapshot()
    assert current is not None
    named = [current.manifest_list, *(each.manifest_path for each in current.manifests(table.io))]
    assert all(table.io.new_input(location).exists() for location in named)
    assert set(shop.rows()) == {1, 2}


@pytest.mark.parametrize("refused", ["-m0.avro", "/snap-", ".metadata.json"])
def test_no_commit_names_a_file_that_s3_has_refused(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    shop.merged(order(1, 1))
    before = open_table(shop.plan.silver_table).metadata_location
    batch = shop.staged(order(2, 1))

    def refusing(location: str, body: bytes, *, overwrite: bool) -> None:
        if refused in location.removeprefix("s3://"):
            raise PermissionError(location)
        put(location, body, overwrite=overwrite)

    with monkeypatch.context() as patched:
        patched.setattr(s3_sending, "put", refusing)
        with pytest.raises(PermissionError):
            shop.merge(batch)
    assert open_table(shop.plan.silver_table).metadata_location == before
    assert shop.merge(batch, request="r2") == {"inserted": 1}
    assert set(shop.rows()) == {1, 2}


def test_manifests_of_deleted_files_alone_are_left_behind(shop: Shop) -> None:
    for version in range(1, 4):
        shop.merged(order(1, version))
    table = open_table(shop.plan.silver_table)
    current = table.metadata.current_snapshot()
    assert current is not None
    manifests = current.manifests(table.io)
    dead = [each for each in manifests if not has_files(each)]
    assert [each.added_snapshot_id for each in dead] == [current.snapshot_id]
    assert len(manifests) == 2
    assert shop.rows()[1]["_sequence"] == 3


def test_a_manifest_is_decoded_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    for version in range(1, 3):
        shop.merged(order(1, version), order(version + 1, 1))
    table = open_table(shop.plan.silver_table)
    current = table.metadata.current_snapshot()
    assert current is not None
    (dead,) = (each for each in current.manifests(table.io) if not has_files(each))
    decoded: list[str] = []
    decode = kept._decoded

    def decoding(manifest: ManifestFile, io: FileIO, discard_deleted: bool) -> Any:
        decoded.append(manifest.manifest_path)
        return decode(manifest, io, discard_deleted)

    monkeypatch.setattr(kept, "_decoded", decoding)
    known = DecodedManifests()
    assert known.entries(dead, table.io, live=True) == []
    (entry,) = known.entries(dead, table.io, live=False)
    assert entry.status == ManifestEntryStatus.DELETED
    assert decoded == [dead.manifest_path]
    assert DecodedManifests(limit=1).entries(dead, table.io, live=False) == [entry]

    uncommitted = ManifestFile.from_args(
        **{name: getattr(dead, name) for name in ("manifest_path", "manifest_length")},
        partition_spec_id=0,
        content=dead.content,
        sequence_number=UNASSIGNED_SEQ,
        added_snapshot_id=dead.added_snapshot_id,
    )
    fresh = DecodedManifests()
    fresh.entries(uncommitted, table.io, live=False)
    fresh.entries(uncommitted, table.io, live=False)
    assert len(decoded) == 4, "its entries have no sequence number to keep yet"


def test_a_list_of_manifests_is_read_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.merged(order(1, 1))
    table = open_table(shop.plan.silver_table)
    current = table.metadata.current_snapshot()
    assert current is not None
    found: list[str] = []
    read = kept._read

    def reading(snapshot: Snapshot, io: FileIO) -> list[ManifestFile]:
        found.append(snapshot.manifest_list)
        return read(snapshot, io)

    monkeypatch.setattr(kept, "_read", reading)
    lists = ReadLists()
    first = lists.manifests(current, table.io)
    first.clear()
    assert [each.existing_rows_count for each in lists.manifests(current, table.io)] == [0]
    assert len(found) == 1
    assert ReadLists(limit=1).manifests(current, table.io) == lists.manifests(current, table.io)
    assert len(found) == 2
