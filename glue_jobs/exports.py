"""Changed gold rows for the warehouse: an append-only Iceberg table, a manifest of exact files.

A plain `write.parquet("s3://…")` would leave files of killed tasks beside the good ones, and needs
a file system that differs between Spark distributions. An Iceberg append commits an exact list of
files through the catalogue's own S3 access; the manifest hands COPY that list and nothing else.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from dataplatform.naming import CHANGE_COLUMN, changes_table
from dataplatform.plans.model import GoldModel
from glue_jobs import tables
from glue_jobs.runtime import Job, client
from glue_jobs.transforms.gold import ACTION, DELETE


@dataclass(frozen=True)
class Export:
    """One set of changed rows that the warehouse has to take.

    uri: manifest on S3; "" where nothing changed.
    """

    uri: str
    rows: int

    def to_json(self) -> str:
        """For a snapshot property."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Export:
        """Read what `to_json` wrote."""
        return cls(**json.loads(text))


def export(job: Job, model: GoldModel, changes: DataFrame, rows: int) -> Export:
    """Append the changed rows to the model's changes table and list the files of that append."""
    table = changes_table(model.table)
    names = tuple(column.name for column in model.columns)
    change = F.when(F.col(ACTION) == DELETE, "delete").otherwise("upsert")
    view = f"weir_export_{model.name}"
    changes.withColumn(CHANGE_COLUMN, change).createOrReplaceTempView(view)
    tables.append(job.spark, view, tables.qualified(table), (*names, CHANGE_COLUMN))
    snapshot = tables.published_snapshots(job.spark, table)[0].snapshot_id
    files = job.spark.sql(
        "SELECT data_file.file_path AS path, data_file.file_size_in_bytes AS size "
        f"FROM {tables.qualified(table)}.all_entries WHERE status = 1 AND snapshot_id = {snapshot}"
    ).collect()
    entries = [
        {"url": row.path, "mandatory": True, "meta": {"content_length": row.size}} for row in files
    ]
    key = f"exports/{model.name}/{snapshot}.manifest"
    bucket = job.settings.gold_bucket
    client("s3").put_object(Bucket=bucket, Key=key, Body=json.dumps({"entries": entries}).encode())
    return Export(f"s3://{bucket}/{key}", rows)
