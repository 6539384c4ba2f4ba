"""Gold models on Spark: compared, exported and published."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from dataplatform.gold.due import ChangedRows
from dataplatform.gold.engine import Told
from dataplatform.gold.records import ACTION, DELETE, Counts, ExportedFile
from dataplatform.naming import CHANGE_COLUMN
from dataplatform.plans.model import GoldModel, fill
from glue_jobs import tables
from glue_jobs.runtime import client
from glue_jobs.transforms import gold


@dataclass(frozen=True)
class SparkChanges:
    """Changed rows of a model, persisted in Spark."""

    spark: SparkSession
    model: GoldModel
    rows: DataFrame
    counts: Counts
    base: int | None

    def require_unique(self) -> None:
        """Refuse rows that share a key; AuditFailed with one such key."""
        gold.require_unique(self.model, self.rows)

    def publish(self, changes: str, told: Told) -> None:
        """Append them to the changes table, then write them to the model's, by the audit branch."""
        self._write(told(*self._append(changes)))

    def _append(self, table: str) -> tuple[int, list[ExportedFile]]:
        """Append them to the changes table; that commit's snapshot and files.

        A plain `write.parquet("s3://…")` would leave files of killed tasks beside the good ones,
        and needs a file system that differs between Spark distributions. An Iceberg append commits
        an exact list of files through the catalogue's own S3 access.
        """
        change = F.when(F.col(ACTION) == DELETE, "delete").otherwise("upsert")
        view = f"weir_export_{self.model.name}"
        self.rows.withColumn(CHANGE_COLUMN, change).createOrReplaceTempView(view)
        target = tables.qualified(table)
        tables.append(self.spark, view, target, (*self._columns, CHANGE_COLUMN))
        snapshot = tables.published_snapshots(self.spark, table)[0].snapshot_id
        files = self.spark.sql(
            "SELECT data_file.file_path AS path, data_file.file_size_in_bytes AS size "
            f"FROM {target}.all_entries WHERE status = 1 AND snapshot_id = {snapshot}"
        ).collect()
        return snapshot, [ExportedFile(row.path, row.size) for row in files]

    def _write(self, properties: Mapping[str, str]) -> None:
        """Write them to the model's table in one commit, by way of the audit branch."""
        counts = self.counts
        view = f"weir_gold_changes_{self.model.name}"
        self.rows.createOrReplaceTempView(view)

        def write(branch: str) -> None:
            if counts.updated or counts.deleted:
                # Spark 4.1 finds no plan for a MERGE whose source reads tables by way of a view
                # (`No plan for TableReference`). A checkpoint of the cached rows reads none.
                self.rows.localCheckpoint().createOrReplaceTempView(view)
                self.spark.sql(gold.merge_sql(self.model, branch, view))
            else:
                tables.append(self.spark, view, branch, self._columns)

        tables.publish(
            self.spark,
            self.model.table,
            write=write,
            properties=properties,
            expected_rows=lambda before: before + counts.inserted - counts.deleted,
            base=self.base,
        )

    @property
    def _columns(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.model.columns)


@dataclass(frozen=True)
class SparkGold:
    """The gold engine of one Spark session."""

    spark: SparkSession

    def open(self, tables: Iterable[str]) -> None:
        """Nothing: Spark's catalogue looks a table up when it is read."""

    def snapshots(self, table: str) -> Sequence[tables.Snapshot]:
        """Published snapshots, newest first."""
        return tables.published_snapshots(self.spark, table)

    def rows(self, table: str) -> int:
        """Rows that readers see."""
        return tables.live_rows(self.spark, table)

    @contextmanager
    def changes(self, model: GoldModel, changed: ChangedRows | None) -> Iterator[SparkChanges]:
        """Compute the model and compare it with its table; `changed` as in `GoldEngine`."""
        sql = self._changed_only(model, changed) if changed else model.full_sql
        base = tables.newest(tables.loaded(self.spark, model.table))
        current = self.spark.table(tables.qualified(model.table))
        compared = gold.compare(model, self.spark.sql(sql), current, whole=changed is None)
        rows = compared.persist()
        try:
            yield SparkChanges(self.spark, model, rows, gold.count(rows), base)
        finally:
            rows.unpersist()

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """Write an object."""
        client("s3").put_object(Bucket=bucket, Key=key, Body=body)

    def _changed_only(self, model: GoldModel, changed: ChangedRows) -> str:
        view = f"weir_changed_{model.name}"
        read(self.spark, changed).createOrReplaceTempView(view)
        return fill(model.sql, changed=view)


def read(spark: SparkSession, changed: ChangedRows) -> DataFrame:
    """The rows that a model hasn't seen."""
    table = tables.qualified(changed.table)
    if changed.sequence is not None:
        return spark.sql(f"SELECT * FROM {table} WHERE _sequence > {changed.sequence}")
    if changed.until == changed.snapshot:
        return spark.table(table).limit(0)  # Iceberg refuses a range of no snapshots
    appended = spark.read.format("iceberg").option("start-snapshot-id", changed.snapshot)
    return appended.option("end-snapshot-id", changed.until).load(table)
