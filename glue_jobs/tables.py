"""Iceberg tables as the jobs use them: stage on a branch, audit, publish.

Snapshot properties make a commit find itself again: a job that is killed after its commit and
started anew reads from the table what it had done.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pyspark.sql import SparkSession

from dataplatform.errors import AuditFailed
from dataplatform.naming import AUDIT_BRANCH, CATALOG, BronzeColumn
from dataplatform.overtaken import overtaken
from glue_jobs.snapshot_properties import commit_with

_MAIN: Final = "main"
_NOT_AN_ANCESTOR: Final = "is not an ancestor of"
"""What Iceberg says where `main` has moved since the branch was made; the error has no class."""

_CONFLICTS: Final = "conflicting"
"""What Iceberg says, in several sentences, where a commit changes what another has changed."""

AS_THEY_COME: Final = {
    # Every row is of one partition: Iceberg would send them all to one task, and sort them.
    "distribution-mode": "none",
    "fanout-enabled": "true",
}
"""Options of a write to one partition."""

QUARANTINE_COLUMNS: Final = (
    "dataset",
    "batch_id",
    "run_id",
    "object",
    "version",
    "position",
    "record",
    "reasons",
    "quarantined_at",
)


@dataclass(frozen=True)
class Snapshot:
    """One published snapshot."""

    snapshot_id: int
    summary: Mapping[str, str]


def qualified(table: str) -> str:
    """`glue_catalog.weir_dev_silver.sales`"""
    return f"{CATALOG}.{table}"


def published_snapshots(spark: SparkSession, table: str) -> list[Snapshot]:
    """Snapshots that readers of `main` have seen, newest first; staged ones are left out.

    Asked of Iceberg's own API: the metadata tables answer the same, each time by a Spark job. Its
    metadata come as one text: each entry of each summary would be two questions to the JVM.
    """
    current = loaded(spark, table).operations().current()
    told = json.loads(_iceberg(spark).TableMetadataParser.toJson(current))
    by_id = {snapshot["snapshot-id"]: snapshot for snapshot in told.get("snapshots", ())}
    found = []
    snapshot = by_id.get(told.get("current-snapshot-id"))
    while snapshot is not None:
        summary = {k: v for k, v in snapshot.get("summary", {}).items() if k != "operation"}
        found.append(Snapshot(snapshot["snapshot-id"], summary))
        snapshot = by_id.get(snapshot.get("parent-snapshot-id"))
    return found


def live_rows(spark: SparkSession, table: str) -> int:
    """Rows that readers see; `table` as in `publish`."""
    return _rows(spark, table, loaded(spark, table), _MAIN)


def count_rows(spark: SparkSession, table: str) -> int:
    """Rows that readers see; Iceberg answers from metadata where no row-level deletes stand."""
    return int(spark.sql(f"SELECT count(*) FROM {table}").first()[0])  # type: ignore[index]


def publish(
    spark: SparkSession,
    table: str,
    *,
    write: Callable[[str], None],
    properties: Mapping[str, str],
    expected_rows: Callable[[int], int],
    base: int | None,
) -> int:
    """Stage rows on the audit branch, count them, and make them visible only if the count is right.

    Args:
        table: `database.table`.
        write: writes to the branch whose qualified name it is given.
        properties: snapshot properties of each of its commits, which readers see at once.
        expected_rows: from the rows before, the rows that there must be after.
        base: the snapshot from which it was told what is to be written; None where there was none.

    Returns:
        The rows of the published table.

    Raises:
        AuditFailed: the branch holds another number of rows; `main` is as it was.
        Overtaken: `main` isn't that snapshot any more.
    """
    held = loaded(spark, table)
    before = _rows(spark, table, held, _MAIN)
    stage(table, held, base)
    commit_with(spark, properties, lambda: write(branch(table, AUDIT_BRANCH)))
    held.refresh()
    found, expected = _rows(spark, table, held, AUDIT_BRANCH), expected_rows(before)
    if found != expected:
        raise AuditFailed(
            f"{table}: the staged rows are {found}, counted were {expected} (before: {before})",
            why="Nothing was published: readers still see the table as it was.",
            remedy=f"Look at the branch '{AUDIT_BRANCH}' of the table; the next run stages anew.",
        )
    published = held.manageSnapshots()
    try:
        published.fastForwardBranch(_MAIN, AUDIT_BRANCH).removeBranch(AUDIT_BRANCH).commit()
    except Exception as error:  # Spark's own or Java's, by what it comes through
        if _NOT_AN_ANCESTOR in str(error):
            raise overtaken(table) from error
        raise
    return found


def stage(table: str, held: Any, base: int | None) -> None:
    """Begin the audit branch of Iceberg's table at a snapshot, where `main` must still be.

    A job that stood still may have lost the table's lease: whoever has it since has published.

    Raises:
        Overtaken: it isn't there any more.
    """
    if newest(held) != base:
        raise overtaken(table)
    drop_staged(held)
    held.manageSnapshots().createBranch(AUDIT_BRANCH).commit()


def newest(held: Any) -> int | None:
    """The snapshot that readers of Iceberg's table see; None where nothing was ever published."""
    current = held.currentSnapshot()
    return None if current is None else int(current.snapshotId())


