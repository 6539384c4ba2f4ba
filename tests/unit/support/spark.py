"""A local Spark like Glue's; a catalogue for it is in `spark_shops`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from dataplatform.naming import BronzeColumn, SilverColumn
from dataplatform.plans.model import SilverPlan, fill
from embedded_aws import runtimes
from embedded_aws.spark.settings import JARS_VARIABLE, QUICK_JVM

ROOT = Path(__file__).resolve().parents[3]

Values = dict[str, Any]

_SYSTEM_TYPES = {BronzeColumn.POSITION: "bigint", BronzeColumn.ARRIVED_AT: "timestamp"}


# As the jobs have it, but typed again: their stack's module starts Node.
_EXTENSIONS = "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions"

# Each test's SQL is compiled anew and runs once: the optimizing compiler never earns what it costs.
_JAVA = " ".join(QUICK_JVM)


def iceberg_jars() -> list[Path]:
    """Iceberg's jars; none where nothing has set them up, as `./weir test` does."""
    directory = os.environ.get(JARS_VARIABLE) or runtimes.tools().get("jars", "")
    return sorted(Path(directory).glob("iceberg-*.jar")) if directory else []


@contextmanager
def local_spark() -> Iterator[SparkSession]:
    """One session; its time zone is far from UTC, as nothing may depend on it."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    jars = iceberg_jars()
    session = (
        SparkSession.builder.master("local[1]")
        .appName("weir-tests")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.memory", "1g")
        .config("spark.executorEnv.PYTHONPATH", str(ROOT))
        .config("spark.driver.extraJavaOptions", _JAVA)
        .config("spark.driver.extraClassPath", os.pathsep.join(map(str, jars)))
        .config("spark.sql.extensions", _EXTENSIONS if jars else "")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.sql.session.timeZone", "Pacific/Auckland")
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("ERROR")
    try:
        yield session
    finally:
        session.stop()


class SilverStep:
    """A dataset's rendered SQL on rows given as dicts; what isn't given has a default."""

    def __init__(self, spark: SparkSession, plan: SilverPlan) -> None:
        self._spark = spark
        self._plan = plan

    def typed(self, *records: Values) -> list[Values]:
        """Each record cast and checked, in the order given."""
        self._bronze(records)
        sql = fill(self._plan.spark.typed, bronze="bronze")
        return [row.asDict() for row in self._spark.sql(f"{sql} ORDER BY _position").collect()]

    def newest(self, *records: Values) -> list[Values]:
        """The newest row of each key."""
        self._newest(records)
        return [row.asDict() for row in self._spark.sql("SELECT * FROM newest").collect()]

    def actions(self, *records: Values, silver: Sequence[Values] = ()) -> dict[Any, str]:
        """Key of each newest row -> action, against rows that stand in silver."""
        self._newest(records)
        self._silver(silver)
        sql = fill(self._plan.spark.classified, newest="newest", silver="silver")
        key = self._plan.key[0]
        return {row[key]: row["_action"] for row in self._spark.sql(sql).collect()}

    def _bronze(self, records: Sequence[Values]) -> None:
        kinds = {column.name: "string" for column in self._plan.columns}
        kinds |= {column.value: _SYSTEM_TYPES.get(column, "string") for column in BronzeColumn}
        standard = {
            "_op": "insert",
            "_object": "o",
            "_version": "v",
            "_checksum": "c",
            "_batch_id": "b",
            "_arrived_at": datetime(2026, 1, 1, tzinfo=UTC),
        }
        rows = [{**standard, "_position": at, **given} for at, given in enumerate(records)]
        self._view("bronze", kinds, rows)

    def _newest(self, records: Sequence[Values]) -> None:
        self._bronze(records)
        typed = self._spark.sql(fill(self._plan.spark.typed, bronze="bronze"))
        typed.where("size(_reasons) = 0").createOrReplaceTempView("good")
        ranked = self._spark.sql(fill(self._plan.spark.newest, good="good"))
        ranked.where("_rank = 1").drop("_rank").createOrReplaceTempView("newest")

    def _silver(self, rows: Sequence[Values]) -> None:
        kinds = {column.name: column.type for column in self._plan.columns}
        kinds |= {
            SilverColumn.CHECKSUM.value: "string",
            SilverColumn.POSITION.value: "bigint",
        }
        self._view("silver", kinds, [{"_checksum": "c", "_position": 0, **row} for row in rows])

    def _view(self, name: str, kinds: dict[str, str], rows: Sequence[Values]) -> None:
        schema = ", ".join(f"`{column}` {kind}" for column, kind in kinds.items())
        values = [tuple(row.get(column) for column in kinds) for row in rows]
        self._spark.createDataFrame(values, schema).createOrReplaceTempView(name)
