"""Glue's Spark jobs on the laptop: real Spark, the job role's session, Glue's argument passing."""

from __future__ import annotations

import atexit
import os

from embedded_aws.spark.api import GlueJobs
from embedded_aws.spark.runner import JobRunner
from embedded_aws.spark.settings import WARM_UP_VARIABLE, SparkSettings
from embedded_aws.spark.stepfunctions import install_integration

__all__ = ["install"]


def install() -> None:
    """Make the embedded Glue run `glueetl` jobs, and Step Functions start and await them.

    Raises:
        SparkNotInstalled: Java, PySpark or Iceberg's jars are missing.
    """
    runner = JobRunner(SparkSettings.from_environment())
    jobs = GlueJobs(runner)
    jobs.install()
    install_integration(jobs)
    atexit.register(runner.close)
    if os.environ.get(WARM_UP_VARIABLE):
        runner.warm_up()