def drop_staged(held: Any) -> None:
    """Drop the audit branch where there is one.

    A job killed between staging and publishing leaves its branch behind. It is dropped, since a
    branch can't be replaced by that of a table without rows so far.
    """
    if held.refs().containsKey(AUDIT_BRANCH):
        held.manageSnapshots().removeBranch(AUDIT_BRANCH).commit()


def merge(spark: SparkSession, table: str, sql: str, properties: Mapping[str, str]) -> None:
    """Run a MERGE as one commit to a table that others append to meanwhile.

    Raises:
        Overtaken: another has written what the MERGE read; nothing was changed.
    """
    try:
        commit_with(spark, properties, lambda: spark.sql(sql))
    except Exception as error:  # Spark's own or Java's, by what it comes through
        if _CONFLICTS in str(error):
            raise overtaken(table) from error
        raise


def batches(spark: SparkSession, table: str) -> frozenset[str]:
    """Batches of which a bronze table has rows; its metadata knows."""
    batch = BronzeColumn.BATCH_ID.value
    rows = spark.sql(f"SELECT DISTINCT partition.{batch} FROM {qualified(table)}.partitions")
    return frozenset(row[0] for row in rows.collect())


def commit_alone(spark: SparkSession, table: str, properties: Mapping[str, str]) -> None:
    """Commit properties without a row."""
    append = loaded(spark, table).newFastAppend()
    for name, value in properties.items():
        append.set(name, value)
    append.commit()


def append(spark: SparkSession, view: str, target: str, columns: tuple[str, ...]) -> None:
    """Append a view's columns by name."""
    names = ", ".join(columns)
    spark.sql(f"INSERT INTO {target} ({names}) SELECT {names} FROM {view}")


def loaded(spark: SparkSession, table: str) -> Any:
    """Iceberg's own table, as it is now."""
    util = _iceberg(spark).spark.Spark3Util
    found = util.loadIcebergTable(spark._jsparkSession, qualified(table))
    found.refresh()
    return found


def _rows(spark: SparkSession, table: str, held: Any, name: str) -> int:
    """Rows of a branch, by its list of manifests; by Spark where deletes stand beside the rows."""
    snapshot = held.snapshot(name)
    if snapshot is None:
        return 0
    counts = [0]
    for manifest in snapshot.dataManifests(held.io()):
        counts += [manifest.addedRowsCount(), manifest.existingRowsCount()]
    if None in counts or not snapshot.deleteManifests(held.io()).isEmpty():
        return count_rows(spark, branch(table, name))
    return sum(counts)


def branch(table: str, name: str) -> str:
    """A branch of a table as SQL names it."""
    return f"{qualified(table)}.branch_{name}"


def _iceberg(spark: SparkSession) -> Any:
    jvm = spark.sparkContext._jvm
    assert jvm is not None
    return jvm.org.apache.iceberg
