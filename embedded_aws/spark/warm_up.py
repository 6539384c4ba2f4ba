"""A script that the laptop's JVM runs before any job: it loads and compiles what every job needs.

The first job on a cold JVM waits some ten seconds for classes of Spark, Iceberg and the AWS SDK.
While the app is synthesized and deployed nobody waits for them. Here they are used as jobs use
them, on Iceberg tables below the working directory of this run and with credentials that open
nothing, so that no role's session is held before a job has it.
"""

from __future__ import annotations

import tempfile
from typing import Any, Final

from py4j.protocol import Py4JJavaError
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

CATALOG: Final = "warm"
_TABLE: Final = f"{CATALOG}.db.rows"
_ROWS: Final = 2_000
_ROUNDS: Final = 2


def main() -> None:
    """Start a session, work on local tables, and have S3 and Glue refuse a request each."""
    with tempfile.TemporaryDirectory() as warehouse:
        spark = _session(warehouse)
        _ask_aws(spark)
        for _ in range(_ROUNDS):
            _stage_audit_publish(spark)
        _merge(spark)


def _session(warehouse: str) -> SparkSession:
    catalog = f"spark.sql.catalog.{CATALOG}"
    settings = {
        "spark.sql.extensions": (
            "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions"
        ),
        catalog: "org.apache.iceberg.spark.SparkCatalog",
        f"{catalog}.type": "hadoop",
        f"{catalog}.warehouse": f"file://{warehouse}",
    }
    builder = SparkSession.builder
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def _ask_aws(spark: SparkSession) -> None:
    """Requests as Iceberg makes them; they are refused, which takes the same classes."""
    jvm: Any = spark.sparkContext._jvm
    for name in ("accessKeyId", "secretAccessKey"):
        jvm.java.lang.System.setProperty(f"aws.{name}", "warm-up")
    files = jvm.org.apache.iceberg.aws.s3.S3FileIO()
    files.initialize(jvm.java.util.HashMap())
    tables = jvm.org.apache.iceberg.aws.glue.GlueCatalog()
    tables.initialize("refused", {"warehouse": "s3://warm-up/"})
    identifier = jvm.org.apache.iceberg.catalog.TableIdentifier.parse("warm.up")
    _refused(lambda: _read(files.newInputFile("s3://warm-up/none").newStream()))
    _refused(lambda: _write(files.newOutputFile("s3://warm-up/none").create()))
    _refused(lambda: tables.loadTable(identifier))
    tables.close()
    files.close()


def _read(stream: Any) -> None:
    try:
        stream.read()
    finally:
        stream.close()


def _write(stream: Any) -> None:
    stream.write(1)
    stream.close()


def _refused(request: Any) -> None:
    try:
        request()
    except Py4JJavaError:
        return
    raise AssertionError("the embedded AWS answered a request without a session")


def _stage_audit_publish(spark: SparkSession) -> None:
    """Cast, check, rank, compare and append as the silver job does; count and publish a branch."""
    spark.sql(f"DROP TABLE IF EXISTS {_TABLE}")
    spark.sql(
        f"CREATE TABLE {_TABLE} (id STRING, amount DECIMAL(10,4), number INT, day TIMESTAMP)"
        " USING iceberg"
    )
    spark.sql(f"ALTER TABLE {_TABLE} CREATE OR REPLACE BRANCH audit")
    changes = _classified(spark).persist()
    changes.groupBy("_batch", "_action").count().collect()
    changes.createOrReplaceTempView("changes")
    spark.sql(
        f"INSERT INTO {_TABLE}.branch_audit (id, amount, number, day)"
        " SELECT id, amount, number, day FROM changes"
    )
    spark.sql(f"SELECT count(*) FROM {_TABLE}.branch_audit").collect()
    spark.sql(f"CALL {CATALOG}.system.fast_forward('db.rows', 'main', 'audit')")
    spark.sql(f"SELECT file_path FROM {_TABLE}.files").collect()
    changes.unpersist()


def _classified(spark: SparkSession) -> DataFrame:
    sent = spark.range(_ROWS).selectExpr(
        "CAST(id AS STRING) AS id",
        "CAST(id / 8 AS STRING) AS amount",
        "CAST(id AS STRING) AS number",
        "'2026-01-01T00:00:00Z' AS day",
        "CAST(id % 2 AS STRING) AS _batch",
    )
    sent.createOrReplaceTempView("sent")
    typed = spark.sql(
        "SELECT id, TRY_CAST(amount AS DECIMAL(10,4)) AS amount, _batch,"
        r" CASE WHEN number RLIKE '^[0-9]{1,9}\\z' THEN TRY_CAST(number AS INT) END AS number,"
        " TRY_CAST(day AS TIMESTAMP) AS day,"
        " filter(array(CASE WHEN id IS NULL THEN concat('missing ', _batch) END),"
        " r -> r IS NOT NULL) AS _reasons FROM sent"
    )
    typed.where(F.size("_reasons") == 0).createOrReplaceTempView("good")
    return spark.sql(
        "SELECT n.*, CASE WHEN t.id IS NULL THEN 'insert' WHEN n.amount <=> t.amount"
        " THEN 'duplicate' ELSE 'update' END AS _action FROM (SELECT *, row_number() OVER"
        " (PARTITION BY id ORDER BY day DESC) AS _rank FROM good) n"
        f" LEFT JOIN {_TABLE} t ON n.id = t.id WHERE n._rank = 1"
    )


def _merge(spark: SparkSession) -> None:
    """Compare as the gold job does, and merge."""
    fresh = spark.table(_TABLE).withColumn("amount", F.col("amount") + 1).alias("f")
    both = fresh.join(spark.table(_TABLE).alias("t"), F.expr("f.id = t.id"), "full_outer")
    both.where(~F.expr("f.amount <=> t.amount")).selectExpr("f.*").createOrReplaceTempView("fresh")
    spark.sql(
        f"MERGE INTO {_TABLE} t USING fresh f ON t.id = f.id"
        " WHEN MATCHED THEN UPDATE SET t.amount = f.amount WHEN NOT MATCHED THEN INSERT *"
    )


if __name__ == "__main__":
    main()
