"""Glue's Spark jobs on the laptop: real Spark, the job role's session, Glue's argument passing."""

from __future__ import annotations

import atexit

from embedded_aws.spark.api import GlueJobs
from embedded_aws.spark.settings import SparkSettings
from embedded_aws.spark.stepfunctions import install_integration

__all__ = ["install"]


def install() -> None:
    """Make the embedded Glue run `glueetl` jobs, and Step Functions start and await them.

    Raises:
        SparkNotInstalled: Java, PySpark or Iceberg's jars are missing.
    """
    jobs = GlueJobs(SparkSettings.from_environment())
    jobs.install()
    install_integration(jobs)
    atexit.register(jobs.runner.close)
