"""Plain PySpark scripts that load JSON into an Iceberg table, as AWS's public samples for Glue do.

What they are taken after, none of it copied:

- `merge`: `src/main/python/spark_sql_merge_into_iceberg.py` of
  aws-samples/transactional-datalake-using-apache-iceberg-on-aws-glue. The schema is found, the
  newest record of each key is the first of a window that a timestamp orders, and MERGE brings it
  into a table that stands: UPDATE SET *, INSERT *. The sample also counts its frame twice and
  merges deletes by a second MERGE; that is left out, to the script's advantage.
- `keep_raw`: `lib/glue_scripts/etl_raw_to_conformed.py` of
  aws-samples/aws-cdk-pipelines-datalake-etl. One job writes the records as Parquet, the next one
  reads that. The sample also passes each record through Python and shows the frame three times;
  that is left out.
- `replace`: less than any of them. Any one record of each key, into a table made anew.

None checks, counts or audits anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from dataplatform.naming import CATALOG

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from benchmarks.lake import Lake
    from dataplatform.plans.model import SilverPlan

SCHEMA: Final = (
    "order_id BIGINT, customer_id BIGINT, product_id BIGINT, quantity BIGINT, amount STRING, "
    "channel STRING, note STRING, ordered_on STRING, updated_at STRING"
)
"""What Spark finds in the files where it is told nothing."""

_KEY: Final = "order_id"
_NEWEST: Final = "updated_at"
_OURS: Final = ("write.", "format-version")
"""Properties of our table that say how its files are written."""


@dataclass(frozen=True)
class PlainScripts:
    """The scripts, in the session and the catalogue that our job has.

    database: qualified; the scripts' tables are made beside `like`, our silver table.
    """

    spark: SparkSession
    database: str
    like: str

    @classmethod
    def beside(cls, made: Lake) -> Self:
        """Those whose tables stand beside a lake's silver table."""
        table = made.dataset.silver_table
        return cls(made.spark, f"{CATALOG}.{table.partition('.')[0]}", like=f"{CATALOG}.{table}")

    def replace(self, files: Sequence[Path], *, schema: str = "") -> None:
        """Drop duplicates, and make the table anew; `schema` is found where it is ""."""
        rows = _typed(self._json(files, schema)).dropDuplicates([_KEY])
        writer = rows.writeTo(f"{self.database}.plain").using("iceberg")
        writer.tableProperty("location", "s3://silver/plain").createOrReplace()

    def stand(self, table: str, *, filled: bool = False) -> None:
        """Make a table for `merge`, whose files are written as those of ours.

        Args:
            filled: whether it begins with our rows; else it is empty.
        """
        ours = {
            row[0]: row[1] for row in self.spark.sql(f"SHOW TBLPROPERTIES {self.like}").collect()
        }
        kept = {name: value for name, value in ours.items() if name.startswith(_OURS)}
        properties = ", ".join(f"'{name}' = '{value}'" for name, value in kept.items())
        fields = _typed(self.spark.createDataFrame([], SCHEMA)).schema
        columns = ", ".join(f"{field.name} {field.dataType.simpleString()}" for field in fields)
        self.spark.sql(
            f"CREATE TABLE {self.database}.{table} ({columns}) USING iceberg "
            f"LOCATION 's3://silver/{table}' TBLPROPERTIES ({properties})"
        )
        if filled:
            names = ", ".join(fields.names)
            self.spark.sql(
                f"INSERT INTO {self.database}.{table} ({names}) SELECT {names} FROM {self.like}"
            )

    def merge(self, files: Sequence[Path], table: str) -> None:
        """Merge the newest record of each key of the files into a table that stands."""
        self._merge(self._json(files, ""), table)

    def keep_raw(self, files: Sequence[Path], table: str, raw: Path) -> None:
        """Write the records as Parquet, then `merge` from there."""
        self._json(files, "").write.mode("overwrite").parquet(str(raw))
        self._merge(self.spark.read.parquet(str(raw)), table)

    def check(self, table: str, plan: SilverPlan) -> None:
        """See that `merge` has come to the same rows as our engine.

        Raises:
            RuntimeError: it hasn't; then its figure says nothing.
        """
        columns = ", ".join(column.name for column in plan.columns)
        ours = f"SELECT {columns} FROM {self.like}"
        merged = f"SELECT {columns} FROM {self.database}.{table}"
        counted = [
            self.spark.sql(f"SELECT count(*) FROM ({rows})").collect()[0][0]
            for rows in (f"{ours} EXCEPT ALL {merged}", ours, merged)
        ]
        if counted[0] or counted[1] != counted[2]:
            raise RuntimeError(
                f"of {counted[1]:,} rows {counted[0]:,} differ from the script's {counted[2]:,}"
            )

    def _merge(self, sent: DataFrame, table: str) -> None:
        from pyspark.sql import Window
        from pyspark.sql import functions as F

        newest = Window.partitionBy(_KEY).orderBy(F.desc(_NEWEST))
        rows = _typed(sent).withColumn("_row", F.row_number().over(newest))
        rows.filter("_row = 1").drop("_row").createOrReplaceTempView("plain_upsert")
        self.spark.sql(
            f"MERGE INTO {self.database}.{table} t USING plain_upsert s ON s.{_KEY} = t.{_KEY} "
            "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
        )

    def _json(self, files: Sequence[Path], schema: str) -> DataFrame:
        reader = self.spark.read.schema(schema) if schema else self.spark.read
        return reader.json([str(path) for path in files])


def _typed(sent: DataFrame) -> DataFrame:
    from pyspark.sql import functions as F

    return sent.select(
        F.col("order_id").cast("bigint"),
        F.col("customer_id").cast("int"),
        F.col("product_id").cast("int"),
        F.col("quantity").cast("int"),
        F.col("amount").cast("decimal(12,2)"),
        "channel",
        "note",
        F.to_date("ordered_on").alias("ordered_on"),
        F.to_timestamp("updated_at").alias("updated_at"),
    )
