"""Spark's settings for one run: system properties of the JVM, where a new SparkConf finds them."""

from __future__ import annotations

from pathlib import Path

from embedded_aws.spark.credentials import RoleSession
from embedded_aws.spark.runs import JobRun
from embedded_aws.spark.settings import SparkSettings


def job_properties(
    settings: SparkSettings, run: JobRun, session: RoleSession, directory: Path
) -> dict[str, str]:
    """System properties of the JVM for one job: what the laptop needs, then what the job says."""
    worker = {**settings.aws_environment(), **session.environment()}
    laptop = laptop_properties(settings, str(run.job["Name"]), directory)
    executors = {f"spark.executorEnv.{name}": value for name, value in worker.items()}
    return {**laptop, **run.arguments.spark_conf, **executors, **session.system_properties()}


def laptop_properties(settings: SparkSettings, name: str, directory: Path) -> dict[str, str]:
    """What any application in the JVM needs on a laptop.

    Args:
        name: shows in Spark's log.
        directory: of the run; removed at its end.
    """
    return {
        "spark.app.name": name,
        "spark.default.parallelism": str(settings.cores),
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.master": f"local[{settings.cores}]",
        "spark.sql.catalogImplementation": "in-memory",
        # Compressing what is cached takes as long as casting it, and a laptop's batches are small.
        "spark.sql.inMemoryColumnarStorage.compressed": "false",
        "spark.sql.shuffle.partitions": str(settings.cores),
        "spark.sql.warehouse.dir": str(directory / "warehouse"),
        "spark.submit.deployMode": "client",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
