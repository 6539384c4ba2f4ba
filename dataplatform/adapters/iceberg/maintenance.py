"""Snapshots forgotten, and files that no snapshot names found and, where allowed, deleted.

Forgetting touches metadata alone: what only a forgotten snapshot named is a file without an owner
from then on. So there is one place that deletes files of a table.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from pyiceberg.manifest import ManifestFile
from pyiceberg.table import Table, TableProperties
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.snapshots import Snapshot, ancestors_of

from dataplatform.adapters.s3_objects import place
from dataplatform.errors import WeirError
from dataplatform.maintenance.history import Commit, Needs, forgettable

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_THREADS: Final = 16
_DELETE_AT_ONCE: Final = 1000
"""Keys in one DeleteObjects call: S3's limit."""


class ListingIncomplete(WeirError):
    """What S3 lists below a table's location isn't that table."""


class NotDeleted(WeirError):
    """S3 refused to delete files."""


@dataclass(frozen=True)
class Orphan:
    """An object below a table's location that no snapshot of the table names; size in bytes."""

    key: str
    size: int


def forget(table: Table, needs: Needs, *, now: datetime) -> int:
    """Drop snapshots that nobody needs from the table's metadata; how many.

    Raises:
        CommitFailedException: another commit came first; call again.
    """
    found = expirable(table.metadata, needs, now=now)
    if found:
        table.maintenance.expire_snapshots().by_ids(found).commit()
    return len(found)


def expirable(metadata: TableMetadata, needs: Needs, *, now: datetime) -> list[int]:
    """Ids of snapshots that may go, by the table's own properties and what is still asked for.

    Besides the oldest of the main branch these are snapshots that no branch leads to: staged by a
    writer that died, or refused by the audit.
    """
    properties = metadata.properties
    before = int(now.timestamp() * 1000) - int(
        properties.get(
            TableProperties.MAX_SNAPSHOT_AGE_MS, TableProperties.MAX_SNAPSHOT_AGE_MS_DEFAULT
        )
    )
    keep = int(
        properties.get(
            TableProperties.MIN_SNAPSHOTS_TO_KEEP, TableProperties.MIN_SNAPSHOTS_TO_KEEP_DEFAULT
        )
    )
    main = [_commit(each) for each in _ancestors(metadata, "main")]
    old = forgettable(main, needs, before=before, keep=keep)
    others = [_ancestors(metadata, name) for name in metadata.refs if name != "main"]
    elsewhere = {each.snapshot_id for lineage in others for each in lineage}
    led_to = elsewhere | {each.snapshot_id for each in main}
    staged = [
        commit
        for commit in map(_commit, metadata.snapshots)
        if commit.snapshot_id not in led_to and commit.at < before
        if not (needs.exports or commit.batches & needs.batches)
    ]
    return [commit.snapshot_id for commit in (*old, *staged) if commit.snapshot_id not in elsewhere]


def orphans(table: Table, s3: S3Client, *, before: datetime) -> list[Orphan]:
    """Objects older than `before` that no snapshot of the table names.

    `before` must leave writers their time: what they have written and not yet committed looks the
    same.

    Raises:
        ListingIncomplete: the table's own metadata isn't among what is listed.
    """
    bucket, prefix = place(table.metadata.location)
    named = _named(table)
    found, listed = [], set()
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{prefix}/")
    for page in pages:
        for entry in page.get("Contents", []):
            listed.add(entry["Key"])
            if entry["LastModified"] < before and entry["Key"] not in named:
                found.append(Orphan(entry["Key"], entry["Size"]))
    if place(table.metadata_location)[1] not in listed:
        raise ListingIncomplete(
            f"{table.name()}: {table.metadata_location} isn't listed below {prefix}/",
            why="Files that are in use might look as if nobody named them: nothing was deleted.",
            remedy="Compare the table's location in the catalogue with where its files are.",
        )
    return found


def delete(table: Table, s3: S3Client, found: list[Orphan]) -> None:
    """Delete orphans; the bucket keeps them as superseded versions for a while.

    Raises:
        NotDeleted: with the first that S3 refused.
    """
    bucket, _ = place(table.metadata.location)
    for start in range(0, len(found), _DELETE_AT_ONCE):
        keys = [{"Key": orphan.key} for orphan in found[start : start + _DELETE_AT_ONCE]]
        answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})  # type: ignore[typeddict-item]
        for refused in answer.get("Errors", []):
            raise NotDeleted(
                f"{table.name()}: {refused.get('Key')}: {refused.get('Message')}",
                why="Files that nobody names go on costing storage; no reader is touched.",
                remedy="Check that the function may delete objects of the bucket.",
            )


def _named(table: Table) -> set[str]:
    """Keys of all files that the metadata or one of its snapshots names."""
    metadata = table.metadata
    places = {table.metadata_location, *(entry.metadata_file for entry in metadata.metadata_log)}
    places |= {file.statistics_path for file in metadata.statistics}
    places |= {file.statistics_path for file in metadata.partition_statistics}
    places |= {snapshot.manifest_list for snapshot in metadata.snapshots}
    with ThreadPoolExecutor(_THREADS) as threads:
        lists = threads.map(lambda snapshot: snapshot.manifests(table.io), metadata.snapshots)
        manifests = {each.manifest_path: each for listed in lists for each in listed}
        places |= manifests.keys()
        for files in threads.map(lambda each: _files(table, each), manifests.values()):
            places |= files
    return {place(location)[1] for location in places}


def _files(table: Table, manifest: ManifestFile) -> set[str]:
    return {entry.data_file.file_path for entry in manifest.fetch_manifest_entry(table.io)}


def _ancestors(metadata: TableMetadata, branch: str) -> list[Snapshot]:
    """A branch's snapshots, newest first, as far back as the metadata has them."""
    return list(ancestors_of(metadata.snapshot_by_name(branch), metadata))


def _commit(snapshot: Snapshot) -> Commit:
    summary = snapshot.summary
    return Commit(
        snapshot_id=snapshot.snapshot_id,
        at=snapshot.timestamp_ms,
        summary={}
        if summary is None
        else {"operation": summary.operation.value, **summary.additional_properties},
    )
